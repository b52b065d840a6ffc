//! Topics: what articles are about. A topic that went up in another stays as a signpost, because old revisions name it.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::ids::TopicId;
use crate::base::text::slug::Slug;

/// A topic as articles embed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicRef {
    /// Names the topic.
    pub id: TopicId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 200, example = "Sea")]
    pub name: String,
}
