//! How second factors are stored: secrets sealed, recovery codes as keyed hashes. Whoever changes them has locked the user.

use std::time::Duration;

use diesel::prelude::*;

use super::{Code, RecoveryCode, Secret};
use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{recovery_codes, second_factors as factors, users};
use crate::base::db::{Connection, Tx};
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::events::Event;
use crate::base::ids::{SecondFactorId, UserId};
use crate::users::store::UserRow;

/// What secrets are sealed for.
const PURPOSE: &str = "totp";
/// How many recovery codes a user gets.
const RECOVERY_CODES: usize = 10;
/// How long a second factor can be confirmed after it was begun.
const SETUP: Duration = Duration::from_secs(3600);

/// Begins to set up a second factor, in place of one that was begun before. One that is active stays so.
///
/// # Errors
/// Those of the database.
pub fn begin(tx: &mut Tx<'_>, keys: &Keys, user: UserId) -> Result<Secret> {
    let (secret, id, now) = (Secret::make(tx.random())?, tx.new_id::<SecondFactorId>()?, tx.now());
    let begun = factors::table.filter(factors::user_id.eq(user)).filter(factors::confirmed_at.is_null());
    diesel::delete(begun).execute(&mut **tx)?;
    diesel::insert_into(factors::table)
        .values((
            factors::id.eq(id),
            factors::user_id.eq(user),
            factors::sealed.eq(keys.seal(PURPOSE, secret.bytes(), tx.random())?),
            factors::last_step.eq(0),
            factors::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(secret)
}

/// Makes the second factor that was begun the active one, if `code` is right, and returns its recovery codes.
///
/// # Errors
/// Conflict `second-factor-not-begun`; `code-wrong`; those of the database.
pub fn confirm(tx: &mut Tx<'_>, keys: &Keys, user: UserId, code: Option<&Code>) -> Result<Vec<RecoveryCode>> {
    let now = tx.now();
    let begun = find(tx, keys, user, |(_, at, confirmed_at)| confirmed_at.is_none() && at.plus(SETUP) > now)?;
    let (id, secret) = begun.ok_or_else(|| {
        Error::conflict(
            "second-factor-not-begun",
            "No second factor was begun to be set up within the last hour.",
        )
    })?;
    let step = match code {
        Some(Code::OneTime(code)) => secret.step_of(code, now),
        _ => None,
    };
    let step = step.ok_or_else(|| {
        Error::invalid("/code", "code-wrong", "Must be the code that the authenticator app shows now.")
    })?;
    let replaced = factors::table.filter(factors::user_id.eq(user)).filter(factors::id.ne(id));
    diesel::delete(replaced).execute(&mut **tx)?;
    diesel::update(factors::table.filter(factors::id.eq(id)))
        .set((factors::confirmed_at.eq(Some(now)), factors::last_step.eq(step)))
        .execute(&mut **tx)?;
    set_enabled(tx, user, Some(now))?;
    tx.append(Event::SecondFactorEnabled(user));
    new_codes(tx, keys, user)
}

/// Replaces the recovery codes of a user.
///
/// # Errors
/// Those of the database.
pub fn replace_codes(tx: &mut Tx<'_>, keys: &Keys, user: UserId) -> Result<Vec<RecoveryCode>> {
    tx.append(Event::RecoveryCodesCreated(user));
    new_codes(tx, keys, user)
}

/// Checks the code of a user who may have a second factor, and uses it up. Without one, any code will do, or none.
///
/// # Errors
/// Unauthenticated, if the code is missing, wrong, or was used before; those of the database.
pub fn check(tx: &mut Tx<'_>, keys: &Keys, user: &UserRow, code: Option<&Code>) -> Result<()> {
    if user.second_factor_at.is_none() {
        return Ok(());
    }
    let code = code.ok_or(Error::Unauthenticated(AuthFailure::MissingCode))?;
    let is_right = match code {
        Code::OneTime(code) => use_one_time(tx, keys, user.id, code)?,
        Code::Recovery(code) => use_recovery(tx, keys, user.id, code)?,
        Code::Malformed => false,
    };
    if is_right { Ok(()) } else { Err(Error::Unauthenticated(AuthFailure::WrongCode)) }
}

/// Removes the second factor of a user, active or begun, with its recovery codes, and tells the user by mail if it was
/// active. Returns whether there was one.
///
/// # Errors
/// Those of the database.
pub fn remove(tx: &mut Tx<'_>, emails: &AccountEmails, row: &UserRow) -> Result<bool> {
    let user = row.id;
    let removed = diesel::delete(factors::table.filter(factors::user_id.eq(user))).execute(&mut **tx)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(&mut **tx)?;
    if set_enabled(tx, user, None)? {
        tx.append(Event::SecondFactorDisabled(user));
        emails.account_changed(tx, row, AccountChange::SecondFactorDisabled)?;
    }
    Ok(removed > 0)
}

/// What is read of a second factor beside its secret: its id, when it was begun, and when it was confirmed.
type FactorRow = (SecondFactorId, Timestamp, Option<Timestamp>);

fn find(
    conn: &mut Connection,
    keys: &Keys,
    user: UserId,
    is_wanted: impl Fn(&FactorRow) -> bool,
) -> Result<Option<(SecondFactorId, Secret)>> {
    let rows: Vec<(FactorRow, Vec<u8>)> = factors::table
        .filter(factors::user_id.eq(user))
        .select(((factors::id, factors::created_at, factors::confirmed_at), factors::sealed))
        .load(conn)?;
    let Some((row, sealed)) = rows.into_iter().find(|(row, _)| is_wanted(row)) else { return Ok(None) };
    let secret = Secret::of(&keys.unseal(PURPOSE, &sealed)?);
    let secret = secret.ok_or_else(|| Error::internal("a second factor's secret has the wrong length"))?;
    Ok(Some((row.0, secret)))
}

fn use_one_time(tx: &mut Tx<'_>, keys: &Keys, user: UserId, code: &str) -> Result<bool> {
    let now = tx.now();
    let active = find(tx, keys, user, |(_, _, confirmed_at)| confirmed_at.is_some())?;
    let step = active.and_then(|(id, secret)| secret.step_of(code, now).map(|step| (id, step)));
    let Some((id, step)) = step else { return Ok(false) };
    // Of two requests with one code, on whichever replicas, one finds the step unused.
    let unused = factors::table.filter(factors::id.eq(id)).filter(factors::last_step.lt(step));
    Ok(diesel::update(unused).set(factors::last_step.eq(step)).execute(&mut **tx)? == 1)
}

fn use_recovery(tx: &mut Tx<'_>, keys: &Keys, user: UserId, code: &RecoveryCode) -> Result<bool> {
    let now = tx.now();
    let unused = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user))
        .filter(recovery_codes::hash.eq(code.hash(keys, user)))
        .filter(recovery_codes::used_at.is_null());
    let is_right = diesel::update(unused).set(recovery_codes::used_at.eq(Some(now))).execute(&mut **tx)? == 1;
    if is_right {
        tx.append(Event::RecoveryCodeUsed(user));
    }
    Ok(is_right)
}

fn new_codes(tx: &mut Tx<'_>, keys: &Keys, user: UserId) -> Result<Vec<RecoveryCode>> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(&mut **tx)?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = RecoveryCode::make(tx.random())?;
        diesel::insert_into(recovery_codes::table)
            .values((recovery_codes::user_id.eq(user), recovery_codes::hash.eq(code.hash(keys, user))))
            .execute(&mut **tx)?;
        codes.push(code);
    }
    Ok(codes)
}

/// Notes since when a user has a second factor. Returns whether that has changed.
fn set_enabled(tx: &mut Tx<'_>, user: UserId, at: Option<Timestamp>) -> Result<bool> {
    let now = tx.now();
    let had: Option<Timestamp> =
        users::table.filter(users::id.eq(user)).select(users::second_factor_at).get_result(&mut **tx)?;
    diesel::update(users::table.filter(users::id.eq(user)))
        .set((users::second_factor_at.eq(at), users::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(had != at)
}
