//! Which articles are searched: the filters of lists, as keys of the index, so that a filter costs no more than a word.

use super::document::{author_key, featured_key, locale_key, topic_key};
use super::expression::Expression;
use crate::articles::filter::Filter;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::terms::store::add_merged;

/// When the year 1 begins, in microseconds since 1970: before any time that can be read.
const FIRST: i64 = -62_135_596_800_000_000;
/// When the year 9999 ends.
const LAST: i64 = 253_402_300_799_999_999;

/// What an article has to carry; `None` if none can. The index of an article knows a merged topic or author by its old id
/// until its rendering has been made anew.
pub fn keys(conn: &mut Connection, filter: &Filter) -> Result<Option<Vec<Expression>>> {
    let mut resolved = filter.resolve(conn)?;
    if resolved.topics.iter().any(Vec::is_empty) || resolved.authors.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    add_merged(conn, &mut resolved.topics)?;
    add_merged(conn, &mut resolved.authors)?;
    let topics = resolved.topics.into_iter().map(|topics| any(topics, topic_key));
    let authors = resolved.authors.into_iter().map(|authors| any(authors, author_key));
    let locales = Some(&filter.locale).filter(|locales| !locales.is_empty());
    let locales = locales.map(|locales| any(locales, locale_key));
    let featured = filter.featured.map(|featured| any([featured], featured_key));
    Ok(Some(topics.chain(authors).chain(locales).chain(featured).collect()))
}

/// Any of these keys.
fn any<T>(values: impl IntoIterator<Item = T>, key: impl Fn(T) -> String) -> Expression {
    Expression::Any(values.into_iter().map(|value| Expression::Tokens(vec![key(value)])).collect())
}

/// Between which moments an article has to have been published, both included, in microseconds since 1970; `None` if
/// any will do.
#[must_use]
pub fn published(filter: &Filter) -> Option<(i64, i64)> {
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_micros);
    let since = micros(filter.published_at_gte).max(micros(filter.published_at_gt).map(|at| at + 1));
    let until = [micros(filter.published_at_lte), micros(filter.published_at_lt).map(|at| at - 1)];
    let until = until.into_iter().flatten().min();
    (since.is_some() || until.is_some()).then(|| (since.unwrap_or(FIRST), until.unwrap_or(LAST)))
}
