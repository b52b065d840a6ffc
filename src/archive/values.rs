//! Values of rows, the same from both databases: read from a row, bound to a statement, and written as JSON.

use std::io::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::QueryableByName;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::row::{Field as _, NamedRow, Row};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use serde_json::Value as JsonValue;
use uuid::Uuid;

use super::columns::{Column, Kind};
use crate::base::clock::Timestamp;
use crate::base::db::types::{Id, Instant, Json, JsonText};
use crate::base::error::{Error, Result};
use crate::base::ids::{IsId as _, SubjectId};

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None.
    Null(Kind),
    /// A text.
    Text(String),
    /// A JSON text as it is stored.
    Json(Json<()>),
    /// An integer.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID.
    Uuid(SubjectId),
    /// A moment.
    Time(Timestamp),
}

/// A value as a database hands it out: SQLite does not know what an integer or bytes stand for.
#[derive(Debug)]
enum Raw {
    Null,
    Text(String),
    Integer(i64),
    Bytes(Vec<u8>),
}

/// A row as a database hands it out.
#[derive(Debug)]
pub struct RawRow(Vec<Raw>);

impl QueryableByName<Sqlite> for RawRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let read = |index: usize| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Raw::Null) };
            Ok(match value.value_type() {
                Some(SqliteType::Binary) => {
                    Raw::Bytes(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)
                }
                Some(SqliteType::Text) => Raw::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                Some(_) => Raw::Integer(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?),
                None => Raw::Null,
            })
        };
        (0..row.field_count()).map(read).collect::<deserialize::Result<_>>().map(Self)
    }
}

impl QueryableByName<Pg> for RawRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let read = |index: usize| {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            field.value().map_or(Ok(Raw::Null), from_postgres)
        };
        (0..row.field_count()).map(read).collect::<deserialize::Result<_>>().map(Self)
    }
}

/// Reads a value by its type: the numbers of PostgreSQL's types never change.
fn from_postgres(value: PgValue<'_>) -> deserialize::Result<Raw> {
    Ok(match value.get_oid().get() {
        16 => Raw::Integer(<bool as FromSql<Bool, Pg>>::from_sql(value)?.into()),
        17 | 2950 => Raw::Bytes(value.as_bytes().to_vec()),
        20 => Raw::Integer(<i64 as FromSql<BigInt, Pg>>::from_sql(value)?),
        25 | 114 => Raw::Text(std::str::from_utf8(value.as_bytes())?.to_owned()),
        1184 => Raw::Integer(<Timestamp as FromSql<Instant, Pg>>::from_sql(value)?.as_micros()),
        other => return Err(format!("a column has the type {other}").into()),
    })
}

impl RawRow {
    /// The values, for columns of these kinds.
    ///
    /// # Errors
    /// Internal, if the database holds something else.
    pub fn typed(self, columns: &[Column]) -> Result<Vec<Value>> {
        let pairs = self.0.into_iter().zip(columns);
        pairs.map(|(raw, column)| typed(raw, column)).collect()
    }
}

fn typed(raw: Raw, column: &Column) -> Result<Value> {
    let wrong = || Error::internal(format!("{} holds no {:?}", column.name, column.kind));
    Ok(match (column.kind, raw) {
        (kind, Raw::Null) => Value::Null(kind),
        (Kind::Text, Raw::Text(text)) => Value::Text(text),
        (Kind::Json, Raw::Text(text)) => json(text),
        (Kind::Integer, Raw::Integer(number)) => Value::Integer(number),
        (Kind::Boolean, Raw::Integer(number)) => Value::Boolean(number != 0),
        (Kind::Bytes, Raw::Bytes(bytes)) => Value::Bytes(bytes),
        (Kind::Uuid, Raw::Bytes(bytes)) => {
            Value::Uuid(SubjectId::from_uuid(Uuid::from_slice(&bytes).map_err(|_| wrong())?))
        }
        (Kind::Time, Raw::Integer(micros)) => {
            Value::Time(Timestamp::from_micros(micros).map_err(|_| wrong())?)
        }
        _ => return Err(wrong()),
    })
}

