//! The guard: a handler that takes an `Actor<P>` is only called for a client whose access token or API key is valid and who
//! has the permission `P`. Session, user and key are read for every request, so that ending, disabling and demoting count at
//! once, on every replica.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::api_key::{self, ApiKeyText};
use super::credentials::{Client, find_api_key, find_session};
use super::{Actor, Permission, UseAccount, key_uses};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::http::endpoint::Requires;
use crate::base::http::limit::{Key, Policy};
use crate::base::ids::{ActorId, ApiKeyId};

/// The longest access token, in bytes.
const MAX_TOKEN: usize = 4096;

impl<P: Permission> Requires for Actor<P> {
    const RIGHT: Option<&'static str> = Some(P::NAME);
}

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let (req, token) = (req.clone(), bearer(req));
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let client = authenticate(&app, &req, token?).await?;
            let mut identity = client.identity;
            identity.origin = app.origin(&req, identity.actor());
            identity.origin.credential = Some(client.credential(!P::FOR_KEYS));
            if !req.method().is_safe() {
                app.limits.admit(&req, Policy::Write, Key::Actor(identity.actor()))?;
            }
            if P::NAME != UseAccount::NAME && client.needs_second_factor(&app.config.accounts) {
                return Err(Error::Forbidden(Denial::SecondFactor));
            }
            Self::new(identity)
        })
    }
}

/// Reads whose token it is, and whether it counts. Whose it is goes with the request, for the record of a refusal.
async fn authenticate(app: &App, req: &HttpRequest, token: String) -> Result<Client> {
    let now = app.clock.now();
    let note = |actor: ActorId| req.extensions_mut().insert(actor);
    if !token.starts_with(api_key::START) {
        let (user, session) = app.tokens.verify(&token, now).await?;
        note(user.into());
        return app.db.read_inline(move |conn| find_session(conn, user, session, now)).await;
    }
    let invalid = Error::Unauthenticated(AuthFailure::InvalidToken);
    let Some(key) = ApiKeyText::parse(&token) else { return Err(invalid) };
    let hash = key.hash();
    let Some(row) = app.db.read_inline(move |conn| find_api_key(conn, &key, now)).await? else {
        return Err(invalid);
    };
    note(row.id.into());
    let (id, client) = (row.id, row.client(hash, now)?);
    if app.key_uses.is_due(id, client.last_used_at, now) {
        actix_web::rt::spawn(record_use(app.clone(), id, now));
    }
    Ok(client)
}

/// Records that an API key was used. The request does not wait for it.
async fn record_use(app: App, id: ApiKeyId, at: Timestamp) {
    if let Err(error) = app.db.write(move |tx| key_uses::record(tx, id, at)).await {
        // The next request tries again.
        app.key_uses.forget(id);
        app.refusals.record(&error, format_args!("recording the use of API key {id}"));
    }
}

/// The token of a request that has exactly one. Credentials of another scheme count as none (RFC 6750, section 3.1).
///
/// # Errors
/// Unauthenticated, if there is none, or several.
pub fn bearer(req: &HttpRequest) -> Result<String> {
    let failed = |failure| Err(Error::Unauthenticated(failure));
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return failed(AuthFailure::MissingToken) };
    if values.next().is_some() {
        return failed(AuthFailure::InvalidToken);
    }
    let Ok(value) = value.to_str() else { return failed(AuthFailure::InvalidToken) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    match token.trim() {
        _ if !scheme.eq_ignore_ascii_case("bearer") => failed(AuthFailure::MissingToken),
        "" => failed(AuthFailure::MissingToken),
        token if token.len() > MAX_TOKEN => failed(AuthFailure::InvalidToken),
        token => Ok(token.to_owned()),
    }
}
