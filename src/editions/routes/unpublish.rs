//! `POST /v1/articles/{article}/unpublish`.

use actix_web::web::Data;

use crate::app::App;
use crate::articles::output::Draft;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::article_write::draft_response;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::auth::PublishArticles;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Response};
use crate::editions::publish::unpublish;

/// Unpublish an article
///
/// Requires the right `articles:publish`; authors have it for their own articles only, contributors not at all.
/// Takes the live edition down: readers get 404. The draft, its revisions and its editions are kept; what is scheduled is
/// cancelled.
#[utoipa::path(post, path = "/v1/articles/{article}/unpublish", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "Unpublished. The draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`not-published`: no edition is live. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn unpublish_article(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<PublishArticles>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &[]);
    let work = move |tx: &mut Tx<'_>| {
        let draft = unpublish(tx, write.actor, &write.article)?;
        draft_response(tx, &write.actor, &draft, Vec::new())
    };
    once.write(&app.db, work).await
}
