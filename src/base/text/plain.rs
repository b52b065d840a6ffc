//! Extracts plain text from rendered HTML for search, excerpts and word counts. Reading the HTML, not the Markdown,
//! guarantees that the text contains only what readers see.

use super::normal::{self, Piece};

/// The texts of sanitised HTML, one line per block.
pub(super) struct Texts {
    /// What is read from beginning to end: without footnotes, blocks of code, captions, alternative texts of images and
    /// annotations of ruby.
    pub(super) running: String,
    /// All of it, images by their alternative text.
    pub(super) all: String,
}

/// The texts of sanitised HTML. Neither holds references to footnotes, links back from them, and what stands in audio,
/// video and ruby for browsers that do not know them.
pub(super) fn texts(html: &str) -> Texts {
    let (all, is_running) = read(html, true);
    Texts { running: if is_running { all.clone() } else { read(html, false).0 }, all }
}

/// One of the texts, and whether the HTML holds nothing that only the other one has.
fn read(html: &str, everything: bool) -> (String, bool) {
    let mut out = Text::default();
    let mut is_running = true;
    let mut preformatted = 0_usize;
    // The element that is skipped, and how many of its name are open.
    let mut skipped: Option<(&str, usize)> = None;
    for piece in normal::pieces(html) {
        match (piece, &mut skipped) {
            (Piece::Open { name, .. }, Some((skipped, open))) if *skipped == name => *open += 1,
            (Piece::Close(name), Some((outer, open))) if *outer == name => {
                *open -= 1;
                if *open == 0 {
                    skipped = None;
                    if is_block(name) {
                        out.end_line();
                    }
                }
            }
            (_, Some(_)) => {}
            (Piece::Text(text), None) if preformatted > 0 => out.push_verbatim(&text),
            (Piece::Text(text), None) => out.push(&text),
            (Piece::Open { name, attributes }, None) => {
                let value = |wanted: &str| {
                    let found = normal::attributes(attributes).find(|(name, _)| *name == wanted);
                    found.map(|(_, value)| value).unwrap_or_default()
                };
                let is_aside = match name {
                    "a" if matches!(&*value("role"), "doc-noteref" | "doc-backlink") => {
                        skipped = Some((name, 1));
                        continue;
                    }
                    "audio" | "video" | "rp" => {
                        if is_block(name) {
                            out.end_line();
                        }
                        skipped = Some((name, 1));
                        continue;
                    }
                    "section" => value("role") == "doc-endnotes",
                    "pre" | "figcaption" | "caption" | "img" | "rt" => true,
                    _ => false,
                };
                is_running &= !is_aside;
                if is_block(name) {
                    out.end_line();
                }
                if is_aside && !everything {
                    if name != "img" {
                        skipped = Some((name, 1));
                    }
                    continue;
                }
                match name {
                    "img" => out.push(&value("alt")),
                    "td" | "th" => out.push(" "),
                    "pre" => preformatted += 1,
                    _ => {}
                }
            }
            (Piece::Close(name), None) => {
                preformatted = preformatted.saturating_sub(usize::from(name == "pre"));
                if is_block(name) {
                    out.end_line();
                }
            }
        }
    }
    (out.done(), is_running)
}

/// Whether an element separates lines of text. Includes `br` and embedded media.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "audio"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "iframe"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "picture"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
            | "video"
    )
}

/// Collects text. Outside `pre`, collapses white space and drops empty lines.
#[derive(Default)]
struct Text {
    text: String,
    gap: Option<char>,
}

impl Text {
    fn push(&mut self, text: &str) {
        let mut words = text.split_whitespace().peekable();
        if words.peek().is_none() || text.starts_with(char::is_whitespace) {
            self.space(text);
        }
        while let Some(word) = words.next() {
            self.fill_gap();
            self.text.push_str(word);
            if words.peek().is_some() || text.ends_with(char::is_whitespace) {
                self.gap = Some(' ');
            }
        }
    }

    fn space(&mut self, text: &str) {
        if !text.is_empty() && self.gap.is_none() {
            self.gap = Some(' ');
        }
    }

    fn push_verbatim(&mut self, text: &str) {
        self.fill_gap();
        self.text.push_str(text);
    }

    fn end_line(&mut self) {
        self.gap = Some('\n');
    }

    fn fill_gap(&mut self) {
        if let Some(gap) = self.gap.take() {
            let wanted = !self.text.is_empty() && !self.text.ends_with('\n');
            if wanted {
                self.text.push(gap);
            }
        }
    }

    fn done(self) -> String {
        self.text.trim().to_owned()
    }
}
