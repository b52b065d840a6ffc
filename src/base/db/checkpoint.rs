//! Emptying SQLite's write-ahead log. Deleted rows are overwritten in the database (`secure_delete`), but the log keeps
//! the pages that held them until it is written over.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Integer;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::connection::{self, DatabaseUrl};
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
    let emptied = tokio::task::spawn_blocking(move || {
        let mut conn = connection::open(&url)?;
        conn.batch_execute("PRAGMA busy_timeout = 500")?;
        let checkpoint: Checkpoint = sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(&mut conn)?;
        Ok(checkpoint.busy == 0)
    });
    match emptied.await.map_err(Error::internal)? {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::unavailable("a reader keeps an old snapshot of the database")),
        Err(error) => Err(error),
    }
}
