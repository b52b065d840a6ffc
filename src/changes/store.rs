//! Reads `latest_changes`, which has one row per article that was ever published, topic and author, and one for the
//! site. Every public event moves its subject's row to the end.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::{events, latest_changes, renderings};
use crate::base::error::{Error, Result};
use crate::base::events::Change;
use crate::base::ids::SubjectId;
use crate::editions::renderings::ItemRow;

/// A position in the event log: the id of an event and its time in microseconds. The time detects another log with the
/// same ids, such as one continued from a backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(i64, i64);

impl Place {
    /// The position of the event with that number and time.
    #[must_use]
    pub fn new(number: i64, at: Timestamp) -> Self {
        Self(number, at.as_micros())
    }

    /// The number of the event.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// The newest change of a subject.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct ChangeRow {
    /// The article, topic or author; the nil id for the site.
    pub subject_id: SubjectId,
    event_id: i64,
    /// What happened.
    pub change: Change,
    /// When it happened.
    pub at: Timestamp,
    /// The newest event that can have changed which filters the subject matches.
    pub edited: i64,
    /// The article's rendering; `None` if it is not published now, or the subject is no article.
    pub item: Option<ItemRow>,
}

impl ChangeRow {
    /// The position of this change in the log.
    #[must_use]
    pub fn place(&self) -> Place {
        Place(self.event_id, self.at.as_micros())
    }
}

/// Whether a position belongs to this log: the beginning, or an existing event.
pub fn is_known(conn: &mut Connection, place: Place) -> Result<bool> {
    if place == Place::default() {
        return Ok(true);
    }
    let at: Option<Timestamp> =
        events::table.filter(events::id.eq(place.0)).select(events::at).get_result(conn).optional()?;
    Ok(at.is_some_and(|at| at.as_micros() == place.1))
}

/// Checks that a position belongs to this log.
///
/// # Errors
/// Malformed, with the name of the parameter that it was given in.
pub fn check(conn: &mut Connection, place: Place, parameter: &'static str) -> Result<()> {
    if is_known(conn, place)? { Ok(()) } else { Err(unknown(parameter)) }
}

/// The error for a cursor that is malformed or of another database.
#[must_use]
pub fn unknown(parameter: &'static str) -> Error {
    let detail = "Not a cursor of this database. Start again without a cursor.";
    Error::parameter(parameter, "cursor-invalid", detail)
}

/// At most `limit` changes after the event of that number, in the order of the log.
pub fn list(conn: &mut Connection, after: i64, limit: i64) -> Result<Vec<ChangeRow>> {
    let live = renderings::table.on(renderings::article_id.eq(latest_changes::subject_id));
    Ok(latest_changes::table
        .left_join(live)
        .filter(latest_changes::event_id.gt(after))
        .order(latest_changes::event_id)
        .select((
            latest_changes::subject_id,
            latest_changes::event_id,
            latest_changes::change,
            latest_changes::at,
            latest_changes::edited_event_id,
            Option::<ItemRow>::as_select(),
        ))
        .limit(limit)
        .load(conn)?)
}
