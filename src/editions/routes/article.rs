//! `/v1/articles/{article}`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use utoipa::IntoParams;

use super::include::{Include, PartialArticle};
use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::auth::{Actor, DeleteArticles, PurgeArticles};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::editions::list::EditionFilter;
use crate::editions::lookup::{find_current, respond};
use crate::editions::view::View;
use crate::editions::{publish, purge};

/// Get an article
///
/// Needs no access token. Returns the live edition of a published article; with `include`, also the related and the
/// adjacent articles, which is all that a page needs in one request. Responds with 301 to a slug that the article had
/// before, and with 404 if the article is not published.
#[utoipa::path(get, path = "/v1/articles/{article}", tag = "articles", security(()),
    params(ArticlePath, InLocale, Include, View),
    responses(
        (status = 200, description = "The article.", body = PartialArticle,
         headers(("ETag" = String, description = "A strong tag of the response."), ("Cache-Control" = String, description = "How long caches may keep the response."))),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_article(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, (include, view))): Query<(InLocale, (Include, View))>,
) -> Result<Response> {
    let filter = EditionFilter::in_language(locale.locale.clone());
    let article = locale.key(&app, path.into_inner().article);
    let is_default = include.is_nothing() && view.is_default();
    if let (ArticleKey::Slug(locale, slug), true) = (&article, is_default) {
        let (slug, locale) = (slug.clone(), locale.clone());
        if let Some(current) = app.db.read_inline(move |conn| find_current(conn, &locale, &slug)).await? {
            return current.into_response();
        }
    }
    respond(&app, &req, article, async |stored| {
        if is_default {
            return stored.finished.into_response();
        }
        if !include.is_nothing() {
            return include.respond(&app, stored, view, filter).await;
        }
        app.compute.run(move || stored.with_keys(Response::public_json(&stored.select(&view)?)?)).await
    })
    .await
}

/// How an article is deleted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Deletion {
    /// Whether an article in the trash is deleted for good.
    #[param(value_type = bool, required = false, default = false)]
    permanent: bool,
}

impl FromParams for Deletion {
    fn from_params(params: &mut Params) -> Self {
        Self { permanent: params.flag("permanent").unwrap_or(false) }
    }
}

/// Delete an article
///
/// Requires the right `articles:delete`; contributors and authors have it for their own articles only. Moves the
/// article to the trash: it is unpublished, what is scheduled is cancelled, and it keeps its slug; a published article
/// also requires `articles:publish`. `POST /v1/articles/{article}/restore` brings it back. With `permanent=true`, which
/// requires the right `articles:purge`, an article in the trash is deleted for good: it is not found from then on and
/// its slug is free, and its texts are deleted from the database within a minute. Backups keep them until they expire.
/// What is in the trash for `LEDE_TRASH_DAYS` is deleted so by itself.
#[utoipa::path(delete, path = "/v1/articles/{article}", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale, Deletion),
    responses(
        (status = 202, description = "Deleted for good."),
        (status = 204, description = "In the trash.", headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`in-trash`: it is in the trash already. `not-in-trash`: move it there before it is deleted for good. `slug-moved`: the new slug is in `slug`."),
    ))]
pub async fn delete_article(
    app: Data<App>,
    write: ArticleInPath<DeleteArticles>,
    Query(deletion): Query<Deletion>,
) -> Result<Response> {
    let ArticleInPath { actor, article } = write;
    if deletion.permanent {
        let actor = Actor::<PurgeArticles>::new(actor.identity)?;
        app.db.write_as(actor.origin, move |tx| purge::purge(tx, actor, &article)).await?;
        return Ok(Response::no_content().status(StatusCode::ACCEPTED));
    }
    let trash = move |tx: &mut Tx<'_>| publish::trash(tx, actor, &article);
    Ok(Response::no_content().version(app.db.write_as(actor.origin, trash).await?))
}
