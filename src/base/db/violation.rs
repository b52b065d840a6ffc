//! What a database's refusal means. The two engines word it differently; here both become the same.

use diesel::result::{DatabaseErrorKind, Error};

/// The name of the unique constraint that an insert or update broke, as in `articles_locale_slug`. PostgreSQL gives the
/// name; SQLite gives the columns, and our constraints are named after theirs.
#[must_use]
pub fn unique(error: &Error) -> Option<String> {
    let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else { return None };
    Some(info.constraint_name().map_or_else(|| from_columns(info.message()), str::to_owned))
}

/// `UNIQUE constraint failed: articles.locale, articles.slug` names `articles_locale_slug`.
fn from_columns(message: &str) -> String {
    let columns = message.rsplit(": ").next().unwrap_or_default();
    let mut name = String::new();
    for column in columns.split(", ") {
        let (table, column) = column.split_once('.').unwrap_or(("", column));
        if name.is_empty() {
            name.push_str(table);
        }
        name.push('_');
        name.push_str(column);
    }
    name
}

/// Whether the same may well succeed in a moment: the database is away, locked or full.
#[must_use]
pub fn is_transient(error: &Error) -> bool {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | Error::BrokenTransactionManager => true,
        Error::DatabaseError(_, info) => {
            let message = info.message();
            [
                "database is locked",
                "database or disk is full",
                "disk I/O error",
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

/// The reason with which a unit of work asks to be run again because another was faster.
pub const RETRY: &str = "could not serialize access: another was faster";

/// Whether the whole of a PostgreSQL transaction may be tried again at once.
#[must_use]
pub fn is_retryable(message: &str) -> bool {
    message.contains("could not serialize access") || message.contains("deadlock detected")
}

/// Whether the file under SQLite can no longer be trusted. The process has to end: a failed fsync must not be retried.
#[must_use]
pub fn is_fatal(message: &str) -> bool {
    message.contains("disk I/O error") || message.contains("disk image is malformed")
}
