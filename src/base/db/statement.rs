//! SQL for what the query builder cannot express, such as full-text search. Unlike `diesel::sql_query` it is prepared
//! once a connection, as every other query is.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text};
use diesel::{Connection, RunQueryDsl};

/// A text with a `?` for each value, and columns of the SQL types `S`.
#[derive(Debug)]
pub struct Statement<'a, S = ()> {
    sql: &'static str,
    values: Vec<Value<'a>>,
    planned_anew: bool,
    columns: PhantomData<S>,
}

#[derive(Debug)]
enum Value<'a> {
    Integer(i64),
    Text(&'a str),
}

impl<'a, S> Statement<'a, S> {
    /// A statement whose values are added in the order of its placeholders.
    #[must_use]
    pub fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), planned_anew: false, columns: PhantomData }
    }

    /// Adds the next value, an integer.
    #[must_use]
    pub fn integer(mut self, value: i64) -> Self {
        self.values.push(Value::Integer(value));
        self
    }

    /// Plans the statement anew for its values each time, for when the best plan depends on them.
    #[must_use]
    pub fn planned_anew(mut self) -> Self {
        self.planned_anew = true;
        self
    }

    /// Adds the next value, a text.
    #[must_use]
    pub fn text(mut self, value: &'a str) -> Self {
        self.values.push(Value::Text(value));
        self
    }
}

impl<S, DB> QueryFragment<DB> for Statement<'_, S>
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.planned_anew {
            out.unsafe_to_cache_prepared();
        }
        let mut values = self.values.iter();
        for (at, piece) in self.sql.split('?').enumerate() {
            match if at == 0 { None } else { values.next() } {
                Some(Value::Integer(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Some(Value::Text(value)) => out.push_bind_param::<Text, _>(*value)?,
                None => {}
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

/// The statement cache identifies it by its text.
impl<S> QueryId for Statement<'_, S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S> Query for Statement<'_, S> {
    type SqlType = S;
}

impl<S, C: Connection> RunQueryDsl<C> for Statement<'_, S> {}
