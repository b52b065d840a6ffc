//! Users as JSON, as their colleagues see them and as admins change them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Actor, ReadUsers, Role, WriteUsers};
use crate::authors::of_users;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::json::{Clearable, present};
use crate::base::ids::{AuthorId, UserId};
use crate::users::UserState;
use crate::users::store::UserRow;

/// A user, as other users see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAccount {
    id: UserId,
    /// The email address; `null` unless the caller is an admin.
    #[schema(required = true, format = Email, max_length = 254)]
    email: Option<String>,
    /// The name.
    #[schema(max_length = 200, example = "Ada Marsh")]
    name: String,
    role: Role,
    state: UserState,
    /// The author that the user is; of several the one who was created first.
    #[schema(required = true)]
    author_id: Option<AuthorId>,
    /// When the user was invited or added.
    created_at: Timestamp,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserPage {
    /// At most `limit`, newest first.
    #[schema(max_items = 100)]
    items: Vec<UserAccount>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of users that match; present only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// A user to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// The address that the invitation goes to, with which the user will log in.
    #[schema(format = "email-address", min_length = 3, max_length = 254, example = "ada@website.example")]
    pub email: String,
    /// The name that colleagues see: one line.
    #[schema(format = "line", min_length = 1, max_length = 200, example = "Ada Marsh")]
    pub name: String,
    /// The role.
    pub role: Role,
}

/// Changes to a user. Omitted fields keep their value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUser {
    /// The name that colleagues see: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "line", min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// A new address. It replaces the old one when the user has confirmed it with the link that is sent there. An
    /// invited user gets it at once, with a new invitation. The present address withdraws a change that is not
    /// confirmed yet.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "email-address", min_length = 3, max_length = 254)]
    pub email: Option<String>,
    /// The role.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Role, required = false)]
    pub role: Option<Role>,
    /// Whether the user is disabled and can no longer log in.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub disabled: Option<bool>,
    /// The author that the user is; `null` removes the link. Any other user linked to this author is unlinked.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AuthorId>)]
    pub author_id: Clearable<AuthorId>,
}

/// Whether someone may see addresses.
pub fn sees_email(actor: &Actor<ReadUsers>) -> bool {
    actor.may::<WriteUsers>()
}

impl UserAccount {
    fn new(row: UserRow, authors: &HashMap<UserId, AuthorId>, with_email: bool) -> Self {
        let (role, state, author_id) = (row.role(), row.state(), authors.get(&row.id).copied());
        let UserRow { id, email, name, created_at, .. } = row;
        Self { id, email: with_email.then_some(email), name, role, state, author_id, created_at }
    }

    /// Some users as they are shown, in their order.
    pub fn load(conn: &mut Connection, rows: Vec<UserRow>, with_email: bool) -> Result<Vec<Self>> {
        let ids: Vec<UserId> = rows.iter().map(|row| row.id).collect();
        let authors = of_users::find(conn, &ids)?;
        Ok(rows.into_iter().map(|row| Self::new(row, &authors, with_email)).collect())
    }

    /// One user as they are shown.
    pub fn one(conn: &mut Connection, row: UserRow, with_email: bool) -> Result<Self> {
        let authors = of_users::find(conn, &[row.id])?;
        Ok(Self::new(row, &authors, with_email))
    }
}
