//! How things are kept: two databases behind [`Database::read`] and [`Database::write`].
//!
//! A permit comes before a thread, a thread before a connection; [`Database::glance`] alone does without the thread. On
//! SQLite every write goes through one thread that groups commits (`writer.rs`); on PostgreSQL each takes a connection of
//! the pool. Either way a write is all or nothing, its events are appended last, and nobody is answered before it is
//! durable.

pub mod connection;
pub mod migrate;
pub mod schema;
pub mod statement;
pub mod types;
pub mod violation;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::Pool;
use diesel::{RunQueryDsl, sql_query};
use tokio::sync::Semaphore;

/// Runs the same on the connection of either engine: for what the enum of both cannot express, such as `ON CONFLICT`.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $name:ident => $work:expr) => {
        match $conn {
            $crate::base::db::Connection::Sqlite($name) => $work,
            $crate::base::db::Connection::Postgres($name) => $work,
        }
    };
}

pub use connection::{AnyConnection as Connection, DatabaseUrl, MultiBackend};

use crate::base::clock::{Clock, Timestamp};
use crate::base::error::{Error, Result};
use crate::base::events::{self, Event, Generation};
use crate::base::ids::UserId;
use crate::base::metrics::Metrics;
use connection::Manager;
use writer::Writer;

/// How many reads may wait for a permit before further ones are refused.
const MOST_WAITING: usize = 1024;

/// The database: cheap to clone, shared by all.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    pool: Pool<Manager>,
    writer: Option<Writer>,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    clock: Clock,
    generation: Arc<Generation>,
}

/// A unit of work in progress: a connection inside a transaction, the moment it happens at, and the events it brings.
pub struct Tx<'a> {
    conn: &'a mut Connection,
    now: Timestamp,
    events: Vec<(Option<UserId>, Event)>,
    /// The newest event of this unit that readers see, and when it happened.
    seen: Option<(i64, Timestamp)>,
}

impl Database {
    /// Opens the database, which must be reachable.
    ///
    /// # Errors
    /// When it is not, or is too old, or gives up a durability setting.
    pub fn open(url: &DatabaseUrl, connections: u32, clock: &Clock, metrics: &Metrics) -> Result<Self> {
        let manager = Manager { url: url.clone(), queries: metrics.queries.clone() };
        let mut first = manager.open()?;
        connection::check(&mut first)?;
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(2))
            .error_handler(Box::new(diesel::r2d2::LoggingErrorHandler))
            .build(manager)
            .map_err(|e| Error::unavailable(e.to_string()))?;
        let generation = Arc::<Generation>::default();
        let start = || Writer::start(first, clock.clone(), generation.clone());
        let writer = url.is_sqlite().then(start).transpose()?;
        Ok(Self {
            url: url.clone(),
            pool,
            writer,
            permits: Arc::new(Semaphore::new(connections as usize)),
            waiting: Arc::default(),
            clock: clock.clone(),
            generation,
        })
    }

    /// Which database this is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// What this process knows of the log of events.
    #[must_use]
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// How many of the pool's connections are busy, and how many are idle.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections.saturating_sub(state.idle_connections), state.idle_connections)
    }

    /// Whether writes can be taken: the writer lives.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writer.as_ref().is_none_or(Writer::is_alive)
    }

    /// Runs one query, or several that need not agree with each other.
    ///
    /// # Errors
    /// What `work` says; unavailable when the queue is full or no connection can be had.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        self.with_connection(work).await
    }

    /// Runs one look-up by an index. On SQLite it runs on the caller's own thread if a connection is free at once: a handful
    /// of pages is read in less time than another thread takes to be woken. Otherwise as [`Database::read`].
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn glance<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        if self.url.is_sqlite()
            && let Ok(_permit) = self.permits.try_acquire()
            && let Some(mut conn) = self.pool.try_get()
        {
            return work(&mut conn);
        }
        self.read(work).await
    }

    /// Runs several queries that see the same moment.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        self.with_connection(|conn| {
            conn.batch_execute(match conn {
                Connection::Sqlite(_) => "BEGIN",
                Connection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            })?;
            let outcome = work(conn);
            conn.batch_execute("ROLLBACK")?;
            outcome
        })
        .await
    }

    /// Does one unit of work: all of it, durably, or nothing. `work` may run again after a deadlock.
    ///
    /// # Errors
    /// What `work` says; unavailable when the queue is full or the database is away.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        if let Some(writer) = &self.writer {
            return writer.run(work).await;
        }
        let (clock, generation) = (self.clock.clone(), self.generation.clone());
        self.with_connection(move |conn| {
            let (value, seen) = write_on_postgres(conn, &clock, work)?;
            if let Some(seen) = seen {
                generation.raise(seen);
            }
            Ok(value)
        })
        .await
    }

    async fn with_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_permit().await?,
        };
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut conn = pool.get().map_err(|e| Error::unavailable(e.to_string()))?;
            work(&mut conn)
        })
        .await
        .map_err(|e| Error::internal(format!("a unit of work panicked: {e}")))?
    }

    async fn wait_for_permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit> {
        struct Place<'a>(&'a AtomicUsize);
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.waiting);
        if before >= MOST_WAITING {
            return Err(Error::unavailable("too many reads are waiting"));
        }
        self.permits.clone().acquire_owned().await.map_err(|e| Error::internal(e.to_string()))
    }
}

impl<'a> Tx<'a> {
    fn new(conn: &'a mut Connection, now: Timestamp) -> Self {
        Self { conn, now, events: Vec::new(), seen: None }
    }

    /// The moment this unit of work happens at.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends an event to the log when everything else has been written.
    pub fn append(&mut self, actor: Option<UserId>, event: Event) {
        self.events.push((actor, event));
    }

    /// Writes the events: last, and on PostgreSQL one transaction at a time, so that the log's order is the order of
    /// the commits and a reader with a cursor misses none.
    fn finish(&mut self) -> Result<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        if let Connection::Postgres(conn) = self.conn {
            sql_query("SELECT pg_advisory_xact_lock(4817301)").execute(conn)?;
        }
        for (actor, event) in std::mem::take(&mut self.events) {
            let number = events::insert(self.conn, self.now, actor, &event)?;
            if event.readers_see() {
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

fn write_on_postgres<T>(
    conn: &mut Connection,
    clock: &Clock,
    mut work: impl FnMut(&mut Tx<'_>) -> Result<T>,
) -> Result<(T, Option<(i64, Timestamp)>)> {
    const TRIES: u32 = 4;
    let mut tried = 0;
    loop {
        conn.batch_execute("BEGIN")?;
        let mut tx = Tx::new(conn, clock.now());
        let outcome = work(&mut tx).and_then(|value| tx.finish().map(|()| (value, tx.seen)));
        match outcome {
            Ok(outcome) => {
                conn.batch_execute("COMMIT")?;
                return Ok(outcome);
            }
            Err(error) => {
                conn.batch_execute("ROLLBACK")?;
                tried += 1;
                match &error {
                    Error::Unavailable(why) if tried < TRIES && violation::is_retryable(why) => {}
                    _ => return Err(error),
                }
            }
        }
    }
}
