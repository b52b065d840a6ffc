//! A unit of work in progress: a connection inside a transaction, with the clock, random source, origin and events of
//! the write.

use diesel::connection::SimpleConnection as _;

use super::connection::AnyConnection as Connection;
use super::locks::AdvisoryLock;
use super::log::{self, Loggable};
use crate::base::actor::Origin;
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::Result;
use crate::base::ids::{ActorId, IsId, SubjectId};
use crate::base::random::Random;

/// A connection inside a transaction, with the time, the random source and the origin of the unit of work.
pub struct Tx<'a> {
    conn: &'a mut Connection,
    now: Timestamp,
    random: &'a Random,
    origin: Origin,
    events: Vec<Box<dyn Loggable>>,
    subject: Option<SubjectId>,
    /// The newest event of this unit that readers see, and when it happened.
    pub(super) seen: Option<(i64, Timestamp)>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut Connection, clock: &Clock, random: &'a Random, origin: Origin) -> Self {
        Self { conn, now: clock.now(), random, origin, events: Vec::new(), subject: None, seen: None }
    }

    /// The time of this unit of work: the same from beginning to end.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who does this unit of work, if anyone does.
    #[must_use]
    pub fn actor(&self) -> Option<ActorId> {
        self.origin.actor
    }

    /// A new id that sorts by [`Tx::now`].
    pub fn new_id<T: IsId>(&self) -> Result<T> {
        self.random.id(self.now)
    }

    /// Random bytes and tokens.
    #[must_use]
    pub fn random(&self) -> &'a Random {
        self.random
    }

    /// Appends an event to the log, in the name of [`Tx::actor`], once everything else has been written.
    pub fn append(&mut self, event: impl Loggable) {
        self.events.push(Box::new(event));
    }

    /// Says what this unit of work is about: its response is stored with it, and deleted with it.
    pub fn set_subject(&mut self, subject: SubjectId) {
        self.subject = Some(subject);
    }

    /// What this unit of work is about, if it says so.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        self.subject
    }

    /// Does some work and undoes whatever it has written. Returns what the work returned.
    ///
    /// # Errors
    /// Those of the work.
    pub fn rehearse<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let events = self.events.len();
        self.conn.batch_execute("SAVEPOINT rehearsal")?;
        let outcome = work(self)?;
        self.conn.batch_execute("ROLLBACK TO SAVEPOINT rehearsal; RELEASE SAVEPOINT rehearsal")?;
        self.events.truncate(events);
        Ok(outcome)
    }

    /// Checks that the credential of the request, if there is one, still counts, and that it does until the end.
    pub(super) fn check_credential(&mut self) -> Result<()> {
        let Some(credential) = self.origin.credential else { return Ok(()) };
        if credential.changes_accounts {
            AdvisoryLock::Accounts.take(self.conn)?;
        } else {
            AdvisoryLock::Accounts.share(self.conn)?;
        }
        self.origin.check_credential(self.conn, self.now)
    }

    /// Writes the events. They come last, and on PostgreSQL behind a lock that one transaction holds at a time, so that
    /// the log's order is the order of the commits and a reader with a cursor misses none.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        AdvisoryLock::EventLog.take(self.conn)?;
        for event in std::mem::take(&mut self.events) {
            let row = event.row()?;
            let number = log::insert(self.conn, self.now, &self.origin, &row)?;
            event.project(self.conn, number, self.now)?;
            if row.readers_see {
                self.seen = Some((number, self.now));
            }
        }
        Ok(())
    }
}

impl std::ops::Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.conn
    }
}

impl std::ops::DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.conn
    }
}
