//! The newest changes in memory, which all streams share: each subject once, with its newest change.

use std::collections::HashSet;

use super::frame::{Frame, Frames};
use super::store::Place;

/// How many changes it has at most.
const MAX_FRAMES: usize = 1024;
/// How many bytes they have at most, unless the newest alone has more.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The newest changes.
#[derive(Debug, Default)]
pub struct Ring {
    /// It has every change after this event.
    pub from: i64,
    /// It has none after this event.
    pub to: i64,
    frames: Vec<Frame>,
    /// Whether the server stops.
    pub has_ended: bool,
}

impl Ring {
    /// Knows of no changes up to that event.
    #[must_use]
    pub fn at(number: i64) -> Self {
        Self { from: number, to: number, ..Self::default() }
    }

    /// Adds newer changes, and forgets the oldest if there are too many.
    pub fn extend(&mut self, newer: Frames) {
        let changed: HashSet<_> = newer.frames.iter().map(|frame| frame.subject).collect();
        self.frames.retain(|frame| !changed.contains(&frame.subject));
        self.frames.extend(newer.frames);
        self.to = newer.to;
        let mut bytes = 0;
        let kept = self.frames.iter().rev().take(MAX_FRAMES).take_while(|frame| {
            let is_first = bytes == 0;
            bytes += frame.size();
            is_first || bytes <= MAX_BYTES
        });
        let forgotten = self.frames.len() - kept.count();
        if let Some(last) = self.frames.drain(..forgotten).last() {
            self.from = last.place.number();
        }
    }

    /// Whether a position is that of one of its changes.
    #[must_use]
    pub fn has(&self, place: Place) -> bool {
        self.after(place.number() - 1).first().is_some_and(|frame| frame.place == place)
    }

    /// The changes after the event of that number, in the order of the log.
    #[must_use]
    pub fn after(&self, number: i64) -> &[Frame] {
        let passed = self.frames.partition_point(|frame| frame.place.number() <= number);
        self.frames.get(passed..).unwrap_or_default()
    }
}
