//! The current user.

use actix_web::web::Data;

use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::Response;
use crate::users::{User, store};

/// Get the current user
///
/// Requires an access token of any role. Returns the user the access token belongs to.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The current user.", body = User)))]
pub async fn get_me(app: Data<App>, actor: Actor<UseAccount>) -> Result<Response> {
    let row = app.db.read(move |conn| store::find(conn, actor.user)).await?;
    Response::ok(&User::from(row.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?))
}
