//! One consistent view of a database, on a connection of its own: what was committed before it began is in it, and nothing
//! that began afterwards. Rows are read one at a time, so memory stays flat however many there are.

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::{RunQueryDsl as _, sql_query};

use super::manifest::{Manifest, Part};
use super::statements::select;
use super::values::{RawRow, Value};
use super::{Source, tables};
use crate::base::clock::Clock;
use crate::base::db::{Connection, DatabaseUrl, connection, empty_log_now, migrate};
use crate::base::error::{Error, Result};

/// How often emptying SQLite's log is tried after the snapshot, half a second each: other readers may be busy.
const TRIES: usize = 10;

/// A snapshot, until it is dropped.
pub struct Snapshot {
    conn: Connection,
    manifest: Manifest,
}

impl Snapshot {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// Unavailable: the database cannot be opened, or has not the schema of this version.
    pub fn take(url: &DatabaseUrl, clock: &Clock) -> Result<Self> {
        let mut conn = connection::open(url)?;
        connection::check(&mut conn)?;
        conn.batch_execute(match conn {
            Connection::Sqlite(_) => "BEGIN",
            Connection::Postgres(_) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
                 SET LOCAL idle_in_transaction_session_timeout = 0"
            }
        })?;
        // The snapshot begins with the first read.
        let schema = migrate::check_current(&mut conn)?;
        Ok(Self { manifest: Manifest::new(schema, clock.now()), conn })
    }

    /// Ends the snapshot, and empties SQLite's log, which could not be while it was there. Pages of what was erased meanwhile
    /// leave the log with that.
    ///
    /// # Errors
    /// Those of the database. If other readers are too busy, the log is left to the server.
    pub fn end(mut self) -> Result<()> {
        self.conn.batch_execute("ROLLBACK")?;
        let emptied = (0..TRIES).any(|_| empty_log_now(&mut self.conn).is_ok());
        if !emptied {
            log::warn!("SQLite's log could not be emptied, because readers are busy");
        }
        Ok(())
    }

    /// The connection, for further reads of the same snapshot.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.conn
    }
}

impl Source for Snapshot {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn rows(&mut self, part: &Part, each: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
        let table = tables::find(&part.table).ok_or_else(|| Error::internal("an unknown table"))?;
        let query = sql_query(select(table, &part.columns));
        match &mut self.conn {
            Connection::Sqlite(conn) => {
                for row in query.load_iter::<RawRow, DefaultLoadingMode>(conn)? {
                    each(row?.typed(&part.columns)?)?;
                }
            }
            Connection::Postgres(conn) => {
                for row in query.load_iter::<RawRow, PgRowByRowLoadingMode>(conn)? {
                    each(row?.typed(&part.columns)?)?;
                }
            }
        }
        Ok(())
    }
}
