//! Extracts plain text from rendered HTML for search, excerpts and word counts. Reading the HTML, not the Markdown,
//! guarantees that the text contains only what readers see.

use super::normal::{self, Piece};

/// The text of sanitised HTML: one line per block, images by their `alt` text, without footnote references and back
/// links.
pub(super) fn plain_text(html: &str) -> String {
    let mut out = Text::default();
    let mut skipping = false;
    let mut preformatted = 0_usize;
    for piece in normal::pieces(html) {
        match piece {
            Piece::Text(_) if skipping => {}
            Piece::Text(text) if preformatted > 0 => out.push_verbatim(&text),
            Piece::Text(text) => out.push(&text),
            Piece::Open { name, attributes } => {
                let value = |wanted: &str| {
                    let found = normal::attributes(attributes).find(|(name, _)| *name == wanted);
                    found.map(|(_, value)| value).unwrap_or_default()
                };
                match name {
                    "a" if matches!(&*value("role"), "doc-noteref" | "doc-backlink") => skipping = true,
                    "img" => out.push(&value("alt")),
                    "td" | "th" => out.push(" "),
                    "pre" => {
                        preformatted += 1;
                        out.end_line();
                    }
                    _ if is_block(name) => out.end_line(),
                    _ => {}
                }
            }
            Piece::Close(name) => match name {
                "a" => skipping = false,
                "pre" => {
                    preformatted = preformatted.saturating_sub(1);
                    out.end_line();
                }
                _ if is_block(name) => out.end_line(),
                _ => {}
            },
        }
    }
    out.done()
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
