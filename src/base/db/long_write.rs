//! One long unit of work on a connection of its own: filling an empty database. It runs beside no server, so it may take as
//! long as it takes, and it appends no events.

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};

use super::connection::AnyConnection as Connection;
use super::tx::Tx;
use crate::base::actor::Origin;
use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::random::Random;

/// Does `work` in one transaction. What it appends to the log of events is not written. If it fails, nothing stays once the
/// connection is closed.
///
/// # Errors
/// Those of the work and of the database.
pub fn write<T>(
    conn: &mut Connection,
    clock: &Clock,
    random: &Random,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    match conn {
        Connection::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?,
        Connection::Postgres(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN")?;
            conn.batch_execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL lock_timeout = '60s'",
            )?;
        }
    }
    let value = work(&mut Tx::new(conn, clock, random, Origin::default()))?;
    match conn {
        Connection::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn)?,
        Connection::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn)?,
    }
    Ok(value)
}
