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
use crate::editions::items;
use crate::editions::list::EditionFilter;
use crate::editions::lookup::respond;
use crate::editions::order::{EditionOrder, Position};
use crate::editions::view::{PartialEdition, View};

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
        let (edition, _) = app.compute.run(move || stored.parse()).await?;
        let here = Position::published(edition.published_at, edition.id);
        let find = move |conn: &mut Connection| {
            let editions = filter.resolve(conn)?;
            let mut rows = editions.find(conn, &EditionOrder::oldest_first(), Some(&here), 1)?;
            let newer = rows.first().map(|row| row.article_id);
            rows.extend(editions.find(conn, &EditionOrder::newest_first(), Some(&here), 1)?);
            Ok((rows, newer))
        };
        let (rows, newer) = items::find_current(&app, find).await?;
        let mut items = items::select(&app, &rows, &view, usize::MAX).await?.into_iter();
        // The newer one comes first, if there is one.
        let newer = newer.and_then(|_| items.next().flatten());
        let adjacent = AdjacentArticles { newer, older: items.next().flatten() };
        Ok(Response::public_json(&adjacent)?.surrogate_key("articles"))
    })
    .await
}
