//! Exchanging a refresh token for the next tokens.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{Carrier, SessionTokens, respond};
use crate::accounts::cookie;
use crate::accounts::refresh::{RefreshToken, Refreshable, exchange, session_of};
use crate::accounts::sessions::Lifetime;
use crate::app::App;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::Response;
use crate::base::http::json::OptionalJson;
use crate::base::http::limit::{Key, Policy};
use crate::base::ids::{SessionId, UserId};

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshSession {
    /// The refresh token of the last response.
    #[schema(min_length = 1, max_length = 100)]
    refresh_token: String,
}

/// Refresh a session
///
/// Needs no access token. Exchanges the refresh token for a new access token and the next refresh token; without a body, the
/// one in the cookie. Each works once. If the response was lost, the same request returns the same tokens for ten seconds;
/// later, or once the next one was used, it ends the session, because someone else may have the token.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "accounts", security(()),
    request_body(content = Option<RefreshSession>, content_type = "application/json"),
    responses(
        (status = 200, description = "The new tokens, their session and its user.", body = SessionTokens),
        (status = 401, description = "`token-missing`: there is neither a body nor a cookie. `token-invalid`: this is no refresh token. `session-ended`: log in again. A cookie that is refused is deleted."),
        (status = 403, description = "`origin-not-allowed`: with a cookie, from a page of another origin."),
    ))]
pub async fn refresh_session(
    app: Data<App>,
    req: HttpRequest,
    body: OptionalJson<RefreshSession>,
) -> Result<Response> {
    let failed = |failure| Error::Unauthenticated(failure);
    let Some(body) = body.0 else {
        let token = cookie::read(&app, &req)?.ok_or(failed(AuthFailure::MissingToken))?;
        let refreshed = refresh(&app, &req, token).await;
        if let Err(Error::Unauthenticated(_)) = refreshed {
            cookie::clear(&app, &req);
        }
        return respond(&app, refreshed?, Carrier::Cookie);
    };
    let token = RefreshToken::parse(&body.refresh_token).ok_or(failed(AuthFailure::InvalidToken))?;
    respond(&app, refresh(&app, &req, token).await?, Carrier::Body)
}

/// Exchanges a token. An unknown token is refused without a write.
async fn refresh(app: &App, req: &HttpRequest, token: RefreshToken) -> Result<Refreshable> {
    find_owner(app, req, &token).await?;
    let (keys, lifetime) = (app.keys.clone(), Lifetime::new(&app.config));
    let exchanged =
        app.db.write_as(app.origin(req, None), move |tx| exchange(tx, &keys, &token, lifetime)).await?;
    exchanged.map_err(Error::Unauthenticated)
}

/// The session and the user of a token, whether it works or not. Counts the request against the budget of the session,
/// or of the network if there is no such token.
///
/// # Errors
/// Unauthenticated, if there is no such token; too many.
pub(super) async fn find_owner(
    app: &App,
    req: &HttpRequest,
    token: &RefreshToken,
) -> Result<(SessionId, UserId)> {
    let presented = token.clone();
    let Some((session, user)) = app.db.read_inline(move |conn| session_of(conn, &presented)).await? else {
        app.limits.admit_network(req, Policy::UnknownRefresh)?;
        return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
    };
    app.limits.admit(req, Policy::Refresh, Key::Session(session))?;
    Ok((session, user))
}
