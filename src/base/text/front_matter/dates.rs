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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (written, utc) in [
            ("2024-03-05T10:20:30Z", "2024-03-05T10:20:30Z"),
            ("2024-03-05T10:20:30.5+01:00", "2024-03-05T09:20:30.5Z"),
            ("2024-03-05 10:20:30 +0100", "2024-03-05T09:20:30Z"),
            ("2024-03-05 10:20:30 -05:00", "2024-03-05T15:20:30Z"),
            ("2024-03-05 10:20:30 UTC", "2024-03-05T10:20:30Z"),
            ("2024-03-05 10:20:30", "2024-03-05T10:20:30Z"),
            ("2024-03-05T10:20", "2024-03-05T10:20:00Z"),
            ("2024-03-05", "2024-03-05T00:00:00Z"),
            ("Jul 08 2022", "2022-07-08T00:00:00Z"),
            ("July 8, 2022", "2022-07-08T00:00:00Z"),
            ("Fri, 08 Jul 2022 10:00:00 +0200", "2022-07-08T08:00:00Z"),
        ] {
            assert_eq!(parse(written).map(|time| time.to_string()).as_deref(), Some(utc), "{written}");
        }
        for bad in ["", "soon", "2024-13-01", "2024", "-", "\0", &"9".repeat(1000)] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
