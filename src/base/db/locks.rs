//! The locks that put transactions in a row on PostgreSQL. SQLite, which has one writer, needs none.

use diesel::{RunQueryDsl as _, sql_query};

use super::connection::AnyConnection as Connection;
use crate::base::error::Result;

/// What only one transaction at a time may do. A transaction takes its locks in this order, so that no two wait for each other.
/// The numbers are PostgreSQL's keys, which releases that run side by side share: a new lock gets a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryLock {
    /// Migrating.
    Migrations = 4_817_300,
    /// Changing users, sessions and API keys. Other writes of a request share it, so that what authenticates the
    /// request stays as it is until they end. PostgreSQL grants it in the order of requests: nobody can keep it from
    /// the others.
    Accounts = 4_817_305,
    /// Adding the first user.
    FirstUser = 4_817_306,
    /// Counting login attempts before another one.
    LoginAttempts = 4_817_304,
    /// Choosing a slug for a topic or an author.
    TermSlugs = 4_817_302,
    /// Choosing a slot in the search index, and adding words to it.
    SearchIndex = 4_817_303,
    /// Looking whether redirects would lead to one another, before one is created.
    Redirects = 4_817_311,
    /// Counting webhooks before another one is created.
    Webhooks = 4_817_320,
    /// Looking whether other articles of a language are live, before one comes or goes.
    Languages = 4_817_310,
    /// Appending to the log of events. `Tx` takes it last, so that the log's order is the order of the commits.
    EventLog = 4_817_301,
}

impl AdvisoryLock {
    /// Waits for the lock, which is held until the transaction ends.
    pub fn take(self, conn: &mut Connection) -> Result<()> {
        self.wait(conn, "pg_advisory_xact_lock")
    }

    /// Waits until nobody has the lock alone, and shares it with others until the transaction ends. The transaction
    /// cannot take it alone later.
    pub fn share(self, conn: &mut Connection) -> Result<()> {
        self.wait(conn, "pg_advisory_xact_lock_shared")
    }

    fn wait(self, conn: &mut Connection, function: &str) -> Result<()> {
        if let Connection::Postgres(conn) = conn {
            sql_query(format!("SELECT {function}({})", self as i64)).execute(conn)?;
        }
        Ok(())
    }
}
