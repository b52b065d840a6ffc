//! `GET /v1/articles/{article}/revisions`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use super::article_in_path::DraftRead;
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::history::{self, RevisionRow};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::{PageRequest, Query, Response};
use crate::users::Actors;

/// An item of the list of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionItem {
    /// The version of the article that the edit made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The revision that it was made from: the draft's before, or for a correction the live one. `null` for the first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    parent: Option<i64>,
    /// Who made the edit.
    by: Option<ActorRef>,
    /// The title.
    #[schema(max_length = 300)]
    title: String,
    /// When the edit was made.
    created_at: Timestamp,
}

/// A page of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionPage {
    /// The revisions.
    #[schema(max_items = 100)]
    items: Vec<RevisionItem>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of revisions on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

impl RevisionItem {
    fn all(conn: &mut Connection, rows: Vec<RevisionRow>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor_id))?;
        let item = |RevisionRow { revision, parent, actor_id, title, created_at }| Self {
            revision,
            parent,
            by: actor_id.map(|id| actors.get(id)),
            title,
            created_at,
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// List the revisions of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles only. Returns the
/// accepted edits of an article, newest first.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of revisions.", body = RevisionPage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_revisions(
    app: Data<App>,
    read: DraftRead,
    req: HttpRequest,
    Query(page): Query<PageRequest>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let id = read.row(conn)?.id;
        let page = page.read(
            conn,
            &("revisions", id),
            |conn, before, limit| history::list_revisions(conn, id, before, limit),
            |row| row.revision,
            |conn| history::count_revisions(conn, id),
        )?;
        page.try_convert(|rows| RevisionItem::all(conn, rows))
    };
    app.db.snapshot(read).await?.private(&req)
}
