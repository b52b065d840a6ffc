//! What sessions and API keys allow. They are read from the database for every request, and again in each of its units
//! of work, so that ending, disabling and demoting count at once, on every replica.

use diesel::prelude::*;
use subtle::ConstantTimeEq as _;

use super::api_key::ApiKeyText;
use super::{Identity, POLICY, Role, Scopes};
use crate::base::actor::{Credential, Presented};
use crate::base::clock::Timestamp;
use crate::base::config::accounts::AccountsConfig;
use crate::base::db::Connection;
use crate::base::db::schema::{api_keys, sessions, users};
use crate::base::db::types::Json;
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::ids::{ActorId, ApiKeyId, IsId as _, SessionId, UserId};

/// A client whose credential is valid.
pub(super) struct Client {
    pub identity: Identity,
    pub presented: Presented,
    pub has_second_factor: bool,
    /// When the API key was last used, as far as it is recorded.
    pub last_used_at: Option<Timestamp>,
}

impl Client {
    /// Whether the user has to set up a second factor before anything else.
    pub fn needs_second_factor(&self, accounts: &AccountsConfig) -> bool {
        lacks_second_factor(accounts, self.identity.role, self.has_second_factor)
    }

    /// What the units of work of the client's request check.
    pub fn credential(&self, changes_accounts: bool) -> Credential {
        Credential { presented: self.presented, rights: self.rights(), changes_accounts, check }
    }

    /// Role and scopes in one number. The policy has at most 60 rights, so the role fits into the highest bits.
    fn rights(&self) -> u64 {
        const { assert!(POLICY.len() <= 60) };
        let Identity { role, scopes, .. } = self.identity;
        ((role as u64) << 60) | scopes.map_or(0, Scopes::bits)
    }
}

fn lacks_second_factor(accounts: &AccountsConfig, role: Role, has_second_factor: bool) -> bool {
    !has_second_factor && accounts.requires_second_factor(role.as_str())
}

/// Checks that a credential is still valid and allows what it did.
fn check(conn: &mut Connection, seen: &Credential, now: Timestamp) -> Result<()> {
    let client = match seen.presented {
        Presented::Session(user, session) => find_session(conn, user, session, now)?,
        Presented::ApiKey(key, hash) => {
            let row = api_key_rows().filter(api_keys::id.eq(key));
            let row: Option<ApiKeyRow> = row.get_result(conn).optional()?;
            let row = row.filter(|row| row.has_secret(&hash, now));
            row.ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?.client(hash, now)?
        }
    };
    if client.rights() == seen.rights { Ok(()) } else { Err(Error::Forbidden(Denial::Right)) }
}

