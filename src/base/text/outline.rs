//! Reads a Markdown document as a tree of sections and writes it back. The round trip keeps the tree and every byte of
//! the bodies, except blank lines at their ends and the kind of line ending.
//!
//! Sections of depth 1 to 5 are headings of level 2 to 6. A section without a heading starts with `<!-- section -->`,
//! at the depth of the section before it, or with `<!-- section 3 -->`, which gives the depth.

use super::anchors::UniqueAnchors;
use super::boundaries::{self, Boundary, CLOSED, Kind};
use super::inline::one_line;
use super::references::References;
use super::slug::Anchor;
use super::steps;

/// The maximum depth of a section: headings end at level 6, and level 1 is the title.
pub const MAX_DEPTH: usize = 5;

/// An article as a tree of sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Plain text, one line.
    pub title: Option<String>,
    /// Markdown before the first section.
    pub intro: String,
    /// The sections of depth 1.
    pub sections: Vec<Part>,
}

/// A section of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// One line of inline Markdown.
    pub heading: Option<String>,
    /// Always set by [`parse`] for a section with a heading; without a heading, only if the document states one.
    pub anchor: Option<Anchor>,
    /// Markdown without top-level headings.
    pub body: String,
    /// The direct subsections.
    pub sections: Vec<Part>,
}

impl Document {
    /// The number of sections.
    #[must_use]
    pub fn count(&self) -> usize {
        fn count(parts: &[Part]) -> usize {
            parts.iter().map(|part| 1 + count(&part.sections)).sum()
        }
        count(&self.sections)
    }

    /// The introduction and the bodies of the sections, in document order.
    #[must_use]
    pub fn bodies(&self) -> Vec<&str> {
        fn walk<'p>(parts: &'p [Part], out: &mut Vec<&'p str>) {
            for part in parts {
                out.push(&part.body);
                walk(&part.sections, out);
            }
        }
        let mut bodies = vec![self.intro.as_str()];
        walk(&self.sections, &mut bodies);
        bodies
    }
}

/// Reads a document. The first heading becomes the title if it has level 1 and only comments precede it.
///
/// Every other heading starts a section. Skipped levels are closed up; a section deeper than [`MAX_DEPTH`] becomes a
/// sibling of its parent. If an `{#id}` is used twice, the second use is dropped. Anchors generated from headings are
/// numbered so that they do not collide with those written in the document.
#[must_use]
pub fn parse(markdown: &str) -> Document {
    read(markdown, true)
}

/// Reads a document whose title is in its front matter: a first heading of level 1 starts a section like any other.
#[must_use]
pub fn parse_untitled(markdown: &str) -> Document {
    read(markdown, false)
}

