//! How API keys are stored. A revoked key keeps its row, because revisions and events refer to it.

use std::time::Duration;

use diesel::prelude::*;

use super::{ApiKeyFilter, MAX_KEYS, NewApiKey, ScopeList};
use crate::auth::Role;
use crate::auth::api_key::{ApiKeyText, START};
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{api_keys, users};
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ApiKeyId, IsId as _, UserId};
use crate::users::store::is_active;

/// A row of `api_keys`. `Debug` shows no hash.
#[derive(Clone, PartialEq, Queryable, Insertable)]
#[diesel(table_name = api_keys)]
pub struct ApiKeyRow {
    /// The id.
    pub id: ApiKeyId,
    /// The owner.
    pub user_id: UserId,
    /// The part of the key that names it.
    pub prefix: String,
    /// The name that the owner gave it.
    pub name: String,
    /// The rights that it has, by name.
    pub scopes: Json<Vec<String>>,
    secret_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    /// Until when the secret before the last rotation works.
    pub previous_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl std::fmt::Debug for ApiKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeyRow({})", self.id)
    }
}

/// The keys that are not revoked, of `only_of` if it is given.
fn living(filter: &ApiKeyFilter, only_of: Option<UserId>) -> api_keys::BoxedQuery<'static, MultiBackend> {
    let keys = api_keys::table.filter(api_keys::revoked_at.is_null()).into_boxed();
    let owners = filter.owner.into_iter().chain(only_of);
    owners.fold(keys, |keys, owner| keys.filter(api_keys::user_id.eq(owner)))
}

/// Up to `limit` keys that follow `after`, of `only_of` if it is given, newest first.
pub fn list(
    conn: &mut Connection,
    filter: &ApiKeyFilter,
    only_of: Option<UserId>,
    after: Option<ApiKeyId>,
    limit: i64,
) -> Result<Vec<ApiKeyRow>> {
    let mut keys = living(filter, only_of);
    if let Some(after) = after {
        keys = keys.filter(api_keys::id.lt(after));
    }
    Ok(keys.order(api_keys::id.desc()).limit(limit).load(conn)?)
}

/// How many keys match, of `only_of` if it is given.
pub fn count(conn: &mut Connection, filter: &ApiKeyFilter, only_of: Option<UserId>) -> Result<i64> {
    Ok(living(filter, only_of).count().get_result(conn)?)
}

/// The key with that id, unless it is revoked.
///
/// # Errors
/// Not found.
pub fn get(conn: &mut Connection, id: ApiKeyId) -> Result<ApiKeyRow> {
    with_id(id).get_result(conn).optional()?.ok_or(Error::NotFound("API key"))
}

