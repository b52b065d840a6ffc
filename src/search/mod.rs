//! Finding articles and sections by their words. Publishing compiles here, too: the [`document`] of an edition is made
//! with its rendering and written in the same breath, so an index is never behind what readers see.
//!
//! A *place* is an article itself (its title and opening) or one of its sections. [`query`] reads what is looked for,
//! [`expression`] asks either database's full-text index for it. Few places are ranked by how well they answer ([`rank`]);
//! many, which no reader will look at to the end, come by where the terms stand and from the newest on, which the index
//! gives without looking at them all. So the commonest word costs little more than a rare one.

pub mod document;
pub mod expression;
pub mod filter;
pub mod find;
pub mod occurrences;
pub mod query;
pub mod rank;
pub mod routes;
pub mod snippet;
pub mod store;

use serde::{Deserialize, Serialize};

/// Up to so many places are ranked by how well they answer.
pub const FEW: usize = 50;

/// Where a page of hits ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// Among few: behind this score, and this place.
    Ranked(u32, i64),
    /// Among many: in this tier, behind this place.
    Tiered(Tier, i64),
}

/// Where the terms stand, when there are many hits: the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tier {
    /// All in the title of an article.
    Title,
    /// All in the heading of a section.
    Heading,
    /// Elsewhere.
    Body,
}

impl Tier {
    /// All, the best first.
    pub const ALL: [Self; 3] = [Self::Title, Self::Heading, Self::Body];

    /// The score of a hit of this tier, in thousandths.
    #[must_use]
    pub fn score(self) -> u32 {
        match self {
            Self::Title => rank::TITLE,
            Self::Heading => rank::HEADING,
            Self::Body => rank::BODY,
        }
    }
}
