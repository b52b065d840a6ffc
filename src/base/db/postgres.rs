//! A write on PostgreSQL: a transaction on a connection of the pool, run again when the database undid it for another's
//! sake.

use diesel::connection::SimpleConnection;

use super::connection::AnyConnection as Connection;
use super::failure;
use super::tx::Tx;
use super::work::{Value, Write};
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::base::random::Random;

/// How often a unit of work is run at most.
const MAX_TRIES: u32 = 4;

/// Does a unit of work and returns its value, and the newest event that readers see.
pub(super) fn write(
    conn: &mut Connection,
    clock: &Clock,
    random: &Random,
    actor: Option<UserId>,
    mut work: Write,
) -> Result<(Value, Option<(i64, Timestamp)>)> {
    let mut tried = 0;
    loop {
        conn.batch_execute("BEGIN")?;
        let mut tx = Tx::new(conn, clock, random, actor);
        let outcome = work(&mut tx).and_then(|value| tx.finish().map(|()| (value, tx.seen)));
        match outcome {
            Ok(outcome) => {
                conn.batch_execute("COMMIT")?;
                return Ok(outcome);
            }
            Err(error) => {
                conn.batch_execute("ROLLBACK")?;
                tried += 1;
                if tried == MAX_TRIES || !failure::wants_retry(&error) {
                    return Err(error);
                }
            }
        }
    }
}
