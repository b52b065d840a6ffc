//! Reads and writes. A permit is taken before a thread, and a thread before a connection; only [`Database::read_inline`]
//! does without the thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{Pool, PooledConnection};
use tokio::sync::OwnedSemaphorePermit;

use super::connection::{self, AnyConnection as Connection, DatabaseUrl, Manager};
use super::generation::Generation;
use super::postgres;
use super::rollback::roll_back;
use super::tx::Tx;
use super::work::{Read, Value, Write, boxed, unbox};
use super::writer::Writer;
use crate::base::actor::Origin;
use crate::base::clock::Clock;
use crate::base::error::{Error, Result};
use crate::base::metrics::Metrics;
use crate::base::permits::Permits;
use crate::base::random::Random;

/// How many reads may wait for a permit. Further ones are refused.
const MAX_WAITING: usize = 1024;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    pool: Pool<Manager>,
    writer: Option<Writer>,
    permits: Permits,
    clock: Clock,
    random: Random,
    generation: Arc<Generation>,
    /// Whether the last write found no space left.
    full: Arc<AtomicBool>,
}

impl Database {
    /// Opens the database and checks its version and its durability settings.
    pub fn open(
        url: &DatabaseUrl,
        connections: u32,
        clock: &Clock,
        random: &Random,
        metrics: &Metrics,
    ) -> Result<Self> {
        let manager = Manager { url: url.clone(), queries: metrics.queries.clone() };
        let mut first = manager.open()?;
        connection::check(&mut first)?;
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            // A connection that was closed meanwhile is replaced before anything is done on it.
            .test_on_check_out(!url.is_sqlite())
            .connection_timeout(Duration::from_secs(2))
            .error_handler(Box::new(diesel::r2d2::LoggingErrorHandler))
            .build(manager)
            .map_err(Error::unavailable)?;
        let generation = Arc::<Generation>::default();
        let writer = match url {
            DatabaseUrl::Sqlite(path) => {
                Some(Writer::start(first, path, clock.clone(), random.clone(), generation.clone())?)
            }
            DatabaseUrl::Postgres(_) => None,
        };
        Ok(Self {
            url: url.clone(),
            pool,
            writer,
            permits: Permits::new(connections as usize, MAX_WAITING, "too many reads are waiting"),
            clock: clock.clone(),
            random: random.clone(),
            generation,
            full: Arc::default(),
        })
    }

    /// Which database this is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The clock that writes take their moment from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
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

    /// Whether the database takes writes: on SQLite, whether the writer thread is alive and the files are those that it
    /// has opened. Not while a command has the database alone.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.generation.is_taken() && self.writer.as_ref().is_none_or(Writer::is_writable)
    }

    /// Whether there is space left, as far as the last write could tell. If it found none, this tries another.
    ///
    /// # Errors
    /// [`Error::NoSpace`] if there is still none.
    pub async fn check_space(&self) -> Result<()> {
        if !self.full.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.write(|tx| {
            let text = match **tx {
                // It has to allocate: a page that is there may still be written to the log.
                Connection::Sqlite(_) => "CREATE TABLE space_check (id INTEGER); DROP TABLE space_check",
                Connection::Postgres(_) => "SELECT pg_current_xact_id()",
            };
            Ok(tx.batch_execute(text)?)
        })
        .await
    }

    /// Runs one query, or several that need not see the same snapshot. Unavailable if too many reads wait, or if there is
    /// no connection within two seconds. If its connection breaks, `work` is run once more on another one.
    pub async fn read<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T> + Send + 'static,
    {
        unbox(self.read_boxed(Box::new(move |conn| work(conn).map(boxed))).await?)
    }

    /// Runs one look-up by an index. On SQLite it runs on the caller's own thread if a connection is free at once: reading
    /// a few pages takes less time than waking another thread. Otherwise this is [`Database::read`].
    pub async fn read_inline<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T> + Send + 'static,
    {
        match self.free_connection() {
            Some((_permit, mut conn)) => work(&mut conn),
            None => self.read(work).await,
        }
    }

    /// Runs several queries that see one snapshot of the database. Whatever they write is rolled back. If the connection
    /// breaks, `work` is run once more on another one.
    pub async fn snapshot<T, F>(&self, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T> + Send + 'static,
    {
        unbox(self.read_boxed(in_snapshot(Box::new(move |conn| work(conn).map(boxed)))).await?)
    }

    /// Does one unit of work in the name of no user: all of it, durably, or nothing. `work` may run more than once.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.write_by(Origin::default(), work).await
    }

    /// Does one unit of work as [`Database::write`], in someone's name or for a request: its events tell.
    pub async fn write_as<T, F>(&self, origin: impl Into<Origin>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.write_by(origin.into(), work).await
    }

    async fn write_by<T, F>(&self, origin: Origin, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        unbox(self.write_boxed(origin, Box::new(move |tx| work(tx).map(boxed))).await?)
    }

    async fn write_boxed(&self, origin: Origin, work: Write) -> Result<Value> {
        let outcome = self.write_once(origin, work).await;
        match &outcome {
            Ok(_) => self.full.store(false, Ordering::Relaxed),
            Err(Error::NoSpace(_)) => self.full.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        outcome
    }

    async fn write_once(&self, origin: Origin, work: Write) -> Result<Value> {
        if self.generation.is_taken() {
            return Err(Error::unavailable("the database is being restored or moved"));
        }
        if let Some(writer) = &self.writer {
            return writer.run(origin, work).await;
        }
        let Self { clock, random, generation, .. } = self.clone();
        self.run(Box::new(move |pool| {
            // Not tried again if the connection breaks: it may have been committed.
            let mut conn = connect(pool)?;
            let (value, seen) = postgres::write(&mut conn, &clock, &random, origin, work)?;
            if let Some(seen) = seen {
                generation.raise(seen);
            }
            Ok(value)
        }))
        .await
    }

    async fn read_boxed(&self, mut work: Read) -> Result<Value> {
        self.run(Box::new(move |pool| {
            let mut conn = connect(pool)?;
            let outcome = work(&mut conn);
            if outcome.is_ok() || connection::is_alive(&mut conn) {
                return outcome;
            }
            drop(conn);
            work(&mut *connect(pool)?)
        }))
        .await
    }

    /// Does something with connections on another thread, with the permit for one at a time.
    async fn run(&self, work: PoolWork) -> Result<Value> {
        let permit = self.permits.acquire().await?;
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&pool)
        })
        .await
        .map_err(|e| Error::internal(format!("a unit of work panicked: {e}")))?
    }

    /// A connection of the embedded database, if one can be had without waiting.
    fn free_connection(&self) -> Option<(OwnedSemaphorePermit, PooledConnection<Manager>)> {
        if !self.url.is_sqlite() {
            return None;
        }
        let permit = self.permits.try_acquire()?;
        Some((permit, self.pool.try_get()?))
    }
}

type PoolWork = Box<dyn FnOnce(&Pool<Manager>) -> Result<Value> + Send>;

fn connect(pool: &Pool<Manager>) -> Result<PooledConnection<Manager>> {
    pool.get().map_err(Error::unavailable)
}

fn in_snapshot(mut work: Read) -> Read {
    Box::new(move |conn| {
        conn.batch_execute(match conn {
            Connection::Sqlite(_) => "BEGIN",
            Connection::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })?;
        let outcome = work(conn);
        roll_back(conn);
        outcome
    })
}
