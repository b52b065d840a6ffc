//! Which database, and how many connections to it.

use std::path::PathBuf;

use super::parse;
use crate::base::db::connection::DatabaseUrl;

/// The database.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseConfig {
    /// The database: `sqlite://FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(id = "database_url", long = "database-url", env = "LEDE_DATABASE_URL", default_value = "sqlite://./lede.db", value_name = "URL", global = true,
          value_parser = DatabaseUrl::parse, hide_env_values = true)]
    pub url: DatabaseUrl,

    /// A file that holds the database's URL.
    #[arg(
        id = "database_url_file",
        long = "database-url-file",
        env = "LEDE_DATABASE_URL_FILE",
        value_name = "FILE",
        global = true
    )]
    pub url_file: Option<PathBuf>,

    /// Number of connections: for reads (SQLite) or for everything (PostgreSQL). Default: one per core on SQLite,
    /// eight on PostgreSQL.
    #[arg(id = "database_connections", long = "database-connections", env = "LEDE_DATABASE_CONNECTIONS", value_name = "N", global = true,
          value_parser = parse::number::<u32>(1..=256))]
    pub connections: Option<u32>,
}

impl DatabaseConfig {
    /// Takes the URL from its file, if one is named.
    ///
    /// # Errors
    /// The file cannot be read, or it does not hold a database URL.
    pub fn read_url_file(&mut self) -> Result<(), String> {
        if let Some(file) = &self.url_file {
            self.url = parse::file("LEDE_DATABASE_URL_FILE", file, DatabaseUrl::parse)?;
        }
        Ok(())
    }

    /// How many connections the pool opens.
    #[must_use]
    pub fn connections(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
        let default = if self.url.is_sqlite() { cores.max(2) } else { 8 };
        self.connections.unwrap_or(default)
    }
}
