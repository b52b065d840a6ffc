//! Converts imported HTML to Markdown. Headings become Markdown headings, so that the document can be split into
//! sections; elements without a Markdown syntax stay raw HTML, which the renderer sanitises later.

mod inline;
mod table;
mod tree;

use std::cell::{Cell, RefCell};

use inline::Line;
use tree::Node;

use super::markdown::MAX_NESTING;
use super::raw_html::{Purpose, RawHtml, Warning, is_heading};
use super::sanitise::Sanitiser;
use super::slug::Anchor;
use super::steps;

/// The maximum length of the Markdown, in bytes. Quotations and lists prefix every line in them, so that it can be much
/// longer than the HTML.
pub const MAX_MARKDOWN: usize = 1_000_000;

/// Converted HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The document.
    pub markdown: String,
    /// What was removed, at most 50.
    pub warnings: Vec<Warning>,
}

/// Where a block stands: how deep in quotations and lists, each of which prefixes every line, and how many bytes may
/// still be prefixed. `raw` is told what Markdown cannot say.
#[derive(Clone, Copy)]
struct Place<'r> {
    depth: usize,
    in_item: bool,
    room: &'r Cell<usize>,
    raw: &'r RefCell<RawHtml<'static>>,
}

/// A block of Markdown; the caller joins blocks with blank lines.
struct Block {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    /// Its delimiter tells it from a list next to it. Only some lists begin without a blank line before them
    /// (`CommonMark` section 5.2).
    List {
        delimiter: char,
        interrupts: bool,
    },
    Other,
}

/// Converts an HTML document or fragment, such as a Ghost or `WordPress` export, to Markdown. Scripts, styles and
/// comments are removed. `None` if the Markdown is longer than [`MAX_MARKDOWN`].
#[must_use]
pub fn to_markdown(html: &str) -> Option<Imported> {
    let mut raw = RawHtml::new(Purpose::Import);
    let well_formed = raw.read(html) + &raw.finish();
    let nodes = tree::parse(&Sanitiser::for_import().clean(&well_formed));
    // If more is prefixed on all levels together, then the whole is too long.
    let room = Cell::new(MAX_MARKDOWN * (2 * MAX_NESTING + 2));
    let raw = RefCell::new(raw);
    let mut out = Vec::new();
    blocks(&nodes, Place { depth: 0, in_item: false, room: &room, raw: &raw }, &mut out);
    let mut markdown = join(&out, "\n\n");
    if !markdown.is_empty() {
        markdown.push('\n');
    }
    let fits = room.get() > 0 && markdown.len() <= MAX_MARKDOWN;
    fits.then(|| Imported { markdown, warnings: raw.into_inner().new_warnings() })
}

fn join(blocks: &[Block], separator: &str) -> String {
    blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join(separator)
}

/// Appends the blocks of these nodes. Quotations and lists that are nested more deeply than a body may have them are
/// left out.
fn blocks(nodes: &[Node], place: Place<'_>, out: &mut Vec<Block>) {
    let mut run: Vec<&Node> = Vec::new();
    for node in nodes {
        if node.is_inline() {
            run.push(node);
        } else {
            paragraph(&mut run, place, out);
            block(node, place, out);
        }
    }
    paragraph(&mut run, place, out);
}

impl Place<'_> {
    fn below(self) -> Self {
        Self { depth: self.depth + 1, in_item: false, ..self }
    }

    /// Warns of the attributes of a node that are not kept.
    fn lose(self, node: &Node, kept: &[&str]) {
        let Node::Element { name, attributes, .. } = node else { return };
        for (attribute, _) in attributes.iter().filter(|(attribute, _)| !kept.contains(&attribute.as_str())) {
            self.raw.borrow_mut().warn("attribute-removed", format!("{attribute} on <{name}>"));
        }
    }
}

fn paragraph(run: &mut Vec<&Node>, place: Place<'_>, out: &mut Vec<Block>) {
    let line = if place.in_item && out.is_empty() { Line::Item } else { Line::Many };
    let text = inline::write(run.drain(..), line);
    if !text.is_empty() {
        out.push(Block { text: inline::escape_line_starts(&text), kind: Kind::Paragraph });
    }
}

fn block(node: &Node, place: Place<'_>, out: &mut Vec<Block>) {
    let Node::Element { name, children, .. } = node else {
        return;
    };
    let text = match name.as_str() {
        name if is_heading(name) => match heading(node, name, children, place) {
            Some(heading) => heading,
            None => return,
        },
        "hr" => {
            place.lose(node, &[]);
            "***".to_owned()
        }
        "pre" => code_block(node, place),
        "blockquote" if place.depth <= MAX_NESTING => {
            let mut inside = Vec::new();
            container(node, children, place.below(), &mut inside);
            prefixed(&join(&inside, "\n\n"), "> ", "> ", place)
        }
        "ul" | "ol" if place.depth <= MAX_NESTING => {
            out.extend(list(node, children, place.below(), out.last()));
            return;
        }
        "table" if !node.contains(&is_heading) => table::write(node).unwrap_or_else(|| node.to_raw_block()),
        "a" | "audio" | "details" | "dl" | "iframe" | "picture" | "video" if !node.contains(&is_heading) => {
            node.to_raw_block()
        }
        "figure" if !node.contains(&is_heading) && needs_figure(node, children) => node.to_raw_block(),
        _ => return container(node, children, place, out),
    };
    out.push(Block { text, kind: Kind::Other });
}

