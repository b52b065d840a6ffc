//! Migrates a database to the schema that this binary expects. If several processes start together, one migrates and the
//! others wait for it and find nothing to do.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{self, AnyConnection as Connection, DatabaseUrl};
use super::locks::AdvisoryLock;
use super::sqlite_files;
use crate::base::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Runs the pending migrations in one transaction and returns their names.
pub fn run(url: &DatabaseUrl) -> Result<Vec<String>> {
    migrate(url, |conn| match conn {
        Connection::Sqlite(conn) => names(conn.run_pending_migrations(SQLITE)),
        Connection::Postgres(conn) => names(conn.run_pending_migrations(POSTGRES)),
    })
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
        sqlite_files::create(path)?;
    }
    let mut conn = connection::open(url)?;
    match &mut conn {
        Connection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
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
