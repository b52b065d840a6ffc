//! `GET /v1/articles/{article}/revisions`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::history::{self, RevisionRow};
use crate::articles::resolve::resolve_article;
use crate::auth::{Actor, ReadDrafts};
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::{PageRequest, Query, Response, page};
use crate::base::ids::UserId;

/// An item of the list of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionItem {
    /// The version of the article that the edit made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// Who made the edit.
    user_id: Option<UserId>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

impl From<RevisionRow> for RevisionItem {
    fn from(row: RevisionRow) -> Self {
        let RevisionRow { revision, user_id, title, created_at } = row;
        Self { revision, user_id, title, created_at }
    }
}

/// List the revisions of an article
///
/// Returns the accepted edits of an article, newest first. Contributors and authors may read their own articles,
/// editors and admins all.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of revisions.", body = RevisionPage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_revisions(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, page)): Query<(InLocale, PageRequest)>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    let answer = app
        .db
        .snapshot(move |conn| {
            let id = resolve_article(conn, actor, &article)?.id;
            let list = ("revisions", id);
            let before: Option<i64> = page.after(&list)?;
            let total = page.include_total.then(|| history::count_revisions(conn, id)).transpose()?;
            let mut rows = history::list_revisions(conn, id, before, page.limit + 1)?;
            let next_cursor = page.cut(&mut rows, &list, |row| row.revision)?;
            let items = rows.into_iter().map(RevisionItem::from).collect();
            Ok(RevisionPage { items, next_cursor, total })
        })
        .await?;
    let next = answer.next_cursor.as_deref();
    Ok(page::with_next_link(Response::ok(&answer)?, req.path(), req.query_string(), next))
}
