//! Which unique constraint an insert or an update broke. The two engines report it differently.

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