/// Writes a document that [`parse`] reads as the same tree. Headings without an anchor get a generated one when read.
///
/// An anchor is written only if it differs from the one generated from the heading. Sections deeper than [`MAX_DEPTH`]
/// are written at that depth.
#[must_use]
pub fn write(document: &Document) -> String {
    let mut out = String::new();
    if let Some(title) = document.title.as_deref().map(one_line).filter(|title| !title.is_empty()) {
        out.push_str("# ");
        out.push_str(&escape(&title));
        out.push_str("\n\n");
    }
    push_body(&mut out, &document.intro);
    let references = References::of(document.bodies());
    let mut before = 1;
    for part in &document.sections {
        write_part(&mut out, part, &references, 1, &mut before);
    }
    let length = out.trim_end_matches('\n').len();
    out.truncate(length);
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn read(markdown: &str, with_title: bool) -> Document {
    steps::count(markdown.len());
    let markdown =
        markdown.strip_prefix('\u{feff}').unwrap_or(markdown).replace("\r\n", "\n").replace('\r', "\n");
    let references = References::of(vec![markdown.as_str()]);
    let mut tree = Tree::default();
    let mut title = None;
    let mut intro = String::new();
    let mut start = 0;
    let mut may_be_title = with_title;
    let mut boundaries = boundaries::scan(&markdown).boundaries.into_iter().peekable();
    while let Some(Boundary { kind, range }) = boundaries.next() {
        // The indentation of the boundary is not part of the body before it.
        let before = markdown.get(start..range.start).unwrap_or_default().trim_end_matches([' ', '\t']);
        let end = boundaries.peek().map_or(markdown.len(), |next| next.range.start);
        match kind {
            Kind::Closed => {
                // Ignored as an ordinary comment unless it is last in the body and follows a closing line from
                // `push_body`. Only then the body is read again, so that no body is read more than once.
                let is_last = boundaries.peek().is_none_or(|next| next.kind != Kind::Closed)
                    && markdown.get(range.end..end).is_some_and(|after| after.trim().is_empty());
                let Some(body) = is_last.then(|| unclosed(before)).flatten() else {
                    continue;
                };
                tree.body(&mut intro).push_str(body);
            }
            Kind::Heading { level: 1, text, .. } if may_be_title && is_only_comments(before) => {
                intro.push_str(before);
                title = Some(references.text(&text)).filter(|title| !title.is_empty());
                may_be_title = false;
            }
            kind => {
                tree.body(&mut intro).push_str(before);
                tree.open(kind);
                may_be_title = false;
            }
        }
        start = range.end;
    }
    tree.body(&mut intro).push_str(markdown.get(start..).unwrap_or_default());
    let mut sections = tree.finish();
    settle_anchors(&mut sections, &references);
    Document { title, intro: trim_blank_lines(&intro).to_owned(), sections }
}

/// A section that may still get subsections.
struct OpenPart {
    /// The heading level, or the equivalent for a section without a heading.
    level: usize,
    part: Part,
}

/// The tree under construction: finished sections, and the path to the section being read.
#[derive(Default)]
struct Tree {
    sections: Vec<Part>,
    path: Vec<OpenPart>,
}

impl Tree {
    /// The body that text at the current position belongs to.
    fn body<'t>(&'t mut self, intro: &'t mut String) -> &'t mut String {
        self.path.last_mut().map_or(intro, |open| &mut open.part.body)
    }

    fn open(&mut self, kind: Kind) {
        match kind {
            Kind::Heading { level, text, anchor } => {
                while self.path.last().is_some_and(|open| open.level >= level) {
                    self.close();
                }
                self.close_down_to(MAX_DEPTH - 1);
                let heading = Some(text).filter(|text| !text.is_empty());
                self.path.push(OpenPart { level, part: Part { heading, anchor, ..Part::default() } });
            }
            Kind::Marker { depth, anchor } => {
                let depth = depth.unwrap_or(self.path.len()).clamp(1, MAX_DEPTH);
                self.close_down_to(depth - 1);
                self.path.push(OpenPart { level: depth + 1, part: Part { anchor, ..Part::default() } });
            }
            Kind::Closed => {}
        }
    }

    fn close_down_to(&mut self, length: usize) {
        while self.path.len() > length {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(OpenPart { mut part, .. }) = self.path.pop() {
            let body = trim_blank_lines(&part.body).to_owned();
            part.body = body;
            self.path.last_mut().map_or(&mut self.sections, |parent| &mut parent.part.sections).push(part);
        }
    }

    fn finish(mut self) -> Vec<Part> {
        self.close_down_to(0);
        self.sections
    }
}

/// Gives every section with a heading an anchor and makes all anchors unique. Explicit anchors take precedence.
fn settle_anchors(sections: &mut [Part], references: &References<'_>) {
    let mut anchors = UniqueAnchors::default();
    keep_written(sections, &mut anchors);
    name_others(sections, &mut anchors, references);
}

fn keep_written(parts: &mut [Part], anchors: &mut UniqueAnchors) {
    for part in parts {
        if part.anchor.as_ref().is_some_and(|anchor| !anchors.take(anchor)) {
            part.anchor = None;
        }
        keep_written(&mut part.sections, anchors);
    }
}

fn name_others(parts: &mut [Part], anchors: &mut UniqueAnchors, references: &References<'_>) {
    for part in parts {
        if let (Some(heading), None) = (&part.heading, &part.anchor) {
            part.anchor = Some(anchors.take_numbered(references.anchor(heading)));
        }
        name_others(&mut part.sections, anchors, references);
    }
}

fn write_part(out: &mut String, part: &Part, references: &References<'_>, depth: usize, before: &mut usize) {
    let depth = depth.min(MAX_DEPTH);
    if let Some(heading) = part.heading.as_deref().map(one_line).filter(|heading| !heading.is_empty()) {
        out.extend(["#".repeat(depth + 1).as_str(), " ", &heading]);
        match &part.anchor {
            Some(anchor) if *anchor != references.anchor(&heading) || heading.ends_with('}') => {
                out.extend([" {#", anchor.as_str(), "}"]);
            }
            // Without this closing sequence, the `#` at the end of the text would be read as one and be lost.
            _ if heading.ends_with('#') => out.push_str(" #"),
            _ => {}
        }
    } else {
        let place = if depth == *before { String::new() } else { format!(" {depth}") };
        let anchor = part.anchor.as_ref().map(|anchor| format!(" {{#{anchor}}}")).unwrap_or_default();
        out.extend(["<!-- section", &place, &anchor, " -->"]);
    }
    out.push_str("\n\n");
    *before = depth;
    push_body(out, &part.body);
    for child in &part.sections {
        write_part(out, child, references, depth + 1, before);
    }
}

/// Writes a body. If it leaves a block open, such as a code fence, closes it, because the next heading would be part of
/// that block; [`unclosed`] reverts this.
fn push_body(out: &mut String, body: &str) {
    let body = trim_blank_lines(body);
    if body.is_empty() {
        return;
    }
    out.push_str(body);
    if let Some(closer) = closer(body) {
        out.push('\n');
        out.push_str(&closer);
        out.push('\n');
        out.push_str(CLOSED);
    }
    out.push_str("\n\n");
}

/// Reverts [`push_body`]: the body without its closing line, or `None` if `text` does not end with one.
fn unclosed(text: &str) -> Option<&str> {
    let (body, line) = text.trim_end_matches('\n').rsplit_once('\n')?;
    let body = trim_blank_lines(body);
    (closer(body).as_deref() == Some(line)).then_some(body)
}

/// The line that closes the block a body leaves open; `None` for nearly all bodies.
fn closer(body: &str) -> Option<String> {
    let scan = boundaries::scan(&format!("{body}\n\n# Probe"));
    if scan.boundaries.last().is_some_and(|last| last.range.start == body.len() + 2) {
        // If the body itself ends with the marker, a line is added so that `unclosed` removes this one and not the
        // body's own.
        let ends_closed =
            |found: &Boundary| found.kind == Kind::Closed && body.get(found.range.start..) == Some(CLOSED);
        return scan.boundaries.iter().any(ends_closed).then(|| "-->".to_owned());
    }
    let fence = scan.last_fence.and_then(|start| body.get(start..)).map(|block| {
        let block = block.trim_start();
        let mark = block.chars().next().unwrap_or('`');
        block.chars().take_while(|c| *c == mark).collect()
    });
    let html = ["-->", "?>", "]]>", "</pre>", "</script>", "</style>", "</textarea>", ">"];
    fence.into_iter().chain(html.map(str::to_owned)).find(|closer: &String| {
        let end = body.len() + closer.len() + 2;
        let probe = boundaries::scan(&format!("{body}\n{closer}\n{CLOSED}\n\n# Probe"));
        probe.boundaries.iter().any(|found| found.kind == Kind::Closed && found.range.start == end)
    })
}

/// Whether the text consists only of white space and HTML comments.
fn is_only_comments(text: &str) -> bool {
    let blank = [' ', '\t', '\n'];
    let mut rest = text.trim_start_matches(blank);
    while let Some((_, after)) = rest.strip_prefix("<!--").and_then(|comment| comment.split_once("-->")) {
        steps::count(rest.len() - after.len());
        rest = after.trim_start_matches(blank);
    }
    rest.is_empty()
}

/// Removes blank lines at both ends; the first line keeps its indentation.
fn trim_blank_lines(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t', '\n']);
    let indented = text.len() - text.trim_start_matches([' ', '\t', '\n']).len();
    let start = text.get(..indented).and_then(|blank| blank.rfind('\n')).map_or(0, |end| end + 1);
    text.get(start..).unwrap_or_default()
}

/// Escapes plain text as inline Markdown.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '['
                | ']'
                | '<'
                | '>'
                | '&'
                | '#'
                | '~'
                | '!'
                | '|'
                | '{'
                | '}'
                | ':'
                | '@'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
