//! The application: its seams to the world, built here and nowhere else, and the server that runs on them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{HttpServer, dev::ServerHandle};
use tokio::sync::watch;

use crate::auth::{Keys, Passwords, Tokens};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::db::{Database, DatabaseUrl, migrate};
use crate::editions::store::{Adopt, adopt_settings};
use crate::error::{Error, Result};
use crate::http::cache::Cache;
use crate::http::limit::Limits;
use crate::http::public::PublicHeaders;
use crate::http::{docs, idempotency, pipeline, routes};
use crate::jobs::{self, Job};
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::random::Random;
use crate::search;
use crate::subscribers;
use crate::subscribers::stamps::Stamps;
use crate::templates::Templates;
use crate::text::markdown::Policy;

/// Everything a handler or a job may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// What is kept.
    pub db: Database,
    /// What time it is.
    pub clock: Clock,
    /// Where unpredictable bytes come from.
    pub random: Random,
    /// The keys in force.
    pub keys: Keys,
    /// Access tokens.
    pub tokens: Tokens,
    /// How mail leaves.
    pub mailer: Mailer,
    /// What people read: their pages and mails.
    pub templates: Arc<Templates>,
    /// Password hashes.
    pub passwords: Passwords,
    /// Public answers in memory.
    pub cache: Arc<Cache>,
    /// The forms that were sent.
    pub stamps: Arc<Stamps>,
    /// How often somebody may ask.
    pub limits: Arc<Limits>,
    /// What is counted and timed.
    pub metrics: Arc<Metrics>,
    /// What every public answer carries.
    pub public_headers: PublicHeaders,
    /// What every answer carries.
    pub security_headers: Arc<[(HeaderName, HeaderValue)]>,
    /// Whether the server is about to stop.
    pub draining: Arc<AtomicBool>,
}

/// What differs between the world and a test of it.
#[derive(Debug, Clone)]
pub struct Seams {
    /// What time it is.
    pub clock: Clock,
    /// Where unpredictable bytes come from.
    pub random: Random,
    /// How mail leaves; `None` means as the settings say.
    pub mailer: Option<Mailer>,
}

impl Default for Seams {
    fn default() -> Self {
        Self { clock: Clock::System, random: Random::System, mailer: None }
    }
}

impl App {
    /// Migrates and opens the database, and builds everything on it.
    ///
    /// # Errors
    /// With one sentence for the operator.
    pub async fn open(config: Config, seams: Seams) -> Result<Self> {
        let Seams { clock, random, mailer } = seams;
        let mailer = mailer.map_or_else(|| Mailer::open(&config), Ok)?;
        let templates = Templates::open(&config).map_err(Error::unavailable)?;
        for name in migrate::run(&config.database_url)? {
            log::info!("migrated to {name}");
        }
        let metrics = Arc::<Metrics>::default();
        let db = Database::open(&config.database_url, config.connections(), &clock, &metrics)?;
        let generation = db.generation().clone();
        db.read(move |conn| generation.read(conn)).await?;
        let keys = Keys::open(&db, &random, &secret(&config, &random)?).await?;
        let tokens = Tokens::new(&keys, config.base_url())?;
        Ok(Self {
            cache: Arc::new(Cache::new(&config, db.generation())),
            stamps: Arc::default(),
            limits: Arc::new(Limits::new(&config, &clock, &metrics)),
            public_headers: PublicHeaders::new(&config),
            security_headers: pipeline::security_headers(&config).into(),
            metrics,
            config: Arc::new(config),
            db,
            clock,
            random,
            keys,
            tokens,
            mailer,
            templates: Arc::new(templates),
            passwords: Passwords::new()?,
            draining: Arc::default(),
        })
    }
}

impl App {
    /// What stays of raw HTML in articles.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.config.policy()
    }
}

/// The installation's secret: the one given, or with SQLite the one in the file beside the database, made if need be.
fn secret(config: &Config, random: &Random) -> Result<Secret> {
    if let Some(secret) = config.given_secret().map_err(Error::unavailable)? {
        return Ok(secret);
    }
    let DatabaseUrl::Sqlite(path) = &config.database_url else {
        return Err(Error::unavailable("with PostgreSQL, LEDE_SECRET or LEDE_SECRET_FILE has to be given"));
    };
    let file = PathBuf::from(path).with_extension("secret");
    make_secret_file(&file, random)?;
    let text =
        std::fs::read_to_string(&file).map_err(|e| Error::unavailable(format!("{}: {e}", file.display())))?;
    Secret::parse(&text).map_err(|why| Error::unavailable(format!("{}: {why}", file.display())))
}

/// Makes the file whole or not at all: two processes that start together end up with the same one.
fn make_secret_file(file: &Path, random: &Random) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if file.exists() {
        return Ok(());
    }
    let failed = |e: std::io::Error| Error::unavailable(format!("{}: {e}", file.display()));
    let draft = file.with_extension(format!("secret.{}", std::process::id()));
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    out.write_all(random.token()?.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)?;
    match std::fs::hard_link(&draft, file) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(e)),
        _ => {}
    }
    std::fs::remove_file(&draft).map_err(failed)
}

/// Serves until `stop` turns true: readiness turns first, then the listener closes, then what is under way is finished.
/// Jobs are done in the background, unless the clock stands: then nothing falls due by itself, and whoever advances it
/// runs them.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(app: App, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<()> {
    let failed = |e: std::io::Error| Error::unavailable(e.to_string());
    adopt_settings(&app, Adopt::Always).await?;
    let work = jobs::run_until(app.clone(), stop.clone());
    let generation = app.db.generation().clone();
    let follower = actix_web::rt::spawn(generation.follow(app.config.database_url.clone(), stop.clone()));
    let worker = matches!(app.clock, Clock::System).then(|| actix_web::rt::spawn(work));
    let data = Data::new(app.clone());
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(data.clone())
            .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound("page").into()))
            .configure(routes::configure)
            .configure(docs::configure)
            .default_service(web::to(pipeline::not_found))
            .wrap(from_fn(pipeline::around))
    })
    .disable_signals()
    .shutdown_timeout(30)
    .listen(listener)
    .map_err(failed)?
    .run();
    actix_web::rt::spawn(drain(app, server.handle(), async move {
        let _ = stop.wait_for(|stop| *stop).await;
    }));
    server.await.map_err(failed)?;
    follower.await.map_err(|e| Error::internal(e.to_string()))?;
    match worker {
        Some(worker) => worker.await.map_err(|e| Error::internal(e.to_string())),
        None => Ok(()),
    }
}

async fn drain(app: App, server: ServerHandle, stopped: impl Future<Output = ()>) {
    stopped.await;
    app.draining.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(app.config.drain_seconds)).await;
    server.stop(true).await;
}

/// Drops what has outlived its time.
pub(crate) async fn housekeeping(app: &App) -> Result<()> {
    while app.db.write(idempotency::purge).await? {}
    while app.db.write(subscribers::store::purge).await? {}
    while app.db.write(subscribers::import::store::purge).await? {}
    while app.db.write(search::store::tidy).await? {}
    let random = app.random.clone();
    app.db
        .write(move |tx| {
            // Only this one: should there ever be two, they become one again.
            if jobs::count(tx, "housekeeping")? > 1 {
                return Ok(());
            }
            let again = tx.now().plus(Duration::from_secs(3600));
            jobs::enqueue(tx, &random, &Job::Housekeeping, again)
        })
        .await
}
