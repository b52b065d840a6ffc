//! How far the log is handled for each webhook.

use diesel::prelude::*;

use super::MAX_REPLAYED;
use crate::base::clock::Timestamp;
use crate::base::db::schema::webhook_progress as table;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::WebhookId;

/// A row of `webhook_progress`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ProgressRow {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The number of the last event that is handled.
    pub cursor: i64,
    /// That of a replay, if there is one.
    pub replay_cursor: Option<i64>,
    /// The number of its last event.
    pub replay_until: Option<i64>,
    /// How many events it may still send.
    pub replay_left: i64,
    /// Until when nothing is sent in order.
    pub waits_until: Option<Timestamp>,
    /// The first failure since something was delivered.
    pub failing_since: Option<Timestamp>,
}

/// Which cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Stream {
    /// What happens.
    Live,
    /// What is replayed.
    Replay,
}

/// Begins at the event with that number.
pub(super) fn start(tx: &mut Tx<'_>, id: WebhookId, cursor: i64) -> Result<()> {
    diesel::insert_into(table::table)
        .values((table::webhook_id.eq(id), table::cursor.eq(cursor), table::replay_left.eq(0)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Goes on at the event with that number, as if nothing had failed.
pub(super) fn restart(tx: &mut Tx<'_>, id: WebhookId, cursor: i64) -> Result<()> {
    diesel::update(table::table.filter(table::webhook_id.eq(id)))
        .set((
            table::cursor.eq(cursor),
            table::waits_until.eq(None::<Timestamp>),
            table::failing_since.eq(None::<Timestamp>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Begins a replay of what follows the event with the number `after`, up to that with the number `until`.
pub(super) fn replay(tx: &mut Tx<'_>, id: WebhookId, after: i64, until: i64) -> Result<()> {
    diesel::update(table::table.filter(table::webhook_id.eq(id)))
        .set((
            table::replay_cursor.eq(Some(after)),
            table::replay_until.eq(Some(until)),
            table::replay_left.eq(MAX_REPLAYED),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The progress of these webhooks.
pub(super) fn find(conn: &mut Connection, ids: &[WebhookId]) -> Result<Vec<ProgressRow>> {
    Ok(table::table.filter(table::webhook_id.eq_any(ids)).load(conn)?)
}

/// Moves a cursor on, if it still stands where it was read. `told` is how many events were handled by that.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    before: &ProgressRow,
    stream: Stream,
    to: i64,
    told: i64,
) -> Result<bool> {
    let own = table::table.filter(table::webhook_id.eq(before.webhook_id));
    let moved = match stream {
        Stream::Live => diesel::update(own.filter(table::cursor.eq(before.cursor)))
            .set(table::cursor.eq(to))
            .execute(&mut **tx)?,
        Stream::Replay => {
            let left = (before.replay_left - told).max(0);
            let is_over = left == 0 || before.replay_until.is_none_or(|until| to >= until);
            let of_same = own
                .filter(table::replay_cursor.eq(before.replay_cursor))
                .filter(table::replay_until.eq(before.replay_until));
            diesel::update(of_same)
                .set((
                    table::replay_cursor.eq(Some(to).filter(|_| !is_over)),
                    table::replay_until.eq(before.replay_until.filter(|_| !is_over)),
                    table::replay_left.eq(if is_over { 0 } else { left }),
                ))
                .execute(&mut **tx)?
        }
    };
    Ok(moved == 1)
}

/// Lets deliveries in order go on at once.
pub(super) fn end_pause(tx: &mut Tx<'_>, id: WebhookId) -> Result<()> {
    diesel::update(table::table.filter(table::webhook_id.eq(id)))
        .set(table::waits_until.eq(None::<Timestamp>))
        .execute(&mut **tx)?;
    Ok(())
}

/// Goes on at once, as if nothing had failed.
pub(super) fn reset(tx: &mut Tx<'_>, id: WebhookId) -> Result<()> {
    record(tx, id, None, None)
}

/// Records since when a webhook fails, and until when it waits.
pub(super) fn record(
    tx: &mut Tx<'_>,
    id: WebhookId,
    waits_until: Option<Timestamp>,
    failing_since: Option<Timestamp>,
) -> Result<()> {
    diesel::update(table::table.filter(table::webhook_id.eq(id)))
        .set((table::waits_until.eq(waits_until), table::failing_since.eq(failing_since)))
        .execute(&mut **tx)?;
    Ok(())
}
