//! `/v1/authors`: the list, and creating an author.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::json::{Author, AuthorField, AuthorPage, CreateAuthor, EditedAuthor, UpdateAuthor};
use crate::app::App;
use crate::auth::{Actor, WriteAuthors};
use crate::base::error::{Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::{IdempotencyKey, Json, Query, Response};
use crate::base::ids::AuthorId;
use crate::terms::routes::{self, List, OrderParams};

/// List authors
///
/// Needs no access token. Returns all authors, page by page. Merged authors are not listed.
#[utoipa::path(get, path = "/v1/authors", tag = "authors", security(()),
    params(PageParams, OrderParams,
        ("fields" = inline(Option<Vec<AuthorField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "The fields of each item.")),
    responses((status = 200, description = "A page of authors.", body = AuthorPage)))]
pub async fn list_authors(
    app: Data<App>,
    req: HttpRequest,
    query: Query<List<AuthorField>>,
) -> Result<Response> {
    routes::list::<Author>(&app, &req, query.0).await
}

/// Create an author
///
/// Requires the right `authors:write`. If `slug` is omitted, it is derived from `name`, with a number appended if
/// another author has it.
#[utoipa::path(post, path = "/v1/authors", tag = "authors", security(("bearer" = [])), request_body = CreateAuthor,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "The author was created.", body = EditedAuthor),
        (status = 409, description = "`slug-taken`: another author, possibly a merged one, has this slug or had it before."),
    ))]
pub async fn create_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    key: IdempotencyKey,
    body: Json<CreateAuthor>,
) -> Result<Response> {
    let CreateAuthor { name, slug, bio, website_url, image_url, user_id } = body.value;
    let mut violations = Violations::default();
    let given = UpdateAuthor {
        name: Some(name),
        slug,
        bio: Some(bio),
        website_url: Some(website_url),
        image_url: Some(image_url),
        user_id: Some(user_id),
    };
    let mut change = given.parse(&mut violations);
    violations.check()?;
    let names = (change.name.take().unwrap_or_default(), change.slug.take());
    let once = (key, body.fingerprint);
    routes::create::<AuthorId, EditedAuthor>(
        &app,
        actor.origin,
        once,
        "/v1/authors",
        names,
        move |tx, author| change.apply(tx, author),
    )
    .await
}
