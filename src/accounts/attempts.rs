//! Slows down guessing. An attempt is a row from before its password is verified until it succeeds, so that neither
//! parallel requests nor several replicas get more tries. Failures delay the next attempt at the same account and from the
//! same network. A network from which the account has logged in lately has an allowance of its own, so that strangers keep
//! nobody out.

use std::time::Duration;

use diesel::prelude::*;

use crate::base::actor::NetworkHash;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{known_networks, login_attempts as attempts};
use crate::base::db::{MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{LoginAttemptId, UserId};

/// How long an attempt counts.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// How many failures at one account delay nothing.
const FREE: i64 = 5;
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(3600);
/// How long a network stays known after a login.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many attempts are kept.
const KEPT: i64 = 100_000;

/// Who is trying to log in, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// The keyed hash of the address that was entered, whether a user has it or not.
    pub account: [u8; 32],
    /// The keyed hash of the network.
    pub network: NetworkHash,
    /// The user with that address.
    pub user: Option<UserId>,
}

/// Records an attempt that begins now. `network_allowance` is how many failures from one network delay nothing; `None`
/// for any number.
///
/// # Errors
/// [`Error::TooMany`] if it comes too soon after others.
pub fn begin(tx: &mut Tx<'_>, attempt: &Attempt, network_allowance: Option<i64>) -> Result<LoginAttemptId> {
    AdvisoryLock::LoginAttempts.take(tx)?;
    let now = tx.now();
    let of_account = || within(now).filter(attempts::account_hash.eq(attempt.account.to_vec()));
    let from_network = attempts::network_hash.eq(attempt.network.to_vec());
    let is_known = match attempt.user {
        Some(user) => is_known_network(tx, user, &attempt.network)?,
        None => false,
    };
    let until = if is_known {
        blocked_until(tx, of_account().filter(from_network), FREE)?
    } else {
        let account = blocked_until(tx, of_account(), FREE)?;
        let failed = within(now).filter(from_network).filter(attempts::failed.eq(true));
        let network = network_allowance.map(|free| blocked_until(tx, failed, free)).transpose()?.flatten();
        account.max(network)
    };
    if let Some(until) = until.filter(|until| *until > now) {
        let micros = until.as_micros() - now.as_micros();
        return Err(Error::TooMany(u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000)));
    }
    let id = tx.new_id()?;
    diesel::insert_into(attempts::table)
        .values((
            attempts::id.eq(id),
            attempts::account_hash.eq(attempt.account.to_vec()),
            attempts::network_hash.eq(attempt.network.to_vec()),
            attempts::at.eq(now),
            attempts::failed.eq(false),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Records that an attempt has failed.
///
/// # Errors
/// Those of the database.
pub fn fail(tx: &mut Tx<'_>, id: LoginAttemptId) -> Result<()> {
    diesel::update(attempts::table.filter(attempts::id.eq(id)))
        .set(attempts::failed.eq(true))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets an attempt that was no guess: it succeeded, or was given up.
///
/// # Errors
/// Those of the database.
pub fn withdraw(tx: &mut Tx<'_>, id: LoginAttemptId) -> Result<()> {
    diesel::delete(attempts::table.filter(attempts::id.eq(id))).execute(&mut **tx)?;
    Ok(())
}

/// Makes a network known to a user who has shown to be the owner of the account there, and forgets what failed from it.
///
/// # Errors
/// Those of the database.
pub fn succeed(tx: &mut Tx<'_>, user: UserId, attempt: &Attempt) -> Result<()> {
    AdvisoryLock::LoginAttempts.take(tx)?;
    let now = tx.now();
    let network = attempt.network.to_vec();
    diesel::delete(
        attempts::table
            .filter(attempts::account_hash.eq(attempt.account.to_vec()))
            .filter(attempts::network_hash.eq(&network)),
    )
    .execute(&mut **tx)?;
    let known = known_networks::table
        .filter(known_networks::user_id.eq(user))
        .filter(known_networks::network_hash.eq(&network));
    let updated = diesel::update(known).set(known_networks::last_login_at.eq(now)).execute(&mut **tx)?;
    if updated == 0 {
        diesel::insert_into(known_networks::table)
            .values((
                known_networks::user_id.eq(user),
                known_networks::network_hash.eq(network),
                known_networks::last_login_at.eq(now),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Deletes attempts that no longer count, and the oldest beyond the number that is kept. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    let newest_too_many: Option<LoginAttemptId> = attempts::table
        .order(attempts::id.desc())
        .offset(KEPT)
        .limit(1)
        .select(attempts::id)
        .get_result(&mut **tx)
        .optional()?;
    let mut old = attempts::table.select(attempts::id).into_boxed::<MultiBackend>();
    old = old.filter(attempts::at.le(now.minus(WINDOW)));
    if let Some(id) = newest_too_many {
        old = old.or_filter(attempts::id.le(id));
    }
    let old: Vec<LoginAttemptId> = old.order(attempts::id).limit(500).load(&mut **tx)?;
    diesel::delete(attempts::table.filter(attempts::id.eq_any(&old))).execute(&mut **tx)?;
    diesel::delete(known_networks::table.filter(known_networks::last_login_at.le(now.minus(KNOWN_FOR))))
        .execute(&mut **tx)?;
    Ok(old.len() == 500)
}

fn within(now: Timestamp) -> attempts::BoxedQuery<'static, MultiBackend> {
    attempts::table.filter(attempts::at.gt(now.minus(WINDOW))).into_boxed::<MultiBackend>()
}

/// Whether a user has lately shown to be the owner of the account in that network.
///
/// # Errors
/// Those of the database.
pub fn is_known_network(tx: &mut Tx<'_>, user: UserId, network: &NetworkHash) -> Result<bool> {
    let since = tx.now().minus(KNOWN_FOR);
    let known = known_networks::table
        .filter(known_networks::user_id.eq(user))
        .filter(known_networks::network_hash.eq(network.to_vec()))
        .filter(known_networks::last_login_at.gt(since));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(&mut **tx)?)
}

/// When the next attempt may follow these, the first `free` of which delay nothing.
fn blocked_until(
    tx: &mut Tx<'_>,
    earlier: attempts::BoxedQuery<'static, MultiBackend>,
    free: i64,
) -> Result<Option<Timestamp>> {
    let (count, last): (i64, Option<Timestamp>) =
        earlier.select((diesel::dsl::count_star(), diesel::dsl::max(attempts::at))).get_result(&mut **tx)?;
    Ok(last.filter(|_| count >= free).map(|last| last.plus(delay(count - free))))
}

/// A second, doubled for every failure more.
fn delay(beyond: i64) -> Duration {
    let doublings = u32::try_from(beyond).unwrap_or(u32::MAX).min(16);
    Duration::from_secs(1 << doublings).min(MAX_DELAY)
}
