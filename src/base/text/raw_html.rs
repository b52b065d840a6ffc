//! Filters the author's raw HTML between Markdown events: closes open elements, flattens excessive nesting and collects
//! warnings about removed markup. The renderer's own markup does not pass through here, so footnote ids can be rejected
//! in the author's.

use std::borrow::Cow;

use super::implied;
use super::sanitise::{self, Policy};
use super::slug::belongs_to_footnotes;
use super::tokens::{self, Piece};

/// The maximum nesting of elements and Markdown containers; deeper ones are flattened.
const MAX_DEPTH: usize = 100;
/// The maximum number of warnings per article.
const MAX_WARNINGS: usize = 50;
/// The maximum number of pieces of content per article that stand in a table outside its cells. An HTML parser moves
/// each of them before the table, and looks for the table among all that stands there already. Further ones end the
/// table.
const MAX_MISPLACED: usize = 100;
/// The maximum length per article of start tags that an HTML parser writes again, because a block ends its paragraph in
/// the middle of them. Further blocks lose their tags.
pub(super) const MAX_REPEATED: usize = 100_000;

/// A warning for the author about content that is removed or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// `element-removed`, `attribute-removed`, `attribute-shortened`, `url-removed`, `heading-flattened` or
    /// `nesting-flattened`.
    pub code: &'static str,
    /// What was removed or changed, such as `<script>` or `onclick on <p>`.
    pub detail: String,
}

impl Warning {
    /// Creates a warning.
    #[must_use]
    pub fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// An element or Markdown container that is open at the current position.
enum Open {
    /// A Markdown container. Raw HTML opened inside it is closed at its end.
    Markdown { shown: bool },
    /// An element that is kept. `closer` replaces its end tag unless empty; `length` is that of its start tag.
    Element { name: String, closer: &'static str, length: usize },
    /// An element that is removed with its content.
    Hidden { name: String },
}

/// The context, which decides what is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose<'p> {
    Body(&'p Policy),
    /// A heading, in which only phrasing elements keep their tags.
    Heading,
    /// Conversion to Markdown: headings and iframes of all hosts are kept.
    Import,
}

/// Filters the raw HTML of one article. Its state spans all bodies.
pub(super) struct RawHtml<'p> {
    purpose: Purpose<'p>,
    open: Vec<Open>,
    hidden: usize,
    misplaced: usize,
    repeated: usize,
    warnings: Vec<Warning>,
    reported: usize,
}

impl<'p> RawHtml<'p> {
    pub(super) fn new(purpose: Purpose<'p>) -> Self {
        Self {
            purpose,
            open: Vec::new(),
            hidden: 0,
            misplaced: 0,
            repeated: 0,
            warnings: Vec::new(),
            reported: 0,
        }
    }

    /// Changes the context of what follows.
    pub(super) fn set_purpose(&mut self, purpose: Purpose<'p>) {
        self.purpose = purpose;
    }

    /// Whether the current position is inside an element that is removed with its content.
    pub(super) fn is_hidden(&self) -> bool {
        self.hidden > 0
    }

    /// Enters a Markdown container. Returns whether to write its tags.
    pub(super) fn enter(&mut self) -> bool {
        let shown = !self.is_hidden() && self.open.len() < MAX_DEPTH;
        if !shown && !self.is_hidden() {
            self.warn("nesting-flattened", "What is nested this deeply is shown flat.".to_owned());
        }
        self.open.push(Open::Markdown { shown });
        shown
    }

    /// Leaves a Markdown container. Returns the end tags of elements still open inside it, and whether to write its
    /// own.
    pub(super) fn leave(&mut self) -> (String, bool) {
        let mut closers = String::new();
        while let Some(open) = self.open.pop() {
            if let Open::Markdown { shown } = open {
                return (closers, shown);
            }
            self.close_unfinished(open, &mut closers);
        }
        (closers, true)
    }

    /// Ends a block of raw HTML. The content of an `<iframe>` that it leaves open ends with it.
    pub(super) fn end_block(&mut self) {
        while matches!(self.open.last(), Some(Open::Hidden { name }) if name == "iframe") {
            self.pop(1, &mut String::new());
        }
    }

    /// Ends a body. Returns the end tags of all elements still open.
    pub(super) fn finish(&mut self) -> String {
        let mut closers = String::new();
        while let Some(open) = self.open.pop() {
            self.close_unfinished(open, &mut closers);
        }
        closers
    }

