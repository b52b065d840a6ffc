//! The three column types that the two databases spell differently, and the Rust types that live in them.
//! Everything else is an integer, a text, a flag or bytes in both.

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType, Text};
use diesel::sqlite::Sqlite;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connection::{MultiBackend, MultiRawValue};
use crate::base::logger;

/// A `UUIDv7`: sixteen bytes in SQLite, `uuid` in PostgreSQL. Sorts the same in both.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Binary"), postgres_type(oid = 2950, array_oid = 2951))]
pub struct Id;

/// A moment: microseconds since 1970 in SQLite, `timestamptz` in PostgreSQL.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"), postgres_type(oid = 1184, array_oid = 1185))]
pub struct Instant;

impl diesel::sql_types::SqlOrd for Instant {}

/// A JSON text, kept as it was written: `TEXT` in SQLite, `json` in PostgreSQL.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"), postgres_type(oid = 114, array_oid = 199))]
pub struct JsonText;

/// Any serde value in a [`JsonText`] column.
///
/// A text that cannot be read as a `T`, because an older release wrote it or somebody edited the database, does not
/// fail the query: one such row would make every list that contains it fail. [`Json::read`] tells.
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = JsonText)]
pub enum Json<T: fmt::Debug + 'static> {
    /// The value.
    Readable(T),
    /// What is stored and not readable. It is written back as it is.
    Unreadable {
        /// The stored text.
        text: String,
        /// Why it cannot be read.
        why: String,
    },
}

impl<T: fmt::Debug + Default> Default for Json<T> {
    fn default() -> Self {
        Self::Readable(T::default())
    }
}

impl<T: fmt::Debug> Json<T> {
    /// Returns the value, or `None` if it cannot be read, which is logged once. `place` names the column and the row.
    pub fn read(self, place: impl fmt::Display) -> Option<T> {
        match self {
            Self::Readable(value) => Some(value),
            Self::Unreadable { why, .. } => {
                logger::error_once(format!("{place} holds JSON that cannot be read: {why}"));
                None
            }
        }
    }

    /// Replaces the value. The default does not replace a text that cannot be read, because that is what is shown of
    /// it: it stays until somebody sets another value.
    pub fn set(&mut self, value: T)
    where
        T: Default + PartialEq,
    {
        if matches!(self, Self::Readable(_)) || value != T::default() {
            *self = Self::Readable(value);
        }
    }
}

impl<T: fmt::Debug + DeserializeOwned> Json<T> {
    fn parse(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(value) => Self::Readable(value),
            Err(error) => Self::Unreadable { text: text.to_owned(), why: error.to_string() },
        }
    }
}

impl<T: fmt::Debug + Serialize> Json<T> {
    fn text(&self) -> Result<Cow<'_, str>, serde_json::Error> {
        match self {
            Self::Readable(value) => serde_json::to_string(value).map(Cow::Owned),
            Self::Unreadable { text, .. } => Ok(Cow::Borrowed(text)),
        }
    }
}

/// Lets a Rust type pass through the connection enum, given that it passes through each backend.
macro_rules! through_either {
    ([$($generics:tt)*] $sql:ident, $rust:ty) => {
        impl<$($generics)*> ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql, self));
                Ok(IsNull::No)
            }
        }
        impl<$($generics)*> FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
    };
}

pub(crate) use through_either;

impl HasSqlType<Id> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<Id>(lookup)
    }
}
impl HasSqlType<Instant> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<Instant>(lookup)
    }
}
impl HasSqlType<JsonText> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<JsonText>(lookup)
    }
}

impl<T: fmt::Debug + Serialize + 'static> ToSql<JsonText, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text()?.into_owned());
        Ok(IsNull::No)
    }
}
impl<T: fmt::Debug + DeserializeOwned + 'static> FromSql<JsonText, Sqlite> for Json<T> {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Json::parse(&text))
    }
}
impl<T: fmt::Debug + Serialize + 'static> ToSql<JsonText, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.text()?.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<T: fmt::Debug + DeserializeOwned + 'static> FromSql<JsonText, Pg> for Json<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Json::parse(std::str::from_utf8(value.as_bytes())?))
    }
}
through_either!([T: fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static] JsonText, Json<T>);

/// Lets a type be a column of text. The type offers `as_str()`, and `from_stored(String)` unless `$read` is given.
#[macro_export]
macro_rules! text_column {
    ($name:ty) => {
        $crate::text_column!($name, |text| Ok(<$name>::from_stored(text)));
    };
    ($name:ty, $read:expr) => {
        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                self.as_str().to_sql(out)
            }
        }
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let read: fn(String) -> diesel::deserialize::Result<Self> = $read;
                read(String::from_sql(value)?)
            }
        }
    };
}
