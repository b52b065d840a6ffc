//! How sessions are stored.

use std::time::Duration;

use diesel::prelude::*;
use uuid::Uuid;

use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{refresh_tokens, sessions};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{IsId as _, SessionId, UserId};

/// How many living sessions a user can have. A login beyond that ends the oldest.
pub const MAX_SESSIONS: u16 = 100;
/// Up to this many sessions that end at once get an event each; more get one event together.
const MAX_NAMED: u16 = 10;
/// How long a session is kept after it could last be refreshed.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long used refresh tokens are kept. A second use is detected within this time.
const TOKENS_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many refresh tokens are deleted at a time.
const MAX_TOKENS: u16 = 500;
/// How many sessions are deleted at a time.
const MAX_PURGED: u16 = 100;
/// The seconds of a day.
const DAY: u64 = 24 * 3600;

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    /// How long a refresh token is good.
    pub idle: Duration,
    /// How long a session lasts in any case.
    pub absolute: Duration,
}

impl Lifetime {
    /// As in the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let days = |days: u32| Duration::from_secs(u64::from(days) * DAY);
        Self { idle: days(config.accounts.session_idle_days), absolute: days(config.accounts.session_days) }
    }
}

/// A row of `sessions`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    /// The id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// The browser or program, as it named itself at the login.
    pub device: String,
    /// The network of the login.
    pub network: String,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When the user logged in or the session was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it ends unless it is refreshed before; never later than `expires_at`.
    pub idle_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

/// Starts a session. The caller has locked the user's row.
///
/// # Errors
/// Those of the database.
pub fn start(
    tx: &mut Tx<'_>,
    user: UserId,
    (device, network): (String, String),
    lifetime: Lifetime,
) -> Result<SessionRow> {
    end_oldest(tx, user)?;
    let now = tx.now();
    let expires_at = now.plus(lifetime.absolute);
    let row = SessionRow {
        id: tx.new_id()?,
        user_id: user,
        device,
        network,
        created_at: now,
        last_used_at: now,
        expires_at,
        idle_at: now.plus(lifetime.idle).min(expires_at),
        ended_at: None,
    };
    diesel::insert_into(sessions::table).values(row.clone()).execute(&mut **tx)?;
    tx.append(Event::SessionCreated { user, session: row.id });
    Ok(row)
}

/// Makes room for another session of a user.
fn end_oldest(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    let oldest_kept = sessions::table
        .filter(is_living(user, tx.now()))
        .order(sessions::id.desc())
        .offset(i64::from(MAX_SESSIONS) - 1)
        .limit(1)
        .select(sessions::id);
    let oldest: Option<SessionId> = oldest_kept.get_result(&mut **tx).optional()?;
    if let Some(id) = oldest {
        end(tx, user, Which::UpTo(id))?;
    }
    Ok(())
}

