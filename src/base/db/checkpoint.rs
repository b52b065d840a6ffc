//! Emptying SQLite's write-ahead log. Deleted rows are overwritten in the database (`secure_delete`), but the log keeps
//! the pages that held them until it is written over.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Integer;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::connection::{self, AnyConnection as Connection, DatabaseUrl};
use crate::base::error::{Error, Result};

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

/// Moves the log into the database file and truncates it. Unavailable if a reader keeps an older snapshot for longer
/// than half a second; writes wait for as long. Does nothing on PostgreSQL, whose log is not the server's.
pub async fn empty_log(url: &DatabaseUrl) -> Result<()> {
    if !url.is_sqlite() {
        return Ok(());
    }
    let url = url.clone();
    let emptied = tokio::task::spawn_blocking(move || empty_log_now(&mut connection::open(&url)?));
    emptied.await.map_err(Error::internal)?
}

/// Does what [`empty_log`] does, on the caller's thread and connection.
pub fn empty_log_now(conn: &mut Connection) -> Result<()> {
    let Connection::Sqlite(conn) = conn else { return Ok(()) };
    // Most of it without keeping writers waiting.
    conn.batch_execute("PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(PASSIVE)")?;
    let checkpoint: Checkpoint = sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(conn)?;
    if checkpoint.busy == 0 {
        Ok(())
    } else {
        Err(Error::unavailable("a reader keeps an old snapshot of the database"))
    }
}
