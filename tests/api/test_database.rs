//! A fresh database for every test: an SQLite file, or a database on the PostgreSQL server that
//! `LEDE_TEST_POSTGRES_URL` names, where its user may make databases. Gone when dropped.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use diesel::{QueryableByName, RunQueryDsl as _};
use lede::base::db::connection;
use lede::base::db::{Connection, DatabaseUrl};

/// A variable of the environment, unless it is empty.
#[expect(clippy::disallowed_methods, reason = "settings of the tests are none of the server's")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// How often a test repeats what has to hold every time: `LEDE_TEST_ROUNDS`, or so many.
pub fn rounds(default: usize) -> usize {
    setting("LEDE_TEST_ROUNDS").map_or(default, |rounds| rounds.parse().expect("a number"))
}

/// A database that nobody else uses; gone when dropped.
pub struct TestDatabase {
    /// Where it is.
    pub url: DatabaseUrl,
    starts: AtomicU64,
    keeper: Keeper,
}

enum Keeper {
    Folder { _folder: tempfile::TempDir },
    Postgres { admin: String, name: String },
}

impl TestDatabase {
    /// A new, empty database of the kind that the environment asks for.
    pub fn fresh() -> Self {
        let (url, keeper) = if let Some(admin) = setting("LEDE_TEST_POSTGRES_URL") {
            fresh_on_postgres(&admin)
        } else {
            let folder = tempfile::tempdir().expect("a folder");
            let url = format!("sqlite://{}", folder.path().join("lede.db").display());
            (url, Keeper::Folder { _folder: folder })
        };
        Self { url: DatabaseUrl::parse(&url).expect("a URL"), starts: AtomicU64::new(0), keeper }
    }

    /// The URL as the command line takes it.
    pub fn url_text(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{path}"),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// How many servers have started on it before.
    pub fn next_start(&self) -> u64 {
        self.starts.fetch_add(1, Ordering::SeqCst)
    }

    /// Cuts every connection to a PostgreSQL database, and lets no new one in until what is returned goes.
    pub fn cut(&self, admin: &str) -> Outage {
        let Keeper::Postgres { name, .. } = &self.keeper else { panic!("a file cannot be cut off") };
        execute(admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        execute(admin, &cut);
        Outage { admin: admin.to_owned(), name: name.clone() }
    }

    /// A connection beside the server's own.
    pub fn connect(&self) -> Connection {
        connection::open(&self.url).expect("a connection")
    }

    /// Checks what a dead process left, and waits until nothing is done for it any more.
    pub fn settle(&self) {
        #[derive(QueryableByName)]
        struct Check {
            #[diesel(sql_type = diesel::sql_types::Text)]
            integrity_check: String,
        }
        let mut conn = self.connect();
        match &mut conn {
            Connection::Sqlite(conn) => {
                let check: Check =
                    diesel::sql_query("PRAGMA integrity_check").get_result(conn).expect("a check");
                assert_eq!(check.integrity_check, "ok");
            }
            // The database server may be about to commit what it has been told; what it does not, it never will.
            Connection::Postgres(conn) => {
                diesel::sql_query(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
                     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
                )
                .execute(conn)
                .expect("no others");
            }
        }
    }
}

/// A database that cannot be reached.
pub struct Outage {
    admin: String,
    name: String,
}

impl Drop for Outage {
    fn drop(&mut self) {
        execute(&self.admin, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name));
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
