use lede::base::clock::Timestamp;
use lede::base::text::front_matter;
use serde_json::json;

/// The time that front matter with this date has.
fn parse(written: &str) -> Option<Timestamp> {
    let document = json!({"date": written}).to_string();
    front_matter::split(&document).unwrap().0.published_at
}

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
        assert_eq!(parse(written), Timestamp::parse(utc), "{written}");
    }
    for bad in ["", "soon", "2024-13-01", "2024", "-", "\0", "-000001-01-01", "0000-12-31", &"9".repeat(1000)]
    {
        assert_eq!(parse(bad), None, "{bad:?}");
    }
}
