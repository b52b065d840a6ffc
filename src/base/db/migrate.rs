//! Migrates a database to the schema that this binary expects. If several processes start together, one migrates and
//! the others wait for it and find nothing to do.

use std::path::Path;

use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{self, AnyConnection as Connection, DatabaseUrl};
use super::locks::AdvisoryLock;
use super::sqlite_files;
use crate::base::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// Where diesel notes the migrations that were run.
const MIGRATIONS: &str = "__diesel_schema_migrations";
const APPLIED: &str = "SELECT version AS name FROM __diesel_schema_migrations ORDER BY version";

/// Runs the pending migrations in one transaction and returns their names. A database that is not one of this version
/// or an older one is refused and stays as it is.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>> {
    run_after(url, |_| Ok(()))
}

/// Like [`run`], if a check of what is in the database already succeeds. A new one is not checked.
pub fn run_after(
    url: &DatabaseUrl,
    check: impl FnOnce(&mut Connection) -> Result<()>,
) -> Result<Vec<String>> {
    if let DatabaseUrl::Sqlite(path) = url
        && Path::new(path).exists()
        && !Path::new(&format!("{path}-wal")).exists()
    {
        // Before a connection switches the file to a write-ahead log. One that has a log is left to the check below: to
        // look at it twice would remove what its last process has left beside it.
        let conn = establish(path).map_err(named)?;
        check_is_ours(&mut Connection::Sqlite(conn)).map_err(named)?;
    }
    migrate(url, |conn| {
        if check_is_ours(conn).map_err(named)? {
            check(conn)?;
        }
        match conn {
            Connection::Sqlite(conn) => names(conn.run_pending_migrations(SQLITE)),
            Connection::Postgres(conn) => names(conn.run_pending_migrations(POSTGRES)),
        }
    })
}

/// An error that names the setting that named the database.
#[must_use]
pub fn named(error: Error) -> Error {
    Error::unavailable(format!("LEDE_DATABASE_URL: {error}"))
}

/// Refuses a database that a newer version has migrated, and one of another program. Returns whether one of ours is
/// there.
fn check_is_ours(conn: &mut Connection) -> Result<bool> {
    let foreign = || Error::unavailable("the database has tables of another program");
    let tables = tables(conn)?;
    if !tables.iter().any(|name| name == MIGRATIONS) {
        return if tables.is_empty() { Ok(false) } else { Err(foreign()) };
    }
    let known: Vec<String> = match conn {
        Connection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE)?,
        Connection::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES)?,
    };
    let applied = strings(conn, APPLIED)?;
    let is_ours = applied.iter().any(|version| known.contains(version));
    match applied.iter().find(|version| !known.contains(version)) {
        None if applied.is_empty() && tables.len() > 1 => Err(foreign()),
        None => Ok(is_ours),
        Some(_) if !is_ours => Err(foreign()),
        Some(unknown) => Err(Error::unavailable(format!(
            "the database has the schema of a newer version of Lede (migration {unknown}), which this version, {}, does not \
             know; run that version or a newer one",
            env!("CARGO_PKG_VERSION")
        ))),
    }
}

/// The names of the tables in the database.
pub fn tables(conn: &mut Connection) -> Result<Vec<String>> {
    let list = match conn {
        Connection::Sqlite(_) => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        // Tables that extensions have created do not count.
        Connection::Postgres(_) => {
            "SELECT c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'p') \
             AND c.relnamespace = current_schema()::regnamespace \
             AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')"
        }
    };
    strings(conn, list)
}

/// Looks at a database without changing it, if it is one of ours. One that is not there yet is left so.
///
/// # Errors
/// Those of the check; unavailable, if it is the database of another program or of a newer version.
pub fn inspect(url: &DatabaseUrl, check: impl FnOnce(&mut Connection) -> Result<()>) -> Result<()> {
    let mut conn = match url {
        DatabaseUrl::Sqlite(path) if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 => {
            return Ok(());
        }
        DatabaseUrl::Sqlite(path) => Connection::Sqlite(establish(path)?),
        DatabaseUrl::Postgres(_) => connection::open(url)?,
    };
    if check_is_ours(&mut conn)? { check(&mut conn) } else { Ok(()) }
}

/// Opens an SQLite file without switching it to a write-ahead log.
fn establish(path: &str) -> Result<SqliteConnection> {
    let mut conn = SqliteConnection::establish(path).map_err(Error::unavailable)?;
    conn.batch_execute("PRAGMA busy_timeout = 5000")?;
    Ok(conn)
}

