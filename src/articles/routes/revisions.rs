//! `GET /v1/articles/{article}/revisions`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::article_in_path::DraftRead;
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::fold::{self, Line};
use crate::articles::history;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::users::Actors;

/// An item of the list of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionItem {
    /// The version of the article that the edit made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The revision that it was made from: the draft's previous one, or the live one for a correction. `null` for the first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    parent: Option<i64>,
    /// Who made the edit.
    by: Option<ActorRef>,
    /// The title.
    #[schema(max_length = 300)]
    title: String,
    /// When the edit was made.
    created_at: Timestamp,
    /// Its label. A revision with a label is never deleted.
    #[schema(max_length = 60)]
    label: Option<String>,
    /// How many edits are in this line: 1, unless `fold` joins several. The others are the revisions before this one.
    #[schema(minimum = 1, maximum = 1000)]
    edits: i64,
    /// The first revision of the line: the same as `revision`, unless `fold` joins several.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    first_revision: i64,
}

/// How revisions are listed.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Folding {
    /// Whether edits of one user or API key, each at most ten minutes after the one before, are one item: the last of
    /// them. A revision with a label begins another item, and none has more than 1,000 edits. `total` counts revisions.
    #[param(default = false, nullable = false)]
    fold: Option<bool>,
}

impl FromParams for Folding {
    fn from_params(params: &mut Params) -> Self {
        Self { fold: params.flag("fold") }
    }
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
    /// The items of these lines.
    pub fn all(conn: &mut Connection, lines: Vec<Line>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, lines.iter().filter_map(|line| line.newest.actor_id))?;
        let item = |Line { newest, first, edits, .. }: Line| Self {
            revision: newest.revision,
            parent: newest.parent,
            by: newest.actor_id.map(|id| actors.get(id)),
            title: newest.title,
            created_at: newest.created_at,
            label: newest.label,
            edits,
            first_revision: first,
        };
        Ok(lines.into_iter().map(item).collect())
    }
}

/// List the revisions of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the accepted edits of an article that are kept, newest first.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, Folding, PageParams),
    responses(
        (status = 200, description = "A page of revisions.", body = RevisionPage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_revisions(
    app: Data<App>,
    read: DraftRead,
    req: HttpRequest,
    Query((folding, page)): Query<(Folding, PageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let id = read.row(conn)?.id;
        if folding.fold == Some(true) {
            let page = fold::page(conn, id, &page)?;
            return page.try_convert(|lines| RevisionItem::all(conn, lines));
        }
        let page = page.read(
            conn,
            &("revisions", id),
            |conn, before, limit| history::list_revisions(conn, id, before, limit),
            |row| row.revision,
            |conn| history::count_revisions(conn, id),
        )?;
        page.map(Line::of).try_convert(|lines| RevisionItem::all(conn, lines))
    };
    app.db.snapshot(read).await?.private(&req)
}
