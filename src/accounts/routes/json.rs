//! Sessions and tokens as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::cookie;
use crate::accounts::refresh::Refreshable;
use crate::accounts::sessions::SessionRow;
use crate::app::App;
use crate::auth::token;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::ids::SessionId;
use crate::users::User;
use actix_web::http::header;

/// A session: one login on one device.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    id: SessionId,
    /// The browser or program, as it named itself in `User-Agent` at the login.
    #[schema(max_length = 200)]
    device: String,
    /// The network that the user logged in from: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
    #[schema(max_length = 50, example = "203.0.113.0/24")]
    network: String,
    /// When the user logged in.
    created_at: Timestamp,
    /// When the session was last refreshed.
    last_used_at: Timestamp,
    /// When it ends in any case.
    expires_at: Timestamp,
    /// Whether the request was made with it.
    current: bool,
}

impl Session {
    /// A session as the user of `current` sees it.
    #[must_use]
    pub fn new(row: SessionRow, current: Option<SessionId>) -> Self {
        let SessionRow { id, device, network, created_at, last_used_at, expires_at, .. } = row;
        Self { id, device, network, created_at, last_used_at, expires_at, current: Some(id) == current }
    }
}

/// An access token, and what gets the next one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionTokens {
    /// The access token, to be sent as `Authorization: Bearer <token>`.
    #[schema(max_length = 4096)]
    access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 10, example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, maximum = 600)]
    expires_in: u64,
    /// The token that refreshes the session. Works once. Missing if it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, min_length = 43, max_length = 43)]
    refresh_token: Option<String>,
    /// When the session ends unless it is refreshed before.
    refresh_expires_at: Timestamp,
    session: Session,
    user: User,
}

/// Where the refresh token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// The body.
    Body,
    /// A cookie.
    Cookie,
}

/// Issues an access token and responds with it.
pub fn respond(app: &App, refreshable: Refreshable, carrier: Carrier) -> Result<Response> {
    let Refreshable { session, user, token, expires_at } = refreshable;
    let now = app.clock.now();
    let set_cookie = match carrier {
        Carrier::Body => None,
        Carrier::Cookie => Some(cookie::keep(app, &token, expires_at.as_seconds() - now.as_seconds())?),
    };
    let current = Some(session.id);
    let tokens = SessionTokens {
        access_token: app.tokens.issue(&app.random, user.id, session.id, now)?,
        token_type: "Bearer",
        expires_in: token::LIFE.as_secs(),
        refresh_token: set_cookie.is_none().then(|| token.expose().to_owned()),
        refresh_expires_at: expires_at,
        session: Session::new(session, current),
        user: user.into(),
    };
    let response = Response::ok(&tokens)?.header(header::CACHE_CONTROL, "no-store");
    Ok(match set_cookie {
        Some(value) => response.header(header::SET_COOKIE, value),
        None => response,
    })
}
