//! Creating a session with an email address and a password, and the list of one's sessions.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::{Carrier, Session, SessionTokens, respond};
use crate::accounts::cookie;
use crate::accounts::login::{Credentials, log_in};
use crate::accounts::second_factor::Code;
use crate::accounts::sessions;
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::error::Result;
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};

/// The credentials of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// The user's email address.
    #[schema(min_length = 3, max_length = 254, format = Email)]
    email: String,
    /// The user's password, at most 256 bytes.
    #[schema(max_length = 256, format = Password)]
    password: String,
    /// The code of the second factor, if the user has one: the one-time code of the authenticator app, or a recovery code.
    /// Ignored otherwise.
    #[serde(default)]
    #[schema(max_length = 64, example = "123456")]
    code: Option<String>,
    /// Whether the refresh token goes into a cookie, for browsers. Needs a base URL with https, or on a loopback address.
    #[serde(default)]
    cookie: bool,
}

/// The sessions of the current user.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    /// Those that have neither ended nor expired, newest first. A user has 100 at most.
    #[schema(max_items = 100)]
    items: Vec<Session>,
    /// Always `null`: all sessions are on one page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
}

/// Create a session
///
/// Needs no access token. Exchanges an email address and a password for an access token that is valid for ten minutes,
/// and a refresh token that gets the next ones. A user has 100 sessions at most: one more ends the oldest. A wrong
/// password, an unknown address and a disabled user all respond with the same 401 after the same time. A user with a
/// second factor needs `code`, too, which is checked after the password. Each one-time code and each recovery code
/// works once. Failed attempts delay the next ones at the same account and from the same network: too early, an attempt
/// responds with 429 and `Retry-After`. Networks from which the user has logged in lately are not delayed by what
/// others try.
#[utoipa::path(post, path = "/v1/auth/sessions", tag = "accounts", security(()), request_body = CreateSession,
    responses(
        (status = 201, description = "The new tokens, their session and its user.", body = SessionTokens),
        (status = 401, description = "`invalid-credentials`: no active user has this address and password, or the code is wrong or was used before. `second-factor-required`: the password is right; repeat the request with `code`."),
        (status = 403, description = "`origin-not-allowed`: with `cookie`, from a page of another origin."),
    ))]
pub async fn create_session(
    app: Data<App>,
    req: HttpRequest,
    body: Json<CreateSession, Small>,
) -> Result<Response> {
    let CreateSession { email, password, code, cookie } = body.value;
    if cookie {
        cookie::check_place(&app)?;
        cookie::check_origin(&app, &req)?;
    }
    let code = Code::parse(code.as_deref())?;
    let session = log_in(&app, &req, Credentials { email, password, code }).await?;
    let carrier = if cookie { Carrier::Cookie } else { Carrier::Body };
    Ok(respond(&app, session, carrier)?.status(StatusCode::CREATED))
}

/// List your sessions
///
/// Requires an access token of any role. Returns the sessions of the user that have neither ended nor expired.
#[utoipa::path(get, path = "/v1/auth/sessions", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The sessions.", body = Sessions)))]
pub async fn list_sessions(app: Data<App>, actor: Actor<UseAccount>) -> Result<Response> {
    let now = app.clock.now();
    let rows = app.db.read(move |conn| sessions::list(conn, actor.user, now)).await?;
    let items = rows.into_iter().map(|row| Session::new(row, actor.session)).collect();
    Response::ok(&Sessions { items, next_cursor: None })
}
