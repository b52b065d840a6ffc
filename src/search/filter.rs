//! Translates list filters to keys in the index, so that a filter costs no more than another word in the query.

use super::document::{author_key, featured_key, locale_key, topic_key};
use super::expression::Expression;
use crate::articles::filter::Filter;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::terms::store::add_merged;

/// 0001-01-01T00:00:00Z in microseconds since 1970, the earliest timestamp that can be parsed.
const FIRST: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z in microseconds since 1970, the latest timestamp.
const LAST: i64 = 253_402_300_799_999_999;

/// The keys that an article must have; `None` if no article can match. Includes the ids of merged topics and authors,
/// because an article stays indexed under the old id until it is rendered again.
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

/// Matches places with at least one of these keys.
fn any<T>(values: impl IntoIterator<Item = T>, key: impl Fn(T) -> String) -> Expression {
    Expression::Any(values.into_iter().map(|value| Expression::Tokens(vec![key(value)])).collect())
}

/// The publication times to match, both included, in microseconds since 1970; `None` for any time.
#[must_use]
pub fn published(filter: &Filter) -> Option<(i64, i64)> {
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_micros);
    let since = micros(filter.published_at_gte).max(micros(filter.published_at_gt).map(|at| at + 1));
    let until = [micros(filter.published_at_lte), micros(filter.published_at_lt).map(|at| at - 1)];
    let until = until.into_iter().flatten().min();
    (since.is_some() || until.is_some()).then(|| (since.unwrap_or(FIRST), until.unwrap_or(LAST)))
}
