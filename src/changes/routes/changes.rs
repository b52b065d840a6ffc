//! Delta sync over HTTP.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::events::Change;
use crate::base::http::{Answer, PageRequest, Query, page};
use crate::base::ids::ArticleId;
use crate::changes::store::{self, ChangeRow, Place};
use crate::editions::renderings::ItemRow;
use crate::editions::view::View;
use crate::editions::{EditionItem, items};

/// What tells a cursor of this list from others.
const LIST: &str = "changes";

/// A change of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeItem {
    /// What became of it last. Whatever it was before, `published` and `updated` put `article` in its place, and
    /// `withdrawn` takes it away.
    change: Change,
    /// The article's id.
    id: ArticleId,
    /// When.
    at: Timestamp,
    /// The article as lists have it now, though it may not stand in them (`listed`); null if readers do not have it.
    #[schema(value_type = Option<EditionItem>)]
    article: Option<Box<RawValue>>,
}

/// What has changed since.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePage {
    /// The newest change of each article that has changed, oldest first.
    #[schema(max_items = 100)]
    items: Vec<ChangeItem>,
    /// What `cursor` takes to go on from here: at once while `has_more`, later otherwise.
    #[schema(max_length = 4000)]
    next_cursor: String,
    /// Whether there is more already.
    has_more: bool,
}

/// From where on, and how much, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct ChangeParams {
    /// How many changes at most.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of any answer before. Without it, from the beginning.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

/// Follow what changes
///
/// Which articles were published, updated or withdrawn since, each once and as it is now: whoever begins without a cursor and
/// always goes on with `next_cursor` holds what reading everything would give. Articles that stand in no list come, too, with
/// `listed: false`; who mirrors lists drops those. An article that was never published does not occur. A cursor does not
/// grow old; one of a database that has since been replaced by an older copy is refused with `foreign-cursor`, and the
/// reader begins anew.
#[utoipa::path(get, path = "/v1/changes", tag = "articles", security(()), params(View, ChangeParams),
    responses((status = 200, description = "What has changed.", body = ChangePage)))]
pub async fn list_changes(
    app: Data<App>,
    req: HttpRequest,
    Query((view, page)): Query<(View, PageRequest)>,
) -> Result<Answer> {
    let after: Place = page.after(&LIST)?.unwrap_or_default();
    let find = move |conn: &mut Connection| find(conn, after, &page);
    let make = move |conn: &mut Connection, rows, found| make(conn, rows, found, &view);
    // What is made anew moves to the end, and so comes again if it changes once more.
    let answer = items::read_current(&app, find, make).await?;
    let found = Answer::public_json(&answer)?.surrogate_key("articles");
    let next = answer.has_more.then_some(answer.next_cursor.as_str());
    Ok(page::with_next_link(found, req.path(), req.query_string(), next))
}

/// The changes of a page, without their articles.
struct Found {
    rows: Vec<ChangeRow>,
    next_cursor: String,
    has_more: bool,
}

/// What has changed after a place, and the rows of what is live of it.
fn find(conn: &mut Connection, after: Place, page: &PageRequest) -> Result<(Vec<ItemRow>, Found)> {
    if !store::is_known(conn, after)? {
        let detail = "the log has no such place, it may be another by now: begin without a cursor";
        return Err(Error::parameter("cursor", "foreign-cursor", detail));
    }
    let mut rows = store::list(conn, after, page.limit + 1)?;
    let has_more = page.cut(&mut rows, &LIST, ChangeRow::place)?.is_some();
    let next_cursor = page::cursor(&rows.last().map_or(after, ChangeRow::place), &LIST)?;
    let live = rows.iter_mut().filter_map(|row| row.item.take()).collect();
    Ok((live, Found { rows, next_cursor, has_more }))
}

fn make(conn: &mut Connection, live: Vec<ItemRow>, found: Found, view: &View) -> Result<ChangePage> {
    let Found { rows, next_cursor, has_more } = found;
    let ids: Vec<ArticleId> = live.iter().map(|item| item.article_id).collect();
    let shown = items::select(conn, live, view)?;
    let mut articles: HashMap<ArticleId, Box<RawValue>> = ids.into_iter().zip(shown).collect();
    let items = rows.into_iter().map(|row| ChangeItem {
        change: row.change,
        id: row.article_id,
        at: row.at,
        article: articles.remove(&row.article_id),
    });
    Ok(ChangePage { items: items.collect(), next_cursor, has_more })
}
