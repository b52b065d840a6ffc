//! `POST /v1/articles/{article}/publish`.

use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::checks::check_first_publication;
use crate::articles::draft::Draft;
use crate::articles::output;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::article_write::draft_response;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::auth::PublishArticles;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::json::present;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::editions::publish::{Prepared, Publication, prepare, publish};

/// What to publish.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublishArticle)]
pub struct Publish {
    /// The revision to publish: exactly what was reviewed, even if the draft has changed since.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// When the article was first published elsewhere: a time in the past. Editors and admins only; ignored if the
    /// article was published before.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    published_at: Option<Timestamp>,
    /// Whether the change is too small to count as an update: the article keeps its `updated_at`, and its place in the
    /// order of updates. Ignored if the article was not published before.
    #[serde(default)]
    minor: bool,
}

/// Publish an article
///
/// Requires the right `articles:publish`; authors have it for their own articles only, contributors not at all.
/// Creates an edition from the revision and makes it live. Changes nothing if that revision is live already. A scheduled
/// publication is cancelled; a time at which the article is to be unpublished stays.
#[utoipa::path(post, path = "/v1/articles/{article}/publish", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = Publish,
    responses(
        (status = 200, description = "Published. The draft.", body = output::Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken` or `address-taken`: change the slug of the draft. `translation-exists`: its translation group has another article in its language, whose id is in `id`. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first. `overtaken`: another request has published it meanwhile; read it again and retry."),
    ))]
pub async fn publish_article(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<PublishArticles>,
    body: Json<Publish>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &body.fingerprint);
    let ArticleInPath { actor, article } = write;
    let Publish { revision, published_at, minor } = body.value;
    let publication = Publication { article: article.clone(), revision, published_at, minor };
    let prepared = async {
        if let Some(at) = published_at {
            let mut violations = Violations::default();
            violations.take("/published_at", check_first_publication(actor, at, app.clock.now()));
            violations.check()?;
        }
        prepare(&app, actor, publication).await
    };
    let work = move |tx: &mut Tx<'_>, prepared: &Option<Prepared>| {
        let row = publish(tx, actor, &article, revision, prepared.as_ref())?;
        let draft = Draft::load(tx, row)?;
        draft_response(tx, &actor, &draft, Vec::new())
    };
    once.respond(&app.db, prepared, work).await
}
