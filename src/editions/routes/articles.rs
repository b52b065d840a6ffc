//! `GET /v1/articles`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::{MAX_PAGE_BYTES, PageParams};
use crate::base::http::{Page, PageRequest, Query, Response, page};
use crate::editions::items;
use crate::editions::list::EditionFilter;
use crate::editions::order::{EditionOrder, Position};
use crate::editions::view::{PartialEdition, View};

/// A page of published articles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditionPage)]
pub struct EditionPage {
    /// The articles.
    #[schema(max_items = 100)]
    items: Vec<PartialEdition>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 2000)]
    next_cursor: Option<String>,
    /// The number of articles on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// List articles
///
/// Needs no access token. Returns the published articles that are listed, newest first. All filters must match; of
/// several values of one filter any may match, except for `topic_all`.
#[utoipa::path(get, path = "/v1/articles", tag = "articles", security(()),
    params(EditionFilter, EditionOrder, View, PageParams),
    responses(
        (status = 200, description = "A page of articles.", body = EditionPage,
         headers(("Link" = Option<String>, description = "The next page."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn list_articles(
    app: Data<App>,
    req: HttpRequest,
    Query(((filter, order), (view, page))): Query<((EditionFilter, EditionOrder), (View, PageRequest))>,
) -> Result<Response> {
    let key = filter.surrogate_key();
    let by_index = filter.is_found_by_index() && order.is_by_publication() && page.is_short();
    let list = (filter, order);
    let find = {
        let list = list.clone();
        move |conn: &mut Connection| {
            let (filter, order) = &list;
            let editions = filter.resolve(conn)?;
            let page = page.read(
                conn,
                &list,
                |conn, after: Option<Position>, limit| editions.find(conn, order, after.as_ref(), limit),
                |row| order.position(row),
                |conn| editions.count(conn),
            )?;
            Ok((page.items, (page.next_cursor, page.total)))
        }
    };
    let (rows, (next, total)) = items::find_current_by(&app, by_index, find).await?;
    let shown = items::select(&app, &rows, &view, MAX_PAGE_BYTES).await?;
    let next_cursor = page::after_shown(&rows, shown.len(), next, &list, |row| list.1.position(row))?;
    let items = shown.into_iter().flatten().collect();
    Ok(Page { items, next_cursor, total }.public(&req)?.surrogate_key(key))
}
