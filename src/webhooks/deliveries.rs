//! What is sent to webhooks, as it is stored.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DeliveryState;
use super::progress::{self, Stream};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{webhook_deliveries as table, webhook_progress, webhooks};
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{WebhookDeliveryId, WebhookId};

/// How long deliveries are listed.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most tries that are kept of a delivery.
const MAX_TRIES: usize = 20;

/// A try to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookTry)]
pub struct Try {
    /// When it began.
    pub at: Timestamp,
    /// The status of the response; `null` if there was none.
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<u16>,
    /// How long it took.
    #[schema(minimum = 0, maximum = 60_000)]
    pub milliseconds: i64,
    /// Why it failed; `null` if it did not.
    #[schema(max_length = 500)]
    pub error: Option<String>,
}

/// A row of `webhook_deliveries`.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct DeliveryRow {
    /// Its place in the order.
    pub sequence: i64,
    /// The id.
    pub id: WebhookDeliveryId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The id of the event, or of several at once.
    pub event: String,
    /// The number of the last event that it tells.
    pub event_number: i64,
    /// The type.
    pub kind: String,
    /// What is sent; `None` once it was delivered.
    pub body: Option<String>,
    /// What became of it.
    pub state: DeliveryState,
    /// Whether it is part of a replay.
    pub replayed: bool,
    /// Whether it is retried beside the others, which do not wait for it.
    pub alone: bool,
    /// How often it has failed since it was last retried by hand, or its webhook got another URL.
    pub attempts: i64,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Its latest tries, oldest first.
    pub tries: Json<Vec<Try>>,
    /// The beginning of the latest response.
    pub response: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A delivery to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewDelivery {
    pub event: String,
    pub event_number: i64,
    pub kind: String,
    pub body: String,
}

#[derive(Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct InsertedRow {
    id: WebhookDeliveryId,
    webhook_id: WebhookId,
    event: String,
    event_number: i64,
    kind: String,
    body: Option<String>,
    state: DeliveryState,
    replayed: bool,
    alone: bool,
    attempts: i64,
    tries: Json<Vec<Try>>,
    created_at: Timestamp,
}

/// Which deliveries a list contains.
#[derive(Debug, Clone, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilter {
    /// Only deliveries in this state.
    #[param(inline, nullable = false)]
    pub status: Option<DeliveryState>,
    /// Only deliveries of this type of event.
    #[param(rename = "type", nullable = false, max_length = 60)]
    pub kind: Option<String>,
}

impl DeliveryRow {
    /// Its latest tries, oldest first.
    #[must_use]
    pub fn read_tries(&self) -> Vec<Try> {
        self.tries.clone().read(format_args!("webhook_deliveries.tries of {}", self.id)).unwrap_or_default()
    }
}

/// Adds deliveries at the end.
pub(super) fn insert(tx: &mut Tx<'_>, webhook: WebhookId, stream: Stream, new: &[NewDelivery]) -> Result<()> {
    let now = tx.now();
    let mut rows = Vec::new();
    for NewDelivery { event, event_number, kind, body } in new.iter().cloned() {
        rows.push(InsertedRow {
            id: tx.new_id()?,
            webhook_id: webhook,
            event,
            event_number,
            kind,
            body: Some(body),
            state: DeliveryState::Waiting,
            replayed: stream == Stream::Replay,
            alone: false,
            attempts: 0,
            tries: Json::Readable(Vec::new()),
            created_at: now,
        });
    }
    Ok(crate::insert_rows!(&mut **tx, table::table, rows)?)
}

#[diesel::dsl::auto_type]
fn waiting(webhook: WebhookId) -> _ {
    let state: DeliveryState = DeliveryState::Waiting;
    table::table.filter(table::state.eq(state)).filter(table::webhook_id.eq(webhook))
}

/// How many deliveries of a stream wait for their turn.
pub(super) fn count_waiting(conn: &mut Connection, webhook: WebhookId, stream: Stream) -> Result<i64> {
    let in_order = waiting(webhook).filter(table::alone.eq(false));
    let of_stream = in_order.filter(table::replayed.eq(stream == Stream::Replay));
    Ok(of_stream.count().get_result(conn)?)
}

