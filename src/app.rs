//! The application as a bundle of its parts, opened here and nowhere else: what a handler or a job may need.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};

use crate::auth::{FormTokens, HashCost, KeyUses, Keys, LoginBlocks, Passwords, Seal, SigningKeys, Tokens};
use crate::base::actor::{Origin, RequestId};
use crate::base::clock::Clock;
use crate::base::compute::{Compute, cores};
use crate::base::config::{Config, Secret};
use crate::base::db::presence::Present;
use crate::base::db::{Connection, Database, DatabaseUrl, migrate};
use crate::base::error::{Error, Result};
use crate::base::events;
use crate::base::http::cache::Cache;
use crate::base::http::limit::Limits;
use crate::base::http::memory::Memory;
use crate::base::http::public::PublicHeaders;
use crate::base::http::security_headers::security_headers;
use crate::base::ids::ActorId;
use crate::base::mail::Mailer;
use crate::base::metrics::Metrics;
use crate::base::outbound::Outbound;
use crate::base::permits::Permits;
use crate::base::private_files;
use crate::base::random::Random;
use crate::base::refusals::Refusals;
use crate::base::templates::Templates;
use crate::base::text::markdown::Policy;

/// How many public responses each core may produce at the same time: one waits for the database while the other is
/// written.
const PRODUCTIONS: usize = 2;
/// How many may wait to be produced. Further ones are refused.
const MAX_WAITING: usize = 1024;

/// Everything a handler or a job may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub db: Database,
    /// The pool that parses, renders and hashes off the event loop.
    pub compute: Compute,
    /// The clock.
    pub clock: Clock,
    /// The source of random bytes.
    pub random: Random,
    /// The current keys.
    pub keys: Keys,
    /// What opens and closes the keys in the database.
    pub seal: Arc<Seal>,
    /// Issues and verifies access tokens.
    pub tokens: Tokens,
    /// The mailer.
    pub mailer: Mailer,
    /// Makes requests of other servers.
    pub outbound: Outbound,
    /// The templates of pages and emails.
    pub templates: Arc<Templates>,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The cache of public responses.
    pub cache: Arc<Cache>,
    /// The memory for large bodies.
    pub memory: Memory,
    /// How many public responses may be produced at the same time.
    pub productions: Permits,
    /// Issues and verifies the tokens in forms.
    pub form_tokens: Arc<FormTokens>,
    /// Which attempts to log in have to wait.
    pub login_blocks: Arc<LoginBlocks>,
    /// When the use of API keys was last recorded.
    pub key_uses: Arc<KeyUses>,
    /// Rate limits.
    pub limits: Arc<Limits>,
    /// Counts and logs refused requests.
    pub refusals: Arc<Refusals>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Headers of every public response.
    pub public_headers: PublicHeaders,
    /// Headers of every response.
    pub security_headers: Arc<[(HeaderName, HeaderValue)]>,
    /// Whether the server is about to stop. Readiness fails then.
    pub draining: Arc<AtomicBool>,
    /// Keeps commands that replace the content of the database from beginning.
    pub present: Arc<Present>,
}

/// The parts that tests replace.
#[derive(Debug, Clone)]
pub struct Overrides {
    /// The clock.
    pub clock: Clock,
    /// The source of random bytes.
    pub random: Random,
    /// The mailer; `None` for the one in the settings.
    pub mailer: Option<Mailer>,
    /// What makes requests of other servers; `None` for the one in the settings.
    pub outbound: Option<Outbound>,
    /// What the hash of a password costs.
    pub hash_cost: HashCost,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            clock: Clock::System,
            random: Random::System,
            mailer: None,
            outbound: None,
            hash_cost: HashCost::default(),
        }
    }
}

