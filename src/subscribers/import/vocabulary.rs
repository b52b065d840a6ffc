//! The words and formats that files use for statuses, yes and no, and times.

use std::time::Duration;

use super::columns::Format;
use crate::base::clock::Timestamp;
use crate::subscribers::Status;

/// What a file states about a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedStatus {
    /// A status that can be imported.
    Status(Status),
    /// The address was never confirmed.
    Unconfirmed,
    /// An unknown word.
    Unknown,
}

/// What a word in the status column means in files of that format.
#[must_use]
pub fn status(format: Format, word: &str) -> StatedStatus {
    let word = super::columns::fold(word);
    match (format, word.as_str()) {
        // In beehiiv `paused` stops mail, in Buttondown payments; there some statuses mean that nothing is sent before a payment.
        (Format::Buttondown, "unpaid" | "spammy" | "upcoming") | (Format::Beehiiv, "needsattention") => {
            StatedStatus::Unconfirmed
        }
        (Format::Buttondown, "paused" | "churning" | "churned" | "gifted" | "trialed" | "pastdue") => {
            StatedStatus::Status(Status::Confirmed)
        }
        (
            _,
            "subscribed" | "active" | "confirmed" | "enabled" | "regular" | "premium" | "optedin"
            | "subscriber" | "abonniert" | "abonne" | "suscrito" | "iscritto" | "inscrito" | "ingeschreven"
            | "subskrybowany",
        ) => StatedStatus::Status(Status::Confirmed),
        (
            _,
            "unsubscribed" | "inactive" | "cancelled" | "canceled" | "disabled" | "blocklisted"
            | "blacklisted" | "blocked" | "removed" | "optedout" | "optout" | "unsub" | "paused" | "archived"
            | "suppressed" | "abgemeldet" | "desabonne",
        ) => StatedStatus::Status(Status::Unsubscribed),
        (_, "bounced" | "cleaned" | "invalid" | "undeliverable" | "hardbounced" | "hardbounce") => {
            StatedStatus::Status(Status::Bounced)
        }
        (_, "complained" | "complaint" | "spamcomplaint" | "markedasspam" | "spam" | "abuse") => {
            StatedStatus::Status(Status::Complained)
        }
        (
            _,
            "pending" | "unconfirmed" | "unactivated" | "validating" | "notconfirmed" | "nonsubscribed"
            | "transactional" | "new",
        ) => StatedStatus::Unconfirmed,
        _ => StatedStatus::Unknown,
    }
}

/// Parses yes or no.
#[must_use]
pub fn flag(word: &str) -> Option<bool> {
    match super::columns::fold(word).as_str() {
        "true" | "yes" | "y" | "1" | "t" | "ja" | "oui" | "si" | "sim" | "tak" | "x" => Some(true),
        "false" | "no" | "n" | "0" | "f" | "nein" | "non" | "nee" | "nao" | "nie" => Some(false),
        _ => None,
    }
}

/// Parses a time: RFC 3339, the same with a blank and in UTC if no zone is given, a date, or seconds since 1970. Not parsed are
/// dates with an ambiguous order of day and month, and times before 1990 or more than a day after `now`.
#[must_use]
pub fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let at = parsed(text.trim())?;
    // Earlier times are how programs write that there is none.
    let earliest = Timestamp::parse("1990-01-01T00:00:00Z")?;
    (earliest <= at && at <= now.plus(Duration::from_secs(24 * 3600))).then(|| at.min(now))
}

fn parsed(text: &str) -> Option<Timestamp> {
    if (9..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        return Timestamp::from_micros(text.parse::<i64>().ok()? * 1_000_000).ok();
    }
    if !(10..=50).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    let (date, rest) = text.split_at(10);
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let (clock, zone) = rest.split_at(rest.find([' ', 'Z', 'z', '+', '-']).unwrap_or(rest.len()));
    let clock = match clock.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    // Go writes both the offset and the name: `+0000 UTC`.
    let zone = match zone.split_ascii_whitespace().next().unwrap_or("Z") {
        "Z" | "z" | "UTC" | "GMT" => "Z".to_owned(),
        offset if offset.len() == 5 => {
            let (hours, minutes) = offset.split_at(3);
            format!("{hours}:{minutes}")
        }
        offset => offset.to_owned(),
    };
    Timestamp::parse(&format!("{date}T{clock}{zone}"))
}
