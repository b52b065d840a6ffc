//! How the list grows and shrinks. The days are counted in the event log, which keeps ids alone, so that erasing somebody
//! changes no number.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::consent::Status;
use crate::base::db::Connection;
use crate::base::db::schema::subscribers;
use crate::base::db::statement::Statement;
use crate::base::error::Result;

/// A day in microseconds.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// How many subscribers have each status.
pub fn count_statuses(conn: &mut Connection) -> Result<Vec<(Status, i64)>> {
    Ok(subscribers::table
        .group_by(subscribers::status)
        .select((subscribers::status, diesel::dsl::count_star()))
        .load(conn)?)
}

/// How many events of each kind happened on each day from `first` on: kind, day since 1970, count.
pub fn count_days(conn: &mut Connection, first: i64) -> Result<Vec<(String, i64, i64)>> {
    macro_rules! counted {
        ($day:literal, $since:literal) => {
            concat!(
                "SELECT kind, ",
                $day,
                " AS day, count(*) FROM events WHERE kind IN ('subscriber.signed_up', 'subscriber.confirmed', ",
                "'subscriber.imported', 'subscriber.unsubscribed', 'subscriber.bounced', 'subscriber.complained', ",
                "'subscriber.erased') AND at >= ",
                $since,
                " GROUP BY kind, day"
            )
        };
    }
    let since = first * DAY_MICROS;
    Ok(match conn {
        Connection::Sqlite(conn) => {
            Statement::<(Text, BigInt, BigInt)>::new(counted!("at / 86400000000", "?"))
                .integer(since)
                .load(conn)?
        }
        Connection::Postgres(conn) => Statement::<(Text, BigInt, BigInt)>::new(counted!(
            "floor(extract(epoch FROM at) / 86400)::bigint",
            "to_timestamp(?::float8 / 1000000)"
        ))
        .integer(since)
        .load(conn)?,
    })
}
