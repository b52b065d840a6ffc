//! Reads headings with the definitions of their article.

use std::cell::OnceCell;

use super::definitions::Definitions;
use super::inline::plain;
use super::slug::Anchor;

/// What the headings of an article may refer to: the link definitions and footnotes of its bodies. They are read only
/// if a heading holds a bracket.
pub struct References<'b> {
    bodies: Vec<&'b str>,
    definitions: OnceCell<Definitions>,
}

impl<'b> References<'b> {
    /// The definitions in these bodies.
    #[must_use]
    pub fn of(bodies: Vec<&'b str>) -> Self {
        Self { bodies, definitions: OnceCell::new() }
    }

    /// The plain text of a heading.
    #[must_use]
    pub fn text(&self, heading: &str) -> String {
        if !heading.contains('[') {
            return plain(heading, &Definitions::default());
        }
        plain(heading, self.definitions.get_or_init(|| Definitions::collect(&self.bodies)))
    }

    /// The anchor that a heading gets.
    #[must_use]
    pub fn anchor(&self, heading: &str) -> Anchor {
        Anchor::from_text(&self.text(heading))
    }
}
