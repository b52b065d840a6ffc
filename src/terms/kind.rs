//! What topics and authors differ in, as a trait of their ids: code over both is generic over the id, and a topic is
//! never taken for an author.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::clock::Timestamp;
use crate::base::db::schema::terms;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{IsId, TermId};
use crate::base::text::slug::Slug;

/// A query for rows of `terms`.
pub type Terms<'a> = terms::BoxedQuery<'a, MultiBackend>;

/// A row of `terms`, without the kind.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = terms)]
pub struct TermRow {
    pub(super) id: TermId,
    pub(super) slug: Slug,
    pub(super) name: String,
    pub(super) merged_into: Option<TermId>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// A row of `terms`, and its details if there are any.
pub type Loaded<D> = (TermRow, Option<D>);

/// The id of a term, and with it the kind: everything that differs between topics and authors.
pub trait IsTerm: IsId + Display + Ord + Hash + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind, as in the column `kind`, in path parameters and in error messages: `topic` or `author`.
    const KIND: &'static str;
    /// The error code for a reference to a term that does not exist.
    const UNKNOWN: &'static str;
    /// Whether subscribers can follow terms of this kind.
    const HAS_FOLLOWERS: bool;

    /// What only this kind has. A term whose details are the default needs no row for them.
    type Details: Debug + Clone + Default + PartialEq + Send + 'static;
    /// The term as articles embed it.
    type Ref: Debug + Clone + PartialEq + Send + 'static;

    /// The same id without its kind.
    fn term(self) -> TermId {
        TermId::from_uuid(self.uuid())
    }
    /// The id of this kind with the same UUID.
    #[must_use]
    fn of(term: TermId) -> Self {
        Self::from_uuid(term.uuid())
    }
    /// How articles embed this term.
    fn embedded(self, slug: Slug, name: String) -> Self::Ref;
    /// Loads terms with their details.
    fn load(conn: &mut Connection, terms: Terms<'_>) -> Result<Vec<Loaded<Self::Details>>>;
    /// Stores the details of this term.
    fn save(self, tx: &mut Tx<'_>, details: &Self::Details) -> Result<()>;

    /// The event of its creation.
    fn created(self) -> Event;
    /// The event of a change to it.
    fn updated(self) -> Event;
    /// The event of its merge into another.
    fn merged(self, into: Self) -> Event;
    /// The event of its removal.
    fn removed(self) -> Event;
}
