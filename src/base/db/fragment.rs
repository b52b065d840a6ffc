//! SQL without values for a column that the query builder cannot express. Unlike `diesel::dsl::sql` it does not keep
//! the whole statement from being prepared only once a connection.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

/// A column of the SQL type `S`.
#[derive(Debug, Clone, Copy)]
pub struct Fragment<S> {
    sql: &'static str,
    result: PhantomData<S>,
}

impl<S> Fragment<S> {
    /// A column that is computed by `sql`, the same on both databases.
    #[must_use]
    pub const fn new(sql: &'static str) -> Self {
        Self { sql, result: PhantomData }
    }
}

impl<S: TypedExpressionType> Expression for Fragment<S> {
    type SqlType = S;
}

impl<S, T> AppearsOnTable<T> for Fragment<S> where Self: Expression {}

impl<S, T> SelectableExpression<T> for Fragment<S> where Self: Expression {}

impl<S, G> ValidGrouping<G> for Fragment<S> {
    type IsAggregate = is_aggregate::Never;
}

/// The statement cache identifies it by its text.
impl<S> QueryId for Fragment<S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, DB: Backend> QueryFragment<DB> for Fragment<S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}
