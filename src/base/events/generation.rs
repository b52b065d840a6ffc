//! One number for everything readers can see: the id of the newest event that they could see. While it stands, every
//! public answer stands. Writes of this process raise it before they are answered; what other processes wrote is read
//! from the log, on a connection of its own so that no crowd of readers can delay it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use tokio::sync::watch;

use crate::base::clock::Timestamp;
use crate::base::db::schema::events;
use crate::base::db::{Connection, DatabaseUrl, connection};
use crate::base::error::{Error, Result};

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// What this process knows of the log.
#[derive(Debug)]
pub struct Generation {
    number: AtomicI64,
    /// When the newest event happened, in microseconds.
    moment: AtomicI64,
    began: Instant,
    /// Milliseconds between `began` and the last time the database answered.
    heard: AtomicU64,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            number: AtomicI64::new(0),
            moment: AtomicI64::new(0),
            began: Instant::now(),
            heard: AtomicU64::new(0),
        }
    }
}

impl Generation {
    /// The number. What is read from the database after this was taken is at least as new.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// When readers' view last changed.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        Timestamp::from_micros(self.moment.load(Ordering::Acquire)).unwrap_or_default()
    }

    /// How long the database has not answered.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.heard.load(Ordering::Relaxed)))
    }

    /// Takes note of an event that is durable.
    pub(crate) fn raise(&self, (number, at): (i64, Timestamp)) {
        self.moment.fetch_max(at.as_micros(), Ordering::AcqRel);
        self.number.fetch_max(number, Ordering::AcqRel);
    }

    fn hear(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(millis, Ordering::Relaxed);
    }

    /// Reads the log once.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) fn read(&self, conn: &mut Connection) -> Result<()> {
        let newest: Option<(i64, Timestamp)> = events::table
            .filter(events::readers_see.eq(true))
            .order(events::id.desc())
            .limit(1)
            .select((events::id, events::at))
            .get_result(conn)
            .optional()?;
        if let Some(newest) = newest {
            self.raise(newest);
        }
        self.hear();
        Ok(())
    }

    /// Reads the log again and again, until `stop` turns true. A connection that fails is given up for a new one.
    pub(crate) async fn follow(self: Arc<Self>, url: DatabaseUrl, mut stop: watch::Receiver<bool>) {
        let mut kept: Option<Connection> = None;
        while !*stop.borrow() {
            let (generation, url, conn) = (self.clone(), url.clone(), kept.take());
            let read = tokio::task::spawn_blocking(move || {
                let mut conn = conn.map_or_else(|| connection::open(&url), Ok)?;
                generation.read(&mut conn)?;
                Ok::<_, Error>(conn)
            });
            match read.await {
                Ok(Ok(conn)) => kept = Some(conn),
                Ok(Err(error)) => log::warn!("the log of events cannot be read: {error}"),
                Err(error) => log::error!("reading the log of events: {error}"),
            }
            let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
        }
    }
}