/// The key with that id, unless it is revoked, locked until this unit of work ends.
///
/// # Errors
/// Not found.
pub fn lock(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<ApiKeyRow> {
    AdvisoryLock::Accounts.take(tx)?;
    let found = match &mut **tx {
        Connection::Sqlite(conn) => with_id(id).get_result(conn).optional()?,
        Connection::Postgres(conn) => with_id(id).for_update().get_result(conn).optional()?,
    };
    found.ok_or(Error::NotFound("API key"))
}

#[diesel::dsl::auto_type]
fn with_id(id: ApiKeyId) -> _ {
    api_keys::table.filter(api_keys::id.eq(id)).filter(api_keys::revoked_at.is_null())
}

/// Finds a key by its id, its first characters (`lede_` and eight more) or its whole text.
///
/// # Errors
/// Not found.
pub fn find_named(conn: &mut Connection, named: &str) -> Result<ApiKeyId> {
    let id = uuid::Uuid::parse_str(named).map(ApiKeyId::from_uuid);
    let rest = named.strip_prefix(START).unwrap_or(named);
    let prefix = rest.split_once('_').map_or(rest, |(prefix, _)| prefix);
    let mut keys = living(&ApiKeyFilter::default(), None);
    keys = match id {
        Ok(id) => keys.filter(api_keys::id.eq(id)),
        Err(_) => keys.filter(api_keys::prefix.eq(prefix.to_owned())),
    };
    keys.select(api_keys::id).get_result(conn).optional()?.ok_or(Error::NotFound("API key"))
}

/// Creates a key, and returns it with the text that is shown once.
///
/// # Errors
/// Not found, if there is no such active user; invalid `scope-not-allowed`; conflict `keys-too-many`.
pub fn create(tx: &mut Tx<'_>, owner: UserId, new: &NewApiKey) -> Result<(ApiKeyRow, ApiKeyText)> {
    new.scopes.check(lock_role(tx, owner)?)?;
    if count(tx, &ApiKeyFilter::default(), Some(owner))? >= MAX_KEYS {
        let detail = format!("A user can have {MAX_KEYS} API keys. Revoke one that is not needed.");
        return Err(Error::conflict("keys-too-many", detail));
    }
    let text = ApiKeyText::make(tx.random())?;
    let row = ApiKeyRow {
        id: tx.new_id()?,
        user_id: owner,
        prefix: text.prefix().to_owned(),
        name: new.name.clone(),
        scopes: Json::Readable(new.scopes.names()),
        secret_hash: text.hash().to_vec(),
        previous_hash: None,
        previous_until: None,
        created_at: tx.now(),
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    diesel::insert_into(api_keys::table).values(row.clone()).execute(&mut **tx)?;
    tx.append(Event::ApiKeyCreated { key: row.id, user: owner });
    Ok((row, text))
}

/// The role of an active user, who is locked until this unit of work ends: so their keys are counted once at a time.
fn lock_role(tx: &mut Tx<'_>, user: UserId) -> Result<Role> {
    AdvisoryLock::Accounts.take(tx)?;
    let role = users::table.filter(users::id.eq(user)).filter(is_active()).select(users::role);
    let role: Option<String> = match &mut **tx {
        Connection::Sqlite(conn) => role.get_result(conn).optional()?,
        Connection::Postgres(conn) => role.for_update().get_result(conn).optional()?,
    };
    role.and_then(|role| Role::parse(&role)).ok_or(Error::NotFound("user"))
}

/// What changes of a key; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyChange {
    /// The name.
    pub name: Option<String>,
    /// The scopes.
    pub scopes: Option<ScopeList>,
    /// The expiry; `Some(None)` removes it.
    pub expires_at: Option<Option<Timestamp>>,
}

impl ApiKeyChange {
    /// Whether the change adds scopes or extends the expiry.
    #[must_use]
    pub fn widens(&self, row: &ApiKeyRow) -> bool {
        let has = row.scopes.clone().read(format_args!("api_keys.scopes of {}", row.id)).unwrap_or_default();
        let adds_scope =
            self.scopes.as_ref().is_some_and(|scopes| scopes.names().iter().any(|name| !has.contains(name)));
        let extends = match (row.expires_at, self.expires_at) {
            (Some(_), Some(None)) => true,
            (Some(old), Some(Some(new))) => new > old,
            (None, _) | (_, None) => false,
        };
        adds_scope || extends
    }
}

/// Changes a key. Nothing is written if nothing differs.
///
/// # Errors
/// Invalid `scope-not-allowed`.
pub fn update(tx: &mut Tx<'_>, old: &ApiKeyRow, change: ApiKeyChange) -> Result<ApiKeyRow> {
    let mut row = old.clone();
    if let Some(scopes) = change.scopes {
        scopes.check(lock_role(tx, row.user_id)?)?;
        row.scopes = Json::Readable(scopes.names());
    }
    if let Some(name) = change.name {
        row.name = name;
    }
    if let Some(expires_at) = change.expires_at {
        row.expires_at = expires_at;
    }
    if row == *old {
        return Ok(row);
    }
    diesel::update(api_keys::table.filter(api_keys::id.eq(row.id)))
        .set((
            api_keys::name.eq(&row.name),
            api_keys::scopes.eq(&row.scopes),
            api_keys::expires_at.eq(row.expires_at),
        ))
        .execute(&mut **tx)?;
    tx.append(Event::ApiKeyUpdated { key: row.id, user: row.user_id });
    Ok(row)
}

/// Gives a key another secret. The present one works for `grace` from now on; the one before it, if it still did, does not.
///
/// # Errors
/// Internal, if there are no random bytes.
pub fn rotate(tx: &mut Tx<'_>, mut row: ApiKeyRow, grace: Duration) -> Result<(ApiKeyRow, ApiKeyText)> {
    let text = ApiKeyText::with_prefix(row.prefix.clone(), tx.random())?;
    let previous = std::mem::replace(&mut row.secret_hash, text.hash().to_vec());
    (row.previous_hash, row.previous_until) =
        if grace.is_zero() { (None, None) } else { (Some(previous), Some(tx.now().plus(grace))) };
    diesel::update(api_keys::table.filter(api_keys::id.eq(row.id)))
        .set((
            api_keys::secret_hash.eq(&row.secret_hash),
            api_keys::previous_hash.eq(&row.previous_hash),
            api_keys::previous_until.eq(row.previous_until),
        ))
        .execute(&mut **tx)?;
    tx.append(Event::ApiKeyRotated { key: row.id, user: row.user_id });
    Ok((row, text))
}

/// Revokes a key: it is refused from the next request on.
///
/// # Errors
/// Those of the database.
pub fn revoke(tx: &mut Tx<'_>, row: &ApiKeyRow) -> Result<()> {
    let now = tx.now();
    diesel::update(api_keys::table.filter(api_keys::id.eq(row.id)))
        .set(api_keys::revoked_at.eq(Some(now)))
        .execute(&mut **tx)?;
    tx.append(Event::ApiKeyRevoked { key: row.id, user: row.user_id });
    Ok(())
}
