//! Logging out.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::cookie;
use crate::accounts::refresh::{RefreshToken, session_of};
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::actor::Origin;
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
/// Requires an access token of any role or the session cookie. Ends the session of this request, the user's other sessions, or
/// all of them, at once. Without an access token that is valid, the session of this request is the one in the cookie. With both,
/// the session in the cookie is ended, too, unless `scope` is `others`. The cookie is deleted when its session has ended.
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
    let (leaving, origin) = match actor {
        Ok(actor) => (with_token(&app, &req, &actor, scope)?, actor.origin),
        Err(error) => with_cookie(&app, &req, scope, error).await?,
    };
    let is_over = app.db.write_as(origin, move |tx| leaving.end(tx)).await?;
    if is_over {
        cookie::clear(&app, &req);
    }
    Ok(Response::no_content())
}

/// Whose sessions end, which, and what is in the cookie.
struct Leaving {
    user: UserId,
    current: SessionId,
    scope: LogoutScope,
    cookie: Option<RefreshToken>,
    /// Whether the page that made the request may end the session in the cookie.
    may_end_cookie: bool,
}

fn with_token(
    app: &App,
    req: &HttpRequest,
    actor: &Actor<UseAccount>,
    scope: LogoutScope,
) -> Result<Leaving> {
    let current = actor.session.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
    let may_end_cookie = cookie::check_origin(app, req).is_ok();
    Ok(Leaving { user: actor.user, current, scope, cookie: cookie::peek(app, req), may_end_cookie })
}

/// The session in the cookie, in place of that of an access token, which is missing or refused with this error.
async fn with_cookie(
    app: &App,
    req: &HttpRequest,
    scope: LogoutScope,
    error: Error,
) -> Result<(Leaving, Origin)> {
    let (Error::Unauthenticated(_), Some(token)) = (&error, cookie::read(app, req)?) else {
        return Err(error);
    };
    let presented = token.clone();
    let Some((current, user)) = app.db.read_inline(move |conn| session_of(conn, &presented)).await? else {
        cookie::clear(app, req);
        return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
    };
    let leaving = Leaving { user, current, scope, cookie: Some(token), may_end_cookie: true };
    Ok((leaving, app.origin(req, Some(user.into()))))
}

impl Leaving {
    /// Ends the sessions. Returns whether that in the cookie is over.
    fn end(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let which = match self.scope {
            LogoutScope::Current => Which::Only(self.current),
            LogoutScope::Others => Which::AllBut(self.current),
            LogoutScope::All => Which::All,
        };
        let in_cookie = match &self.cookie {
            Some(token) => session_of(tx, token)?,
            None => None,
        };
        sessions::end(tx, self.user, which)?;
        let Some((session, owner)) = in_cookie else { return Ok(true) };
        if matches!(self.scope, LogoutScope::Others) {
            return Ok(owner == self.user && session != self.current);
        }
        if self.may_end_cookie {
            sessions::end(tx, owner, Which::Only(session))?;
        }
        Ok(self.may_end_cookie || session == self.current)
    }
}
