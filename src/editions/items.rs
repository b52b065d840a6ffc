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
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::ids::ArticleId;
use crate::base::logger;
use crate::render_context;

/// The most bytes of renderings that are read at once, unless one alone has more.
const MAX_READ_BYTES: usize = MAX_PAGE_BYTES;

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

/// The JSON of `rows`, with the fields and formats that are asked for: of all, or of as many of the first as one page may
/// hold. `None` for a rendering that cannot be read, which is logged.
pub fn select(conn: &mut Connection, rows: &[ItemRow], view: &View) -> Result<Vec<Option<Box<RawValue>>>> {
    if view.needs_bodies() {
        return fill(rows, ItemRow::whole_size, |part| {
            Ok(stored(conn, part)?.iter().map(|stored| readable(stored.id, stored.select(view))).collect())
        });
    }
    select_items(
        conn,
        rows,
        |item| {
            if view.fields.is_default() { Ok(item) } else { view.fields.choose(&item) }
        },
    )
}

/// The same of `rows` as in lists, with each item changed by `convert`.
pub fn select_items(
    conn: &mut Connection,
    rows: &[ItemRow],
    convert: impl Fn(Box<RawValue>) -> Result<Box<RawValue>>,
) -> Result<Vec<Option<Box<RawValue>>>> {
    fill(rows, ItemRow::item_size, |part| {
        let items = json(conn, part.iter().map(|row| row.article_id))?;
        Ok(items.into_iter().map(|(id, item)| readable(id, parse_item(item).and_then(&convert))).collect())
    })
}

/// The JSON of an item.
fn parse_item(item: Vec<u8>) -> Result<Box<RawValue>> {
    let text = String::from_utf8(item).map_err(|e| Error::internal(e.to_string()))?;
    Ok(RawValue::from_string(text)?)
}

/// What was made of the rendering of an article. `None` if the rendering cannot be read, which is logged: it does not keep
/// readers from the others.
pub fn readable<T>(id: ArticleId, made: Result<T>) -> Option<T> {
    made.map_err(|why| logger::error_once(format!("the rendering of article {id} cannot be read: {why}")))
        .ok()
}

/// The whole editions of those of `rows` that can be read: of all, or of as many of the first as one page may hold.
pub fn whole(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Edition>> {
    let edition = |stored: &Stored| readable(stored.id, stored.parse()).map(|(edition, _)| edition);
    let mut editions = Vec::new();
    for part in parts(head(rows, MAX_PAGE_BYTES, ItemRow::body_size), ItemRow::whole_size) {
        editions.extend(stored(conn, part)?.iter().filter_map(edition));
    }
    Ok(editions)
}

/// Reads the items of `rows`, a part at a time, until a page is full. `size` is what a row takes to be read.
fn fill(
    rows: &[ItemRow],
    size: impl Fn(&ItemRow) -> usize,
    mut read: impl FnMut(&[ItemRow]) -> Result<Vec<Option<Box<RawValue>>>>,
) -> Result<Vec<Option<Box<RawValue>>>> {
    let (mut items, mut bytes) = (Vec::new(), 0);
    for part in parts(rows, size) {
        for item in read(part)? {
            bytes += item.as_ref().map_or(0, |item| item.get().len());
            if bytes > MAX_PAGE_BYTES && !items.is_empty() {
                return Ok(items);
            }
            items.push(item);
        }
    }
    Ok(items)
}

/// The rows in parts small enough to be read at once.
pub fn parts<T>(mut rows: &[T], size: impl Fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let part = head(rows, MAX_READ_BYTES, &size);
        rows = rows.get(part.len()..).unwrap_or_default();
        (!part.is_empty()).then_some(part)
    })
}

/// The first rows that take at most `bytes` together; at least one, if there is any.
fn head<T>(rows: &[T], bytes: usize, size: impl Fn(&T) -> usize) -> &[T] {
    let sizes = rows.iter().scan(0, |sum: &mut usize, row| {
        *sum = sum.saturating_add(size(row));
        Some(*sum)
    });
    let fitting = sizes.take_while(|sum| *sum <= bytes).count();
    rows.get(..fitting.max(1)).unwrap_or_default()
}

impl ItemRow {
    /// How many bytes are read for an item as in lists.
    fn item_size(&self) -> usize {
        usize::try_from(self.item_size).unwrap_or_default()
    }

    /// How many bytes the edition has.
    fn body_size(&self) -> usize {
        usize::try_from(self.body_size).unwrap_or_default()
    }

    /// How many bytes are read for an item with bodies.
    fn whole_size(&self) -> usize {
        let all = [self.item_size, self.body_size, self.sources_size];
        all.into_iter().filter_map(|size| usize::try_from(size).ok()).sum()
    }
}

/// The stored JSON of these articles as in lists, in this order.
pub fn json(
    conn: &mut Connection,
    ids: impl Iterator<Item = ArticleId>,
) -> Result<Vec<(ArticleId, Vec<u8>)>> {
    let ids: Vec<ArticleId> = ids.collect();
    let found = renderings::table.filter(renderings::article_id.eq_any(&ids));
    let mut found: HashMap<ArticleId, Vec<u8>> =
        found.select((renderings::article_id, renderings::item)).load(conn)?.into_iter().collect();
    Ok(ids.iter().filter_map(|id| found.remove_entry(id)).collect())
}

fn stored(conn: &mut Connection, rows: &[ItemRow]) -> Result<Vec<Stored>> {
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    let found: Vec<Stored> =
        renderings::table.filter(renderings::article_id.eq_any(&ids)).select(STORED).load(conn)?;
    let mut found: HashMap<ArticleId, Stored> = found.into_iter().map(|stored| (stored.id, stored)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
