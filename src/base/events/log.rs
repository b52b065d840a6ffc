//! Reads the log from a cursor.

use serde_json::json;

use super::Event;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, log};
use crate::base::error::Result;
use crate::base::ids::{ActorId, SubjectId};

/// An event that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number in the log: the cursor for what follows.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, if anyone did.
    pub actor: Option<ActorId>,
    /// Its kind, such as `article.published`.
    pub kind: String,
    /// What it is about.
    pub subject: SubjectId,
    /// The event. `None` if another version of this program wrote a kind that this one does not know.
    pub event: Option<Event>,
}

/// The number of the newest event; 0 if there is none.
pub fn newest(conn: &mut Connection) -> Result<i64> {
    log::newest(conn)
}

/// At most `limit` events after the number `after`, oldest first; from the beginning for 0. Numbers rise in the order
/// of the commits, so a reader that continues with the last number it got misses none.
pub fn read(conn: &mut Connection, after: i64, limit: i64) -> Result<Vec<Recorded>> {
    let recorded = |row: log::LogRow| {
        let data = row.data.read(format_args!("events.data of {}", row.number)).unwrap_or_default();
        Recorded {
            number: row.number,
            at: row.at,
            actor: row.actor,
            subject: row.subject,
            event: serde_json::from_value(json!({"kind": row.kind, "data": data})).ok(),
            kind: row.kind,
        }
    };
    Ok(log::read(conn, after, limit)?.into_iter().map(recorded).collect())
}
