//! The index of values in `custom`: a row for each that a listed article is found by.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::custom::found_by;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::rendering_values;
use crate::base::error::Result;
use crate::base::ids::ArticleId;

/// Stores the values that a live article is found by, and when it was first published: those of its `custom`, or none, if
/// it is not listed. Returns whether that changed anything.
pub fn set(
    tx: &mut Tx<'_>,
    article: ArticleId,
    published_at: Timestamp,
    custom: Option<&Map<String, Value>>,
) -> Result<bool> {
    let own = rendering_values::table.filter(rendering_values::article_id.eq(article));
    let columns = (rendering_values::name, rendering_values::value, rendering_values::published_at);
    let mut stored: Vec<(String, String, Timestamp)> = own.select(columns).load(&mut **tx)?;
    stored.sort_unstable();
    let values = custom.map(found_by).unwrap_or_default();
    let mut found: Vec<_> = values.into_iter().map(|(name, json)| (name, json, published_at)).collect();
    found.sort_unstable();
    if found == stored {
        return Ok(false);
    }
    if !stored.is_empty() {
        diesel::delete(own).execute(&mut **tx)?;
    }
    let row = |(name, json, published_at): (String, String, Timestamp)| {
        (
            rendering_values::name.eq(name),
            rendering_values::value.eq(json),
            rendering_values::published_at.eq(published_at),
            rendering_values::article_id.eq(article),
        )
    };
    let rows: Vec<_> = found.into_iter().map(row).collect();
    crate::insert_rows!(&mut **tx, rendering_values::table, rows)?;
    Ok(true)
}
