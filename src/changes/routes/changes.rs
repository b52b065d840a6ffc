//! `/v1/changes`: what changed for readers since a cursor.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::http::{PageRequest, Query, Response, page};
use crate::changes::item::{ChangeItem, LIST};
use crate::changes::store::{self, ChangeRow, Place};
use crate::editions::items;
use crate::editions::renderings::ItemRow;
use crate::editions::view::View;

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePage {
    /// The newest change of each changed subject, oldest first. At most `limit`, and at most 2 MiB unless one alone has
    /// more.
    #[schema(max_items = 100)]
    items: Vec<ChangeItem>,
    /// The cursor to continue with: immediately while `has_more` is true, otherwise later.
    #[schema(max_length = 4000)]
    next_cursor: String,
    /// Whether more changes are available now.
    has_more: bool,
}

/// The parameters of the list, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct ChangeParams {
    /// The most changes to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<i64>,
    /// `next_cursor` of any earlier response. Without it, the list starts at the beginning.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

/// List changes
///
/// Needs no access token. Returns what changed since the cursor, each subject once and in its current state: articles
/// that were published, updated, rerendered, unpublished or purged, and topics, authors and the site. To mirror the site, start
/// without a cursor and continue with `next_cursor`. Articles that were never published do not occur; unlisted ones do,
/// with `listed: false`. The `article_count` of topics and authors follows from the articles: it makes no change of its own.
/// Cursors do not expire. If the database was replaced by an older copy, the response is 400
/// `cursor-invalid`: start again without a cursor.
#[utoipa::path(get, path = "/v1/changes", tag = "articles", security(()), params(View, ChangeParams),
    responses((status = 200, description = "A page of changes.", body = ChangePage)))]
pub async fn list_changes(
    app: Data<App>,
    req: HttpRequest,
    Query((view, page)): Query<(View, PageRequest)>,
) -> Result<Response> {
    let after: Place = page.after(&LIST)?.unwrap_or_default();
    let find = move |conn: &mut Connection| find(conn, after, &page);
    // If rerendering a stale article changes it, an event moves it to the end of the list: it is then on this page or a
    // later one.
    let (live, found) = items::find_current(&app, find).await?;
    let changes = make(items::select(&app, &live, &view, MAX_PAGE_BYTES).await?, found)?;
    let found = Response::public_json(&changes)?.surrogate_key("articles");
    let next = changes.has_more.then_some(changes.next_cursor.as_str());
    Ok(page::with_next_link(found, &req, next))
}

/// The changes of a page, without their articles.
struct Found {
    rows: Vec<ChangeRow>,
    /// Where the list goes on, if the page shows none.
    after: Place,
    has_more: bool,
}

/// The changes after a position, and the renderings of those articles that are still published.
fn find(conn: &mut Connection, after: Place, page: &PageRequest) -> Result<(Vec<ItemRow>, Found)> {
    store::check(conn, after, "cursor")?;
    let mut rows = store::list(conn, after.number(), page.limit + 1)?;
    let has_more = page.cut(&mut rows, &LIST, ChangeRow::place)?.is_some();
    let live = rows.iter().filter_map(|row| row.item.clone()).collect();
    Ok((live, Found { rows, after, has_more }))
}

/// Ends the page before the first article that does not fit on it: `articles` has those that do.
fn make(articles: Vec<Option<Box<RawValue>>>, found: Found) -> Result<ChangePage> {
    let Found { rows, mut after, mut has_more } = found;
    let mut articles = articles.into_iter();
    let mut items = Vec::new();
    for row in rows {
        let article = match row.item.as_ref().map(|_| articles.next()) {
            None => None,
            Some(Some(article)) => article,
            Some(None) => {
                has_more = true;
                break;
            }
        };
        after = row.place();
        items.push(ChangeItem::new(&row, article));
    }
    Ok(ChangePage { items, next_cursor: page::cursor(&after, &LIST)?, has_more })
}
