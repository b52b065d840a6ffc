//! The current user.

use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, LoggedIn, Role};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::http::Answer;
use crate::base::ids::UserId;
use crate::users::store::{self, UserRow};

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
    /// What the user may do.
    role: Role,
    /// When the user was created.
    created_at: Timestamp,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let role = Role::parse(&row.role).unwrap_or(Role::Contributor);
        Self { id: row.id, email: row.email, name: row.name, role, created_at: row.created_at }
    }
}

/// Get the current user
///
/// Requires an access token of any role. Returns the user the access token belongs to.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The current user.", body = User)))]
pub async fn get_me(app: Data<App>, actor: Actor<LoggedIn>) -> Result<Answer> {
    let row = app.db.read(move |conn| store::find(conn, actor.user)).await?.ok_or(Error::Unauthenticated)?;
    Answer::ok(&User::from(row))
}
