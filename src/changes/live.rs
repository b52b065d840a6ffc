//! What all streams share: the newest changes, read once for all of them as they happen, and the places.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};

use super::frame;
use super::ring::Ring;
use crate::app::App;
use crate::base::compute::cores;
use crate::base::error::{Error, Result};
use crate::base::http::client_ip;
use crate::base::http::network_shares::{NetworkShare, NetworkShares};
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::metrics::Metrics;

/// One network can have this part of the places.
const PART: usize = 4;
/// How many changes are read at once.
const AT_ONCE: usize = 100;
/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(250);

/// What all streams share.
#[derive(Debug)]
pub struct Live {
    newest: watch::Sender<Ring>,
    places: Arc<Semaphore>,
    networks: NetworkShares,
    /// What streams read of the database themselves, they read a few at a time, however many wait: all the others have the rest
    /// of its connections.
    reads: Semaphore,
}

/// The place of a stream, until this is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: NetworkShare,
    metrics: Arc<Metrics>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.streams.dec();
    }
}

impl Live {
    /// Has as many places as the settings say.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let places = app.config.limits.streams as usize;
        Self {
            newest: watch::Sender::new(Ring::at(app.db.generation().number())),
            places: Arc::new(Semaphore::new(places)),
            networks: NetworkShares::new(places / PART),
            reads: Semaphore::new(cores()),
        }
    }

    /// Takes a place for the stream that a request asks for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if all places, or those of its network, are taken.
    pub fn enter(&self, app: &App, req: &HttpRequest) -> Result<Place> {
        let refuse = || Error::unavailable("too many streams of changes are open");
        let permit = self.places.clone().try_acquire_owned().map_err(|_| refuse())?;
        let network = client_ip::customer(app.limits.client(req));
        let share = self.networks.take(network, 1, None).ok_or_else(refuse)?;
        app.metrics.streams.inc();
        Ok(Place { _permit: permit, _share: share, metrics: app.metrics.clone() })
    }

    /// Waits for its turn to read the database for a stream.
    ///
    /// # Errors
    /// None: it is never closed.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.reads.acquire().await.map_err(|e| Error::internal(e.to_string()))
    }

    /// The newest changes as they happen.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Ring> {
        self.newest.subscribe()
    }

    /// Reads the changes as they happen, until `stop` turns true. Then all streams end.
    pub async fn run(&self, app: &App, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.follow(app) => {}
        }
        self.newest.send_modify(|ring| ring.has_ended = true);
    }

    async fn follow(&self, app: &App) {
        let mut risen = app.db.generation().watch();
        loop {
            let (newest, _) = *risen.borrow_and_update();
            if self.newest.receiver_count() == 0 {
                // Nobody is to be told: who comes later reads what is older than this from the database.
                self.newest.send_replace(Ring::at(newest));
            } else if let Err(error) = self.read_to(app, newest).await {
                log::warn!("changes cannot be read for streams: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            if risen.changed().await.is_err() {
                return;
            }
        }
    }

    async fn read_to(&self, app: &App, newest: i64) -> Result<()> {
        loop {
            let to = self.newest.borrow().to;
            if to >= newest {
                return Ok(());
            }
            let newer = frame::read(app, to, AT_ONCE, MAX_PAGE_BYTES).await?;
            self.newest.send_modify(|ring| ring.extend(newer));
        }
    }
}
