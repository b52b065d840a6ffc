//! Logging out.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::refresh::find_owner;
use crate::accounts::cookie;
use crate::accounts::refresh::{RefreshToken, find_usable};
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::db::Tx;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::Response;
use crate::base::http::json::OptionalJson;
use crate::base::ids::{SessionId, UserId};

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
/// Requires an access token of any role or the session cookie. Ends the session of this request, the user's other
/// sessions, or all of them, at once. Without an access token that is valid, the session of this request is the one in
/// the cookie. With both, the session in the cookie is ended, too, unless `scope` is `others`. The cookie is deleted
/// when its session has ended.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "accounts", security(("bearer" = [])),
    request_body(content = Option<LogOut>, content_type = "application/json"),
    responses(
        (status = 204, description = "The sessions have ended."),
        (status = 403, description = "`origin-not-allowed`: with the cookie alone, from a page of another origin."),
    ))]
pub async fn log_out(
    app: Data<App>,
    req: HttpRequest,
    actor: Result<Actor<UseAccount>>,
    body: OptionalJson<LogOut>,
) -> Result<Response> {
    let scope = body.0.unwrap_or_default().scope;
    let error = match actor {
        Ok(actor) => {
            let current = actor.session.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
            let may_end_cookie = cookie::check_origin(&app, &req).is_ok();
            let cookie = cookie::peek(&app, &req);
            let logout = Logout { scope, current: Some((current, actor.user)), cookie, may_end_cookie };
            if app.db.write_as(actor.origin, move |tx| logout.end(tx)).await? {
                cookie::clear(&app, &req);
            }
            return Ok(Response::no_content());
        }
        Err(error) => error,
    };
    let (Error::Unauthenticated(_), Some(token)) = (&error, cookie::read(&app, &req)?) else {
        return Err(error);
    };
    let is_over = with_cookie(&app, &req, scope, token).await;
    if matches!(is_over, Ok(true) | Err(Error::Unauthenticated(_))) {
        cookie::clear(&app, &req);
    }
    is_over.map(|_| Response::no_content())
}

/// Ends the sessions for the owner of the session in the cookie.
async fn with_cookie(app: &App, req: &HttpRequest, scope: LogoutScope, token: RefreshToken) -> Result<bool> {
    let (_, user) = find_owner(app, req, &token).await?;
    let logout = Logout { scope, current: None, cookie: Some(token), may_end_cookie: true };
    app.db.write_as(app.origin(req, Some(user.into())), move |tx| logout.end(tx)).await
}

/// The sessions to end.
struct Logout {
    scope: LogoutScope,
    /// The session of the access token and its user; `None` if the session in the cookie takes its place.
    current: Option<(SessionId, UserId)>,
    cookie: Option<RefreshToken>,
    /// Whether the page that made the request may end the session in the cookie.
    may_end_cookie: bool,
}

impl Logout {
    /// Ends the sessions. Returns whether the session in the cookie has ended.
    ///
    /// # Errors
    /// Unauthenticated, if the session in the cookie takes the place of an access token's and has ended, or if its
    /// token was used before: old tokens end nothing.
    fn end(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let in_cookie = match &self.cookie {
            Some(token) => find_usable(tx, token)?,
            None => None,
        };
        let ended = Error::Unauthenticated(AuthFailure::EndedSession);
        let (session, user) = self.current.or(in_cookie).ok_or(ended)?;
        let which = match self.scope {
            LogoutScope::Current => Which::Only(session),
            LogoutScope::Others => Which::AllBut(session),
            LogoutScope::All => Which::All,
        };
        sessions::end(tx, user, which)?;
        let Some((other, owner)) = in_cookie.filter(|found| *found != (session, user)) else {
            return Ok(in_cookie.is_none() || !matches!(self.scope, LogoutScope::Others));
        };
        let is_ended = owner == user && !matches!(self.scope, LogoutScope::Current);
        if is_ended || matches!(self.scope, LogoutScope::Others) {
            return Ok(is_ended);
        }
        if self.may_end_cookie {
            sessions::end(tx, owner, Which::Only(other))?;
        }
        Ok(self.may_end_cookie)
    }
}