    /// Filters one chunk of raw HTML. The result is well-formed in combination with the elements already open.
    pub(super) fn read(&mut self, chunk: &str) -> String {
        let mut out = String::with_capacity(chunk.len());
        let Some(pieces) = tokens::tokens(chunk) else {
            self.warn("element-removed", "A tag with thousands of attributes.".to_owned());
            return out;
        };
        for piece in pieces {
            match piece {
                Piece::Text(text) if !self.is_hidden() => {
                    if !text.trim_ascii().is_empty() {
                        out.push_str(&self.content());
                    }
                    out.push_str(&tokens::escape(&text));
                }
                Piece::Text(_) => {}
                Piece::Open { name, attributes } => self.open(name, &attributes, &mut out),
                Piece::Close(name) => self.close_named(&name, &mut out),
            }
        }
        out
    }

    /// Call it before content other than white space. Returns the end tags of a table that ends here, because it holds
    /// too much content outside its cells.
    pub(super) fn content(&mut self) -> String {
        let mut closers = String::new();
        if matches!(self.open.last(), Some(Open::Element { name, .. }) if implied::is_frame(name)) {
            self.misplaced += 1;
            if self.misplaced > MAX_MISPLACED {
                self.warn("element-removed", "A table with much content outside its cells.".to_owned());
                self.close_named("table", &mut closers);
            }
        }
        closers
    }

    /// Adds a warning unless the article already has the same one or [`MAX_WARNINGS`].
    pub(super) fn warn(&mut self, code: &'static str, detail: String) {
        let warning = Warning::new(code, detail);
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The warnings added since the last call.
    pub(super) fn new_warnings(&mut self) -> Vec<Warning> {
        let new = self.warnings.get(self.reported..).unwrap_or_default().to_vec();
        self.reported = self.warnings.len();
        new
    }

    fn open(&mut self, name: String, attributes: &[(String, String)], out: &mut String) {
        if self.is_hidden() {
            // Only an end tag of the same name ends the hidden element, so only nested elements of that name are
            // counted.
            if matches!(self.open.last(), Some(Open::Hidden { name: hidden }) if *hidden == name)
                && self.open.len() < MAX_DEPTH
            {
                self.hide(name);
            }
            return;
        }
        if !self.keeps(&name, attributes) {
            if tokens::hides_content(&name) {
                self.hide(name);
            }
            return;
        }
        while matches!(self.open.last(), Some(Open::Element { name: top, .. }) if implied::ends(top, &name)) {
            if let Some(top) = self.open.pop() {
                self.close(top, out);
            }
        }
        if let Some(parents) = implied::parents(&name) {
            let is_parent =
                |open: &Open| matches!(open, Open::Element { name, .. } if parents.contains(&name.as_str()));
            let Some(above) = self.here().position(is_parent) else {
                self.warn("element-removed", format!("<{name}> outside its table"));
                return;
            };
            self.pop(above, out);
        } else {
            if name == "table"
                && matches!(self.open.last(), Some(Open::Element { name, .. }) if implied::is_frame(name))
            {
                self.close_named("table", out);
            }
            out.push_str(&self.content());
        }
        self.repeated += self.repeats(&name);
        if self.open.len() >= MAX_DEPTH || self.repeated > MAX_REPEATED && implied::ends_any(&name) {
            self.warn("nesting-flattened", "What is nested this deeply is shown flat.".to_owned());
            return;
        }
        let start = out.len();
        if is_heading(&name) && self.purpose != Purpose::Import {
            self.warn("heading-flattened", format!("<{name}>"));
            self.start_tag("p", &name, attributes, out);
            out.push_str("<strong>");
            self.open.push(Open::Element { name, closer: "</strong></p>", length: 0 });
            return;
        }
        self.start_tag(&name, &name, attributes, out);
        if name == "iframe" {
            out.push_str("</iframe>");
            self.hide(name);
        } else if !tokens::is_void(&name) {
            self.open.push(Open::Element { name, closer: "", length: out.len() - start });
        }
    }

    /// Writes a start tag with those attributes that `written`, the element that the author wrote, may have.
    fn start_tag(&mut self, name: &str, written: &str, attributes: &[(String, String)], out: &mut String) {
        out.push('<');
        out.push_str(name);
        for (attribute, value) in attributes {
            if let Some(value) = self.attribute(written, attribute, value) {
                out.push(' ');
                out.push_str(attribute);
                out.push_str("=\"");
                out.push_str(&tokens::escape(&value));
                out.push('"');
            }
        }
        out.push('>');
    }

    /// The length of the start tags that are written again, if the start of an element ends another in the middle of
    /// them.
    fn repeats(&self, name: &str) -> usize {
        let mut length = 0;
        for open in self.here() {
            if let Open::Element { name: above, length: tag, .. } = open {
                if implied::ends(above, name) {
                    return length;
                }
                length += if implied::is_formatting(above) { *tag } else { 0 };
            }
        }
        // Outside may be a paragraph of Markdown.
        if implied::ends("p", name) { length } else { 0 }
    }

    fn hide(&mut self, name: String) {
        self.hidden += 1;
        self.open.push(Open::Hidden { name });
    }

    fn keeps(&mut self, name: &str, attributes: &[(String, String)]) -> bool {
        let value =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
        let allowed = match name {
            "html" | "head" | "body" => return false,
            "iframe" => match self.purpose {
                Purpose::Body(policy) => sanitise::allows_iframe(policy, value("src")),
                Purpose::Heading => false,
                Purpose::Import => true,
            },
            "input" => value("type").eq_ignore_ascii_case("checkbox"),
            _ if is_heading(name) => true,
            _ => sanitise::allows_element(name),
        };
        let allowed = allowed && (self.purpose != Purpose::Heading || sanitise::is_phrasing(name));
        if !allowed {
            let source = if name == "iframe" { format!(" {}", shorten(value("src"))) } else { String::new() };
            self.warn("element-removed", format!("<{}>{source}", shorten(name)));
        }
        allowed
    }

    fn attribute<'v>(&mut self, element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
        let is_language = name == "class" && element == "pre" && self.purpose == Purpose::Import;
        let allowed = (is_language || sanitise::allows_attribute(element, name))
            && !(name == "id" && belongs_to_footnotes(value));
        if !allowed {
            self.warn("attribute-removed", format!("{} on <{element}>", shorten(name)));
            return None;
        }
        if sanitise::is_url(name) {
            let allowed = sanitise::allows_url(name, value);
            if !allowed {
                self.warn("url-removed", shorten(value));
            }
            return allowed.then_some(Cow::Borrowed(value));
        }
        let part = sanitise::allowed_part(element, name, value);
        if part.is_none() && !value.trim_ascii().is_empty() {
            self.warn("attribute-removed", format!("{name} on <{element}>"));
        } else if part.as_deref().is_some_and(|part| !has_words_of(part, value)) {
            self.warn("attribute-shortened", format!("{name} on <{element}>"));
        }
        part
    }

