use lede::base::clock::Timestamp;
use lede::subscribers::Status;
use lede::subscribers::import::format::Format;
use lede::subscribers::import::vocabulary::{StatedStatus, Unreadable, status, time};

#[test]
fn a_status_is_known_or_not_but_never_guessed() {
    for (format, word, stated) in [
        (Format::Plain, "Subscribed", StatedStatus::Status(Status::Confirmed)),
        (Format::Plain, "cleaned", StatedStatus::Status(Status::Bounced)),
        (Format::Plain, "Abonnée", StatedStatus::Status(Status::Confirmed)),
        (Format::Plain, "ABONNEE", StatedStatus::Status(Status::Confirmed)),
        (Format::Plain, "Declined", StatedStatus::Status(Status::Unsubscribed)),
        (Format::Plain, "Does not want mail", StatedStatus::Status(Status::Unsubscribed)),
        (Format::Plain, "maybe", StatedStatus::Unknown),
        (Format::Plain, "", StatedStatus::Unknown),
        (Format::Beehiiv, "Inactive", StatedStatus::Status(Status::Unsubscribed)),
        (Format::Beehiiv, "paused", StatedStatus::Status(Status::Unsubscribed)),
        (Format::Beehiiv, "needs_attention", StatedStatus::Unconfirmed),
        (Format::Buttondown, "paused", StatedStatus::Status(Status::Confirmed)),
        (Format::Buttondown, "unactivated", StatedStatus::Unconfirmed),
        (Format::Listmonk, "blocklisted", StatedStatus::Status(Status::Unsubscribed)),
    ] {
        assert_eq!(status(format, word), stated, "{word}");
    }
}

#[test]
fn times_are_read_as_programs_write_them() {
    let now = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
    for (text, wanted) in [
        ("2024-02-01T10:00:00.000Z", "2024-02-01T10:00:00Z"),
        ("2024-02-01 10:00:05", "2024-02-01T10:00:05Z"),
        ("2024-02-01 10:00", "2024-02-01T10:00:00Z"),
        ("2024-02-01", "2024-02-01T00:00:00Z"),
        ("2024-02-01 10:00:00.123456 +0000 UTC", "2024-02-01T10:00:00.123456Z"),
        ("2024-02-01 10:00:00 UTC", "2024-02-01T10:00:00Z"),
        ("2024-02-01T10:00:00+02:00", "2024-02-01T08:00:00Z"),
        ("2024-02-01 10:00:00 -0500 EST", "2024-02-01T15:00:00Z"),
        ("1706781600", "2024-02-01T10:00:00Z"),
        // The clock of another machine, a little ahead.
        ("2026-01-05T20:00:00Z", "2026-01-05T09:00:00Z"),
    ] {
        assert_eq!(time(text, now), Ok(Timestamp::parse(wanted)), "{text}");
    }
    for text in ["", "0000-00-00 00:00:00", "0001-01-01", "00/00/0000", "no", "0"] {
        assert_eq!(time(text, now), Ok(None), "{text}");
    }
    for text in ["02/03/2024", "2036-01-01", "yesterday", "2024-13-01", "12:30"] {
        assert_eq!(time(text, now), Err(Unreadable), "{text}");
    }
}
