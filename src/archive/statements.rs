//! The statements that read and write rows of any table.

use diesel::RunQueryDsl;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

use super::columns::Column;
use super::tables::Table;
use super::values::{KnowsValues, Value};
use crate::base::clock::Timestamp;
use crate::base::db::types::{Id, Instant, Json, JsonText};
use crate::base::ids::SubjectId;

/// The query for all rows of a table that an archive holds, in the order of their keys.
pub fn select(table: &Table, columns: &[Column]) -> String {
    let names = |names: &mut dyn Iterator<Item = &str>| quoted(names);
    format!(
        "SELECT {} FROM \"{}\"{} ORDER BY {}",
        names(&mut columns.iter().map(|column| column.name.as_str())),
        table.name,
        table.condition(),
        names(&mut table.key.iter().copied())
    )
}

fn quoted(names: &mut dyn Iterator<Item = &str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// The beginning of the statement that inserts rows.
pub fn insert(table: &str, columns: &[Column]) -> String {
    format!(
        "INSERT INTO \"{table}\" ({}) VALUES ",
        quoted(&mut columns.iter().map(|column| column.name.as_str()))
    )
}

/// Texts with values between them, for any number of rows. Prepared once a connection for each number.
#[derive(Debug)]
pub struct Filled<'a> {
    /// The text before the values.
    pub head: &'a str,
    /// The values of each row.
    pub rows: &'a [Vec<Value>],
    /// The text after them.
    pub tail: &'a str,
}

impl<DB: KnowsValues> QueryFragment<DB> for Filled<'_>
where
    Json<()>: ToSql<JsonText, DB>,
    SubjectId: ToSql<Id, DB>,
    Timestamp: ToSql<Instant, DB>,
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.head);
        for (at, row) in self.rows.iter().enumerate() {
            out.push_sql(if at == 0 { "(" } else { ", (" });
            for (at, value) in row.iter().enumerate() {
                if at > 0 {
                    out.push_sql(", ");
                }
                value.bind(&mut out)?;
            }
            out.push_sql(")");
        }
        out.push_sql(self.tail);
        Ok(())
    }
}

/// The statement cache identifies it by its text.
impl QueryId for Filled<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Filled<'_> {}
