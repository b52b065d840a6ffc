//! Erasing users: the row stays, without a person, for what refers to it.

use diesel::prelude::*;

use super::forget_names::ForgetNames;
use super::hand_over::{HandOver, inherit, owns_anything};
use super::{attempts, sessions};
use crate::auth::Keys;
use crate::authors::of_users;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::{account_links, api_keys, known_networks, recovery_codes, second_factors};
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::events::Event;
use crate::base::http::idempotency;
use crate::base::ids::{ActorId, ApiKeyId, UserId};
use crate::base::jobs;
use crate::outbox::{self, Recipient};
use crate::previews;
use crate::users::UserState;
use crate::users::admins;
use crate::users::store::{self, UserRow};
use crate::webhooks;

/// Erases a user with sessions, API keys, second factor, attempts to log in and emails. A job gives what they owned to `successor`.
///
/// # Errors
/// Not found; conflict `last-admin`, `successor-required`; `successor-unknown`, if that is not another active user.
pub fn erase(tx: &mut Tx<'_>, keys: &Keys, id: UserId, successor: Option<UserId>) -> Result<()> {
    let locked = admins::lock(tx, id, successor)?;
    let is_successor = |row: &UserRow| row.id != id && row.state() == UserState::Active;
    if successor.is_some() && !locked.companion.as_ref().is_some_and(is_successor) {
        return Err(unknown_successor());
    }
    locked.check_admin_remains(None)?;
    if owns_anything(tx, id)? {
        if successor.is_none() {
            let detail = "The user owns articles. Name another active user in successor to give them to.";
            return Err(Error::conflict("successor-required", detail));
        }
        inherit(tx, id, successor)?;
        let now = tx.now();
        jobs::enqueue(tx, &HandOver { user: id }, now)?;
    }
    webhooks::hand_over(tx, id, successor)?;
    let api_keys = delete_credentials(tx, id)?;
    attempts::forget(tx, attempts::account(keys, &locked.row.email_key))?;
    previews::store::revoke_all_of(tx, id)?;
    of_users::set(tx, id, None)?;
    outbox::forget(tx, Recipient::User(id))?;
    let own: Vec<ActorId> = api_keys.into_iter().map(ActorId::from).chain([id.into()]).collect();
    idempotency::forget(tx, &own)?;
    let now = tx.now();
    jobs::enqueue(tx, &ForgetNames { user: id }, now)?;
    store::update(tx, &without_person(locked.row, successor, tx.now()))?;
    tx.append(Event::UserErased(id));
    outbox::delete_traces(tx)
}

/// Ends what the user logged in with, and deletes the names of their API keys. Returns all keys that they ever had.
fn delete_credentials(tx: &mut Tx<'_>, id: UserId) -> Result<Vec<ApiKeyId>> {
    sessions::forget(tx, id)?;
    diesel::delete(account_links::table.filter(account_links::user_id.eq(id))).execute(&mut **tx)?;
    diesel::delete(second_factors::table.filter(second_factors::user_id.eq(id))).execute(&mut **tx)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(id))).execute(&mut **tx)?;
    diesel::delete(known_networks::table.filter(known_networks::user_id.eq(id))).execute(&mut **tx)?;
    let now = tx.now();
    let own = api_keys::table.filter(api_keys::user_id.eq(id));
    let keys: Vec<(ApiKeyId, Option<Timestamp>)> =
        own.select((api_keys::id, api_keys::revoked_at)).load(&mut **tx)?;
    diesel::update(own.filter(api_keys::revoked_at.is_null()))
        .set(api_keys::revoked_at.eq(Some(now)))
        .execute(&mut **tx)?;
    diesel::update(own).set(api_keys::name.eq("")).execute(&mut **tx)?;
    for (key, _) in keys.iter().filter(|(_, revoked_at)| revoked_at.is_none()) {
        tx.append(Event::ApiKeyRevoked { key: *key, user: id });
    }
    Ok(keys.into_iter().map(|(key, _)| key).collect())
}

/// What stays of a row. No address has that key.
fn without_person(row: UserRow, successor_id: Option<UserId>, now: Timestamp) -> UserRow {
    UserRow {
        email: String::new(),
        email_key: format!("erased {}", row.id),
        name: String::new(),
        password_hash: None,
        locale: None,
        notifications: Json::default(),
        second_factor_at: None,
        disabled_at: row.disabled_at.or(Some(now)),
        erased_at: Some(now),
        successor_id,
        updated_at: now,
        ..row
    }
}

fn unknown_successor() -> Error {
    let mut violations = Violations::default();
    let invalid = Invalid::new("successor-unknown", "Must be the id of another active user.");
    violations.push(Location::Parameter("successor".to_owned()), invalid);
    Error::Invalid(violations)
}
