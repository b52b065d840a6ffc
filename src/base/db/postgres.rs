//! A write on PostgreSQL: a transaction on a pooled connection, retried after a serialization failure or deadlock.

use diesel::connection::SimpleConnection;

use super::connection::AnyConnection as Connection;
use super::failure;
use super::rollback::roll_back;
use super::tx::Tx;
use super::work::{Value, Write, run};
use crate::base::actor::Origin;
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::Result;
use crate::base::random::Random;

/// The most times a unit of work is run.
const MAX_TRIES: u32 = 4;

/// Runs a unit of work. Returns its value, and the newest event that readers see.
pub(super) fn write(
    conn: &mut Connection,
    clock: &Clock,
    random: &Random,
    origin: Origin,
    mut work: Write,
) -> Result<(Value, Option<(i64, Timestamp)>)> {
    let mut tried = 0;
    loop {
        conn.batch_execute("BEGIN")?;
        let mut tx = Tx::new(conn, clock, random, origin);
        let outcome = run(&mut tx, &mut work).map(|value| (value, tx.seen));
        match outcome {
            Ok(outcome) => {
                conn.batch_execute("COMMIT")?;
                return Ok(outcome);
            }
            Err(error) => {
                let is_usable = roll_back(conn);
                tried += 1;
                if !is_usable || tried == MAX_TRIES || !failure::wants_retry(&error) {
                    return Err(error);
                }
            }
        }
    }
}
