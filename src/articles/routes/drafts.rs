//! `GET /v1/drafts`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::custom::CustomFilter;
use crate::articles::draft_list::{self, DraftFilter};
use crate::articles::output::DraftItem;
use crate::auth::{Actor, ReadDrafts};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::{PageRequest, Query, Response};

/// A page of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftPage {
    /// The drafts.
    #[schema(max_items = 100)]
    items: Vec<DraftItem>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of drafts on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// List drafts
///
/// Requires the right `articles:read`. Returns the drafts of all articles, published ones too, the last changed
/// first; contributors and authors get their own only, and with `assignee=me` those that they are asked to review.
/// Articles in the trash are returned only with
/// `trashed=true`.
#[utoipa::path(get, path = "/v1/drafts", tag = "drafts", security(("bearer" = [])), params(DraftFilter, CustomFilter, PageParams),
    responses((status = 200, description = "A page of drafts.", body = DraftPage)))]
pub async fn list_drafts(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: HttpRequest,
    Query((filter, page)): Query<(DraftFilter, PageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &filter,
            |conn, after, limit| draft_list::list(conn, &filter, actor, after, limit),
            |row| filter.position(row),
            |conn| draft_list::count(conn, &filter, actor),
        )?;
        page.try_convert(|rows| DraftItem::all(conn, &actor, &rows))
    };
    app.db.snapshot(read).await?.private(&req)
}
