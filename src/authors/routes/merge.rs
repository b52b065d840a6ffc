//! `/v1/authors/{author}/merge`.

use actix_web::web::{Data, Path};

use super::json::{EditedAuthor, MergeAuthor};
use crate::app::App;
use crate::auth::{Actor, WriteAuthors};
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::ids::AuthorId;
use crate::terms::routes;

/// Merge an author into another
///
/// Requires the right `authors:write`. Reassigns drafts and live articles to the author in `into`; the old URL
/// redirects.
#[utoipa::path(post, path = "/v1/authors/{author}/merge", tag = "authors", security(("bearer" = [])), request_body = MergeAuthor,
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The author who remains.", body = EditedAuthor),
        (status = 409, description = "`merge-into-itself`: both are the same author, or `into` was merged into this one. `already-merged`: the author was merged before. `slug-moved`: the current slug is in `slug`."),
    ))]
pub async fn merge_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    key: IdempotencyKey,
    author: Path<String>,
    body: Json<MergeAuthor>,
) -> Result<Response> {
    routes::merge::<AuthorId, EditedAuthor>(
        &app,
        actor.origin,
        (key, body.fingerprint),
        &author,
        &body.value.into,
    )
    .await
}
