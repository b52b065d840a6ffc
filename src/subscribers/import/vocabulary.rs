//! The words and formats that files use for statuses, yes and no, and times.

use std::time::Duration;

use super::endings;
use super::fold::{Words, fold};
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

/// Words that say that somebody is subscribed: they mean that in any column. Words for a subscriber are none of them,
/// because who unsubscribed was one, too, and may be named as the one who did it.
static SUBSCRIBED: Words = Words::new(
    "subscribed optedin optin abonniert angemeldet inscrit inscrite suscrito suscrita iscritto iscritta ingeschreven \
     inscrito inscrita subskrybowany zapisany подписан 已订阅 購読中",
);

/// Words for an address in use. In a column about leaving they may mean that somebody has left.
static ACTIVE: Words = Words::new("active aktiv actif activo activa attivo actief ativo aktywny активен");

/// Other words for somebody who gets mail.
static CONFIRMED: Words = Words::new(
    "confirmed enabled regular premium verified subscriber activesubscriber abonné abonnée prenumerant bestätigt confirmé \
     confirmado confermato bevestigd potwierdzony подтвержден",
);

/// Words for statuses. Only these count as consent; that mail has ended is also told by the stems of [`endings`].
static STATUSES: [(StatedStatus, &Words); 6] = [
    (StatedStatus::Status(Status::Confirmed), &SUBSCRIBED),
    (StatedStatus::Status(Status::Confirmed), &ACTIVE),
    (StatedStatus::Status(Status::Confirmed), &CONFIRMED),
    (StatedStatus::Status(Status::Unsubscribed), &LEFT),
    (StatedStatus::Status(Status::Bounced), &BOUNCED),
    (StatedStatus::Unconfirmed, &UNCONFIRMED),
];

/// Words for somebody who wants no mail.
static LEFT: Words = Words::new(
    "cancelled canceled paused removed stopped left baja gekündigt annulé cancelado cancelada annullato opgezegd \
     anulowany declined refused rejected denied disagreed nothanks nothankyou abgelehnt verweigert neindanke refusé refusée \
     nonmerci rechazado rechazada nogracias rifiutato rifiutata geweigerd recusado recusada odmówiono отказано",
);

/// Words for an address that takes no mail.
static BOUNCED: Words = Words::new("hard hardfail permanent permanentfail");

/// Words for an address that was never confirmed.
static UNCONFIRMED: Words = Words::new(
    "pending unconfirmed unactivated unverified validating notconfirmed notverified nonsubscribed notsubscribed \
     neversubscribed awaitingconfirmation transactional new unbestätigt ausstehend enattente nonconfirmé pendiente \
     noconfirmado inattesa nonconfermato nietbevestigd pendente oczekujący niepotwierdzony",
);

/// Words for yes.
static YES: Words = Words::new(
    "true yes y 1 t on checked ja oui si sim tak ano kyllä igen evet x wahr vrai verdadero vero waar verdadeiro prawda да \
     так ναι はい 是 예 네",
);

/// Words for no.
static NO: Words = Words::new(
    "false no n 0 f off unchecked never nein nie niemals non jamais nunca nee nooit não nej ne nem hayır falsch faux falso \
     onwaar fałsz нет ні никогда όχι いいえ 否 아니요 아니오",
);

/// How programs write that there is nothing.
static NOTHING: Words = Words::new("none null nil na nan undefined notset empty");

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
        (_, word) => {
            let known = STATUSES.iter().find(|(_, words)| words.has(word)).map(|(status, _)| *status);
            known.unwrap_or_else(|| {
                // `Never bounced`, `Not blocked`.
                let is_denied = word.starts_with("not") || word.starts_with("never");
                let ending = endings::find(word).filter(|_| !is_denied);
                ending.map_or(StatedStatus::Unknown, StatedStatus::Status)
            })
        }
    }
}

/// Whether a word in a column about that ending says that it has not happened: `Opt-out: subscribed`, `Bounced:
/// active`.
#[must_use]
pub fn denies(ending: Status, word: &str) -> bool {
    let word = fold(word);
    SUBSCRIBED.has(&word) || (ending != Status::Unsubscribed && ACTIVE.has(&word))
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
    if NOTHING.has(&word) {
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
    if NO.has(&word) {
        return Answer::No;
    }
    if YES.has(&word) {
        return Answer::Yes;
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
