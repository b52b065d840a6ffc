//! The index of values in `custom`: a row for each that a listed article is found by.

use diesel::prelude::*;

use super::render::Facts;
use crate::articles::Metadata;
use crate::articles::custom::found_by;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::rendering_values;
use crate::base::error::Result;
use crate::base::ids::ArticleId;

/// Names and values, and when the article was first published.
type Rows = Vec<(String, String, Timestamp)>;

/// The rows of an edition; none, if it is not listed.
fn rows_of(facts: &Facts, metadata: &Metadata) -> Rows {
    let custom = Some(&metadata.custom).filter(|_| metadata.listed);
    let values = custom.map(found_by).unwrap_or_default();
    let mut rows: Rows = values.into_iter().map(|(name, json)| (name, json, facts.published_at)).collect();
    rows.sort_unstable();
    rows
}

/// Stores the values of an article that has not been live.
pub fn insert(tx: &mut Tx<'_>, facts: &Facts, metadata: &Metadata) -> Result<()> {
    insert_rows(tx, facts.id, rows_of(facts, metadata))
}

/// Replaces the values of a live article. Returns whether they differ.
pub fn update(tx: &mut Tx<'_>, facts: &Facts, metadata: &Metadata) -> Result<bool> {
    let own = rendering_values::table.filter(rendering_values::article_id.eq(facts.id));
    let columns = (rendering_values::name, rendering_values::value, rendering_values::published_at);
    let mut stored: Rows = own.select(columns).load(&mut **tx)?;
    stored.sort_unstable();
    let rows = rows_of(facts, metadata);
    if rows == stored {
        return Ok(false);
    }
    if !stored.is_empty() {
        diesel::delete(own).execute(&mut **tx)?;
    }
    insert_rows(tx, facts.id, rows)?;
    Ok(true)
}

fn insert_rows(tx: &mut Tx<'_>, article: ArticleId, rows: Rows) -> Result<()> {
    let row = |(name, json, published_at): (String, String, Timestamp)| {
        (
            rendering_values::name.eq(name),
            rendering_values::value.eq(json),
            rendering_values::published_at.eq(published_at),
            rendering_values::article_id.eq(article),
        )
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    Ok(crate::insert_rows!(&mut **tx, rendering_values::table, rows)?)
}
