//! `POST /v1/articles/{article}/restore`.

use actix_web::web::Data;

use crate::app::App;
use crate::articles::output::Draft;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::article_write::draft_response;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::auth::DeleteArticles;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Response};
use crate::editions::publish::restore;

/// Restore an article from the trash
///
/// Requires the right `articles:delete`; contributors and authors have it for their own articles only. Makes the
/// article an unpublished draft again.
#[utoipa::path(post, path = "/v1/articles/{article}/restore", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`not-in-trash`: there is nothing to restore. `translation-exists`: its translation group has another article in its language, whose id is in `id`. `slug-moved`: the new slug is in `slug`."),
    ))]
pub async fn restore_article(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<DeleteArticles>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &[]);
    let work = move |tx: &mut Tx<'_>| {
        let draft = restore(tx, write.actor, &write.article)?;
        draft_response(tx, &write.actor, &draft, Vec::new())
    };
    once.write(&app.db, work).await
}