impl App {
    /// Migrates and opens the database, and builds everything on it.
    ///
    /// # Errors
    /// With one sentence for the operator.
    pub async fn open(config: Config, overrides: Overrides) -> Result<Self> {
        let Overrides { clock, random, mailer, outbound, hash_cost } = overrides;
        config.cdn.read().map_err(Error::unavailable)?;
        let mailer = mailer.map_or_else(|| Mailer::open(&config), Ok)?;
        let outbound = outbound.map_or_else(|| Outbound::open(&config), Ok)?;
        let templates = Templates::open(&config).map_err(Error::unavailable)?;
        config.backup.check().map_err(Error::unavailable)?;
        let secret = find_secret(&config)?;
        let previous = config.secret.previous.clone();
        let check = |conn: &mut Connection| match &secret {
            Some(secret) => Seal::new(secret, previous.as_ref())?.check(conn),
            None if Keys::exist(conn)? => Err(lost_secret(&config)),
            None => Ok(()),
        };
        let present = Present::open(&config.database.url).map_err(migrate::named)?;
        let migrated = migrate::run_after(&config.database.url, check)?;
        if !migrated.is_empty() {
            log::info!("migrated: {}", migrated.join(", "));
        }
        let (metrics, compute) = (Arc::<Metrics>::default(), Compute::default());
        let db =
            Database::open(&config.database.url, config.database.connections(), &clock, &random, &metrics)?;
        let generation = db.generation().clone();
        db.read(move |conn| events::catch_up(conn, &generation)).await?;
        let secret = secret.map_or_else(|| make_secret(&config, &random), Ok)?;
        let seal = Arc::new(Seal::new(&secret, previous.as_ref())?);
        let (keys, signing_keys) = open_keys(&db, &seal).await?;
        let tokens = Tokens::new(Arc::new(signing_keys), config.base_url());
        Ok(Self {
            cache: Arc::new(cache(&config, &db)),
            memory: memory(&config, &clock),
            productions: Permits::new(
                cores() * PRODUCTIONS,
                MAX_WAITING,
                "too many responses are waiting to be produced",
            ),
            form_tokens: Arc::default(),
            login_blocks: Arc::default(),
            key_uses: Arc::default(),
            limits: Arc::new(Limits::new(&config, &clock, &metrics)),
            refusals: Arc::new(Refusals::new(&metrics, &clock)),
            public_headers: PublicHeaders::new(&config),
            security_headers: security_headers(&config).into(),
            metrics,
            config: Arc::new(config),
            db,
            clock,
            random,
            keys,
            seal,
            tokens,
            mailer,
            outbound,
            templates: Arc::new(templates),
            passwords: Passwords::new(hash_cost),
            compute,
            draining: Arc::default(),
            present: Arc::new(present),
        })
    }
}

impl App {
    /// Where a unit of work comes from that a request asks for.
    pub fn origin(&self, req: &HttpRequest, actor: impl Into<Option<ActorId>>) -> Origin {
        Origin {
            actor: actor.into(),
            request: req.extensions().get::<RequestId>().copied(),
            network: Some(self.keys.network(self.limits.client(req))),
            credential: None,
        }
    }

    /// Which raw HTML the sanitizer keeps in articles.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.config.site.policy()
    }
}

/// Opens the keys with the secret. Those that only its predecessor opens are sealed anew.
async fn open_keys(db: &Database, seal: &Arc<Seal>) -> Result<(Keys, SigningKeys)> {
    let resealing = seal.clone();
    let resealed = db.write(move |tx| resealing.reseal(tx)).await?;
    if resealed > 0 {
        log::info!(
            "{resealed} keys are now encrypted with the current secret; LEDE_SECRET_PREVIOUS is not needed any more"
        );
    }
    Ok((Keys::open(db, seal).await?, SigningKeys::open(db, seal).await?))
}

fn cache(config: &Config, db: &Database) -> Cache {
    let outage = Duration::from_secs(config.cache.outage_seconds.into());
    Cache::new(u64::from(config.cache.megabytes) << 20, outage, db.generation())
}

/// Cached responses count, too, because they may be being sent.
fn memory(config: &Config, clock: &Clock) -> Memory {
    let megabytes = u64::from(config.cache.megabytes) + u64::from(config.limits.response_megabytes);
    let bytes = usize::try_from(megabytes << 20).unwrap_or(usize::MAX);
    Memory::new(bytes, &config.server.trusted_proxies, clock)
}

/// The secret in the settings, or on SQLite the one in the file beside the database; `None` if there is no such file yet.
///
/// # Errors
/// With one sentence for the operator that names the setting or the file: it cannot be read, it is too weak, or PostgreSQL has
/// none.
pub fn find_secret(config: &Config) -> Result<Option<Secret>> {
    if let Some(secret) = config.secret.read().map_err(Error::unavailable)? {
        return Ok(Some(secret));
    }
    let Some(file) = secret_file(config) else {
        return Err(Error::unavailable("PostgreSQL requires LEDE_SECRET or LEDE_SECRET_FILE"));
    };
    let failed = |why: &dyn std::fmt::Display| Error::unavailable(format!("{}: {why}", file.display()));
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            private_files::restrict(&file);
            Secret::parse(&text).map(Some).map_err(|why| failed(&format_args!("the secret in it {why}")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// The file beside an SQLite database that holds its secret.
fn secret_file(config: &Config) -> Option<PathBuf> {
    match &config.database.url {
        DatabaseUrl::Sqlite(path) => Some(PathBuf::from(path).with_extension("secret")),
        DatabaseUrl::Postgres(_) => None,
    }
}

/// Creates the secret of a new installation, and reads the one that is in the file then: another process may have been first.
fn make_secret(config: &Config, random: &Random) -> Result<Secret> {
    if let Some(file) = secret_file(config) {
        make_secret_file(&file, random)?;
    }
    find_secret(config)?.ok_or_else(|| Error::unavailable("the secret that was just made has been removed"))
}

fn lost_secret(config: &Config) -> Error {
    let file = secret_file(config).unwrap_or_default();
    Error::unavailable(format!(
        "the keys in this database are sealed, and the secret is missing: restore {}, or set LEDE_SECRET or LEDE_SECRET_FILE",
        file.display()
    ))
}

/// Creates the file atomically, so that two processes that start together use the same secret.
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
