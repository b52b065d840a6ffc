//! Times as people and programs write them into front matter.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// Days as JavaScript's and people's calendars write them.
const DAYS: &[&str] = &["%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%Y/%m/%d"];

/// A point in time: RFC 3339, its relatives with a space, RFC 2822, or a day. What names no offset is UTC.
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
}
