//! Terms: topics and authors, the names that articles carry. Both kinds have a slug and a name, and one term can be
//! merged into another of its kind; what only one kind has stands in `topics/` and `authors/`. A merged term is kept,
//! because old revisions name it.

mod kind;
pub mod names;
pub mod of_articles;
pub mod routes;
pub mod slugs;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use kind::{IsTerm, Loaded, TermRow, Terms};

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::details::Details;
use crate::base::ids::{AuthorId, IsId, TermId, TopicId};
use crate::base::text::slug::Slug;
use crate::base::text::validate;

/// The longest name, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description or biography, in characters.
pub const MAX_TEXT: usize = 2000;

/// A topic or an author as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Term<I: IsTerm> {
    /// The id.
    pub id: I,
    /// The name in URLs: unique within the kind, merged terms and former slugs included.
    pub slug: Slug,
    /// The name for people.
    pub name: String,
    /// What only this kind has.
    pub details: I::Details,
    /// The term it was merged into, which is not merged itself.
    pub merged_into: Option<I>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The terms of an article, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleTerms {
    /// The authors.
    pub authors: Vec<AuthorId>,
    /// The topics.
    pub topics: Vec<TopicId>,
}

impl ArticleTerms {
    /// The authors, then the topics.
    pub fn all(&self) -> impl Iterator<Item = TermId> {
        self.authors.iter().map(|id| id.term()).chain(self.topics.iter().map(|id| id.term()))
    }
}

/// What a URL names a term by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key<I> {
    /// Its id.
    Id(I),
    /// Its slug.
    Slug(Slug),
}

/// The order of a list; ties are broken by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub enum Order {
    /// By name, ascending.
    #[default]
    #[serde(rename = "name")]
    NameAscending,
    /// By name, descending.
    #[serde(rename = "-name")]
    NameDescending,
    /// Oldest first.
    #[serde(rename = "created_at")]
    OldestFirst,
    /// Newest first.
    #[serde(rename = "-created_at")]
    NewestFirst,
}

/// Where a page of a list ends: the sort key and the id of its last item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position<I> {
    /// In a list by name.
    Name(String, I),
    /// In a list by time.
    CreatedAt(Timestamp, I),
}

impl<I: IsTerm> Term<I> {
    /// A term with nothing but its names.
    #[must_use]
    pub fn new(id: I, slug: Slug, name: String, now: Timestamp) -> Self {
        let details = I::Details::default();
        Self { id, slug, name, details, merged_into: None, created_at: now, updated_at: now }
    }
}

impl<I: IsTerm> From<Loaded<I::Details>> for Term<I> {
    fn from((row, details): Loaded<I::Details>) -> Self {
        Self {
            id: I::of(row.id),
            slug: row.slug,
            name: row.name,
            details: details.unwrap_or_default(),
            merged_into: row.merged_into.map(I::of),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl<I: IsId> Key<I> {
    /// Reads an id in lower case or a slug; `None` when it can be neither, so that no term has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match uuid::Uuid::try_parse(text) {
            Ok(uuid) if uuid.to_string() == text => Some(Self::Id(I::from_uuid(uuid))),
            _ => Slug::parse(text).ok().map(Self::Slug),
        }
    }
}

impl Order {
    /// Reads the parameter `sort`; refuses others with `sort-unknown`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "name" => Ok(Self::NameAscending),
            "-name" => Ok(Self::NameDescending),
            "created_at" => Ok(Self::OldestFirst),
            "-created_at" => Ok(Self::NewestFirst),
            _ => Err(validate::unknown("sort", ["name", "-name", "created_at", "-created_at"])),
        }
    }

    /// The position of a term in this order.
    #[must_use]
    pub fn position<I: IsTerm>(self, term: &Term<I>) -> Position<I> {
        match self {
            Self::NameAscending | Self::NameDescending => Position::Name(term.name.clone(), term.id),
            Self::OldestFirst | Self::NewestFirst => Position::CreatedAt(term.created_at, term.id),
        }
    }
}

/// Replaces the old value by the new one, if there is one.
pub fn set<T: Clone>(old: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        old.clone_from(new);
    }
}

/// Refuses to merge a term into itself, directly or by way of one that was merged into it: conflict
/// `merge-into-itself`.
pub fn check_merge<I: PartialEq>(from: &I, into: &I) -> Result<()> {
    if from == into {
        return Err(Error::conflict(
            "merge-into-itself",
            "Both are the same, or `into` was merged into this one.",
        ));
    }
    Ok(())
}

/// The refusal to change a term that was merged into another, which the problem names.
#[must_use]
pub fn already_merged(into: &impl IsId) -> Error {
    let details = Details { into: Some(into.uuid()), ..Details::default() };
    details
        .conflict("already-merged", "This was merged into another, whose id is in `into`. Change that one.")
}
