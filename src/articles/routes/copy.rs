//! `POST /v1/articles/{article}/copy`.

use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::article_in_path::ArticleInPath;
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::copy::copy;
use crate::articles::draft;
use crate::articles::edit::Editor;
use crate::articles::output::Draft;
use crate::articles::resolve::resolve_article;
use crate::articles::write::{NewArticle, create};
use crate::auth::WriteArticles;
use crate::base::db::Tx;
use crate::base::error::{Error, Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::text::Locale;

/// How to copy an article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyArticle {
    /// The language of the copy.
    #[schema(value_type = Locale)]
    locale: String,
    /// Whether the copy joins the translation group of the article.
    #[serde(default)]
    translation: bool,
}

/// Copy an article
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Creates a draft
/// owned by the caller with the metadata and sections of the article's draft, in another language or the same one.
/// Sections get ids of their own, the slug is derived from the title with a number appended if another
/// article in that language has it, and `aliases` are not copied. With `translation`, the copy joins the translation group
/// of the article; 409 `translation-exists` if that has an article in the language, and 422 `translation-of-forbidden` if
/// the caller may not publish the members of the group that are live. Later changes of either do not reach the other.
#[utoipa::path(post, path = "/v1/articles/{article}/copy", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, IdempotencyKeyHeader),
    request_body = CopyArticle,
    responses(
        (status = 201, description = "The draft.", body = Draft,
         headers(("Location" = String, description = "The URL of the draft."), ("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first. `translation-exists`: the article in that language has the id in `id`."),
    ))]
pub async fn copy_article(
    app: Data<App>,
    key: IdempotencyKey,
    path: ArticleInPath<WriteArticles>,
    body: Json<CopyArticle>,
) -> Result<Response> {
    let ArticleInPath { actor, article } = path;
    let mut violations = Violations::default();
    let locale = violations.take("/locale", Locale::parse(&body.value.locale));
    violations.check()?;
    let locale = locale.ok_or_else(|| Error::internal("unchecked"))?;
    let (random, now, is_translation) = (app.random.clone(), app.clock.now(), body.value.translation);
    let prepare = app.db.snapshot(move |conn| {
        let row = resolve_article(conn, actor, &article)?;
        let draft = draft::Draft::load(conn, row)?;
        copy(conn, draft, locale.clone(), is_translation, (&random, now))
    });
    let default_locale = app.config.site.locale.clone();
    let work = move |tx: &mut Tx<'_>, new: &NewArticle| {
        let draft = create(tx, &Editor { actor, locale: &default_locale }, new)?;
        let draft = Draft::new(tx, &actor, &draft, Vec::new())?;
        Ok(Response::created(format!("/v1/articles/{}/draft", new.id), &draft)?.version(draft.version()))
    };
    key.once(actor.origin, &body.fingerprint).respond(&app.db, prepare, work).await
}
