//! How data is stored: two databases behind [`Database::read`] and [`Database::write`].
//!
//! On SQLite one thread does all writes and groups their commits (`writer.rs`); on PostgreSQL each write takes a connection of
//! the pool (`postgres.rs`). Either way a write is all or nothing, its events are appended last, and its caller gets the
//! result after the commit.

pub mod long_write;
mod checkpoint;
pub mod connection;
mod database;
mod failure;
pub mod fragment;
mod generation;
pub mod leases;
pub mod like;
pub mod locks;
pub mod log;
pub mod migrate;
mod postgres;
pub mod presence;
pub mod quiet;
mod rollback;
pub mod schema;
mod sqlite_files;
pub mod statement;
mod tx;
pub mod types;
pub mod violation;
mod work;
mod writer;

pub use checkpoint::{empty_log, empty_log_now};
pub use connection::{AnyConnection as Connection, DatabaseUrl, MultiBackend};
pub use database::Database;
pub use generation::Generation;
pub use sqlite_files::{real_path, settle};
pub use tx::Tx;
