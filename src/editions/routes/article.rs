//! `/v1/articles/{article}`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::auth::DeleteArticles;
use crate::base::error::Result;
use crate::base::http::{Query, Response};
use crate::editions::lookup::{find_current, respond};
use crate::editions::publish;
use crate::editions::view::{PartialEdition, View};

/// Get an article
///
/// Needs no access token. Returns the live edition of a published article. Responds with 301 to a slug that the
/// article had before, and with 404 if the article is not published.
#[utoipa::path(get, path = "/v1/articles/{article}", tag = "articles", security(()),
    params(ArticlePath, InLocale, View),
    responses(
        (status = 200, description = "The article.", body = PartialEdition,
         headers(("ETag" = String, description = "A strong tag of the response."), ("Cache-Control" = String, description = "How long caches may keep the response."))),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_article(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, view)): Query<(InLocale, View)>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    if let (ArticleKey::Slug(locale, slug), true) = (&article, view.is_default()) {
        let (slug, locale) = (slug.clone(), locale.clone());
        if let Some(current) = app.db.read_inline(move |conn| find_current(conn, &locale, &slug)).await? {
            return current.into_response();
        }
    }
    respond(&app, &req, article, async |stored| {
        if view.is_default() {
            return stored.finished.into_response();
        }
        app.compute.run(move || stored.with_keys(Response::public_json(&stored.select(&view)?)?)).await
    })
    .await
}

/// Delete an article
///
/// Requires the right `articles:delete`; contributors and authors have it for their own articles only. Moves the
/// article to the trash: it is unpublished, what is scheduled is cancelled, and it keeps its slug; a published article
/// also requires `articles:publish`.
/// `POST /v1/articles/{article}/restore` brings it back.
#[utoipa::path(delete, path = "/v1/articles/{article}", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 204, description = "In the trash.", headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`in-trash`: it is in the trash already. `slug-moved`: the new slug is in `slug`."),
    ))]
pub async fn delete_article(app: Data<App>, write: ArticleInPath<DeleteArticles>) -> Result<Response> {
    app.db
        .write_as(write.actor.origin, move |tx| {
            let version = publish::trash(tx, write.actor, &write.article)?;
            Ok(Response::no_content().version(version))
        })
        .await
}
