//! Parses the date formats found in the front matter of static site generators.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// Date formats without a time, besides ISO 8601.
const DAYS: &[&str] = &["%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%Y/%m/%d"];

/// The start of the year 1, before which RFC 3339 has no times.
const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// Parses RFC 3339 (also with a space in place of the `T`), RFC 2822 or a date, from the year 1 on. Values without an
/// offset are UTC.
pub(super) fn parse(written: &str) -> Option<Timestamp> {
    let written = written.trim();
    if written.len() > 64 {
        return None;
    }
    let joined = written.replace(" +", "+").replace(" -", "-").replace(" Z", "Z").replace(" UTC", "Z");
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let in_words = || DAYS.iter().find_map(|format| strtime::parse(format, written).ok()?.to_date().ok());
    joined
        .parse()
        .ok()
        .or_else(|| joined.parse().ok().and_then(utc))
        .or_else(|| joined.parse().ok().or_else(in_words).and_then(|day: Date| utc(day.at(0, 0, 0, 0))))
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(written).ok())
        .filter(|at| *at >= FIRST)
}
