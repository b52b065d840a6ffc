//! A database for every test, with the schema in it: a copy of a template that is migrated once. An SQLite file, or a
//! database on the PostgreSQL server that `LEDE_TEST_POSTGRES_URL` names, where its user may make databases. Gone when
//! dropped.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use diesel::{QueryableByName, RunQueryDsl as _};
use lede::base::db::{Connection, DatabaseUrl, connection, migrate};

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
    /// A new database of the kind that the environment asks for, with all tables and nothing in them.
    pub fn fresh() -> Self {
        if let Some(admin) = setting("LEDE_TEST_POSTGRES_URL") {
            return Self::on_postgres(admin, &POSTGRES_TEMPLATE);
        }
        let database = Self::in_a_file();
        let DatabaseUrl::Sqlite(path) = &database.url else { unreachable!("a file") };
        std::fs::copy(&*SQLITE_TEMPLATE, path).expect("a copy");
        database
    }

    /// A new database without tables: for tests of migrating.
    pub fn empty() -> Self {
        match setting("LEDE_TEST_POSTGRES_URL") {
            Some(admin) => Self::on_postgres(admin, "template0"),
            None => Self::in_a_file(),
        }
    }

    /// A new database without tables, of the engine that other tests of this run do not use: SQLite if they use PostgreSQL.
    /// There is no PostgreSQL in a run on SQLite.
    pub fn of_the_other_engine() -> Self {
        Self::in_a_file()
    }

    fn in_a_file() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("lede.db").display().to_string());
        Self { url, starts: AtomicU64::new(0), keeper: Keeper::Folder { _folder: folder } }
    }

    fn on_postgres(admin: String, template: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("lede_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).expect("a database");
        let url = named(&admin, &name);
        Self { url, starts: AtomicU64::new(0), keeper: Keeper::Postgres { admin, name } }
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
        execute(admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).expect("closed");
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        execute(admin, &cut).expect("cut");
        Outage { admin: admin.to_owned(), name: name.clone() }
    }

    /// A connection beside the server's own.
    pub fn connect(&self) -> Connection {
        connection::open(&self.url).expect("a connection")
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let sql = format!("SELECT count(*) AS count FROM {table}");
        diesel::sql_query(sql).get_result::<Count>(&mut self.connect()).expect("a count").count
    }

    /// Does what [`TestDatabase::settle`] does, unless there is no database yet.
    pub fn settle_if_there(&self) {
        let is_there = match &self.url {
            DatabaseUrl::Sqlite(path) => Path::new(path).exists(),
            DatabaseUrl::Postgres(_) => true,
        };
        if is_there {
            self.settle();
        }
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
        let open = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name);
        execute(&self.admin, &open).expect("open again");
    }
}

/// A migrated SQLite file. It outlives the run, because every process of a run copies it.
static SQLITE_TEMPLATE: LazyLock<PathBuf> = LazyLock::new(|| {
    let (count, number) = migrations("sqlite");
    let template =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lede-test-template-{number:016x}.db"));
    if !template.exists() {
        // Made whole or not at all: other processes may be making it, too.
        let draft = template.with_extension(std::process::id().to_string());
        migrate_all(&DatabaseUrl::Sqlite(draft.display().to_string()), count);
        std::fs::rename(&draft, &template).expect("renamed");
    }
    template
});

/// The name of a migrated database on the PostgreSQL server. It outlives the run, as the file does.
static POSTGRES_TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let admin = setting("LEDE_TEST_POSTGRES_URL").expect("a URL");
    let (count, number) = migrations("postgres");
    let template = format!("lede_test_template_{number:016x}");
    if !exists(&admin, &template) {
        let draft = format!("{template}_{}", std::process::id());
        execute(&admin, &format!("CREATE DATABASE {draft} TEMPLATE template0")).expect("a database");
        migrate_all(&named(&admin, &draft), count);
        // Another process may have made it meanwhile.
        if execute(&admin, &format!("ALTER DATABASE {draft} RENAME TO {template}")).is_err() {
            execute(&admin, &format!("DROP DATABASE {draft}")).expect("gone");
        }
    }
    template
});

/// The migrations of an engine, and a number that tells them from any others.
fn migrations(engine: &str) -> (usize, u64) {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut steps: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    steps.sort();
    let mut hasher = DefaultHasher::new();
    for step in &steps {
        std::fs::read_to_string(step.join("up.sql")).expect("a migration").hash(&mut hasher);
    }
    (steps.len(), hasher.finish())
}

/// Migrates a database that is empty. This build may not know a migration that has just been added.
fn migrate_all(url: &DatabaseUrl, count: usize) {
    assert_eq!(migrate::run(url).expect("migrated").len(), count, "migrations that this build does not know");
}

fn named(admin: &str, name: &str) -> DatabaseUrl {
    let mut url = url::Url::parse(admin).expect("LEDE_TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    DatabaseUrl::parse(url.as_str()).expect("a PostgreSQL URL")
}

fn admin_connection(admin: &str) -> Connection {
    use diesel::connection::SimpleConnection as _;
    let url = DatabaseUrl::parse(admin).expect("LEDE_TEST_POSTGRES_URL is a PostgreSQL URL");
    let mut conn = connection::open(&url).expect("LEDE_TEST_POSTGRES_URL can be reached");
    conn.batch_execute("SET statement_timeout = '60s'; SET lock_timeout = '60s'").expect("patience");
    conn
}

fn execute(admin: &str, sql: &str) -> diesel::QueryResult<()> {
    use diesel::connection::SimpleConnection as _;
    admin_connection(admin).batch_execute(sql)
}

/// Whether there is a database of that name.
fn exists(admin: &str, name: &str) -> bool {
    let query = diesel::sql_query(format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"));
    query.execute(&mut admin_connection(admin)).expect("a list") > 0
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Keeper::Postgres { admin, name } = &self.keeper {
            execute(admin, &format!("DROP DATABASE {name} WITH (FORCE)")).expect("gone");
        }
    }
}
