//! Authors: who articles are by. An author may be linked to a user and need not be; one that went up in another stays as
//! a signpost, because old revisions name it.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::ids::AuthorId;
use crate::base::text::slug::Slug;

/// An author as articles embed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorRef {
    /// Names the author.
    pub id: AuthorId,
    /// Their name in addresses.
    pub slug: Slug,
    /// Their name for people.
    #[schema(min_length = 1, max_length = 200, example = "Ada Marsh")]
    pub name: String,
}
