//! What files say in words of their own: whether somebody wants mail, and when something happened.

use std::time::Duration;

use super::columns::Format;
use crate::base::clock::Timestamp;
use crate::subscribers::Status;

/// What a file says of somebody's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A state that can be taken over.
    Status(Status),
    /// Nobody has confirmed there.
    Unconfirmed,
    /// A word that nobody here knows.
    Unknown,
}

/// What a word in a column of statuses means in files of that format.
#[must_use]
pub fn status(format: Format, word: &str) -> Said {
    let word = super::columns::fold(word);
    match (format, word.as_str()) {
        // beehiiv's pause is of mail, Buttondown's of paying; there, some have yet to pay before they get any.
        (Format::Buttondown, "unpaid" | "spammy" | "upcoming") | (Format::Beehiiv, "needsattention") => {
            Said::Unconfirmed
        }
        (Format::Buttondown, "paused" | "churning" | "churned" | "gifted" | "trialed" | "pastdue") => {
            Said::Status(Status::Confirmed)
        }
        (
            _,
            "subscribed" | "active" | "confirmed" | "enabled" | "regular" | "premium" | "optedin"
            | "subscriber" | "abonniert" | "abonne" | "suscrito" | "iscritto" | "inscrito" | "ingeschreven"
            | "subskrybowany",
        ) => Said::Status(Status::Confirmed),
        (
            _,
            "unsubscribed" | "inactive" | "cancelled" | "canceled" | "disabled" | "blocklisted"
            | "blacklisted" | "blocked" | "removed" | "optedout" | "optout" | "unsub" | "paused" | "archived"
            | "suppressed" | "abgemeldet" | "desabonne",
        ) => Said::Status(Status::Unsubscribed),
        (_, "bounced" | "cleaned" | "invalid" | "undeliverable" | "hardbounced" | "hardbounce") => {
            Said::Status(Status::Bounced)
        }
        (_, "complained" | "complaint" | "spamcomplaint" | "markedasspam" | "spam" | "abuse") => {
            Said::Status(Status::Complained)
        }
        (
            _,
            "pending" | "unconfirmed" | "unactivated" | "validating" | "notconfirmed" | "nonsubscribed"
            | "transactional" | "new",
        ) => Said::Unconfirmed,
        _ => Said::Unknown,
    }
}

/// Yes or no.
#[must_use]
pub fn flag(word: &str) -> Option<bool> {
    match super::columns::fold(word).as_str() {
        "true" | "yes" | "y" | "1" | "t" | "ja" | "oui" | "si" | "sim" | "tak" | "x" => Some(true),
        "false" | "no" | "n" | "0" | "f" | "nein" | "non" | "nee" | "nao" | "nie" => Some(false),
        _ => None,
    }
}

/// A moment that a file names, if it can have been one: RFC 3339, the same with a blank and taken for UTC where no zone is
/// named, a bare date, or seconds since 1970. Days and months that could be either way round are not guessed at.
#[must_use]
pub fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let at = parsed(text.trim())?;
    // Nothing was mailed before, so this is what programs write for no time at all.
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
    // Go writes both the difference and the name: `+0000 UTC`.
    let zone = match zone.split_ascii_whitespace().next().unwrap_or("Z") {
        "Z" | "z" | "UTC" | "GMT" => "Z".to_owned(),
        difference if difference.len() == 5 => {
            let (hours, minutes) = difference.split_at(3);
            format!("{hours}:{minutes}")
        }
        difference => difference.to_owned(),
    };
    Timestamp::parse(&format!("{date}T{clock}{zone}"))
}
