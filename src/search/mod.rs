//! Full-text search over articles and sections. The index entries of an edition ([`document`]) are built with its
//! rendering and written in the same transaction, so the index always matches what readers see.
//!
//! A *place* is an article (its title and opening) or one of its sections. Up to [`MAX_SCORED`] matching places are
//! scored ([`rank`]); larger results are ordered by [`Tier`], then newest first, which the index can do without reading
//! every match.

pub mod document;
pub mod expression;
pub mod filter;
pub mod find;
pub mod forget_words;
pub mod occurrences;
pub mod query;
pub mod rank;
pub mod routes;
pub mod snippet;
pub mod store;

use serde::{Deserialize, Serialize};

/// The most places that are scored. Larger results are ordered by tier.
pub const MAX_SCORED: usize = 50;

/// The position of a page's last hit, stored in the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// In a scored result: the score and the place's id.
    Ranked(u32, i64),
    /// In a tiered result: the tier and the place's id.
    Tiered(Tier, i64),
}

/// Where the terms occur, for results that are too large to score. Best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tier {
    /// All terms are in the article's title.
    Title,
    /// All terms are in the section's heading.
    Heading,
    /// Anything else.
    Body,
}

impl Tier {
    /// All tiers, best first.
    pub const ALL: [Self; 3] = [Self::Title, Self::Heading, Self::Body];

    /// The score of every hit in this tier, in thousandths.
    #[must_use]
    pub fn score(self) -> u32 {
        match self {
            Self::Title => rank::TITLE,
            Self::Heading => rank::HEADING,
            Self::Body => rank::BODY,
        }
    }
}
