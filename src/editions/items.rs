//! Editions in lists, cut from the stored renderings. Whoever meets stale ones has them made anew first.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::value::RawValue;

use super::look::{STORED, Stored};
use super::store::{self, ItemRow};
use super::view::View;
use super::{Edition, remake};
use crate::app::App;
use crate::articles::ArticleId;
use crate::db::Connection;
use crate::db::schema::renderings;
use crate::error::{Error, Result};

/// Reads something that is made of renderings; `read` also tells which of these are stale. Those are made anew and
/// everything is read again; what changes faster than that is served as it is.
///
/// # Errors
/// What `read` says.
pub async fn fresh<T, F>(app: &App, read: F) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&mut Connection) -> Result<(T, Vec<ArticleId>)> + Clone + Send + 'static,
{
    let (found, stale) = app.db.snapshot(read.clone()).await?;
    if stale.is_empty() {
        return Ok(found);
    }
    for id in stale {
        remake::one(app, id).await?;
    }
    Ok(app.db.snapshot(read).await?.0)
}

/// The rows of those of these articles that are live and listed, in this order.
///
/// # Errors
/// When the database refuses.
pub fn listed(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<ItemRow>> {
    let listed = renderings::table.filter(renderings::listed.eq(true));
    let mut rows: Vec<ItemRow> =
        listed.filter(renderings::article_id.eq_any(ids)).select(ItemRow::as_select()).load(conn)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.article_id));
    Ok(rows)
}

/// Those of `rows` that are older than the present surroundings.
///
/// # Errors
/// When the database refuses.
pub fn stale(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<ArticleId>> {
    let epoch = store::epoch(conn)?;
    Ok(rows.iter().filter(|row| row.epoch < epoch).map(|row| row.article_id).collect())
}

/// The JSON of each of `rows`, as it is wanted.
///
/// # Errors
/// When the database refuses.
pub fn cut(conn: &mut Connection, rows: Vec<ItemRow>, view: &View) -> Result<Vec<Box<RawValue>>> {
    if view.needs_bodies() {
        let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
        return stored(conn, &ids)?.iter().map(|stored| view.cut(stored)).collect();
    }
    rows.into_iter()
        .map(|row| {
            let text = String::from_utf8(row.item).map_err(|e| Error::internal(e.to_string()))?;
            let item = RawValue::from_string(text)?;
            if view.fields.is_default() { Ok(item) } else { view.fields.choose(&item) }
        })
        .collect()
}

/// The whole editions of these articles, in this order.
///
/// # Errors
/// When the database refuses.
pub fn whole(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<Edition>> {
    stored(conn, ids)?.iter().map(|stored| Ok(serde_json::from_slice(&stored.finished.body)?)).collect()
}

fn stored(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<Stored>> {
    let found: Vec<Stored> =
        renderings::table.filter(renderings::article_id.eq_any(ids)).select(STORED).load(conn)?;
    let mut found: HashMap<ArticleId, Stored> = found.into_iter().map(|stored| (stored.id, stored)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