/// Marks deliveries dead that are retried beside the others, so that at most `most` are left: those that were tried most often,
/// and of these the oldest.
pub(super) fn mark_oldest_dead(tx: &mut Tx<'_>, webhook: WebhookId, most: i64) -> Result<()> {
    // Those without a try since they were retried by hand, or since the URL was changed, do not count.
    let alone = || waiting(webhook).filter(table::alone.eq(true)).filter(table::attempts.gt(0));
    let count: i64 = alone().count().get_result(&mut **tx)?;
    if count <= most {
        return Ok(());
    }
    let oldest = alone().order((table::attempts.desc(), table::sequence)).limit(count - most);
    let oldest = oldest.select(table::sequence);
    let oldest: Vec<i64> = oldest.load(&mut **tx)?;
    diesel::update(table::table.filter(table::sequence.eq_any(oldest)))
        .set((table::state.eq(DeliveryState::Dead), table::next_try_at.eq(None::<Timestamp>)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends the pause of a locked webhook at a user's request. Resets the tries of its deliveries in order, so that repeated
/// requests do not use them up.
fn end_pause(tx: &mut Tx<'_>, webhook: WebhookId) -> Result<()> {
    progress::end_pause(tx, webhook)?;
    let in_order = table::table.filter(table::webhook_id.eq(webhook)).filter(table::alone.eq(false));
    diesel::update(in_order.filter(table::state.eq(DeliveryState::Waiting)).filter(table::attempts.ne(0)))
        .set(table::attempts.eq(0))
        .execute(&mut **tx)?;
    Ok(())
}

/// Makes the deliveries due now that are retried beside the others, and ends the pause of a locked webhook.
pub(super) fn make_due(tx: &mut Tx<'_>, webhook: WebhookId) -> Result<()> {
    end_pause(tx, webhook)?;
    let now = tx.now();
    let alone = table::table.filter(table::webhook_id.eq(webhook)).filter(table::alone.eq(true));
    diesel::update(alone.filter(table::state.eq(DeliveryState::Waiting)))
        .set(table::next_try_at.eq(Some(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Resets the tries of waiting deliveries.
pub(super) fn reset_attempts(tx: &mut Tx<'_>, webhook: WebhookId) -> Result<()> {
    let own = table::table.filter(table::webhook_id.eq(webhook));
    diesel::update(own.filter(table::state.eq(DeliveryState::Waiting)).filter(table::attempts.ne(0)))
        .set(table::attempts.eq(0))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether any delivery waits, in order or alone.
pub(super) fn any_waits(conn: &mut Connection, webhook: WebhookId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(waiting(webhook))).get_result(conn)?)
}

/// The webhooks that have something to be sent now.
pub(super) fn due(conn: &mut Connection, now: Timestamp) -> Result<BTreeSet<WebhookId>> {
    let waiting = table::table.filter(table::state.eq(DeliveryState::Waiting));
    let in_order: Vec<WebhookId> = waiting
        .inner_join(webhook_progress::table.on(webhook_progress::webhook_id.eq(table::webhook_id)))
        .filter(table::alone.eq(false))
        .filter(webhook_progress::waits_until.is_null().or(webhook_progress::waits_until.le(Some(now))))
        .select(table::webhook_id)
        .distinct()
        .load(conn)?;
    let alone: Vec<WebhookId> = waiting
        .inner_join(webhook_progress::table.on(webhook_progress::webhook_id.eq(table::webhook_id)))
        .filter(webhook_progress::waits_until.is_null().or(webhook_progress::waits_until.le(Some(now))))
        .filter(table::alone.eq(true))
        .filter(table::next_try_at.le(Some(now)))
        .select(table::webhook_id)
        .distinct()
        .load(conn)?;
    Ok(in_order.into_iter().chain(alone).collect())
}

/// The next deliveries of a webhook in order: what happens comes before what is replayed.
pub(super) fn next(conn: &mut Connection, webhook: WebhookId, limit: i64) -> Result<Vec<WebhookDeliveryId>> {
    let in_order = waiting(webhook).filter(table::alone.eq(false));
    Ok(in_order.order((table::replayed, table::sequence)).limit(limit).select(table::id).load(conn)?)
}

/// Deliveries that are retried beside the others, and are due.
pub(super) fn due_alone(
    conn: &mut Connection,
    webhook: WebhookId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<WebhookDeliveryId>> {
    let due = waiting(webhook).filter(table::alone.eq(true)).filter(table::next_try_at.le(Some(now)));
    Ok(due.order(table::sequence).limit(limit).select(table::id).load(conn)?)
}

/// A delivery that waits.
pub(super) fn find_waiting(conn: &mut Connection, id: WebhookDeliveryId) -> Result<Option<DeliveryRow>> {
    let waiting = table::table.filter(table::id.eq(id)).filter(table::state.eq(DeliveryState::Waiting));
    Ok(waiting.get_result(conn).optional()?)
}

/// Adds a try. `row` is changed, and left to the caller to save.
pub(super) fn add_try(row: &mut DeliveryRow, tried: Try) {
    let mut tries = row.read_tries();
    tries.push(tried);
    tries.drain(..tries.len().saturating_sub(MAX_TRIES));
    row.tries = Json::Readable(tries);
}

/// Saves what became of a delivery.
pub(super) fn save(tx: &mut Tx<'_>, row: &DeliveryRow) -> Result<()> {
    diesel::update(table::table.filter(table::sequence.eq(row.sequence)))
        .set((
            // Unless it is removed, it is left as it is: a purge may have changed it during the request.
            row.body.is_none().then_some(table::body.eq(None::<String>)),
            table::state.eq(row.state),
            table::alone.eq(row.alone),
            table::attempts.eq(row.attempts),
            table::next_try_at.eq(row.next_try_at),
            table::tries.eq(&row.tries),
            table::response.eq(&row.response),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Makes a delivery of a locked webhook due now: a dead one beside the others. One that waits in order keeps its place. The
/// pause of the webhook is over.
///
/// # Errors
/// Not found; conflict `not-dead`, if it was delivered or withheld.
pub fn retry(tx: &mut Tx<'_>, webhook: WebhookId, id: WebhookDeliveryId) -> Result<DeliveryRow> {
    let now = tx.now();
    let own = table::table.filter(table::id.eq(id)).filter(table::webhook_id.eq(webhook));
    let found: Option<DeliveryRow> = own.get_result(&mut **tx).optional()?;
    let mut row = found.ok_or(Error::NotFound("delivery"))?;
    match row.state {
        DeliveryState::Dead => row.alone = true,
        DeliveryState::Waiting => {}
        DeliveryState::Delivered | DeliveryState::Withheld => {
            let detail =
                "The delivery was delivered or withheld. Only dead and waiting deliveries can be retried.";
            return Err(Error::conflict("not-dead", detail));
        }
    }
    (row.state, row.attempts, row.next_try_at) = (DeliveryState::Waiting, 0, Some(now));
    diesel::update(own)
        .set((
            table::state.eq(row.state),
            table::alone.eq(row.alone),
            table::attempts.eq(row.attempts),
            table::next_try_at.eq(row.next_try_at),
        ))
        .execute(&mut **tx)?;
    end_pause(tx, webhook)?;
    tx.append(Event::WebhookDeliveryRetried { webhook, delivery: id });
    Ok(row)
}

fn matching(webhook: WebhookId, filter: &DeliveryFilter) -> table::BoxedQuery<'_, MultiBackend> {
    let mut rows = table::table.filter(table::webhook_id.eq(webhook)).into_boxed();
    if let Some(state) = filter.status {
        rows = rows.filter(table::state.eq(state));
    }
    if let Some(kind) = &filter.kind {
        rows = rows.filter(table::kind.eq(kind));
    }
    rows
}

/// Up to `limit` deliveries of a webhook that follow `after`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Connection,
    webhook: WebhookId,
    filter: &DeliveryFilter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let mut rows = matching(webhook, filter);
    if let Some(after) = after {
        rows = rows.filter(table::sequence.lt(after));
    }
    Ok(rows.order(table::sequence.desc()).limit(limit).load(conn)?)
}

/// How many deliveries of a webhook match.
///
/// # Errors
/// Those of the database.
pub fn count(conn: &mut Connection, webhook: WebhookId, filter: &DeliveryFilter) -> Result<i64> {
    Ok(matching(webhook, filter).count().get_result(conn)?)
}

/// The age of the oldest delivery that waits to be sent to an enabled webhook, in seconds; 0 if there is none.
///
/// # Errors
/// Those of the database.
pub fn oldest_waiting_seconds(conn: &mut Connection, now: Timestamp) -> Result<i64> {
    let oldest: Option<Timestamp> = table::table
        .inner_join(webhooks::table.on(webhooks::id.eq(table::webhook_id)))
        .filter(webhooks::enabled.eq(true))
        .filter(table::state.eq(DeliveryState::Waiting))
        .select(diesel::dsl::min(table::created_at))
        .get_result(conn)?;
    Ok(oldest.map_or(0, |oldest| (now.as_seconds() - oldest.as_seconds()).max(0)))
}

/// Deletes up to 250 deliveries that have been kept long enough, or whose webhook was deleted. Returns whether there may be
/// more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let own = webhooks::table.filter(webhooks::id.eq(table::webhook_id));
    let old: Vec<i64> = table::table
        .filter(table::created_at.le(before).or(diesel::dsl::not(diesel::dsl::exists(own))))
        .select(table::sequence)
        .limit(250)
        .load(&mut **tx)?;
    diesel::delete(table::table.filter(table::sequence.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == 250)
}