/// Notes that a session was refreshed.
///
/// # Errors
/// Those of the database.
pub fn note_refresh(tx: &mut Tx<'_>, session: &mut SessionRow, lifetime: Lifetime) -> Result<()> {
    session.last_used_at = tx.now();
    session.idle_at = tx.now().plus(lifetime.idle).min(session.expires_at);
    diesel::update(sessions::table.filter(sessions::id.eq(session.id)))
        .set((sessions::last_used_at.eq(session.last_used_at), sessions::idle_at.eq(session.idle_at)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The sessions of a user that have neither ended nor expired.
#[diesel::dsl::auto_type]
fn is_living(user: UserId, now: Timestamp) -> _ {
    sessions::user_id.eq(user).and(sessions::ended_at.is_null()).and(sessions::idle_at.gt(now))
}

/// The living sessions of a user, newest first: at most [`MAX_SESSIONS`].
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Connection, user: UserId, now: Timestamp) -> Result<Vec<SessionRow>> {
    Ok(sessions::table
        .filter(is_living(user, now))
        .order(sessions::id.desc())
        .limit(i64::from(MAX_SESSIONS))
        .load(conn)?)
}

/// Which of a user's sessions to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// This one.
    Only(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// This one and those before it.
    UpTo(SessionId),
    /// All.
    All,
}

impl Which {
    /// All from the first to the second id, except the third.
    fn bounds(self) -> (SessionId, SessionId, SessionId) {
        let (none, max) = (SessionId::from_uuid(Uuid::nil()), SessionId::from_uuid(Uuid::max()));
        match self {
            Self::Only(id) => (id, id, none),
            Self::AllBut(id) => (none, max, id),
            Self::UpTo(id) => (none, id, none),
            Self::All => (none, max, none),
        }
    }
}

/// Ends sessions of a user, from now on and on every replica. Returns how many were living.
///
/// # Errors
/// Those of the database.
pub fn end(tx: &mut Tx<'_>, user: UserId, which: Which) -> Result<usize> {
    AdvisoryLock::Accounts.take(tx)?;
    let now = tx.now();
    let (first, last, except) = which.bounds();
    let living = sessions::table
        .filter(is_living(user, now))
        .filter(sessions::id.between(first, last))
        .filter(sessions::id.ne(except));
    let named: Vec<SessionId> =
        living.order(sessions::id).limit(i64::from(MAX_NAMED) + 1).select(sessions::id).load(&mut **tx)?;
    let count = if named.len() > usize::from(MAX_NAMED) {
        living.count().get_result(&mut **tx)?
    } else {
        i64::try_from(named.len()).unwrap_or(i64::MAX)
    };
    // Also ends sessions that have expired by this clock, because another process's clock may be behind.
    let not_ended = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.between(first, last))
        .filter(sessions::id.ne(except));
    diesel::update(not_ended).set(sessions::ended_at.eq(Some(now))).execute(&mut **tx)?;
    if named.len() > usize::from(MAX_NAMED) {
        tx.append(Event::SessionsEnded { user, count });
    } else {
        for session in named {
            tx.append(Event::SessionEnded { user, session });
        }
    }
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Ends every session of every user. Returns how many were living.
///
/// # Errors
/// Those of the database.
pub fn end_all(tx: &mut Tx<'_>) -> Result<i64> {
    AdvisoryLock::Accounts.take(tx)?;
    let now = tx.now();
    let not_ended = || sessions::table.filter(sessions::ended_at.is_null());
    let living = not_ended().filter(sessions::idle_at.gt(now)).count().get_result(&mut **tx)?;
    // Also ends sessions that have expired by this clock, because a server's clock may be behind.
    diesel::update(not_ended()).set(sessions::ended_at.eq(Some(now))).execute(&mut **tx)?;
    Ok(living)
}

/// Ends the sessions of a user who is erased, and deletes their device and network. The rows are left to [`purge`],
/// because each may have thousands of refresh tokens.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    end(tx, user, Which::All)?;
    let long_ago = tx.now().minus(KEPT_FOR);
    diesel::update(sessions::table.filter(sessions::user_id.eq(user)))
        .set((sessions::device.eq(""), sessions::network.eq(""), sessions::idle_at.eq(long_ago)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Deletes some refresh tokens that were used long ago, and then some sessions that ended long ago. Returns whether
/// there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let (tokens_before, before) = (tx.now().minus(TOKENS_KEPT_FOR), tx.now().minus(KEPT_FOR));
    let used: Vec<Vec<u8>> = refresh_tokens::table
        .filter(refresh_tokens::used_at.assume_not_null().le(tokens_before))
        .select(refresh_tokens::hash)
        .limit(i64::from(MAX_TOKENS))
        .load(&mut **tx)?;
    delete_tokens(tx, &used)?;
    if used.len() == usize::from(MAX_TOKENS) {
        return Ok(true);
    }
    let old: Vec<SessionId> = sessions::table
        .filter(sessions::idle_at.le(before))
        .select(sessions::id)
        .limit(i64::from(MAX_PURGED))
        .load(&mut **tx)?;
    let left: Vec<Vec<u8>> = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq_any(&old))
        .select(refresh_tokens::hash)
        .limit(i64::from(MAX_TOKENS))
        .load(&mut **tx)?;
    delete_tokens(tx, &left)?;
    if left.len() == usize::from(MAX_TOKENS) {
        return Ok(true);
    }
    diesel::delete(sessions::table.filter(sessions::id.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == usize::from(MAX_PURGED))
}

fn delete_tokens(tx: &mut Tx<'_>, hashes: &[Vec<u8>]) -> Result<()> {
    if !hashes.is_empty() {
        diesel::delete(refresh_tokens::table.filter(refresh_tokens::hash.eq_any(hashes)))
            .execute(&mut **tx)?;
    }
    Ok(())
}
