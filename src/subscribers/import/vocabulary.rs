//! The words and formats that files use for statuses, yes and no, and times.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use super::endings;
use super::fold::fold;
use super::format::Format;
use crate::base::clock::Timestamp;
use crate::base::text::dates;
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

/// Words for somebody who is subscribed, separated by blanks: they mean that in any column.
const SUBSCRIBED: &str = "subscribed optedin optin subscriber activesubscriber abonniert angemeldet abonné abonnée \
    inscrit inscrite suscrito suscrita iscritto iscritta ingeschreven inscrito inscrita subskrybowany zapisany \
    prenumerant подписан 已订阅 購読中";

/// Words for an address in use, separated by blanks. In a column about leaving they may mean that somebody has left.
const ACTIVE: &str = "active aktiv actif activo activa attivo actief ativo aktywny активен";

/// Words for a status, separated by blanks. Only these count as consent; that mail has ended is also told by the
/// stems of [`endings`].
const STATUSES: &[(StatedStatus, &str)] = &[
    (StatedStatus::Status(Status::Confirmed), SUBSCRIBED),
    (StatedStatus::Status(Status::Confirmed), ACTIVE),
    (
        StatedStatus::Status(Status::Confirmed),
        "confirmed enabled regular premium verified bestätigt confirmé confirmado confermato bevestigd potwierdzony \
         подтвержден",
    ),
    (
        StatedStatus::Status(Status::Unsubscribed),
        "cancelled canceled paused removed stopped left baja gekündigt annulé cancelado cancelada annullato opgezegd \
         anulowany",
    ),
    (StatedStatus::Status(Status::Bounced), "hard hardfail permanent permanentfail"),
    (
        StatedStatus::Unconfirmed,
        "pending unconfirmed unactivated validating notconfirmed nonsubscribed notsubscribed neversubscribed \
         awaitingconfirmation transactional new unbestätigt ausstehend enattente nonconfirmé pendiente noconfirmado \
         inattesa nonconfermato nietbevestigd pendente oczekujący niepotwierdzony",
    ),
];

/// Words for yes and no, separated by blanks.
const FLAGS: &[(bool, &str)] = &[
    (
        true,
        "true yes y 1 t on checked ja oui si sim tak ano x wahr vrai verdadero vero waar verdadeiro prawda \
     да так はい 是",
    ),
    (
        false,
        "false no n 0 f off unchecked never nein non nee nao nej nie falsch faux falso onwaar fałsz нет ні いいえ 否",
    ),
];

/// How programs write that there is nothing, folded.
const NOTHING: &[&str] = &["", "none", "null", "nil", "na", "nan", "undefined", "notset", "empty"];

static WORDS: LazyLock<HashMap<String, StatedStatus>> = LazyLock::new(|| {
    let words =
        STATUSES.iter().flat_map(|(status, words)| words.split(' ').map(|word| (fold(word), *status)));
    words.collect()
});

/// What a word in the status column means in files of that format.
#[must_use]
pub fn status(format: Format, word: &str) -> StatedStatus {
    let word = fold(word);
    match (format, word.as_str()) {
        // In beehiiv `paused` stops mail, in Buttondown payments; there some statuses mean that nothing is sent
        // before a payment.
        (Format::Buttondown, "unpaid" | "spammy" | "upcoming") | (Format::Beehiiv, "needsattention") => {
            StatedStatus::Unconfirmed
        }
        (Format::Buttondown, "paused" | "churning" | "churned" | "gifted" | "trialed" | "pastdue") => {
            StatedStatus::Status(Status::Confirmed)
        }
        (_, word) => WORDS.get(word).copied().unwrap_or_else(|| {
            // `Never bounced`, `Not blocked`.
            let is_denied = word.starts_with("not") || word.starts_with("never");
            let ending = endings::find(word).filter(|_| !is_denied);
            ending.map_or(StatedStatus::Unknown, StatedStatus::Status)
        }),
    }
}

/// Whether a word in a column about that ending says that it has not happened: `Opt-out: subscribed`, `Bounced:
/// active`.
#[must_use]
pub fn denies(ending: Status, word: &str) -> bool {
    let word = fold(word);
    let has = |words: &str| words.split(' ').any(|known| fold(known) == word);
    has(SUBSCRIBED) || (ending != Status::Unsubscribed && has(ACTIVE))
}

/// What a cell says that should hold yes, no, a number or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Blank,
    /// Yes; also a number above zero, and a date.
    Yes,
    /// No; also zero.
    No,
    /// Another text.
    Word,
}

/// Parses yes or no.
#[must_use]
pub fn answer(text: &str) -> Answer {
    let text = text.trim();
    match text {
        "" | "-" | "--" | "–" | "—" => return Answer::Blank,
        "✓" | "✔" | "✅" | "☑" | "●" | "•" => return Answer::Yes,
        "✗" | "✘" | "❌" | "☐" | "○" => return Answer::No,
        _ => {}
    }
    let word = fold(text);
    if NOTHING.contains(&word.as_str()) && !word.is_empty() {
        return Answer::Blank;
    }
    // Before the words: `1.0` is one.
    if let Ok(number) = text.trim_end_matches('%').parse::<f64>() {
        return match number {
            0.0 => Answer::No,
            number if number > 0.0 && number.fract() == 0.0 => Answer::Yes,
            _ => Answer::Word,
        };
    }
    let flag = FLAGS.iter().find(|(_, words)| words.split(' ').any(|known| fold(known) == word));
    if let Some((is_yes, _)) = flag {
        return if *is_yes { Answer::Yes } else { Answer::No };
    }
    match dates::read(text).map(Timestamp::from) {
        Some(at) if at < earliest() => Answer::Blank,
        None if !is_dated(text) => Answer::Word,
        None if text.bytes().all(|b| !matches!(b, b'1'..=b'9')) => Answer::Blank,
        Some(_) | None => Answer::Yes,
    }
}

/// Whether a text is a date, if perhaps one that cannot be read with certainty.
fn is_dated(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '/' | '-' | '.' | ':' | ' ' | ',');
    let clock = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    clock.len() >= 6 && clock.starts_with(|c: char| c.is_ascii_digit()) && clock.chars().all(is_part)
}

/// Earlier times are how programs write that there is none.
fn earliest() -> Timestamp {
    Timestamp::from_micros(631_152_000_000_000).unwrap_or_default()
}

/// A text that should be a time and cannot be read as one with certainty, or lies in the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// Parses a time as [`dates::read`] does. There is none in an empty cell, in one that says yes or no, and before
/// 1990; one of up to a day after `now` comes from a clock that is fast.
///
/// # Errors
/// The text is no time, can be read as several, or lies in the future.
pub fn time(text: &str, now: Timestamp) -> Result<Option<Timestamp>, Unreadable> {
    if let Some(at) = dates::read(text).map(Timestamp::from) {
        let is_near = at <= now.plus(Duration::from_secs(24 * 3600));
        return match at {
            at if at < earliest() => Ok(None),
            at if is_near => Ok(Some(at.min(now))),
            _ => Err(Unreadable),
        };
    }
    match answer(text) {
        Answer::Blank | Answer::No => Ok(None),
        Answer::Yes if !is_dated(text) => Ok(None),
        _ => Err(Unreadable),
    }
}
