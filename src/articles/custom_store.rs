//! The index of values in the `custom` of drafts: a row for each that a draft is found by.

use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::{Map, Value};

use super::custom::{COMMON, found_by};
use crate::base::db::schema::{articles, draft_values};
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::ids::ArticleId;

/// Stores the values of a new draft.
pub fn insert(tx: &mut Tx<'_>, article: ArticleId, custom: &Map<String, Value>) -> Result<()> {
    let row = |(name, json): (String, String)| {
        (draft_values::name.eq(name), draft_values::value.eq(json), draft_values::article_id.eq(article))
    };
    let rows: Vec<_> = found_by(custom).into_iter().map(row).collect();
    Ok(crate::insert_rows!(&mut **tx, draft_values::table, rows)?)
}

/// Replaces the values of a draft.
pub fn update(tx: &mut Tx<'_>, article: ArticleId, custom: &Map<String, Value>) -> Result<()> {
    diesel::delete(draft_values::table.filter(draft_values::article_id.eq(article))).execute(&mut **tx)?;
    insert(tx, article, custom)
}

/// Those of the articles whose draft has one of these values, as JSON, in a field of `custom`.
pub fn filter<'a>(
    conn: &mut Connection,
    query: articles::BoxedQuery<'a, MultiBackend>,
    name: &str,
    values: &[String],
) -> Result<articles::BoxedQuery<'a, MultiBackend>> {
    let found = draft_values::table
        .filter(draft_values::name.eq(name.to_owned()))
        .filter(draft_values::value.eq_any(values.to_owned()));
    let beyond: Option<ArticleId> =
        found.clone().select(draft_values::article_id).offset(COMMON).limit(1).get_result(conn).optional()?;
    Ok(match beyond {
        Some(_) => query.filter(exists(found.filter(draft_values::article_id.eq(articles::id)))),
        None => query.filter(articles::id.eq_any(found.select(draft_values::article_id))),
    })
}
