//! How the list grows and shrinks. The days are counted in the event log, which keeps ids alone, so that erasing
//! somebody changes no number.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::consent::Status;
use crate::base::db::Connection;
use crate::base::db::schema::subscribers;
use crate::base::db::statement::Statement;
use crate::base::error::Result;
use crate::base::events::EventKind;

/// A day in microseconds.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// The kinds of events that are counted.
const COUNTED: [EventKind; 7] = [
    EventKind::SubscriberSignedUp,
    EventKind::SubscriberConfirmed,
    EventKind::SubscriberImported,
    EventKind::SubscriberUnsubscribed,
    EventKind::SubscriberBounced,
    EventKind::SubscriberComplained,
    EventKind::SubscriberErased,
];

/// How many subscribers have each status.
pub fn count_statuses(conn: &mut Connection) -> Result<Vec<(Status, i64)>> {
    Ok(subscribers::table
        .group_by(subscribers::status)
        .select((subscribers::status, diesel::dsl::count_star()))
        .load(conn)?)
}

/// How many events of each kind in [`COUNTED`] happened on each day from `first` on: kind, day since 1970, count.
pub fn count_days(conn: &mut Connection, first: i64) -> Result<Vec<(EventKind, i64, i64)>> {
    macro_rules! counted {
        ($day:literal, $since:literal) => {{
            let sql = concat!(
                "SELECT kind, ",
                $day,
                " AS day, count(*) FROM events WHERE kind IN (?, ?, ?, ?, ?, ?, ?) AND at >= ",
                $since,
                " GROUP BY kind, day"
            );
            COUNTED.iter().fold(Statement::new(sql), |query, kind| query.text(kind.as_str()))
        }};
    }
    let since = first * DAY_MICROS;
    let found: Vec<(String, i64, i64)> = match conn {
        Connection::Sqlite(conn) => {
            let query: Statement<'_, (Text, BigInt, BigInt)> = counted!("at / 86400000000", "?");
            query.integer(since).load(conn)?
        }
        Connection::Postgres(conn) => {
            let query: Statement<'_, (Text, BigInt, BigInt)> = counted!(
                "floor(extract(epoch FROM at) / 86400)::bigint",
                "to_timestamp(?::float8 / 1000000)"
            );
            query.integer(since).load(conn)?
        }
    };
    let known = |(kind, day, count): (String, i64, i64)| Some((EventKind::parse(&kind)?, day, count));
    Ok(found.into_iter().filter_map(known).collect())
}
