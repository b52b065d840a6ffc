//! What a failure of the database means: for the caller, for the unit of work that ran into it, and for the process.
//!
//! An [`Error`] keeps the database's own error as its cause, and this file alone looks into it. The two engines report
//! some conditions by a code and some only by a text.

use std::fmt;

use diesel::result::DatabaseErrorKind;
use diesel::result::Error as DatabaseError;

use super::tx::Tx;
use crate::base::error::{Cause, Error};

impl From<DatabaseError> for Error {
    /// Unavailable or no space if the same may succeed later, otherwise internal. Whether something was found is for
    /// the caller to say.
    fn from(error: DatabaseError) -> Self {
        if is_full(&error) {
            return Self::no_space(error);
        }
        if is_transient(&error) { Self::unavailable(error) } else { Self::internal(error) }
    }
}

/// Whether the same may succeed later, without another request or another release: the database is away, locked or
/// damaged.
fn is_transient(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | DatabaseError::BrokenTransactionManager => true,
        DatabaseError::DatabaseError(_, info) => {
            let message = info.message();
            [
                "database is locked",
                "disk I/O error",
                "database disk image is malformed",
                "file is not a database",
                "unable to open database file",
                "attempt to write a readonly database",
                "deadlock detected",
                "lock timeout",
                "statement timeout",
                "the database system is",
                "server closed the connection",
                "terminating connection",
                "connection to server",
                "no connection to the server",
            ]
            .iter()
            .any(|known| message.contains(known))
        }
        _ => false,
    }
}

/// Whether there is no space left for a write. Reads go on.
pub(super) fn is_full(error: &DatabaseError) -> bool {
    let DatabaseError::DatabaseError(_, info) = error else { return false };
    ["database or disk is full", "No space left on device"].iter().any(|known| info.message().contains(known))
}

/// Marks the error of a unit of work that is to be rolled back and retried. Only [`Tx::retry`] creates it, and only
/// [`wants_retry`] reads it.
#[derive(Debug)]
struct Retry;

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another transaction was faster each time")
    }
}

impl std::error::Error for Retry {}

impl Tx<'_> {
    /// The error with which a unit of work is rolled back and retried, because another transaction changed what it
    /// relied on. Its caller gets it as [`Error::Unavailable`] once the tries are used up. On SQLite, where one unit
    /// of work runs at a time, it is not retried.
    #[must_use]
    pub fn retry() -> Error {
        Error::unavailable(Retry)
    }
}

/// Whether a unit of work that failed with this error is retried at once.
pub(super) fn wants_retry(error: &Error) -> bool {
    let Some(cause) = cause(error) else { return false };
    match cause.downcast_ref::<DatabaseError>() {
        Some(DatabaseError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
        // diesel has no kind for SQLSTATE 40P01, and hides the code. `connection::open` asks for English texts.
        Some(DatabaseError::DatabaseError(_, info)) => info.message().contains("deadlock detected"),
        _ => cause.is::<Retry>(),
    }
}

/// The database's own error, if a unit of work failed with one.
pub(super) fn of_database(error: &Error) -> Option<&DatabaseError> {
    cause(error)?.downcast_ref()
}

/// Whether the file under SQLite can no longer be trusted. The process has to end: a failed fsync must not be retried.
/// SQLite's code is lost in diesel; its texts are constants of its source (`sqlite3ErrStr`).
pub(super) fn is_fatal(error: &DatabaseError) -> bool {
    let DatabaseError::DatabaseError(_, info) = error else { return false };
    ["disk I/O error", "disk image is malformed", "file is not a database"]
        .iter()
        .any(|known| info.message().contains(known))
}

fn cause(error: &Error) -> Option<&Cause> {
    match error {
        Error::Unavailable(cause) | Error::NoSpace(cause) | Error::Internal(cause) => Some(cause),
        _ => None,
    }
}
