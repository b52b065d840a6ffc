//! How sessions are stored.

use std::time::Duration;

use diesel::prelude::*;

use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::{refresh_tokens, sessions};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{SessionId, UserId};

/// How long ended and expired sessions are kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
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
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

/// Starts a session.
///
/// # Errors
/// Those of the database.
pub fn start(
    tx: &mut Tx<'_>,
    user: UserId,
    (device, network): (String, String),
    lifetime: Lifetime,
) -> Result<SessionRow> {
    let now = tx.now();
    let row = SessionRow {
        id: tx.new_id()?,
        user_id: user,
        device,
        network,
        created_at: now,
        last_used_at: now,
        expires_at: now.plus(lifetime.absolute),
        ended_at: None,
    };
    diesel::insert_into(sessions::table).values(row.clone()).execute(&mut **tx)?;
    tx.append(Event::SessionCreated { user, session: row.id });
    Ok(row)
}

/// The living sessions of a user, newest first; a session without a refresh within `idle` is none.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Connection,
    user: UserId,
    lifetime: Lifetime,
    now: Timestamp,
) -> Result<Vec<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::last_used_at.gt(now.minus(lifetime.idle)))
        .order(sessions::id.desc())
        .limit(500)
        .load(conn)?)
}

/// Which of a user's sessions to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// This one.
    Only(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}

/// Ends sessions of a user, from now on and on every replica. Returns how many.
///
/// # Errors
/// Those of the database.
pub fn end(tx: &mut Tx<'_>, user: UserId, which: Which) -> Result<usize> {
    let now = tx.now();
    let mut living = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null())
        .select(sessions::id)
        .into_boxed();
    match which {
        Which::Only(id) => living = living.filter(sessions::id.eq(id)),
        Which::AllBut(id) => living = living.filter(sessions::id.ne(id)),
        Which::All => {}
    }
    let ids: Vec<SessionId> = living.load(&mut **tx)?;
    diesel::update(sessions::table.filter(sessions::id.eq_any(&ids)))
        .set(sessions::ended_at.eq(Some(now)))
        .execute(&mut **tx)?;
    for session in &ids {
        tx.append(Event::SessionEnded { user, session: *session });
    }
    Ok(ids.len())
}

/// Ends every session of every user. Returns how many.
///
/// # Errors
/// Those of the database.
pub fn end_all(tx: &mut Tx<'_>) -> Result<usize> {
    let now = tx.now();
    Ok(diesel::update(sessions::table.filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(Some(now)))
        .execute(&mut **tx)?)
}

/// Deletes up to 100 sessions that ended or expired long ago, with their refresh tokens. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<SessionId> = sessions::table
        .filter(sessions::expires_at.le(before).or(sessions::ended_at.assume_not_null().le(before)))
        .select(sessions::id)
        .limit(100)
        .load(&mut **tx)?;
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq_any(&old)))
        .execute(&mut **tx)?;
    diesel::delete(sessions::table.filter(sessions::id.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == 100)
}
