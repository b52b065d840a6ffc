//! One connection type for both databases, and how a connection is opened. The URL's scheme selects the database.

#![allow(missing_docs, reason = "diesel derives public items without documentation")]

use std::fmt;

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use prometheus_client::metrics::histogram::Histogram;

use crate::base::error::{Error, Result};
use crate::base::metrics::Stopwatch;

/// A connection to whichever database the URL named.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database: one machine, one file.
    Sqlite(SqliteConnection),
    /// PostgreSQL 15 or newer: several replicas.
    Postgres(PgConnection),
}

/// Runs the same code on the connection of either engine, for what the enum of both cannot express, such as
/// `ON CONFLICT`.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $name:ident => $work:expr) => {
        match $conn {
            $crate::base::db::connection::AnyConnection::Sqlite($name) => $work,
            $crate::base::db::connection::AnyConnection::Postgres($name) => $work,
        }
    };
}

/// Inserts a slice of rows, four with each statement: a statement for any number of rows would be prepared anew each
/// time. The rows derive `Insertable` with `treat_none_as_default_value = false`; for others, diesel would begin a
/// transaction.
#[macro_export]
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let (fours, rest) = $rows.as_chunks::<4>();
        fours
            .iter()
            .try_for_each(|four| {
                let insert = || diesel::insert_into($table).values(four);
                $crate::on_each!($conn, conn => insert().execute(conn)).map(|_| ())
            })
            .and_then(|()| {
                rest.iter().try_for_each(|row| {
                    let insert = || diesel::insert_into($table).values(row);
                    $crate::on_each!($conn, conn => insert().execute(conn)).map(|_| ())
                })
            })
    }};
}

/// Which database, and where.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://path/to/file`.
    Sqlite(String),
    /// `postgres://…` or `postgresql://…`, as libpq takes it.
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    /// Without the password, wherever it stands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{path}"),
            Self::Postgres(text) => match url::Url::parse(text) {
                Ok(mut url) => {
                    if url.password().is_some() && url.set_password(Some("***")).is_err() {
                        return f.write_str("postgres://***");
                    }
                    if url.query().is_some_and(|query| query.contains("password")) {
                        url.set_query(Some("***"));
                    }
                    f.write_str(url.as_str())
                }
                Err(_) => f.write_str("postgres://***"),
            },
        }
    }
}

impl DatabaseUrl {
    /// Parses a database URL. The error is a sentence for the operator: the scheme is unknown, the path is empty, or
    /// the URL requires TLS and this build has none.
    pub fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            return if path.is_empty() || path.starts_with(':') || path.contains('?') {
                Err("must name a file, as in sqlite://./lede.db".into())
            } else {
                Ok(Self::Sqlite(path.to_owned()))
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let demands_tls = ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"];
            if cfg!(feature = "bundled-libpq") && demands_tls.iter().any(|mode| url.contains(mode)) {
                return Err(
                    "this build speaks no TLS to PostgreSQL; build with --no-default-features --features system-libpq".into()
                );
            }
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("must begin with sqlite:// or postgres://, as in sqlite://./lede.db".into())
    }

    /// Whether this is the embedded database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// Opens a connection with every setting that durability depends on, and reads the settings back.
pub fn open(url: &DatabaseUrl) -> Result<AnyConnection> {
    match url {
        DatabaseUrl::Sqlite(path) => open_sqlite(path).map(AnyConnection::Sqlite),
        DatabaseUrl::Postgres(url) => open_postgres(url).map(AnyConnection::Postgres),
    }
}

fn open_sqlite(path: &str) -> Result<SqliteConnection> {
    let failed = |e: &dyn fmt::Display| Error::unavailable(format!("{path}: {e}"));
    // SQLite would create it: empty, and in the place of one that was moved away under a running server.
    std::fs::metadata(path).map_err(|e| failed(&e))?;
    let mut conn = SqliteConnection::establish(path).map_err(|e| failed(&e))?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; \
         PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON; PRAGMA fullfsync = 1;",
    )?;
    for (pragma, wanted) in [("synchronous", "2"), ("foreign_keys", "1"), ("journal_mode", "wal")] {
        let got = sql_query(format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}"))
            .get_result::<TextValue>(&mut conn)?
            .value;
        if got != wanted {
            return Err(Error::unavailable(format!("{path}: PRAGMA {pragma} is {got}, not {wanted}")));
        }
    }
    Ok(conn)
}

fn open_postgres(url: &str) -> Result<PgConnection> {
    let mut conn = PgConnection::establish(url).map_err(Error::unavailable)?;
    conn.batch_execute(
        "SET client_min_messages = warning; SET application_name = 'lede'; SET statement_timeout = '5s'; \
         SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '10s'; SET timezone = 'UTC'; \
         DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;",
    )?;
    Ok(conn)
}

/// Whether the server has not closed the connection, as far as has arrived on it.
pub fn is_alive(conn: &mut AnyConnection) -> bool {
    check_open(conn).is_ok()
}

/// Fails if the server has closed the connection. Looks at what has arrived on it, and asks nothing: the first look
/// reads the server's last message, the second finds the end.
fn check_open(conn: &mut AnyConnection) -> QueryResult<()> {
    let AnyConnection::Postgres(conn) = conn else { return Ok(()) };
    let mut messages = (0..2).filter_map(|_| conn.notifications_iter().next());
    messages.try_for_each(|message| message.map(|_| ()))
}

/// Checks the version and the settings that durability depends on. The error names the one that falls short.
pub fn check(conn: &mut AnyConnection) -> Result<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            // Versions up to 3.51.2 can corrupt a database in WAL mode.
            let version = sql_query("SELECT sqlite_version() AS value").get_result::<TextValue>(conn)?.value;
            let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
            if parts.as_slice() < [3, 51, 3].as_slice() {
                return Err(Error::unavailable(format!("SQLite {version} is older than 3.51.3")));
            }
        }
        AnyConnection::Postgres(conn) => {
            let version = sql_query("SELECT current_setting('server_version_num')::bigint AS value")
                .get_result::<IntegerValue>(conn)?
                .value;
            if version < 150_000 {
                return Err(Error::unavailable(format!("PostgreSQL {version} is older than 15")));
            }
            for setting in ["synchronous_commit", "fsync", "full_page_writes"] {
                let value = sql_query(format!("SELECT current_setting('{setting}') AS value"))
                    .get_result::<TextValue>(conn)?
                    .value;
                if value == "off" || value == "local" {
                    return Err(Error::unavailable(format!("PostgreSQL's {setting} is {value}")));
                }
            }
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct TextValue {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct IntegerValue {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// Opens connections that time their statements.
#[derive(Debug)]
pub struct Manager {
    /// The database.
    pub url: DatabaseUrl,
    /// The histogram of their times.
    pub queries: Histogram,
}

impl Manager {
    /// A new connection.
    pub fn open(&self) -> Result<AnyConnection> {
        let mut conn = open(&self.url)?;
        conn.set_instrumentation(Stopwatch::new(&self.queries));
        Ok(conn)
    }
}

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        self.open().map_err(|e| {
            diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(e.to_string()))
        })
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), Self::Error> {
        check_open(conn).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
