//! Which scheduled actions are due, and which server works on them.

use std::time::Duration;

use diesel::prelude::*;

use crate::articles::schedule::ScheduleRow;
use crate::base::clock::Timestamp;
use crate::base::db::schema::schedules;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::ScheduleId;

/// How long a server that has claimed an action may take before another one tries it, too. Whoever commits first has done it.
pub const CLAIM: Duration = Duration::from_secs(5);

/// When the next action is due.
pub fn next_due(conn: &mut Connection) -> Result<Option<Timestamp>> {
    Ok(schedules::table
        .filter(schedules::next_try_at.is_not_null())
        .order(schedules::next_try_at)
        .select(schedules::next_try_at)
        .limit(1)
        .get_result::<Option<Timestamp>>(conn)
        .optional()?
        .flatten())
}

/// Claims at most `limit` actions that are due, in the order in which they are, and returns them. Those that another server is
/// claiming at the same time are passed over.
pub fn claim(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<ScheduleRow>> {
    let now = tx.now();
    let due = schedules::table
        .filter(schedules::next_try_at.le(Some(now)))
        .order((schedules::next_try_at, schedules::id))
        .select(schedules::id)
        .limit(limit);
    let ids: Vec<ScheduleId> = match &mut **tx {
        Connection::Sqlite(conn) => due.load(conn)?,
        Connection::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut claimed: Vec<ScheduleRow> = diesel::update(schedules::table.filter(schedules::id.eq_any(ids)))
        .set(schedules::next_try_at.eq(Some(now.plus(CLAIM))))
        .returning(schedules::all_columns)
        .get_results(&mut **tx)?;
    claimed.sort_by_key(|row| (row.at, row.id));
    Ok(claimed)
}

/// Records a failure and when the action is tried again, if it is. Returns whether that was new: the action may be done
/// meanwhile, or another server may have failed at the same try.
pub fn record_failure(
    tx: &mut Tx<'_>,
    row: &ScheduleRow,
    why: &str,
    next_try_at: Option<Timestamp>,
) -> Result<bool> {
    let now = tx.now();
    let same = schedules::table.filter(schedules::id.eq(row.id)).filter(schedules::attempts.eq(row.attempts));
    let updated = diesel::update(same)
        .set((
            schedules::attempts.eq(row.attempts + 1),
            schedules::failed_at.eq(Some(row.failed_at.unwrap_or(now))),
            schedules::last_error.eq(Some(why)),
            schedules::next_try_at.eq(next_try_at),
        ))
        .execute(&mut **tx)?;
    Ok(updated == 1)
}