fn versions<DB: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>> {
    let failed = |error| Error::internal(format!("a migration cannot be read: {error}"));
    let all = MigrationSource::<DB>::migrations(migrations).map_err(failed)?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn strings(conn: &mut Connection, sql: &str) -> Result<Vec<String>> {
    let rows: Vec<Name> = sql_query(sql).load(conn)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The version of the schema of the database, which is the newest migration.
///
/// # Errors
/// Unavailable, with one line for the operator, if it is not the schema of this version.
pub fn check_current(conn: &mut Connection) -> Result<String> {
    if !check_is_ours(conn)? {
        return Err(Error::unavailable("the database is empty"));
    }
    let mut known = versions::<diesel::sqlite::Sqlite>(&SQLITE)?;
    known.sort();
    let older =
        || Error::unavailable("the database has the schema of an older version; run `lede migrate` first");
    if strings(conn, APPLIED)? == known { known.pop().ok_or_else(older) } else { Err(older()) }
}

/// Whether this version knows that migration.
pub fn knows(version: &str) -> Result<bool> {
    Ok(versions::<diesel::sqlite::Sqlite>(&SQLITE)?.iter().any(|known| known == version))
}

/// Makes the tables anew, as they were after the migration `version`, in the transaction of the caller. What was in them is
/// deleted, so `check` decides first, if the database is one of ours.
pub fn rebuild(
    tx: &mut Connection,
    version: &str,
    check: impl FnOnce(&mut Connection) -> Result<()>,
) -> Result<()> {
    AdvisoryLock::Migrations.take(tx)?;
    if check_is_ours(tx)? {
        check(tx)?;
        names(match tx {
            Connection::Sqlite(conn) => conn.revert_all_migrations(SQLITE),
            Connection::Postgres(conn) => conn.revert_all_migrations(POSTGRES),
        })?;
    }
    match tx {
        Connection::Sqlite(conn) => up_to(conn, SQLITE, version),
        Connection::Postgres(conn) => up_to(conn, POSTGRES, version),
    }
}

/// Runs the migrations up to and with `version`.
fn up_to<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    all: EmbeddedMigrations,
    version: &str,
) -> Result<()> {
    let failed = |error| Error::internal(format!("a migration failed: {error}"));
    let pending = conn.pending_migrations(all).map_err(failed)?;
    for migration in pending.iter().filter(|migration| *migration.name().version().to_string() <= *version) {
        conn.run_migration(migration).map_err(failed)?;
    }
    Ok(())
}

/// Runs the pending migrations in the transaction of the caller.
pub fn run_rest(tx: &mut Connection) -> Result<()> {
    names(match tx {
        Connection::Sqlite(conn) => conn.run_pending_migrations(SQLITE),
        Connection::Postgres(conn) => conn.run_pending_migrations(POSTGRES),
    })
    .map(drop)
}

/// Reverts every migration, which deletes all data.
pub fn revert_all(url: &DatabaseUrl) -> Result<Vec<String>> {
    migrate(url, |conn| match conn {
        Connection::Sqlite(conn) => names(conn.revert_all_migrations(SQLITE)),
        Connection::Postgres(conn) => names(conn.revert_all_migrations(POSTGRES)),
    })
}

type Outcome<'a> =
    Result<Vec<diesel::migration::MigrationVersion<'a>>, Box<dyn std::error::Error + Send + Sync>>;

fn names(outcome: Outcome<'_>) -> Result<Vec<String>> {
    let versions = outcome.map_err(|e| Error::internal(format!("a migration failed: {e}")))?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

fn migrate(
    url: &DatabaseUrl,
    work: impl FnOnce(&mut Connection) -> Result<Vec<String>>,
) -> Result<Vec<String>> {
    if let DatabaseUrl::Sqlite(path) = url {
        sqlite_files::create(path).map_err(named)?;
    }
    let mut conn = connection::open(url).map_err(named)?;
    match &mut conn {
        Connection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
                .map_err(|error| named(error.into()))?;
        }
        Connection::Postgres(postgres) => {
            AnsiTransactionManager::begin_transaction_sql(postgres, "BEGIN")?;
            postgres.batch_execute("SET LOCAL lock_timeout = '60s'")?;
        }
    }
    AdvisoryLock::Migrations.take(&mut conn)?;
    // If it fails, closing the connection rolls back.
    let names = work(&mut conn)?;
    match &mut conn {
        Connection::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn)?,
        Connection::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn)?,
    }
    Ok(names)
}
