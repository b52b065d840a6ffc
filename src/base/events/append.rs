//! How an event becomes a row of the log.

use serde_json::Value;

use super::{Event, latest_changes};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::log::{Loggable, NewRow};
use crate::base::error::Result;

impl Loggable for Event {
    fn row(&self) -> Result<NewRow> {
        let data = serde_json::to_value(self)?.get_mut("data").map(Value::take).unwrap_or_default();
        let (kind, subject, readers_see) =
            (self.kind().as_str().to_owned(), self.subject(), self.readers_see());
        Ok(NewRow { kind, subject, data, readers_see })
    }

    fn project(&self, conn: &mut Connection, number: i64, at: Timestamp) -> Result<()> {
        latest_changes::record(conn, number, at, self)
    }
}
