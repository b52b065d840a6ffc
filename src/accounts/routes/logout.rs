//! Logging out.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::cookie;
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::Response;
use crate::base::http::json::OptionalJson;

/// Which sessions to end.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogoutScope {
    /// The session of this request.
    #[default]
    Current,
    /// The user's other sessions.
    Others,
    /// All of the user's sessions.
    All,
}

/// Which sessions to end.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogOut {
    /// Default: `current`.
    #[serde(default)]
    scope: LogoutScope,
}

/// Log out
///
/// Requires an access token of any role. Ends the session of this request, the user's other sessions, or all of them, at once.
/// Deletes the session cookie, if there is one.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "accounts", security(("bearer" = [])),
    request_body(content = Option<LogOut>, content_type = "application/json"),
    responses((status = 204, description = "The sessions have ended.")))]
pub async fn log_out(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<UseAccount>,
    body: OptionalJson<LogOut>,
) -> Result<Response> {
    let (user, scope) = (actor.user, body.0.unwrap_or_default().scope);
    let current = actor.session.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
    let which = match scope {
        LogoutScope::Current => Which::Only(current),
        LogoutScope::Others => Which::AllBut(current),
        LogoutScope::All => Which::All,
    };
    app.db.write_as(actor.origin, move |tx| sessions::end(tx, user, which)).await?;
    let cleared = cookie::clear(&app, &req).filter(|_| !matches!(scope, LogoutScope::Others));
    let response = Response::no_content();
    Ok(match cleared {
        Some(value) => response.header(header::SET_COOKIE, value),
        None => response,
    })
}
