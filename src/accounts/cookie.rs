//! The cookie that holds the refresh token of a browser's session. Only the pages of this server and of the origins in
//! `LEDE_CORS_ORIGINS` may use it, and only the operations on sessions read it.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpMessage as _, HttpRequest};
use url::{Host, Url};

use super::refresh::RefreshToken;
use crate::app::App;
use crate::base::config::Config;
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::http::SetCookie;

/// What browsers say about who made a request.
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where the cookie may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Over TLS.
    Secure,
    /// On this machine, for development.
    Loopback,
}

impl Place {
    /// Where clients reach this server; `None` where a cookie would travel unencrypted.
    fn of(config: &Config) -> Option<Self> {
        let url = Url::parse(&config.base_url()).ok()?;
        let is_loopback = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        match url.scheme() {
            "https" => Some(Self::Secure),
            _ => is_loopback.then_some(Self::Loopback),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-lede-refresh",
            Self::Loopback => "lede-refresh",
        }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "Secure; HttpOnly; SameSite=Strict; Path=/",
            Self::Loopback => "HttpOnly; SameSite=Strict; Path=/",
        }
    }
}

/// Refuses a cookie where it would travel unencrypted.
///
/// # Errors
/// `cookie-needs-https`.
pub fn check_place(app: &App) -> Result<()> {
    place(app).map(drop)
}

fn place(app: &App) -> Result<Place> {
    Place::of(&app.config).ok_or_else(|| {
        Error::invalid(
            "/cookie",
            "cookie-needs-https",
            "The base URL of this server is neither https nor on a loopback address.",
        )
    })
}

/// The `Set-Cookie` header that keeps a token for so many seconds.
///
/// # Errors
/// `cookie-needs-https`.
pub fn keep(app: &App, token: &RefreshToken, seconds: i64) -> Result<String> {
    let place = place(app)?;
    let (name, attributes) = (place.name(), place.attributes());
    Ok(format!("{name}={}; Max-Age={seconds}; {attributes}", token.expose()))
}

/// Makes the response to a request delete its cookie, whatever the response is.
pub fn clear(app: &App, req: &HttpRequest) {
    let Some(place) = Place::of(&app.config).filter(|place| value(req, *place).is_some()) else { return };
    let header = format!("{}=; Max-Age=0; {}", place.name(), place.attributes());
    req.extensions_mut().insert(SetCookie(header));
}

/// The token in the cookie of a request, if it has one.
///
/// # Errors
/// Forbidden, if the request comes from a page that may not use it; `token-invalid`, if it is no token.
pub fn read(app: &App, req: &HttpRequest) -> Result<Option<RefreshToken>> {
    let Some(value) = Place::of(&app.config).and_then(|place| value(req, place)) else { return Ok(None) };
    check_origin(app, req)?;
    let token = RefreshToken::parse(value);
    if token.is_none() {
        clear(app, req);
        return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
    }
    Ok(token)
}

/// The token in the cookie of a request that is authenticated by other means, if it has one.
#[must_use]
pub fn peek(app: &App, req: &HttpRequest) -> Option<RefreshToken> {
    Place::of(&app.config).and_then(|place| value(req, place)).and_then(RefreshToken::parse)
}

/// Refuses a request with a cookie that a page of another origin may have made.
///
/// # Errors
/// Forbidden.
pub fn check_origin(app: &App, req: &HttpRequest) -> Result<()> {
    let header = |name: &HeaderName| req.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let is_allowed = match header(&header::ORIGIN) {
        Some(origin) => {
            let own = Url::parse(&app.config.base_url()).map(|url| url.origin().ascii_serialization());
            own.is_ok_and(|own| own == origin)
                || app.config.server.cors_origins.iter().any(|one| one == origin)
        }
        None => header(&SEC_FETCH_SITE) == Some("same-origin"),
    };
    if is_allowed { Ok(()) } else { Err(Error::Forbidden(Denial::Origin)) }
}

fn value(req: &HttpRequest, place: Place) -> Option<&str> {
    let lines = req.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find_map(|(name, value)| (name == place.name()).then_some(value))
}
