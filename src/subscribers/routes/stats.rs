//! `/v1/subscribers/stats`: how many subscribers have each status now, and what happened on each of the last days.

use std::collections::BTreeMap;

use actix_web::web::Data;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ReadSubscribers};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::events::EventKind;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::subscribers::Status;
use crate::subscribers::stats::{self, DAY_MICROS};

/// Numbers of subscribers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberStats {
    /// The number of subscribers with each status now.
    statuses: StatusCounts,
    /// What happened on each of the last days in UTC, oldest first. The last one is today.
    #[schema(max_items = 366)]
    days: Vec<Day>,
}

/// The number of subscribers with each status.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SubscriberStatusCounts)]
pub struct StatusCounts {
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pending: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    confirmed: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    unsubscribed: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    bounced: i64,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    complained: i64,
}

/// What happened on one day.
#[derive(Debug, Default, Clone, Serialize, ToSchema)]
#[schema(as = SubscriberStatsDay)]
pub struct Day {
    /// The day, such as `2026-01-31`.
    #[schema(format = Date, min_length = 10, max_length = 10)]
    date: String,
    /// New subscribers who were sent a confirmation request.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    signed_up: i64,
    /// Confirmations.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    confirmed: i64,
    /// Subscribers created or confirmed by an import.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    imported: i64,
    /// Subscribers who unsubscribed.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    unsubscribed: i64,
    /// Addresses that bounced.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    bounced: i64,
    /// Subscribers who reported mail as spam.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    complained: i64,
    /// Erased subscribers, including those who never confirmed.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    erased: i64,
}

/// The query parameters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `StatsRequest` reads")]
pub struct StatsParameters {
    /// The number of days, including today.
    #[param(minimum = 1, maximum = 366, default = 30, nullable = false)]
    days: Option<i64>,
}

/// The number of days.
#[derive(Debug)]
pub struct StatsRequest(i64);

impl FromParams for StatsRequest {
    fn from_params(params: &mut Params) -> Self {
        Self(params.number("days", 1..=366).unwrap_or(30))
    }
}

/// Get subscriber statistics
///
/// Requires the right `subscribers:read`. Returns the number of subscribers with each status now, and what happened on
/// each of the last days. The days are counted in the event log, so erasing a subscriber does not change past numbers.
#[utoipa::path(get, path = "/v1/subscribers/stats", tag = "subscribers", security(("bearer" = [])),
    params(StatsParameters),
    responses((status = 200, description = "The numbers.", body = SubscriberStats)))]
pub async fn get_subscriber_stats(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    query: Query<StatsRequest>,
) -> Result<Response> {
    let Query(StatsRequest(count)) = query;
    let today = app.clock.now().as_micros().div_euclid(DAY_MICROS);
    let first = today - count + 1;
    let (statuses, counted) = app
        .db
        .snapshot(move |conn| Ok((stats::count_statuses(conn)?, stats::count_days(conn, first)?)))
        .await?;
    let mut days = BTreeMap::new();
    for day in first..=today {
        let date = Timestamp::from_micros(day * DAY_MICROS).map_err(|e| Error::internal(e.to_string()))?;
        days.insert(day, Day { date: date.date(), ..Day::default() });
    }
    for (kind, day, count) in counted {
        let Some(day) = days.get_mut(&day) else { continue };
        let number = match kind {
            EventKind::SubscriberSignedUp => &mut day.signed_up,
            EventKind::SubscriberConfirmed => &mut day.confirmed,
            EventKind::SubscriberImported => &mut day.imported,
            EventKind::SubscriberUnsubscribed => &mut day.unsubscribed,
            EventKind::SubscriberBounced => &mut day.bounced,
            EventKind::SubscriberComplained => &mut day.complained,
            EventKind::SubscriberErased => &mut day.erased,
            _ => continue,
        };
        *number = count;
    }
    Response::ok(&SubscriberStats { statuses: statuses.into(), days: days.into_values().collect() })
}

impl From<Vec<(Status, i64)>> for StatusCounts {
    fn from(rows: Vec<(Status, i64)>) -> Self {
        let mut counts = Self::default();
        for (status, count) in rows {
            *match status {
                Status::Pending => &mut counts.pending,
                Status::Confirmed => &mut counts.confirmed,
                Status::Unsubscribed => &mut counts.unsubscribed,
                Status::Bounced => &mut counts.bounced,
                Status::Complained => &mut counts.complained,
            } = count;
        }
        counts
    }
}
