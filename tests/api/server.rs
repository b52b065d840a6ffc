//! A server of its own for every test: a real socket, a fresh database, a clock that stands and repeatable randomness.
//!
//! The server runs in a thread of its own, so a test can be a plain `#[tokio::test]`. When the [`Server`] goes, by the end
//! of the test or by its failure, the server stops and its database goes with it.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use clap::Parser as _;
use lede::app::{self, App, Seams};
use lede::auth::Role;
use lede::clock::Clock;
use lede::config::Config;
use lede::db::connection;
use lede::db::{Connection, DatabaseUrl};
use lede::mail::{Mailer, Outbox};
use lede::random::Random;
use tokio::sync::{oneshot, watch};

use crate::client::{Account, Client, Exchange};
use crate::given;

/// What seals the keys of every test's database.
const SECRET: &str = "a secret that is good enough for a test";

/// A running server and what a test may turn in it.
pub struct Server {
    /// The application inside.
    pub app: App,
    /// What time it is in there.
    pub clock: Clock,
    /// The mail it has sent, unless the settings name a mail server.
    pub mail: Outbox,
    /// Every exchange so far, in order.
    pub exchanges: Arc<Mutex<Vec<Exchange>>>,
    address: String,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<Result<(), String>>>,
    // Goes last: nothing may use the database any more.
    database: Arc<TestDatabase>,
}

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

impl Server {
    /// Starts a server on a fresh database.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server on a fresh database with other settings.
    pub async fn start_with(set: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Arc::new(TestDatabase::fresh()), given_clock(), set).await
    }

    /// Starts a server on a database that is there: a second replica, or the same server again. Its randomness differs.
    pub async fn start_on(database: Arc<TestDatabase>, clock: Clock, set: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let bind = listener.local_addr().expect("an address");
        let mut config = Settings::parse_from([
            "lede",
            "--secret",
            SECRET,
            "--base-url",
            "https://cms.lede.example",
            "--website-url",
            "https://website.example",
            "--database-connections",
            "4",
        ])
        .config;
        config.bind = bind;
        config.database_url = database.url.clone();
        set(&mut config);
        let random = Random::seeded(database.starts.fetch_add(1, Ordering::SeqCst) as u64 * 1_000_000_000);
        let mail = Outbox::default();
        let sends = config.smtp_url.is_some() || config.smtp_url_file.is_some();
        let mailer = (!sends).then(|| Mailer::Memory(mail.clone()));
        let seams = Seams { clock: clock.clone(), random, mailer };
        let (stop, stopped) = watch::channel(false);
        let (opened, app) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = App::open(config, seams).await.map_err(|e| e.to_string())?;
                let _ = opened.send(app.clone());
                app::serve(app, listener, stopped).await.map_err(|e| e.to_string())
            })
        });
        let app = match app.await {
            Ok(app) => app,
            Err(_) => panic!("the server does not start: {:?}", thread.join()),
        };
        let exchanges = Arc::default();
        Self {
            app,
            clock,
            mail,
            exchanges,
            address: format!("http://{bind}"),
            stop,
            thread: Some(thread),
            database,
        }
    }

    /// A client without a token.
    pub fn client(&self) -> Client {
        Client::new(&self.address, &self.clock, &self.exchanges)
    }

    /// A client of the one user of that role, who is made if need be. It logs in again when its token gets old.
    pub async fn login(&self, role: Role) -> Client {
        self.login_as(role.as_str(), role).await
    }

    /// A client of the user `name@lede.example`, who is made with that role if need be.
    pub async fn login_as(&self, name: &str, role: Role) -> Client {
        let id = given::user(self, name, role).await;
        self.client().logged_in(Account { id, email: format!("{name}@lede.example") }).await
    }

    /// Does every job that is due, and those that these make due. Returns how many were tried.
    pub async fn run_jobs(&self) -> usize {
        lede::jobs::run_due(&self.app).await.expect("jobs")
    }

    /// Where the server listens: `http://127.0.0.1:…`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The database, to start another server on.
    pub fn database(&self) -> Arc<TestDatabase> {
        self.database.clone()
    }

    /// Whether the server runs on the embedded database: for the few tests that need to know.
    pub fn is_embedded(&self) -> bool {
        self.database.url.is_sqlite()
    }

    /// Tells the server to stop and waits until it has finished what was under way.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let thread = self.thread.take().expect("the server runs");
        let ended = tokio::task::spawn_blocking(move || thread.join()).await.expect("a thread");
        ended.expect("the server does not panic").expect("the server ends well");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("the server does not panic").expect("the server ends well");
            }
        }
    }
}

fn given_clock() -> Clock {
    Clock::fixed(given::moment())
}

/// A database that nobody else uses; gone when dropped.
pub struct TestDatabase {
    /// Where it is.
    pub url: DatabaseUrl,
    starts: AtomicUsize,
    keeper: Keeper,
}

enum Keeper {
    Folder { _folder: tempfile::TempDir },
    Postgres { admin: String, name: String },
}

impl TestDatabase {
    /// A new, empty database of the kind that the environment asks for.
    pub fn fresh() -> Self {
        let (url, keeper) = match given::setting("LEDE_TEST_POSTGRES_URL") {
            Some(admin) => fresh_on_postgres(&admin),
            None => {
                let folder = tempfile::tempdir().expect("a folder");
                let url = format!("sqlite://{}", folder.path().join("lede.db").display());
                (url, Keeper::Folder { _folder: folder })
            }
        };
        Self { url: DatabaseUrl::parse(&url).expect("a URL"), starts: AtomicUsize::new(0), keeper }
    }

    /// The URL as the command line takes it.
    pub fn url_text(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// A connection beside the server's own.
    pub fn connect(&self) -> Connection {
        connection::open(&self.url).expect("a connection")
    }
}

fn fresh_on_postgres(admin: &str) -> (String, Keeper) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("lede_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    execute(admin, &format!("CREATE DATABASE {name} TEMPLATE template0"));
    let mut url = url::Url::parse(admin).expect("LEDE_TEST_POSTGRES_URL is a URL");
    url.set_path(&name);
    (url.into(), Keeper::Postgres { admin: admin.to_owned(), name })
}

fn execute(admin: &str, sql: &str) {
    use diesel::connection::SimpleConnection as _;
    let url = DatabaseUrl::parse(admin).expect("LEDE_TEST_POSTGRES_URL is a PostgreSQL URL");
    let mut conn = connection::open(&url).expect("LEDE_TEST_POSTGRES_URL can be reached");
    conn.batch_execute("SET statement_timeout = '60s'; SET lock_timeout = '60s'").expect("patience");
    conn.batch_execute(sql).expect(sql);
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Keeper::Postgres { admin, name } = &self.keeper {
            execute(admin, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
