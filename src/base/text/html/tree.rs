//! Parses sanitised HTML to a tree of bounded depth, so that the conversion to Markdown can recurse safely.

use super::super::normal::{self, Piece};
use super::super::plain::is_block;
use super::super::tokens;

/// A guard only: [`RawHtml`](super::super::raw_html::RawHtml) already flattens at a lower depth. Elements beyond this
/// one lose their nesting.
const MAX_DEPTH: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Element { name: String, attributes: Vec<(String, String)>, children: Vec<Node> },
    Text(String),
}

/// An element whose end tag has not been read: name, attributes and children so far.
type Unfinished = (String, Vec<(String, String)>, Vec<Node>);

pub(super) fn parse(html: &str) -> Vec<Node> {
    let mut top = Vec::new();
    let mut open: Vec<Unfinished> = Vec::new();
    for piece in normal::pieces(html) {
        match piece {
            Piece::Open { name, attributes } => {
                let is_empty = tokens::is_void(name) || open.len() >= MAX_DEPTH;
                let attributes = normal::attributes(attributes)
                    .map(|(name, value)| (name.to_owned(), value.into_owned()))
                    .collect();
                open.push((name.to_owned(), attributes, Vec::new()));
                if is_empty {
                    close(&mut open, &mut top);
                }
            }
            Piece::Text(text) => {
                let siblings = open.last_mut().map_or(&mut top, |(_, _, children)| children);
                siblings.push(Node::Text(text.into_owned()));
            }
            Piece::Close(name) => {
                if open.iter().rev().any(|(open, _, _)| *open == name) {
                    while close(&mut open, &mut top).is_some_and(|closed| closed != name) {}
                }
            }
        }
    }
    while close(&mut open, &mut top).is_some() {}
    top
}

fn close(open: &mut Vec<Unfinished>, top: &mut Vec<Node>) -> Option<String> {
    let (name, attributes, children) = open.pop()?;
    let closed = name.clone();
    open.last_mut().map_or(top, |(_, _, siblings)| siblings).push(Node::Element {
        name,
        attributes,
        children,
    });
    Some(closed)
}

impl Node {
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Element { name, .. } if name == wanted)
    }

    pub(super) fn attribute(&self, wanted: &str) -> Option<&str> {
        match self {
            Self::Element { attributes, .. } => {
                attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
            }
            Self::Text(_) => None,
        }
    }

    pub(super) fn children(&self) -> &[Self] {
        match self {
            Self::Element { children, .. } => children,
            Self::Text(_) => &[],
        }
    }

    /// Whether this node or a descendant is an element whose name matches.
    pub(super) fn contains(&self, wanted: &dyn Fn(&str) -> bool) -> bool {
        self.find(&|node| matches!(node, Self::Element { name, .. } if wanted(name))).is_some()
    }

    /// The first node that matches, in document order, this one included.
    pub(super) fn find(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<&Self> {
        if wanted(self) {
            return Some(self);
        }
        self.children().iter().find_map(|child| child.find(wanted))
    }

    /// Whether the node neither is nor contains a block element.
    pub(super) fn is_inline(&self) -> bool {
        !self.contains(&|name| is_block(name) && name != "br")
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// The first character of [`Self::text`].
    pub(super) fn first_char(&self) -> Option<char> {
        match self {
            Self::Text(text) => text.chars().next(),
            Self::Element { name, .. } if name == "br" => Some('\n'),
            Self::Element { name, .. } if matches!(name.as_str(), "img" | "input" | "wbr") => Some('!'),
            Self::Element { children, .. } => children.iter().find_map(Self::first_char),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Element { name, .. } if name == "br" => "\n".to_owned(),
            Self::Element { children, .. } => children.iter().map(Self::text).collect(),
        }
    }

    /// Inline HTML that a link to this id leads to.
    pub(super) fn target(id: &str) -> String {
        format!("<span id=\"{}\"></span>", tokens::escape(&id.replace(['\n', '\r'], " ")))
    }

    /// Whether the element has no other attributes than these.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        match self {
            Self::Element { attributes, .. } => {
                attributes.iter().all(|(name, _)| names.contains(&name.as_str()))
            }
            Self::Text(_) => true,
        }
    }

    pub(super) fn opening(&self) -> String {
        let Self::Element { name, attributes, .. } = self else {
            return String::new();
        };
        let attributes = attributes.iter().map(|(name, value)| {
            let value = tokens::escape(&value.replace(['\n', '\r'], " "));
            if value.is_empty() { format!(" {name}") } else { format!(" {name}=\"{value}\"") }
        });
        format!("<{name}{}>", attributes.collect::<String>())
    }

    pub(super) fn to_html(&self) -> String {
        self.write(false)
    }

    /// The node as a raw HTML block in Markdown. The opening tag has a line of its own and there are no blank lines,
    /// because a blank line would end the block (`CommonMark` section 4.6).
    pub(super) fn to_raw_block(&self) -> String {
        let Self::Element { name, children, .. } = self else {
            return self.to_html();
        };
        let inside: String = children.iter().map(|child| child.write(false)).collect();
        format!("{}\n{}\n</{name}>", self.opening(), inside.trim()).replace("\n\n", "\n")
    }

    fn write(&self, verbatim: bool) -> String {
        match self {
            Self::Text(text) if verbatim => tokens::escape(text).replace('\n', "&#10;"),
            Self::Text(text) => tokens::escape(&collapse(text)),
            Self::Element { name, .. } if tokens::is_void(name) => self.opening(),
            Self::Element { name, children, .. } => {
                let inside: String =
                    children.iter().map(|child| child.write(verbatim || name == "pre")).collect();
                format!("{}{inside}</{name}>", self.opening())
            }
        }
    }
}

/// Replaces each run of ASCII white space with one space, as HTML does. No-break spaces stay.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii_whitespace() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}
