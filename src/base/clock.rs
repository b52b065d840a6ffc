//! The current time. All code reads it from a [`Clock`] instead of the system, so that tests can set it.

use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::base::db::connection::{MultiBackend, MultiRawValue};
use crate::base::db::types::{Instant as SqlInstant, through_either};

/// A time, RFC 3339. Responses have UTC with six digits of the second; requests may have another offset and fewer digits.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = SqlInstant)]
#[schema(value_type = String, format = DateTime, min_length = 20, max_length = 32, example = "2026-01-31T09:30:00.000000Z")]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The first moment of year 1: the earliest that is stored.
    pub const MIN: Self = Self(jiff::Timestamp::constant(-62_135_596_800, 0));
    /// The latest moment: the last hours of year 9999 are beyond it in some time zones.
    pub const MAX: Self = Self(jiff::Timestamp::MAX);

    /// Converts microseconds since 1970. Fails outside the years -9999 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self, jiff::Error> {
        jiff::Timestamp::from_microsecond(micros).map(Self)
    }

    /// Converts microseconds since 1970 that were stored. What is outside the years 1 to 9999, which RFC 3339 can
    /// write, is the nearest time within.
    fn from_stored(micros: i64) -> Self {
        const YEAR_1: i64 = -62_135_596_800_000_000;
        const YEAR_9999: i64 = 253_402_207_200_000_000;
        Self::from_micros(micros.clamp(YEAR_1, YEAR_9999)).unwrap_or_default()
    }

    /// Returns microseconds since 1970.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Returns seconds since 1970, the unit of the claims in access tokens.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Parses an RFC 3339 time between the years 1 and 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 40 || text.starts_with('-') {
            return None;
        }
        text.parse::<jiff::Timestamp>().ok().map(Self::from)
    }

    /// Returns this time plus `duration`, or this time if the sum is out of range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.as_micros().saturating_add(micros)).unwrap_or(self)
    }

    /// Returns this time minus `duration`, or this time if the difference is out of range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.as_micros().saturating_sub(micros)).unwrap_or(self)
    }

    /// Returns the date in UTC, such as `2026-01-31`.
    #[must_use]
    pub fn date(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }

    /// Returns date and time to the minute for people, such as `2026-01-31 09:30 UTC`.
    #[must_use]
    pub fn minute(self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// Formats the time for RSS (RFC 822) and for HTTP headers, such as `Sat, 31 Jan 2026 09:30:00 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        self.0.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self::from_micros(at.as_microsecond()).unwrap_or(Self(at))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always six digits, so that texts sort as times do and have one length.
        write!(f, "{:.6}", self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let unexpected = serde::de::Unexpected::Str(&text);
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::invalid_value(unexpected, &"an RFC 3339 time with an offset"))
    }
}

/// A source of the current time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system clock.
    System,
    /// A clock that changes only with [`Clock::advance`], in microseconds since 1970.
    Fixed(Arc<watch::Sender<i64>>),
}

impl Clock {
    /// Creates a clock fixed at `at`.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(watch::Sender::new(at.as_micros())))
    }

    /// Returns the current time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => jiff::Timestamp::now().into(),
            Self::Fixed(micros) => {
                Timestamp::from_micros(*micros.borrow()).unwrap_or(Timestamp(jiff::Timestamp::UNIX_EPOCH))
            }
        }
    }

    /// Returns the time since an arbitrary start, which never goes backwards, for rate limits. Adjustments of the
    /// system time do not affect it.
    #[must_use]
    pub fn ticks(&self) -> Duration {
        static BEGINNING: OnceLock<Instant> = OnceLock::new();
        match self {
            Self::System => BEGINNING.get_or_init(Instant::now).elapsed(),
            Self::Fixed(micros) => Duration::from_micros((*micros.borrow()).try_into().unwrap_or_default()),
        }
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        match self {
            Self::System => tokio::time::sleep(duration).await,
            Self::Fixed(micros) => {
                let until = self.now().plus(duration).as_micros();
                // Fails only if the clock is gone, which this future holds.
                let _ = micros.subscribe().wait_for(|now| *now >= until).await;
            }
        }
    }

    /// Moves a fixed clock forward. Does nothing for the system clock.
    pub fn advance(&self, by: Duration) {
        if let Self::Fixed(micros) = self {
            micros.send_modify(|micros| *micros += i64::try_from(by.as_micros()).unwrap_or(0));
        }
    }
}

/// PostgreSQL's binary format counts from 2000-01-01, everything else from 1970-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The earliest time PostgreSQL can store, in 4714 BC. An earlier one, which only a forged cursor contains, is sent as
/// this one.
const POSTGRES_FIRST_MICROS: i64 = -211_813_488_000_000_000;

impl ToSql<SqlInstant, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.as_micros());
        Ok(IsNull::No)
    }
}
impl FromSql<SqlInstant, Sqlite> for Timestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Timestamp::from_stored(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?))
    }
}
impl ToSql<SqlInstant, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = (self.as_micros() - POSTGRES_EPOCH_MICROS).max(POSTGRES_FIRST_MICROS);
        out.write_all(&micros.to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<SqlInstant, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Ok(Timestamp::from_stored(micros.saturating_add(POSTGRES_EPOCH_MICROS)))
    }
}
through_either!([] SqlInstant, Timestamp);
