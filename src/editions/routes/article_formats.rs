//! `/v1/articles/{article}/html` and `/markdown`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::articles::markdown_export::write_markdown;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::articles::translation_store;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::{Query, Response};
use crate::editions::lookup::respond;
use crate::editions::store;

/// Get an article as HTML
///
/// Needs no access token. Returns the whole text of a published article as one sanitised HTML fragment, headings
/// included.
#[utoipa::path(get, path = "/v1/articles/{article}/html", tag = "articles", security(()), params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The fragment.", body = String, content_type = "text/html"),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_article_html(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    respond(&app, &req, article, async |stored| {
        let write = move || {
            let html = stored.parse()?.0.content_html();
            stored.with_keys(Response::public("text/html; charset=utf-8", html.into()))
        };
        app.compute.run(write).await
    })
    .await
}

/// Get an article as Markdown
///
/// Needs no access token. Returns a published article as one Markdown document with front matter.
#[utoipa::path(get, path = "/v1/articles/{article}/markdown", tag = "articles", security(()), params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The document.", body = String, content_type = "text/markdown"),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_article_markdown(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    respond(&app, &req, article, async |stored| {
        let id = stored.id;
        let find = move |conn: &mut Connection| {
            let group = translation_store::find(conn, id)?;
            Ok(store::find_live(conn, id)?.map(|(facts, content)| (facts, content, group)))
        };
        let (facts, content, group) = app.db.snapshot(find).await?.ok_or(Error::NotFound("article"))?;
        let write = move || {
            let (edition, _) = stored.parse()?;
            let (authors, topics) = (&edition.authors, &edition.topics);
            let translation_of = group.and_then(|group| group.source_of(id));
            let first = Some(facts.published_at);
            let document = write_markdown(id, &content, authors, topics, first, translation_of);
            stored.with_keys(Response::public("text/markdown; charset=utf-8", document.into()))
        };
        app.compute.run(write).await
    })
    .await
}
