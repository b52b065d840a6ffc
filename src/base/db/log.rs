//! The log of events as it is stored: rows in the order of their commits. What can happen, and what it means, is written in
//! `events/`.

use diesel::prelude::*;
use serde_json::Value;

use super::connection::AnyConnection as Connection;
use super::schema::events;
use super::types::Json;
use crate::base::actor::{Origin, RequestId};
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::ids::{ActorId, SubjectId};

/// What can be appended to the log.
pub trait Loggable: Send + 'static {
    /// The row to store.
    fn row(&self) -> Result<NewRow>;

    /// Updates what is derived from the log, in the same transaction, once the event has its number.
    fn project(&self, conn: &mut Connection, number: i64, at: Timestamp) -> Result<()>;
}

/// A row to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRow {
    /// What happened, such as `article.published`.
    pub kind: String,
    /// What it is about.
    pub subject: SubjectId,
    /// Ids and numbers only: what can be erased is stored elsewhere.
    pub data: Value,
    /// Whether a public response may differ from now on.
    pub readers_see: bool,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct LogRow {
    /// Its number: higher than that of every event committed before.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// Who did it, if anyone did.
    pub actor: Option<ActorId>,
    /// What it is about.
    pub subject: SubjectId,
    /// Ids and numbers.
    pub data: Json<Value>,
}

/// Appends a row and returns its number. [`super::Tx`] calls it last in a transaction, which keeps the order.
pub(super) fn insert(conn: &mut Connection, at: Timestamp, origin: &Origin, row: &NewRow) -> Result<i64> {
    Ok(diesel::insert_into(events::table)
        .values((
            events::at.eq(at),
            events::kind.eq(&row.kind),
            events::actor_id.eq(origin.actor),
            events::subject_id.eq(row.subject),
            events::data.eq(Json::Readable(row.data.clone())),
            events::readers_see.eq(row.readers_see),
            events::request_id.eq(origin.request.as_ref().map(RequestId::as_str)),
            events::network_hash.eq(origin.network.map(Vec::from)),
        ))
        .returning(events::id)
        .get_result(conn)?)
}

/// At most `limit` rows with a number above `after`, in order. The number of the last one is the cursor for the next call;
/// a reader who keeps it misses none.
pub fn read(conn: &mut Connection, after: i64, limit: i64) -> Result<Vec<LogRow>> {
    Ok(events::table
        .filter(events::id.gt(after))
        .order(events::id)
        .limit(limit)
        .select((events::id, events::at, events::kind, events::actor_id, events::subject_id, events::data))
        .load(conn)?)
}

/// The number of the newest event; 0 if there is none.
pub fn newest(conn: &mut Connection) -> Result<i64> {
    Ok(events::table.select(diesel::dsl::max(events::id)).get_result::<Option<i64>>(conn)?.unwrap_or(0))
}

/// The number of the newest event that readers see, and when it happened.
pub fn newest_seen(conn: &mut Connection) -> Result<Option<(i64, Timestamp)>> {
    Ok(events::table
        .filter(events::readers_see.eq(true))
        .order(events::id.desc())
        .limit(1)
        .select((events::id, events::at))
        .get_result(conn)
        .optional()?)
}