/// Appends the blocks of an element that Markdown has no syntax for. Its id goes to the first of them.
fn container(node: &Node, children: &[Node], place: Place<'_>, out: &mut Vec<Block>) {
    let start = out.len();
    blocks(children, place, out);
    place.lose(node, &["id", "start"]);
    let Some(id) = node.attribute("id").filter(|id| !id.is_empty()) else { return };
    let target = Node::target(id);
    match out.get_mut(start) {
        Some(Block { text, kind: Kind::Paragraph }) => text.insert_str(0, &target),
        _ => out.insert(start, Block { text: target, kind: Kind::Paragraph }),
    }
}

/// A `<figure>` whose only child is a block, without a caption, adds nothing to that block.
fn needs_figure(node: &Node, children: &[Node]) -> bool {
    node.contains(&|name| name == "figcaption") || children.iter().any(Node::is_inline) || children.len() > 1
}

fn heading(node: &Node, name: &str, children: &[Node], place: Place<'_>) -> Option<String> {
    let text = inline::write(children, Line::One);
    let level = name.strip_prefix('h')?.parse().ok()?;
    if text.is_empty() {
        return None;
    }
    let text = text.strip_suffix('#').map_or(text.clone(), |rest| format!("{rest}\\#"));
    let anchor = node.attribute("id").and_then(|id| Anchor::parse(id).ok());
    place.lose(node, if anchor.is_some() { &["id"] } else { &[] });
    let anchor = anchor.filter(|id| *id != Anchor::from_heading(&text));
    let id = anchor.map(|anchor| format!(" {{#{anchor}}}")).unwrap_or_default();
    Some(format!("{} {text}{id}", "#".repeat(level)))
}

fn code_block(node: &Node, place: Place<'_>) -> String {
    place.lose(node, &["class"]);
    for code in node.children().iter().filter(|child| child.is("code")) {
        place.lose(code, &["class"]);
    }
    let code = node.text();
    let code = code.strip_prefix('\n').unwrap_or(&code).trim_end_matches('\n');
    let fence = "`".repeat(inline::longest_run(code, '`').max(2) + 1);
    format!("{fence}{}\n{code}\n{fence}", language(node).unwrap_or_default())
}

fn language(node: &Node) -> Option<String> {
    let class = node.find(&|node| node.attribute("class").is_some())?.attribute("class")?;
    let language = class.split(' ').next()?.strip_prefix("language-")?;
    language.chars().all(|c| c.is_alphanumeric() || "+-#._".contains(c)).then(|| language.to_owned())
}

fn list(node: &Node, children: &[Node], place: Place<'_>, before: Option<&Block>) -> Option<Block> {
    let first = node.attribute("start").and_then(|start| start.parse::<u32>().ok()).unwrap_or(1);
    let first = first.min(900_000_000);
    let delimiters = if node.is("ol") { ['.', ')'] } else { ['-', '+'] };
    // Two lists of one delimiter would be one.
    let is_next = |delimiter: &char| !matches!(before, Some(Block { kind: Kind::List { delimiter: last, .. }, .. }) if last == delimiter);
    let delimiter = delimiters.into_iter().find(is_next)?;
    place.lose(node, &["id", "start"]);
    let mut items: Vec<Vec<Block>> = Vec::new();
    let mut loose = false;
    for child in children.iter().filter(|child| !child.is_blank()) {
        let place = Place { in_item: true, ..place };
        let mut parts = Vec::new();
        match child {
            Node::Element { name, children, .. } if name == "li" => {
                container(child, children, place, &mut parts);
            }
            other => blocks(std::slice::from_ref(other), place, &mut parts),
        }
        loose |= child.contains(&|name| matches!(name, "p" | "pre" | "blockquote" | "table"));
        // Without blank lines, only paragraphs and lists stay apart.
        loose |= parts.windows(2).any(|pair| {
            let [before, after] = pair else { return false };
            before.kind == Kind::Other || !matches!(after.kind, Kind::List { interrupts: true, .. })
        });
        items.push(parts);
    }
    let separator = if loose { "\n\n" } else { "\n" };
    let is_empty = |item: &Vec<Block>| item.is_empty();
    let interrupts = (!node.is("ol") || first == 1) && !items.first().is_some_and(is_empty);
    let mut number = first;
    let mut written = Vec::new();
    for parts in &items {
        let marker = if node.is("ol") { format!("{number}{delimiter} ") } else { format!("{delimiter} ") };
        number = number.saturating_add(1);
        let indent = " ".repeat(marker.len());
        written.push(prefixed(&join(parts, separator), &marker, &indent, place).trim_end().to_owned());
    }
    if let (Some(id), Some(first)) = (node.attribute("id").filter(|id| !id.is_empty()), written.first_mut()) {
        let start = first.find(' ').map_or(first.len(), |at| at + 1);
        first.insert_str(start, &Node::target(id));
    }
    let kind = Kind::List { delimiter, interrupts };
    (!written.is_empty()).then(|| Block { text: written.join(separator), kind })
}

/// Prefixes the first line with `first` and all following lines with `others`.
fn prefixed(text: &str, first: &str, others: &str, place: Place<'_>) -> String {
    steps::count(text.len());
    place.room.set(place.room.get().saturating_sub(text.len()));
    if place.room.get() == 0 {
        return String::new();
    }
    let lines = text.split('\n').enumerate().map(|(nth, line)| {
        let prefix = if nth == 0 { first } else { others };
        if line.is_empty() { prefix.trim_end().to_owned() } else { format!("{prefix}{line}") }
    });
    lines.collect::<Vec<_>>().join("\n")
}
