//! `/v1/authors/{author}`: one author.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use super::json::{Author, AuthorField, EditedAuthor, PartialAuthor, UpdateAuthor};
use crate::app::App;
use crate::auth::{Actor, WriteAuthors};
use crate::base::error::{Result, Violations};
use crate::base::http::{MergePatch, Query, Response};
use crate::base::ids::AuthorId;
use crate::terms::routes::{self, Get};

/// Get an author
///
/// Needs no access token. Returns the author with this id or slug. If they were merged into another, redirects to the
/// author who remains; if they had this slug before, to their current slug.
#[utoipa::path(get, path = "/v1/authors/{author}", tag = "authors", security(()),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        ("fields" = inline(Option<Vec<AuthorField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "The fields of the response.")),
    responses(
        (status = 200, description = "The author.", body = PartialAuthor),
        (status = 301, description = "The author is now the one in `Location`: it was merged, or its slug has changed."),
    ))]
pub async fn get_author(
    app: Data<App>,
    req: HttpRequest,
    author: Path<String>,
    query: Query<Get<AuthorField>>,
) -> Result<Response> {
    routes::get::<Author>(&app, &req, &author, query.0).await
}

/// Update an author
///
/// Requires the right `authors:write`. Omitted fields keep their value; `null` removes one. Articles show a new name
/// once caches have expired: within a minute with the default `LEDE_CACHE_SECONDS`.
#[utoipa::path(patch, path = "/v1/authors/{author}", tag = "authors", security(("bearer" = [])),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    request_body(content = UpdateAuthor, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The updated author.", body = EditedAuthor),
        (status = 409, description = "`slug-taken`: another author has or had this slug. `already-merged`: the author was merged into another; change that one. `slug-moved`: the current slug is in `slug`."),
    ))]
pub async fn update_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    author: Path<String>,
    body: MergePatch<UpdateAuthor>,
) -> Result<Response> {
    let mut violations = Violations::default();
    let change = body.value.parse(&mut violations);
    violations.check()?;
    routes::update::<AuthorId, EditedAuthor>(&app, actor.origin, &author, move |tx, author| {
        change.apply(tx, author)
    })
    .await
}

/// Delete an author
///
/// Requires the right `authors:write`. Removes the author from all articles; authors merged into them are deleted,
/// too. Deleting a merged author only frees their slug: their id still redirects to the author they were merged into.
/// Deleting by a slug that an author had before only frees that slug.
#[utoipa::path(delete, path = "/v1/authors/{author}", tag = "authors", security(("bearer" = [])),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    responses((status = 204, description = "The author was deleted.")))]
pub async fn delete_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    author: Path<String>,
) -> Result<Response> {
    routes::delete::<AuthorId>(&app, actor.origin, &author).await
}