    /// What is open inside the innermost Markdown container, the innermost first.
    fn here(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().rev().take_while(|open| !matches!(open, Open::Markdown { .. }))
    }

    fn close_named(&mut self, wanted: &str, out: &mut String) {
        let above = self.here().position(|open| match open {
            Open::Element { name, .. } | Open::Hidden { name } => name == wanted,
            Open::Markdown { .. } => false,
        });
        if let Some(above) = above {
            self.pop(above + 1, out);
        }
    }

    fn pop(&mut self, count: usize, out: &mut String) {
        for _ in 0..count {
            if let Some(open) = self.open.pop() {
                self.close(open, out);
            }
        }
    }

    /// Closes what its author has not closed.
    fn close_unfinished(&mut self, open: Open, out: &mut String) {
        if let Open::Hidden { name } = &open
            && name != "iframe"
        {
            let detail = format!("What follows <{name}>, which is not closed.");
            self.warn("element-removed", detail);
        }
        self.close(open, out);
    }

    fn close(&mut self, open: Open, out: &mut String) {
        match open {
            Open::Element { closer: "", name, .. } => {
                out.push_str("</");
                out.push_str(&name);
                out.push('>');
            }
            Open::Element { closer, .. } => out.push_str(closer),
            Open::Hidden { .. } => self.hidden = self.hidden.saturating_sub(1),
            Open::Markdown { .. } => {}
        }
    }
}

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Whether an allowed part of a value holds all of its words.
fn has_words_of(part: &str, value: &str) -> bool {
    let separators = |c: char| c.is_ascii_whitespace() || c == ';';
    let words = |text: &str| text.split(separators).filter(|word| !word.is_empty()).count();
    part == value || words(part) == words(value)
}

/// The first 80 characters of untrusted text, for a warning.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(81).collect();
    if short.chars().count() > 80 {
        short.pop();
        short.push('…');
    }
    short
}
