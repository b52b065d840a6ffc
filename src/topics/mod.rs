//! Topics: what articles are about. What they share with authors stands in `terms/`.

pub mod routes;
mod store;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::db::schema::topic_details;
use crate::base::ids::TopicId;
use crate::base::text::slug::Slug;

/// A topic as articles embed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicRef {
    /// The id.
    pub id: TopicId,
    /// The slug.
    pub slug: Slug,
    /// The name shown to people.
    #[schema(min_length = 1, max_length = 200, example = "Sea")]
    pub name: String,
}

/// What only topics have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = topic_details, treat_none_as_null = true)]
pub struct TopicDetails {
    /// What it is about.
    pub description: Option<String>,
    /// Whether subscribers can choose it.
    pub followable: bool,
}
