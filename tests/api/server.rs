//! A server of its own for every test: a real socket, a fresh database, a clock that stands and repeatable randomness.
//!
//! The server runs in a thread of its own, so a test can be a plain `#[tokio::test]`. When the [`Server`] goes, by the end
//! of the test or by its failure, the server stops and its database goes with it.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use clap::Parser as _;
use lede::app::{App, Overrides};
use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::config::Config;
use lede::base::db::Tx;
use lede::base::jobs::{self, Job};
use lede::base::mail::{Mailer, MemoryMailer};
use lede::base::outbound::Outbound;
use lede::base::random::Random;
use lede::server::housekeeping::Housekeeping;
use tokio::sync::{oneshot, watch};

use crate::client::{Account, Client, Exchange};
use crate::test_database::TestDatabase;
use crate::{given, log, secrets};

/// What seals the keys of every test's database.
pub const SECRET: &str = "a secret that is good enough for a test";

/// A running server and what a test may turn in it.
pub struct Server {
    /// The application inside.
    pub app: App,
    /// What time it is in there.
    pub clock: Clock,
    /// The mail it has sent, unless the settings name a mail server or a folder for mails.
    pub mail: MemoryMailer,
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

    /// Starts a server behind a proxy on this machine: `X-Forwarded-For` says where a client is.
    pub async fn behind_a_proxy(set: impl FnOnce(&mut Config)) -> Self {
        Self::start_with(|config| {
            config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            set(config);
        })
        .await
    }

    /// Starts a server behind a proxy, with that many megabytes for large bodies and no cache.
    pub async fn with_memory(megabytes: u32) -> Self {
        Self::behind_a_proxy(|config| {
            config.cache.megabytes = 0;
            config.limits.response_megabytes = megabytes;
        })
        .await
    }

    /// Starts a server on a database that is there: a second replica, or the same server again. Its randomness differs.
    pub async fn start_on(database: Arc<TestDatabase>, clock: Clock, set: impl FnOnce(&mut Config)) -> Self {
        log::start();
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
            "--security-contact",
            "mailto:security@website.example",
            "--database-connections",
            "4",
            // Clocks stand in tests: what is used up would never come back.
            "--login-limit",
            "0",
            "--sign-up-limit",
            "0",
            "--write-limit",
            "0",
        ])
        .config;
        config.server.bind = bind;
        config.database.url = database.url.clone();
        set(&mut config);
        let random = Random::seeded(database.next_start() * 1_000_000_000);
        let mail = MemoryMailer::default();
        let usual = std::path::Path::new("./lede-mail");
        let mail_settings = &config.mail;
        let sends = mail_settings.smtp_url.is_some()
            || mail_settings.smtp_url_file.is_some()
            || mail_settings.dir != usual;
        let mailer = (!sends).then(|| Mailer::Memory(mail.clone()));
        let hash_cost = given::HASH_COST;
        // Without networks that webhooks may call and a cache to purge, requests of others stay in memory.
        let stays = config.webhooks.networks.is_empty() && config.cdn.cdn.is_none();
        let outbound = stays.then(Outbound::memory);
        let overrides = Overrides { clock: clock.clone(), random, mailer, outbound, hash_cost };
        let (stop, stopped) = watch::channel(false);
        let (opened, app) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = App::open(config, overrides).await.map_err(|e| e.to_string())?;
                let _ = opened.send(app.clone());
                lede::server::serve(app, listener, stopped).await.map_err(|e| e.to_string())
            })
        });
        let Ok(app) = app.await else { panic!("the server does not start: {:?}", thread.join()) };
        let exchanges = Arc::default();
        let server = Self {
            app,
            clock,
            mail,
            exchanges,
            address: format!("http://{bind}"),
            stop,
            thread: Some(thread),
            database,
        };
        // The first response comes after whatever a start does; what that makes due is done before the test begins.
        server.client().get("/health/live").await.is(200);
        server.exchanges.lock().expect("a lock").clear();
        server.run_jobs().await;
        server
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

    /// Answers requests of others, so that it has had its turns.
    pub async fn answer_others(&self) {
        for _ in 0..4 {
            self.client().get("/health/live").await.is(200);
        }
    }

    /// Makes a job due now.
    pub async fn enqueue<J: Job<App> + Send + 'static>(&self, job: J) {
        let due = move |tx: &mut Tx<'_>| {
            let now = tx.now();
            jobs::enqueue(tx, &job, now)
        };
        self.app.db.write(due).await.expect("a job");
    }

    /// Deletes what has expired.
    pub async fn keep_house(&self) {
        self.enqueue(Housekeeping).await;
        self.run_jobs().await;
    }

    /// Does every job that is due, and those that these make due. Returns how many were tried.
    pub async fn run_jobs(&self) -> usize {
        lede::server::jobs::run_due(&self.app).await.expect("jobs")
    }

    /// Stores the refusals that wait.
    pub async fn store_refusals(&self) {
        while lede::audit::refusals::store_some(&self.app).await > 0 {}
    }

    /// How many statements it has run so far; looking at the log of events does not count.
    pub fn statements(&self) -> u64 {
        let text = self.app.metrics.text();
        let count = "lede_db_query_duration_seconds_count ";
        let value = text.lines().find_map(|line| line.strip_prefix(count)).expect("a count");
        value.parse().expect("a number")
    }

    /// The token of a form that a person has had the time to fill in.
    pub fn form_token(&self) -> String {
        let app = &self.app;
        app.form_tokens.issue_ready(&app.keys, &app.random, app.clock.now()).expect("a token")
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
        if !std::thread::panicking() {
            secrets::check(self);
        }
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