/// The client with an access token of that session.
///
/// # Errors
/// Unauthenticated, if the session has ended.
pub(super) fn find_session(
    conn: &mut Connection,
    user: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<Client> {
    let found: Option<SessionRow> = users::table
        .inner_join(sessions::table.on(sessions::user_id.eq(users::id)))
        .filter(sessions::id.eq(session))
        .filter(users::id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select((users::role, users::second_factor_at))
        .get_result(conn)
        .optional()?;
    let ended = || Error::Unauthenticated(AuthFailure::EndedSession);
    let (role, second_factor_at) = found.ok_or_else(ended)?;
    let role = Role::parse(&role).ok_or_else(ended)?;
    Ok(Client {
        identity: Identity { session: Some(session), ..Identity::of(user, role) },
        presented: Presented::Session(user, session),
        has_second_factor: second_factor_at.is_some(),
        last_used_at: None,
    })
}

/// What a user, or the user of an API key, may do now outside of requests; `None` if their requests would be refused: the
/// user is disabled or has to set up a second factor first, or the key is revoked or has expired.
///
/// # Errors
/// Those of the database.
pub fn find_identity(
    conn: &mut Connection,
    accounts: &AccountsConfig,
    actor: ActorId,
    now: Timestamp,
) -> Result<Option<Identity>> {
    let id = UserId::from_uuid(actor.uuid());
    let user = users::table.filter(users::id.eq(id)).filter(users::disabled_at.is_null());
    let user: Option<SessionRow> =
        user.select((users::role, users::second_factor_at)).get_result(conn).optional()?;
    if let Some((role, second_factor_at)) = user {
        let role = Role::parse(&role);
        let role = role.filter(|role| !lacks_second_factor(accounts, *role, second_factor_at.is_some()));
        return Ok(role.map(|role| Identity::of(id, role)));
    }
    let key = api_key_rows().filter(api_keys::id.eq(ApiKeyId::from_uuid(actor.uuid())));
    let key: Option<ApiKeyRow> = key.get_result(conn).optional()?;
    // Of a key that is refused, nothing is left but that.
    let client = key.and_then(|key| key.client([0; 32], now).ok());
    Ok(client.filter(|client| !client.needs_second_factor(accounts)).map(|client| client.identity))
}

/// What is read of a user: role, and since when there is a second factor.
type SessionRow = (String, Option<Timestamp>);

/// What is read of an API key and its owner.
#[derive(Queryable)]
pub(super) struct ApiKeyRow {
    pub id: ApiKeyId,
    secret_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    previous_until: Option<Timestamp>,
    scopes: Json<Vec<String>>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    user: UserId,
    role: String,
    second_factor_at: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
}

#[diesel::dsl::auto_type]
fn api_key_rows() -> _ {
    users::table.inner_join(api_keys::table.on(api_keys::user_id.eq(users::id))).select((
        api_keys::id,
        api_keys::secret_hash,
        api_keys::previous_hash,
        api_keys::previous_until,
        api_keys::scopes,
        api_keys::expires_at,
        api_keys::last_used_at,
        api_keys::revoked_at,
        users::id,
        users::role,
        users::second_factor_at,
        users::disabled_at,
    ))
}

/// Finds an API key by its current secret, or by the previous one during its grace period.
///
/// # Errors
/// Those of the database.
pub(super) fn find_api_key(
    conn: &mut Connection,
    key: &ApiKeyText,
    now: Timestamp,
) -> Result<Option<ApiKeyRow>> {
    let named = api_key_rows().filter(api_keys::prefix.eq(key.prefix().to_owned()));
    let found: Option<ApiKeyRow> = named.get_result(conn).optional()?;
    Ok(found.filter(|row| row.has_secret(&key.hash(), now)))
}

impl ApiKeyRow {
    /// Whether the secret with that hash works. Takes the same time either way.
    fn has_secret(&self, hash: &[u8], now: Timestamp) -> bool {
        let previous =
            self.previous_hash.as_deref().filter(|_| self.previous_until.is_some_and(|until| until > now));
        let is_current = bool::from(hash.ct_eq(&self.secret_hash));
        is_current || previous.is_some_and(|previous| hash.ct_eq(previous).into())
    }

    /// The client with this key, if the key and its owner may act.
    ///
    /// # Errors
    /// Unauthenticated.
    pub fn client(self, hash: [u8; 32], now: Timestamp) -> Result<Client> {
        let role =
            Role::parse(&self.role).filter(|_| self.revoked_at.is_none() && self.disabled_at.is_none());
        let role = role.ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::Unauthenticated(AuthFailure::ExpiredKey));
        }
        let names = self.scopes.read(format_args!("api_keys.scopes of {}", self.id)).unwrap_or_default();
        let mut identity = Identity::of(self.user, role);
        identity.scopes = Some(Scopes::of(names.iter().map(String::as_str)));
        identity.origin = self.id.into();
        Ok(Client {
            identity,
            presented: Presented::ApiKey(self.id, hash),
            has_second_factor: self.second_factor_at.is_some(),
            last_used_at: self.last_used_at,
        })
    }
}
