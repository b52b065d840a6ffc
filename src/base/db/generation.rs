//! The number of the newest event that changes public responses. As long as it stays the same, public responses are
//! current. Writes of this process raise it before their callers get a result; for those of other processes the log
//! is followed (`events/follower.rs`), and with it whether the database is a
//! quiet copy, and whether a command has exclusive access.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::base::clock::Timestamp;

/// What this process knows of the log.
#[derive(Debug)]
pub struct Generation {
    number: AtomicI64,
    /// When the newest event happened, in microseconds.
    moment: AtomicI64,
    /// The newest event, for those who wait for it: its number, and when it happened.
    newest: watch::Sender<(i64, Timestamp)>,
    started: Instant,
    /// Milliseconds between `started` and the last time the log was read.
    read_at: AtomicU64,
    /// Since when the database is quiet, in microseconds; the smallest number if it is not.
    quiet_since: AtomicI64,
    /// Whether a command has the database alone.
    taken: AtomicBool,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            number: AtomicI64::new(0),
            moment: AtomicI64::new(0),
            newest: watch::Sender::default(),
            started: Instant::now(),
            read_at: AtomicU64::new(0),
            quiet_since: AtomicI64::new(i64::MIN),
            taken: AtomicBool::new(false),
        }
    }
}

impl Generation {
    /// The number. Data read after this call is at least as new.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// The newest event as they come: its number, and when it happened.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<(i64, Timestamp)> {
        self.newest.subscribe()
    }

    /// When a public response last changed.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        Timestamp::from_micros(self.moment.load(Ordering::Acquire)).unwrap_or_default()
    }

    /// How long ago the log was last read.
    #[must_use]
    pub fn staleness(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.read_at.load(Ordering::Relaxed)))
    }

    /// Since when the database is a quiet copy, in which nothing is sent and no scheduled action is done; `None` if it is not.
    #[must_use]
    pub fn quiet_since(&self) -> Option<Timestamp> {
        let since = self.quiet_since.load(Ordering::Acquire);
        if since == i64::MIN { None } else { Timestamp::from_micros(since).ok() }
    }

    /// Whether the database is a quiet copy.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet_since.load(Ordering::Acquire) != i64::MIN
    }

    /// Records since when the database is quiet.
    pub fn set_quiet(&self, since: Option<Timestamp>) {
        self.quiet_since.store(since.map_or(i64::MIN, Timestamp::as_micros), Ordering::Release);
    }

    /// Whether a command has the database alone, so that nothing may be written.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Acquire)
    }

    /// Records whether a command has the database alone.
    pub fn set_taken(&self, taken: bool) {
        self.taken.store(taken, Ordering::Release);
    }

    /// Records a committed event that readers see: its number, and when it happened.
    pub fn raise(&self, (number, at): (i64, Timestamp)) {
        self.moment.fetch_max(at.as_micros(), Ordering::AcqRel);
        self.number.fetch_max(number, Ordering::AcqRel);
        self.newest.send_if_modified(|newest| {
            let is_newer = newest.0 < number;
            if is_newer {
                *newest = (number, at);
            }
            is_newer
        });
    }

    /// Records that the log was read, and the newest event in it that readers see.
    pub fn update(&self, newest: Option<(i64, Timestamp)>) {
        if let Some(newest) = newest {
            self.raise(newest);
        }
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.read_at.store(millis, Ordering::Relaxed);
    }
}
