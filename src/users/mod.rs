//! Users: an email address, a name, a role and the hash of a password.

mod actors;
pub mod routes;
pub mod store;

pub use actors::Actors;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;
use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
pub use crate::base::text::email::EmailAddress;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    id: UserId,
    /// The email address.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The name.
    #[schema(max_length = 200)]
    name: String,
    role: Role,
    /// When the user was created.
    created_at: Timestamp,
}
