//! Users: an email address, a name, a role and the hash of a password.

mod actors;
pub mod admins;
pub mod list;
mod notifications;
pub mod routes;
pub mod store;

pub use actors::Actors;
pub use notifications::{Notifications, UpdateNotifications};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;
use crate::base::clock::Timestamp;
use crate::base::error::Invalid;
use crate::base::ids::UserId;
pub use crate::base::text::email::EmailAddress;
use crate::base::text::validate;

/// The longest name, in characters.
pub const MAX_NAME: usize = 200;

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

crate::text_enum! {
    /// Whether a user can log in.
    UserState as UserState {
        /// Was invited and has no password yet.
        Invited = "invited",
        /// Can log in.
        Active = "active",
        /// Can no longer log in, whatever they had before.
        Disabled = "disabled",
    }
}

/// The name of a user, from a request or a command: one line.
///
/// # Errors
/// `name-empty`, `name-too-long`, `name-malformed`.
pub fn parse_name(text: &str) -> Result<String, Invalid> {
    validate::line("name", text, MAX_NAME)
}
