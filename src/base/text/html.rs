//! Converts imported HTML to Markdown. Headings become Markdown headings, so that the document can be split into
//! sections; elements without a Markdown syntax stay raw HTML, which the renderer sanitises later.

mod inline;
mod table;
mod tree;

use std::cell::Cell;

use inline::Line;
use tree::Node;

use super::markdown::MAX_NESTING;
use super::raw_html::{Purpose, RawHtml, is_heading};
use super::sanitise::Sanitiser;
use super::slug::Anchor;
use super::steps;

/// The maximum length of the Markdown, in bytes. Quotations and lists prefix every line in them, so that it can be much
/// longer than the HTML.
pub const MAX_MARKDOWN: usize = 1_000_000;

/// Where a block stands: how deep in quotations, lists and items, each of which prefixes every line, and how many bytes
/// may still be prefixed.
#[derive(Clone, Copy)]
struct Place<'r> {
    depth: usize,
    room: &'r Cell<usize>,
}

/// Converts an HTML document or fragment, such as a Ghost or `WordPress` export, to Markdown. Scripts, styles and
/// comments are removed. `None` if the Markdown is longer than [`MAX_MARKDOWN`].
#[must_use]
pub fn to_markdown(html: &str) -> Option<String> {
    let mut raw = RawHtml::new(Purpose::Import);
    let well_formed = raw.read(html) + &raw.finish();
    let nodes = tree::parse(&Sanitiser::for_import().clean(&well_formed));
    // If more is prefixed on all levels together, then the whole is too long.
    let room = Cell::new(MAX_MARKDOWN * (MAX_NESTING + 2));
    let mut markdown = blocks(&nodes, Place { depth: 0, room: &room }).join("\n\n");
    if !markdown.is_empty() {
        markdown.push('\n');
    }
    (room.get() > 0 && markdown.len() <= MAX_MARKDOWN).then_some(markdown)
}

/// One Markdown string per block; the caller joins them with blank lines. Quotations and lists that are nested more deeply
/// than a body may have them are left out.
fn blocks(nodes: &[Node], place: Place<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut run: Vec<&Node> = Vec::new();
    for node in nodes {
        if node.is_inline() {
            run.push(node);
        } else {
            paragraph(&mut run, &mut out);
            block(node, place, &mut out);
        }
    }
    paragraph(&mut run, &mut out);
    out
}

impl Place<'_> {
    fn below(self, levels: usize) -> Self {
        Self { depth: self.depth + levels, ..self }
    }
}

fn paragraph(run: &mut Vec<&Node>, out: &mut Vec<String>) {
    let text = inline::write(run.drain(..), Line::Many);
    if !text.is_empty() {
        out.push(inline::escape_line_starts(&text));
    }
}

fn block(node: &Node, place: Place<'_>, out: &mut Vec<String>) {
    let Node::Element { name, children, .. } = node else {
        return;
    };
    match name.as_str() {
        name if is_heading(name) => out.extend(heading(node, name, children)),
        "hr" => out.push("***".to_owned()),
        "pre" => out.push(code_block(node)),
        "blockquote" if place.depth <= MAX_NESTING => {
            out.push(prefixed(&blocks(children, place.below(1)).join("\n\n"), "> ", "> ", place));
        }
        "ul" | "ol" if place.depth <= MAX_NESTING => out.extend(list(node, children, place.below(2))),
        "table" if !node.contains(&is_heading) => {
            out.push(table::write(node).unwrap_or_else(|| node.to_raw_block()));
        }
        "a" | "audio" | "details" | "dl" | "iframe" | "picture" | "video" if !node.contains(&is_heading) => {
            out.push(node.to_raw_block());
        }
        "figure" if !node.contains(&is_heading) && needs_figure(node, children) => {
            out.push(node.to_raw_block());
        }
        _ => out.extend(blocks(children, place)),
    }
}

/// A `<figure>` whose only child is a block, without a caption, adds nothing to that block.
fn needs_figure(node: &Node, children: &[Node]) -> bool {
    node.contains(&|name| name == "figcaption") || children.iter().any(Node::is_inline) || children.len() > 1
}

fn heading(node: &Node, name: &str, children: &[Node]) -> Option<String> {
    let text = inline::write(children, Line::One);
    let level = name.strip_prefix('h')?.parse().ok()?;
    if text.is_empty() {
        return None;
    }
    let text = text.strip_suffix('#').map_or(text.clone(), |rest| format!("{rest}\\#"));
    let anchor = node
        .attribute("id")
        .and_then(|id| Anchor::parse(id).ok())
        .filter(|id| *id != Anchor::from_heading(&text));
    let id = anchor.map(|anchor| format!(" {{#{anchor}}}")).unwrap_or_default();
    Some(format!("{} {text}{id}", "#".repeat(level)))
}

fn code_block(node: &Node) -> String {
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

fn list(node: &Node, children: &[Node], place: Place<'_>) -> Option<String> {
    let mut number =
        node.attribute("start").and_then(|start| start.parse::<u32>().ok()).unwrap_or(1).min(900_000_000);
    let ordered = node.is("ol");
    let mut items = Vec::new();
    let mut loose = false;
    for child in children.iter().filter(|child| !child.is_blank()) {
        let marker = if ordered { format!("{number}. ") } else { "- ".to_owned() };
        number = number.saturating_add(1);
        let parts = match child {
            Node::Element { name, children, .. } if name == "li" => blocks(children, place),
            other => blocks(std::slice::from_ref(other), place),
        };
        loose |= child.contains(&|name| matches!(name, "p" | "pre" | "blockquote" | "table"));
        let body = parts.join(if loose { "\n\n" } else { "\n" });
        items.push(prefixed(&body, &marker, &" ".repeat(marker.len()), place).trim_end().to_owned());
    }
    (!items.is_empty()).then(|| items.join(if loose { "\n\n" } else { "\n" }))
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
