//! Does scheduled actions that are due, on any number of servers. A server claims some actions, which keeps the others from rendering the same
//! articles, and does them in the order of their moments. If it dies, others do the rest when its claim ends. Claims only save
//! work: that an action is done once is ensured by the write that does it, which takes its row.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::watch;

use super::{act, failure, store};
use crate::app::App;
use crate::articles::schedule::ScheduleRow;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;

/// The longest pause between two queries for due actions: other servers may have scheduled something.
const IDLE: Duration = Duration::from_millis(500);
/// The pause after finding that other servers have claimed everything that is due.
const CLAIMED_BY_OTHERS: Duration = Duration::from_millis(50);
/// How many actions are claimed together: few enough to be done before the claim ends, and to leave some to other servers.
const BATCH: i64 = 16;
/// How many actions of the same moment are done at the same time.
const AT_ONCE: usize = 4;

/// Does what is due until `stop` turns true, then finishes what was begun.
pub async fn run_until(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match turn(&app).await {
            Ok(pause) => pause,
            Err(error) => {
                log::warn!("scheduled actions wait: {error}");
                IDLE
            }
        };
        if !pause.is_zero() {
            // Either way the loop checks `stop` again.
            let _ = tokio::time::timeout(pause, stop.changed()).await;
        }
    }
}

/// Does everything that is due now, unless the database is a quiet copy, and returns how many actions were tried. For tests, which control the clock.
///
/// # Errors
/// When the database cannot be reached.
pub async fn run_due(app: &App) -> Result<usize> {
    let mut tried = 0;
    loop {
        if app.db.generation().is_quiet() {
            return Ok(tried);
        }
        let claimed = app.db.write(|tx| store::claim(tx, BATCH)).await?;
        if claimed.is_empty() {
            return Ok(tried);
        }
        tried += claimed.len();
        act_on(app, &claimed).await;
    }
}

/// How long the most overdue action has been due, in seconds; 0 if none is. Those that have failed are due at their next try.
///
/// # Errors
/// Those of the database.
pub fn overdue_seconds(conn: &mut Connection, now: Timestamp) -> Result<i64> {
    let next = store::next_due(conn)?;
    Ok(next.map_or(0, |next| (now.as_seconds() - next.as_seconds()).max(0)))
}

/// Does some of what is due, unless the database is a quiet copy. Returns how long to wait before the next turn.
async fn turn(app: &App) -> Result<Duration> {
    if app.db.generation().is_quiet() {
        return Ok(IDLE);
    }
    let Some(next) = app.db.read_inline(store::next_due).await? else { return Ok(IDLE) };
    let wait = next.as_micros() - app.clock.now().as_micros();
    if let Ok(wait @ 1..) = u64::try_from(wait) {
        return Ok(Duration::from_micros(wait).min(IDLE));
    }
    let claimed = app.db.write(|tx| store::claim(tx, BATCH)).await?;
    if claimed.is_empty() {
        return Ok(CLAIMED_BY_OTHERS);
    }
    act_on(app, &claimed).await;
    Ok(Duration::ZERO)
}

/// Does these actions in their order; those of the same moment, several at a time.
async fn act_on(app: &App, claimed: &[ScheduleRow]) {
    for together in claimed.chunk_by(|a, b| a.at == b.at) {
        stream::iter(together).for_each_concurrent(AT_ONCE, |due| act_or_fail(app, due)).await;
    }
}

async fn act_or_fail(app: &App, due: &ScheduleRow) {
    let Err(error) = act::act(app, due).await else { return };
    if let Err(error) = failure::handle(app, due, &error).await {
        log::warn!("the failure of a scheduled action could not be recorded: {error}");
    }
}
