//! Editions in lists, made of stored renderings. Stale ones are rendered again before they are returned.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use serde_json::value::RawValue;

use super::lookup::{STORED, Stored};
use super::renderings::ItemRow;
use super::view::View;
use super::{Edition, rerender};
use crate::app::App;
use crate::base::db::Connection;
use crate::base::db::schema::renderings;
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::render_context;

/// Reads something that is made of renderings: `find` finds their rows and whatever else is needed, `make` makes it of
/// them. Stale ones are rendered again and found once more; what changes faster than that is taken as it is.
pub async fn read_current<R, T, F, M>(app: &App, find: F, make: M) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&mut Connection) -> Result<(Vec<ItemRow>, R)> + Clone + Send + 'static,
    M: Fn(&mut Connection, Vec<ItemRow>, R) -> Result<T> + Clone + Send + 'static,
{
    let read = async |last| {
        let (find, make) = (find.clone(), make.clone());
        let once = move |conn: &mut Connection| {
            let (rows, rest) = find(conn)?;
            let stale = stale(conn, &rows)?;
            if last || stale.is_empty() { make(conn, rows, rest).map(Ok) } else { Ok(Err(stale)) }
        };
        app.db.snapshot(once).await
    };
    rerender::read_current(app, read).await
}

/// Those of an older epoch.
fn stale(conn: &mut Connection, rows: &[ItemRow]) -> Result<BTreeSet<ArticleId>> {
    let epoch = render_context::store::epoch(conn)?;
    Ok(rows.iter().filter(|row| row.epoch < epoch).map(|row| row.article_id).collect())
}

/// The rows of these articles, in this order.
pub fn find(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<ItemRow>> {
    let rows = renderings::table.filter(renderings::article_id.eq_any(ids));
    let mut rows: Vec<ItemRow> = rows.select(ItemRow::as_select()).load(conn)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.article_id));
    Ok(rows)
}

/// The JSON of each of `rows`, with the fields and formats that are asked for.
pub fn select(conn: &mut Connection, rows: Vec<ItemRow>, view: &View) -> Result<Vec<Box<RawValue>>> {
    if view.needs_bodies() {
        return stored(conn, &rows)?.iter().map(|stored| stored.select(view)).collect();
    }
    rows.into_iter()
        .map(|row| {
            let text = String::from_utf8(row.item).map_err(|e| Error::internal(e.to_string()))?;
            let item = RawValue::from_string(text)?;
            if view.fields.is_default() { Ok(item) } else { view.fields.choose(&item) }
        })
        .collect()
}

/// The whole editions of `rows`.
pub fn whole(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Edition>> {
    stored(conn, rows)?.iter().map(|stored| Ok(serde_json::from_slice(&stored.finished.body)?)).collect()
}

fn stored(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Stored>> {
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    let found: Vec<Stored> =
        renderings::table.filter(renderings::article_id.eq_any(&ids)).select(STORED).load(conn)?;
    let mut found: HashMap<ArticleId, Stored> = found.into_iter().map(|stored| (stored.id, stored)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
