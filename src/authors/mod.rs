//! Authors: who articles are by. What they share with topics stands in `terms/`. An author can be linked to a user.

pub mod of_users;
pub mod routes;
mod store;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::db::schema::author_details;
use crate::base::ids::{AuthorId, UserId};
use crate::base::text::slug::Slug;

/// An author as articles embed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorRef {
    /// The id.
    pub id: AuthorId,
    /// The slug.
    pub slug: Slug,
    /// The name shown to people.
    #[schema(min_length = 1, max_length = 200, example = "Ada Marsh")]
    pub name: String,
}

/// What only authors have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = author_details, treat_none_as_null = true)]
pub struct AuthorDetails {
    /// Who they are.
    pub bio: Option<String>,
    /// Where they are on the web.
    pub website_url: Option<String>,
    /// Where a picture of them is.
    pub image_url: Option<String>,
    /// The user they are, if they log in.
    pub user_id: Option<UserId>,
}
