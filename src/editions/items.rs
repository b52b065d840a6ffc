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
use crate::base::error::Result;
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::ids::ArticleId;
use crate::base::logger;

/// The most bytes of renderings that are read at once, unless one alone has more.
const MAX_READ_BYTES: usize = MAX_PAGE_BYTES;
/// Up to this many bytes, checking items takes less time than handing them to another thread.
const FEW_BYTES: usize = 64 * 1024;

/// Finds the rows of something that is made of renderings, and whatever else is needed. Stale ones are rendered again
/// and found once more; what changes faster than that is taken as it is.
pub async fn find_current<R, F>(app: &App, find: F) -> Result<(Vec<ItemRow>, R)>
where
    R: Send + 'static,
    F: FnMut(&mut Connection) -> Result<(Vec<ItemRow>, R)> + Clone + Send + 'static,
{
    find_current_by(app, false, find).await
}

/// The same; `by_index` says that an index finds the rows, and that they are few.
pub async fn find_current_by<R, F>(app: &App, by_index: bool, find: F) -> Result<(Vec<ItemRow>, R)>
where
    R: Send + 'static,
    F: FnMut(&mut Connection) -> Result<(Vec<ItemRow>, R)> + Clone + Send + 'static,
{
    let lookup = async |last| {
        let mut find = find.clone();
        let once = move |conn: &mut Connection| {
            let found = find(conn)?;
            let stale: BTreeSet<ArticleId> =
                found.0.iter().filter(|row| row.stale).map(|row| row.article_id).collect();
            Ok(if last || stale.is_empty() { Ok(found) } else { Err(stale) })
        };
        if by_index { app.db.read_inline(once).await } else { app.db.read(once).await }
    };
    rerender::read_current(app, lookup).await
}

/// The rows of these articles, in this order.
pub fn find(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<ItemRow>> {
    let rows = renderings::table.filter(renderings::article_id.eq_any(ids));
    let mut rows: Vec<ItemRow> = rows.select(ItemRow::as_select()).load(conn)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.article_id));
    Ok(rows)
}

/// The JSON of `rows`, with the fields and formats that are asked for: of all, or of as many of the first as have at
/// most `max_bytes` bytes together. `None` for a rendering that cannot be read, which is logged, or that is gone
/// meanwhile.
pub async fn select(
    app: &App,
    rows: &[ItemRow],
    view: &View,
    max_bytes: usize,
) -> Result<Vec<Option<Box<RawValue>>>> {
    let size = if view.needs_bodies() { ItemRow::whole_size } else { ItemRow::item_size };
    let (mut items, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for part in parts(rows, size) {
        let part = if view.needs_bodies() {
            let (stored, view) = (read_whole(app, part).await?, view.clone());
            let made =
                move |stored: Option<Stored>| stored.and_then(|one| readable(one.id, one.select(&view)));
            app.compute.run(move || Ok(stored.into_iter().map(made).collect())).await?
        } else {
            select_items(app, part, view).await?
        };
        for item in part {
            bytes += item.as_ref().map_or(0, |item| item.get().len());
            if bytes > max_bytes && !items.is_empty() {
                return Ok(items);
            }
            items.push(item);
        }
    }
    Ok(items)
}

/// The same of rows whose items are small enough to be read at once, without bodies.
async fn select_items(app: &App, rows: &[ItemRow], view: &View) -> Result<Vec<Option<Box<RawValue>>>> {
    let long: Vec<ArticleId> =
        rows.iter().filter(|row| row.item.is_none()).map(|row| row.article_id).collect();
    let is_whole = view.fields.is_default();
    if long.is_empty() && is_whole && rows.iter().map(ItemRow::item_size).sum::<usize>() <= FEW_BYTES {
        let items = rows.iter().map(|row| (row.article_id, row.item.as_deref().unwrap_or_default()));
        return Ok(items.map(|(id, item)| readable(id, parse_item(item))).collect());
    }
    let mut long =
        if long.is_empty() { HashMap::new() } else { app.db.read(move |conn| json(conn, &long)).await? };
    let item = |row: &ItemRow| row.item.clone().or_else(|| long.remove(&row.article_id));
    let items: Vec<(ArticleId, Option<Vec<u8>>)> =
        rows.iter().map(|row| row.article_id).zip(rows.iter().map(item)).collect();
    let view = view.clone();
    let make = move |item: &[u8]| {
        let item = parse_item(item)?;
        if is_whole { Ok(item) } else { view.fields.choose(&item) }
    };
    let made = move |(id, item): (ArticleId, Option<Vec<u8>>)| readable(id, make(&item?));
    app.compute.run(move || Ok(items.into_iter().map(made).collect())).await
}

/// What `make` makes of the whole editions of those of `rows` that can be read: of as many of the first as one page may
/// hold.
pub async fn whole<T: Send + 'static>(
    app: &App,
    rows: &[ItemRow],
    make: fn(&Edition) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for part in parts(head(rows, MAX_PAGE_BYTES, ItemRow::body_size), ItemRow::whole_size) {
        let stored = read_whole(app, part).await?;
        let work = move || {
            let editions = stored.iter().flatten().filter_map(|one| readable(one.id, one.parse()));
            editions.map(|(edition, _)| make(&edition)).collect::<Result<Vec<T>>>()
        };
        all.extend(app.compute.run(work).await?);
    }
    Ok(all)
}

async fn read_whole(app: &App, rows: &[ItemRow]) -> Result<Vec<Option<Stored>>> {
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    app.db.read(move |conn| stored(conn, &ids)).await
}

/// The JSON of an item.
fn parse_item(item: &[u8]) -> Result<Box<RawValue>> {
    Ok(serde_json::from_slice::<&RawValue>(item)?.to_owned())
}

/// What was made of the rendering of an article. `None` if the rendering cannot be read, which is logged: it does not
/// keep readers from the others.
pub fn readable<T>(id: ArticleId, made: Result<T>) -> Option<T> {
    made.map_err(|why| logger::error_once(format!("the rendering of article {id} cannot be read: {why}")))
        .ok()
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

/// The stored JSON of these articles as in lists.
pub fn json(conn: &mut Connection, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Vec<u8>>> {
    let found = renderings::table.filter(renderings::article_id.eq_any(ids));
    Ok(found.select((renderings::article_id, renderings::item)).load(conn)?.into_iter().collect())
}

/// These renderings, in this order; `None` for one that is gone.
fn stored(conn: &mut Connection, ids: &[ArticleId]) -> Result<Vec<Option<Stored>>> {
    let found: Vec<Stored> =
        renderings::table.filter(renderings::article_id.eq_any(ids)).select(STORED).load(conn)?;
    let mut found: HashMap<ArticleId, Stored> = found.into_iter().map(|stored| (stored.id, stored)).collect();
    Ok(ids.iter().map(|id| found.remove(id)).collect())
}