/// A JSON text that is passed on as it is.
fn json(text: String) -> Value {
    Value::Json(Json::Unreadable { text, why: String::new() })
}

impl Value {
    /// Writes it as JSON.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        match self {
            Self::Null(_) => out.write_all(b"null"),
            Self::Text(text) | Self::Json(Json::Unreadable { text, .. }) => {
                Ok(serde_json::to_writer(out, text)?)
            }
            Self::Json(Json::Readable(())) => out.write_all(b"\"null\""),
            Self::Integer(number) => write!(out, "{number}"),
            Self::Boolean(flag) => write!(out, "{flag}"),
            Self::Bytes(bytes) => write!(out, "\"{}\"", BASE64_STANDARD.encode(bytes)),
            Self::Uuid(id) => write!(out, "\"{id}\""),
            Self::Time(at) => write!(out, "{}", at.as_micros()),
        }
    }

    /// Reads what [`Value::write`] wrote; `None` if it is no value of that kind.
    #[must_use]
    pub fn read(kind: Kind, value: JsonValue) -> Option<Self> {
        Some(match (kind, value) {
            (kind, JsonValue::Null) => Self::Null(kind),
            (Kind::Text, JsonValue::String(text)) => Self::Text(text),
            (Kind::Json, JsonValue::String(text)) => json(text),
            (Kind::Integer, JsonValue::Number(number)) => Self::Integer(number.as_i64()?),
            (Kind::Boolean, JsonValue::Bool(flag)) => Self::Boolean(flag),
            (Kind::Bytes, JsonValue::String(text)) => Self::Bytes(BASE64_STANDARD.decode(text).ok()?),
            (Kind::Uuid, JsonValue::String(text)) => {
                Self::Uuid(SubjectId::from_uuid(Uuid::try_parse(&text).ok()?))
            }
            (Kind::Time, JsonValue::Number(number)) => {
                Self::Time(Timestamp::from_micros(number.as_i64()?).ok()?)
            }
            _ => return None,
        })
    }

    /// Adds it to a statement as a bound value.
    pub fn bind<'b, DB: KnowsValues>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        Json<()>: ToSql<JsonText, DB>,
        SubjectId: ToSql<Id, DB>,
        Timestamp: ToSql<Instant, DB>,
        str: ToSql<Text, DB>,
        [u8]: ToSql<Binary, DB>,
        i64: ToSql<BigInt, DB>,
        bool: ToSql<Bool, DB>,
    {
        match self {
            Self::Null(Kind::Text) => out.push_bind_param::<Nullable<Text>, _>(&None::<&str>),
            Self::Null(Kind::Json) => out.push_bind_param::<Nullable<JsonText>, _>(&None::<&Json<()>>),
            Self::Null(Kind::Integer) => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>),
            Self::Null(Kind::Boolean) => out.push_bind_param::<Nullable<Bool>, _>(&None::<bool>),
            Self::Null(Kind::Bytes) => out.push_bind_param::<Nullable<Binary>, _>(&None::<&[u8]>),
            Self::Null(Kind::Uuid) => out.push_bind_param::<Nullable<Id>, _>(&None::<SubjectId>),
            Self::Null(Kind::Time) => out.push_bind_param::<Nullable<Instant>, _>(&None::<Timestamp>),
            Self::Text(text) => out.push_bind_param::<Text, _>(text.as_str()),
            Self::Json(json) => out.push_bind_param::<JsonText, _>(json),
            Self::Integer(number) => out.push_bind_param::<BigInt, _>(number),
            Self::Boolean(flag) => out.push_bind_param::<Bool, _>(flag),
            Self::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes.as_slice()),
            Self::Uuid(id) => out.push_bind_param::<Id, _>(id),
            Self::Time(at) => out.push_bind_param::<Instant, _>(at),
        }
    }
}

/// A backend that knows the types of all values.
pub trait KnowsValues:
    Backend
    + HasSqlType<Text>
    + HasSqlType<JsonText>
    + HasSqlType<BigInt>
    + HasSqlType<Bool>
    + HasSqlType<Binary>
    + HasSqlType<Id>
    + HasSqlType<Instant>
{
}
impl KnowsValues for Sqlite {}
impl KnowsValues for Pg {}
