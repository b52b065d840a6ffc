//! How authors are kept.

use super::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::ids::{AuthorId, UserId};

crate::carried::store::carried_store! {
    table: authors, row: AuthorRow, id: AuthorId, reference: AuthorRef, what: "author",
    drafts: article_authors, live: rendering_authors, column: author_id,
    events: AuthorCreated, AuthorUpdated, AuthorMerged { author }, AuthorRemoved,
}

/// An author as kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = authors, treat_none_as_null = true)]
pub struct AuthorRow {
    /// Names the author.
    pub id: AuthorId,
    /// Their name in addresses: unique among authors, those merged included.
    pub slug: Slug,
    /// Their name for people.
    pub name: String,
    /// Who they are.
    pub bio: Option<String>,
    /// Where they are on the web.
    pub website_url: Option<String>,
    /// Where a picture of them is.
    pub image_url: Option<String>,
    /// The user who they are, if they log in.
    pub user_id: Option<UserId>,
    /// Whom they went up in: one who has not gone up in another.
    pub merged_into: Option<AuthorId>,
    /// When they were made.
    pub created_at: Timestamp,
    /// When anything of this was last changed.
    pub updated_at: Timestamp,
}

impl AuthorRow {
    /// An author with nothing but their names.
    #[must_use]
    pub fn new(id: AuthorId, slug: Slug, name: String, now: Timestamp) -> Self {
        Self {
            id,
            slug,
            name,
            bio: None,
            website_url: None,
            image_url: None,
            user_id: None,
            merged_into: None,
            created_at: now,
            updated_at: now,
        }
    }
}
