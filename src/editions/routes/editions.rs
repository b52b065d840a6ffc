//! `GET /v1/articles/{article}/editions`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::routes::article_in_path::DraftRead;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::{PageRequest, Query, Response};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::editions::store::{self, EditionRow};
use crate::users::Actors;

/// An item of the list of editions.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionFacts {
    /// Its number.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    edition: i64,
    /// The revision that was published.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// Its language.
    locale: Locale,
    /// Its slug.
    slug: Slug,
    /// Its title.
    #[schema(max_length = 300)]
    title: String,
    /// When it was published.
    published_at: Timestamp,
    /// Who published it.
    by: Option<ActorRef>,
    /// Whether it was published as minor: the article kept its `updated_at`.
    minor: bool,
    /// Whether it is live now.
    live: bool,
}

/// A page of editions.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionFactsPage {
    /// The editions.
    #[schema(max_items = 100)]
    items: Vec<EditionFacts>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of editions on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

impl EditionFacts {
    fn all(conn: &mut Connection, rows: Vec<EditionRow>, live_edition: Option<i64>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor_id))?;
        let item = |row: EditionRow| Self {
            live: live_edition == Some(row.edition),
            edition: row.edition,
            revision: row.revision,
            locale: row.locale,
            slug: row.slug,
            title: row.title,
            published_at: row.published_at,
            by: row.actor_id.map(|id| actors.get(id)),
            minor: row.minor,
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// List the editions of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns all editions of an article, newest first, live or not.
#[utoipa::path(get, path = "/v1/articles/{article}/editions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of editions.", body = EditionFactsPage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_editions(
    app: Data<App>,
    read: DraftRead,
    req: HttpRequest,
    Query(page): Query<PageRequest>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let article = read.row(conn)?;
        let page = page.read(
            conn,
            &("editions", article.id),
            |conn, before, limit| store::list(conn, article.id, before, limit),
            |row| row.edition,
            |conn| store::count(conn, article.id),
        )?;
        page.try_convert(|rows| EditionFacts::all(conn, rows, article.live_edition))
    };
    app.db.snapshot(read).await?.private(&req)
}
