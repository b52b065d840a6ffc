//! Slows down guessing. An attempt is a row from before its password is verified until it succeeds, so that neither
//! parallel requests nor several replicas get more tries. Failures delay the next attempt at the same account and from the
//! same network. A network from which the account has logged in lately has an allowance of its own, so that strangers keep
//! nobody out.

use std::time::Duration;

use diesel::prelude::*;

use crate::auth::{Block, Blocked, Keys};
use crate::base::actor::NetworkHash;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{known_networks, login_attempts as attempts};
use crate::base::db::{MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::ids::{LoginAttemptId, UserId};

/// Failures within this time delay further attempts.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// How many failures at one account delay nothing.
const FREE_FAILURES: i64 = 5;
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(3600);
/// After this many failures at one account, only networks known to its user may try (NIST SP 800-63B, section 3.2.2).
const MAX_FAILURES: i64 = 100;
/// How long a failure counts towards them.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long an attempt may be under way. An older open one belongs to a process that was killed.
const OPEN_FOR: Duration = Duration::from_secs(60);
/// How many attempts from one network may be under way at once, so that everyone in an office can log in at the same
/// time.
const MAX_OPEN: i64 = 10;
/// A network from which somebody has logged in lately may fail this many times as often as others.
const KNOWN_NETWORK_FACTOR: i64 = 5;
/// How long a network stays known after a login.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many attempts at accounts that do not exist are kept.
const MAX_KEPT: i64 = 100_000;

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

/// The keyed hash of an address, in the form in which it is unique.
#[must_use]
pub fn account(keys: &Keys, email_key: &str) -> [u8; 32] {
    keys.mac("account", email_key)
}

/// Whether an attempt may be verified.
#[derive(Debug, Clone, Copy)]
pub enum Admission {
    /// It is under way.
    Open(LoginAttemptId),
    /// It comes too soon after others.
    Refused(Block),
}

/// Records an attempt that begins now, unless it comes too soon after others. `network_allowance` is how many failures
/// from one network delay nothing; `None` for any number.
///
/// # Errors
/// Those of the database.
pub fn begin(tx: &mut Tx<'_>, attempt: &Attempt, network_allowance: Option<i64>) -> Result<Admission> {
    AdvisoryLock::LoginAttempts.take(tx)?;
    let now = tx.now();
    if let Some(block) = find_block(tx, attempt, network_allowance)?.filter(|block| block.until > now) {
        return Ok(Admission::Refused(block));
    }
    let id = tx.new_id()?;
    diesel::insert_into(attempts::table)
        .values((
            attempts::id.eq(id),
            attempts::account_hash.eq(attempt.account.to_vec()),
            attempts::network_hash.eq(attempt.network.to_vec()),
            attempts::at.eq(now),
            attempts::failed.eq(false),
            attempts::is_user.eq(attempt.user.is_some()),
        ))
        .execute(&mut **tx)?;
    Ok(Admission::Open(id))
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

/// Deletes all attempts at an account: someone who may has made sure who its owner is.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>, account: [u8; 32]) -> Result<()> {
    AdvisoryLock::LoginAttempts.take(tx)?;
    diesel::delete(attempts::table.filter(attempts::account_hash.eq(account.to_vec()))).execute(&mut **tx)?;
    Ok(())
}

/// Records that a user has logged in or reset the password from a network, which is known from now on. Deletes the
/// failures from it, and those from others that are too old to delay anything.
///
/// # Errors
/// Those of the database.
pub fn succeed(tx: &mut Tx<'_>, user: UserId, attempt: &Attempt) -> Result<()> {
    AdvisoryLock::LoginAttempts.take(tx)?;
    let now = tx.now();
    let network = attempt.network.to_vec();
    let is_over = attempts::network_hash.eq(&network).or(attempts::at.le(now.minus(WINDOW)));
    diesel::delete(
        attempts::table.filter(attempts::account_hash.eq(attempt.account.to_vec())).filter(is_over),
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

/// Deletes attempts that no longer count, and of those at accounts that do not exist the oldest beyond the number that
/// is kept: attempts at made-up addresses do not displace those at real accounts. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    let newest_too_many: Option<LoginAttemptId> = attempts::table
        .filter(attempts::is_user.eq(false))
        .order(attempts::id.desc())
        .offset(MAX_KEPT)
        .limit(1)
        .select(attempts::id)
        .get_result(&mut **tx)
        .optional()?;
    let mut old = attempts::table.select(attempts::id).into_boxed::<MultiBackend>();
    old = old.filter(attempts::at.le(now.minus(KEPT_FOR)));
    if let Some(id) = newest_too_many {
        old = old.or_filter(attempts::is_user.eq(false).and(attempts::id.le(id)));
    }
    let old: Vec<LoginAttemptId> = old.order(attempts::id).limit(500).load(&mut **tx)?;
    diesel::delete(attempts::table.filter(attempts::id.eq_any(&old))).execute(&mut **tx)?;
    diesel::delete(known_networks::table.filter(known_networks::last_login_at.le(now.minus(KNOWN_FOR))))
        .execute(&mut **tx)?;
    Ok(old.len() == 500)
}

/// The block on the account or the network, whichever lasts longer; `None` if there is none.
fn find_block(tx: &mut Tx<'_>, attempt: &Attempt, network_allowance: Option<i64>) -> Result<Option<Block>> {
    let now = tx.now();
    let of_account = || counting(now).filter(attempts::account_hash.eq(attempt.account.to_vec()));
    let is_known = match attempt.user {
        Some(user) => is_known_network(tx, user, &attempt.network)?,
        None => false,
    };
    let account = if is_known {
        delayed_until(
            tx,
            of_account().filter(attempts::network_hash.eq(attempt.network.to_vec())),
            FREE_FAILURES,
        )?
    } else {
        delayed_until(tx, of_account(), FREE_FAILURES)?.max(capped_until(tx, attempt)?)
    };
    let network = match network_allowance {
        Some(free) => network_delayed_until(tx, attempt.network, free)?,
        None => None,
    };
    let (account_key, network_key) =
        (Blocked::Account(attempt.account, attempt.network), Blocked::Network(attempt.network));
    let blocks = [(account, account_key), (network, network_key)];
    let longest = blocks.into_iter().filter_map(|(until, what)| Some(Block { until: until?, what }));
    Ok(longest.max_by_key(|block| block.until))
}

/// The attempts that delay others: those that failed, and those that are under way.
fn counting(now: Timestamp) -> attempts::BoxedQuery<'static, MultiBackend> {
    attempts::table
        .filter(attempts::at.gt(now.minus(WINDOW)))
        .filter(attempts::failed.eq(true).or(attempts::at.gt(now.minus(OPEN_FOR))))
        .into_boxed::<MultiBackend>()
}

/// Whether the user has logged in from that network lately.
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
fn delayed_until(
    tx: &mut Tx<'_>,
    earlier: attempts::BoxedQuery<'static, MultiBackend>,
    free: i64,
) -> Result<Option<Timestamp>> {
    let (count, last) = count(tx, earlier)?;
    Ok(last.filter(|_| count >= free).map(|last| last.plus(delay(count - free))))
}

/// When a network may make the next attempt. This does not depend on the account, so that it does not reveal which
/// accounts exist.
fn network_delayed_until(tx: &mut Tx<'_>, network: NetworkHash, free: i64) -> Result<Option<Timestamp>> {
    let (now, network) = (tx.now(), network.to_vec());
    let is_known = known_networks::table
        .filter(known_networks::network_hash.eq(&network))
        .filter(known_networks::last_login_at.gt(now.minus(KNOWN_FOR)));
    let is_known: bool = diesel::select(diesel::dsl::exists(is_known)).get_result(&mut **tx)?;
    let free = if is_known { free.saturating_mul(KNOWN_NETWORK_FACTOR) } else { free };
    let from_network = || counting(now).filter(attempts::network_hash.eq(network.clone()));
    let (all, last) = count(tx, from_network())?;
    if all < free {
        return Ok(None);
    }
    let (failed, _) = count(tx, from_network().filter(attempts::failed.eq(true)))?;
    if failed >= free {
        return Ok(last.map(|last| last.plus(delay(all - free))));
    }
    // Most of those that are under way will succeed.
    Ok((all >= free + MAX_OPEN).then(|| now.plus(delay(0))))
}

/// Until when only known networks may try an account, after [`MAX_FAILURES`] failures.
fn capped_until(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<Option<Timestamp>> {
    let last_but_all_allowed: Option<Timestamp> = attempts::table
        .filter(attempts::account_hash.eq(attempt.account.to_vec()))
        .filter(attempts::failed.eq(true))
        .order(attempts::at.desc())
        .offset(MAX_FAILURES - 1)
        .limit(1)
        .select(attempts::at)
        .get_result(&mut **tx)
        .optional()?;
    Ok(last_but_all_allowed.map(|at| at.plus(KEPT_FOR)))
}

/// How many attempts these are, and when the last one was.
fn count(
    tx: &mut Tx<'_>,
    chosen: attempts::BoxedQuery<'static, MultiBackend>,
) -> Result<(i64, Option<Timestamp>)> {
    Ok(chosen.select((diesel::dsl::count_star(), diesel::dsl::max(attempts::at))).get_result(&mut **tx)?)
}

/// A second, doubled for every failure more.
fn delay(beyond: i64) -> Duration {
    let doublings = u32::try_from(beyond).unwrap_or(u32::MAX).min(16);
    Duration::from_secs(1 << doublings).min(MAX_DELAY)
}
