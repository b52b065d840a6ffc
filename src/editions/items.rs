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
use crate::base::logger;
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

/// The JSON of each of `rows`, with the fields and formats that are asked for; `None` for a rendering that cannot be read,
/// which is logged.
pub fn select(conn: &mut Connection, rows: Vec<ItemRow>, view: &View) -> Result<Vec<Option<Box<RawValue>>>> {
    if view.needs_bodies() {
        let found = stored(conn, &rows)?;
        return Ok(found.iter().map(|stored| readable(stored.id, stored.select(view))).collect());
    }
    let item = |row: ItemRow| {
        let item = parse_item(row.item)?;
        if view.fields.is_default() { Ok(item) } else { view.fields.choose(&item) }
    };
    Ok(rows.into_iter().map(|row| readable(row.article_id, item(row))).collect())
}

/// The JSON of an item.
pub fn parse_item(item: Vec<u8>) -> Result<Box<RawValue>> {
    let text = String::from_utf8(item).map_err(|e| Error::internal(e.to_string()))?;
    Ok(RawValue::from_string(text)?)
}

/// What was made of the rendering of an article. `None` if the rendering cannot be read, which is logged: it does not keep
/// readers from the others.
pub fn readable<T>(id: ArticleId, made: Result<T>) -> Option<T> {
    made.map_err(|why| logger::error_once(format!("the rendering of article {id} cannot be read: {why}")))
        .ok()
}

/// The whole editions of those of `rows` that can be read.
pub fn whole(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Edition>> {
    let edition = |stored: &Stored| readable(stored.id, stored.parse()).map(|(edition, _)| edition);
    Ok(stored(conn, rows)?.iter().filter_map(edition).collect())
}

fn stored(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Stored>> {
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    let found: Vec<Stored> =
        renderings::table.filter(renderings::article_id.eq_any(&ids)).select(STORED).load(conn)?;
    let mut found: HashMap<ArticleId, Stored> = found.into_iter().map(|stored| (stored.id, stored)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
