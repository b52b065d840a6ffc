//! `GET /v1/articles/{article}/adjacent`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::{Query, Response};
use crate::editions::list::EditionFilter;
use crate::editions::lookup::respond;
use crate::editions::view::{PartialEdition, View};
use crate::editions::{adjacent, items};

/// The newer and the older neighbour of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjacentArticles {
    /// The one that was first published next; `null` for the newest article.
    #[schema(value_type = Option<PartialEdition>)]
    newer: Option<Box<RawValue>>,
    /// The one that was first published before; `null` for the oldest article.
    #[schema(value_type = Option<PartialEdition>)]
    older: Option<Box<RawValue>>,
}

impl AdjacentArticles {
    /// The newer and the older article, if they exist. `None` for one that cannot be read.
    #[must_use]
    pub fn new(items: Vec<Option<Box<RawValue>>>, has_newer: bool) -> Self {
        let mut items = items.into_iter();
        let newer = if has_newer { items.next().flatten() } else { None };
        Self { newer, older: items.next().flatten() }
    }
}

/// Get the adjacent articles
///
/// Needs no access token. Returns the next newer and the next older article by first publication, among the listed
/// articles that match the filters. The first value of `locale` is also the language of the slug in the path
/// (default: the site's).
#[utoipa::path(get, path = "/v1/articles/{article}/adjacent", tag = "articles", security(()),
    params(ArticlePath, EditionFilter, View),
    responses(
        (status = 200, description = "The neighbours.", body = AdjacentArticles),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_adjacent_articles(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((filter, view)): Query<(EditionFilter, View)>,
) -> Result<Response> {
    let locale = InLocale { locale: filter.shared.locale.first().cloned() };
    let article = locale.key(&app, path.into_inner().article);
    respond(&app, &req, article, async |stored| {
        let here = stored.relations()?.position();
        let find = move |conn: &mut Connection| adjacent::find(conn, &filter, &here);
        let (rows, has_newer) = items::find_current(&app, find).await?;
        let items = items::select(&app, &rows, &view, usize::MAX).await?;
        Ok(Response::public_json(&AdjacentArticles::new(items, has_newer))?.surrogate_key("articles"))
    })
    .await
}
