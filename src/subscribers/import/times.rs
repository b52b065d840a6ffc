//! The times that a row states. A file may state one in several columns: what begins has begun at the first of them, and what
//! ends has ended at the last.

use super::meaning::Meaning;
use super::vocabulary::{self, Answer, Unreadable};
use crate::base::clock::Timestamp;

/// The times in a row, by the meaning of their column.
pub(super) struct Times(Vec<(Meaning, Result<Timestamp, Unreadable>)>);

impl Times {
    /// Reads the times in cells of a row that is imported at `now`.
    pub(super) fn read(cells: &[(Meaning, &str)], now: Timestamp) -> Self {
        let time = |(meaning, text): &(Meaning, &str)| {
            // In the others a word is an answer, and says no time.
            let is_time = matches!(
                meaning,
                Meaning::CreatedAt
                    | Meaning::SignedUpAt
                    | Meaning::ConfirmedAt
                    | Meaning::UnsubscribedAt
                    | Meaning::BouncedAt
            );
            let may_be_time =
                meaning.ending().is_some() || matches!(meaning, Meaning::Subscribed | Meaning::Confirmed);
            let is_date = || may_be_time && vocabulary::answer(text) == Answer::Yes;
            let time = vocabulary::time(text, now).transpose()?;
            let counts = is_time || if time.is_ok() { may_be_time } else { is_date() };
            counts.then_some((*meaning, time))
        };
        Self(cells.iter().filter_map(time).collect())
    }

    /// The first time in the columns of the first of these meanings that has one.
    pub(super) fn first(&self, meanings: &[Meaning]) -> Option<Timestamp> {
        let first = |meaning: &Meaning| {
            let times = self.0.iter().filter(|(of, _)| of == meaning);
            times.filter_map(|(_, time)| time.ok()).min()
        };
        meanings.iter().find_map(first)
    }

    /// The last time in the columns of such meanings. There is none if one of them cannot be read: it may be the last.
    pub(super) fn last(&self, is_meant: impl Fn(Meaning) -> bool) -> Option<Timestamp> {
        let times = self.0.iter().filter(|(meaning, _)| is_meant(*meaning)).map(|(_, time)| *time);
        times.collect::<Result<Vec<_>, _>>().ok()?.into_iter().max()
    }

    /// Whether a time cannot be read. That of the beginning may stand in another column, too.
    pub(super) fn are_unreadable(&self) -> bool {
        self.0.iter().any(|(meaning, time)| {
            let is_of_beginning = matches!(meaning, Meaning::CreatedAt | Meaning::SignedUpAt);
            time.is_err() && !(is_of_beginning && self.first(&[*meaning]).is_some())
        })
    }
}
