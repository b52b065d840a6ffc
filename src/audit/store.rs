//! Reads what was done from the log of events.

use diesel::prelude::*;
use serde_json::Value;

use super::{EventFilter, Position};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::events;
use crate::base::db::types::Json;
use crate::base::error::Result;
use crate::base::ids::{ActorId, SubjectId};

/// An event, with the request in which it happened.
#[derive(Debug, Clone, Queryable)]
pub struct EventRow {
    /// Its number in the log.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// Who did it, if anyone did.
    pub actor_id: Option<ActorId>,
    /// What it is about.
    pub subject_id: SubjectId,
    /// Ids and numbers.
    pub data: Json<Value>,
    /// The request, if it was one's.
    pub request_id: Option<String>,
    /// The keyed hash of the client's network, if there was a client.
    pub network_hash: Option<Vec<u8>>,
}

/// Up to `limit` events that follow `after`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Connection,
    filter: &EventFilter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let mut rows = events::table
        .select((
            events::id,
            events::at,
            events::kind,
            events::actor_id,
            events::subject_id,
            events::data,
            events::request_id,
            events::network_hash,
        ))
        .into_boxed();
    if let Some(actor) = filter.actor {
        rows = rows.filter(events::actor_id.eq(actor));
    }
    if let Some(action) = &filter.action {
        rows = rows.filter(events::kind.eq(action));
    }
    if let Some(subject) = filter.subject {
        rows = rows.filter(events::subject_id.eq(subject));
    }
    if let Some(from) = filter.at_gte {
        rows = rows.filter(events::at.ge(from));
    }
    if let Some(to) = filter.at_lt {
        rows = rows.filter(events::at.lt(to));
    }
    if let Some((at, id)) = after {
        // The first condition is implied by the second, and lets an index on the time end the scan.
        rows = rows
            .filter(events::at.le(at))
            .filter(events::at.lt(at).or(events::at.eq(at).and(events::id.lt(id))));
    }
    Ok(rows.order((events::at.desc(), events::id.desc())).limit(limit).load(conn)?)
}
