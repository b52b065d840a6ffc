//! The guard: a handler that takes an `Actor<P>` is only called for a client whose access token or API key is valid and who
//! has the permission `P`. Session, user and key are read for every request, so that ending, disabling and demoting count at
//! once, on every replica.

use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use diesel::prelude::*;

use super::api_key::{self, ApiKeyText};
use super::{Actor, Identity, Permission, Role, Scopes, UseAccount};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{api_keys, sessions, users};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::http::limit::{Key, Policy};
use crate::base::ids::{ApiKeyId, SessionId, UserId};

/// The longest access token, in bytes.
const MAX_TOKEN: usize = 4096;
/// How old the recorded last use of an API key may become before it is written again.
const LAST_USE: Duration = Duration::from_secs(60);

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let (req, token) = (req.clone(), bearer(req));
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let mut client = authenticate(&app, token?).await?;
            let identity = &mut client.identity;
            identity.origin = app.origin(&req, identity.actor());
            if !req.method().is_safe() {
                app.limits.admit(&req, Policy::Write, Key::Actor(identity.actor()))?;
            }
            if P::NAME != UseAccount::NAME && client.needs_second_factor(&app) {
                return Err(Error::Forbidden(Denial::SecondFactor));
            }
            Self::new(client.identity)
        })
    }
}

/// A client whose credential is valid.
struct Client {
    identity: Identity,
    has_second_factor: bool,
}

impl Client {
    /// Whether the user can do nothing yet but set up a second factor.
    fn needs_second_factor(&self, app: &App) -> bool {
        !self.has_second_factor && app.config.accounts.requires_second_factor(self.identity.role.as_str())
    }
}

async fn authenticate(app: &App, token: String) -> Result<Client> {
    let now = app.clock.now();
    if token.starts_with(api_key::START) {
        let key = ApiKeyText::parse(&token).ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
        let (id, client, last_used_at) =
            app.db.read_inline(move |conn| find_api_key(conn, &key, now)).await?;
        if last_used_at.is_none_or(|at| at.plus(LAST_USE) <= now) {
            // Not worth refusing the request: the next one tries again.
            if let Err(error) = app.db.write(move |tx| record_use(tx, id)).await {
                log::warn!("the use of API key {id} could not be recorded: {error}");
            }
        }
        return Ok(client);
    }
    let (user, session) = app.tokens.verify(&token, now).await?;
    app.db.read_inline(move |conn| find_session(conn, user, session, now)).await
}

/// The token of a request that has exactly one. Credentials of another scheme count as none (RFC 6750, section 3.1).
fn bearer(req: &HttpRequest) -> Result<String> {
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

/// What is read of a session's user: role, and since when there is a second factor.
type SessionRow = (String, Option<Timestamp>);

fn find_session(conn: &mut Connection, user: UserId, session: SessionId, now: Timestamp) -> Result<Client> {
    let found: Option<SessionRow> = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq(session))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select((users::role, users::second_factor_at))
        .get_result(conn)
        .optional()?;
    let ended = || Error::Unauthenticated(AuthFailure::EndedSession);
    let (role, second_factor_at) = found.ok_or_else(ended)?;
    let role = Role::parse(&role).ok_or_else(ended)?;
    let identity = Identity { session: Some(session), ..Identity::of(user, role) };
    Ok(Client { identity, has_second_factor: second_factor_at.is_some() })
}

#[derive(Queryable)]
struct ApiKeyRow {
    id: ApiKeyId,
    secret_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    previous_until: Option<Timestamp>,
    scopes: Json<Vec<String>>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    user: UserId,
    role: String,
    second_factor_at: Option<Timestamp>,
}

/// The client with that API key, the key's id, and when it was used last.
fn find_api_key(
    conn: &mut Connection,
    key: &ApiKeyText,
    now: Timestamp,
) -> Result<(ApiKeyId, Client, Option<Timestamp>)> {
    let found: Option<ApiKeyRow> = api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::user_id)))
        .filter(api_keys::prefix.eq(key.prefix()))
        .filter(api_keys::revoked_at.is_null())
        .filter(users::disabled_at.is_null())
        .select((
            api_keys::id,
            api_keys::secret_hash,
            api_keys::previous_hash,
            api_keys::previous_until,
            api_keys::scopes,
            api_keys::expires_at,
            api_keys::last_used_at,
            users::id,
            users::role,
            users::second_factor_at,
        ))
        .get_result(conn)
        .optional()?;
    let invalid = || Error::Unauthenticated(AuthFailure::InvalidToken);
    let row = found.ok_or_else(invalid)?;
    let role = Role::parse(&row.role).ok_or_else(invalid)?;
    let is_previous = || {
        let hash = row.previous_hash.as_deref().unwrap_or_default();
        key.matches(hash) && row.previous_until.is_some_and(|until| until > now)
    };
    if !key.matches(&row.secret_hash) && !is_previous() {
        return Err(invalid());
    }
    if row.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Unauthenticated(AuthFailure::ExpiredKey));
    }
    let names = row.scopes.read(format_args!("api_keys.scopes of {}", row.id)).unwrap_or_default();
    let mut identity = Identity::of(row.user, role);
    identity.scopes = Some(Scopes::of(names.iter().map(String::as_str)));
    identity.origin = row.id.into();
    let client = Client { identity, has_second_factor: row.second_factor_at.is_some() };
    Ok((row.id, client, row.last_used_at))
}

fn record_use(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<()> {
    let now = tx.now();
    diesel::update(api_keys::table.filter(api_keys::id.eq(id)))
        .set(api_keys::last_used_at.eq(Some(now)))
        .execute(&mut **tx)?;
    Ok(())
}
