//! Authors over HTTP.

use actix_web::web::Path;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Actor, WriteAuthors};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::Violations;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::{
    Json, MergePatch, Query,
    json::{Clearable, present},
};
use crate::carried::routes::OrderParams;
use crate::carried::set;
use crate::users;

crate::carried::routes::carried_routes! {
    path: "/v1/authors", resource: authors, what: "author", row: AuthorRow, id: AuthorId, field: AuthorField,
    answered: Author, edited: EditedAuthor, changes: Changes,
}

crate::fields! {
    /// A member of an author.
    AuthorField {
        Id = "id",
        Slug = "slug",
        Name = "name",
        Bio = "bio",
        WebsiteUrl = "website_url",
        ImageUrl = "image_url",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
        ArticleCount = "article_count",
    }
}

/// Who articles are by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Author {
    id: AuthorId,
    slug: Slug,
    /// Their name for people.
    #[schema(min_length = 1, max_length = 200, example = "Ada Marsh")]
    name: String,
    /// Who they are: plain text.
    #[schema(
        required = true,
        min_length = 1,
        max_length = 2000,
        example = "Writes about tides and harbours."
    )]
    bio: Option<String>,
    /// Where they are on the web.
    #[schema(required = true, format = Uri, max_length = 2000, example = "https://ada.example/")]
    website_url: Option<String>,
    /// Where a picture of them is.
    #[schema(required = true, format = Uri, max_length = 2000, example = "https://ada.example/portrait.jpg")]
    image_url: Option<String>,
    /// When they were made.
    created_at: Timestamp,
    /// When anything of this was last changed.
    updated_at: Timestamp,
    /// How many listed articles carry them: only when `fields` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    article_count: Option<i64>,
}

/// An author as editors see one.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditedAuthor {
    #[serde(flatten)]
    author: Author,
    /// The user who they are. Readers are not told.
    #[schema(required = true)]
    user_id: Option<UserId>,
}

/// A page of authors.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorPage {
    #[schema(max_items = 100)]
    items: Vec<Author>,
    /// What `cursor` takes for the next page; null on the last.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are in all: only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// An author to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAuthor {
    /// Their name for people: one line.
    #[schema(min_length = 1, max_length = 200, example = "Ada Marsh")]
    name: String,
    /// Their name in addresses; made from `name` if not given.
    #[schema(value_type = Option<Slug>)]
    slug: Option<String>,
    /// Who they are: plain text.
    #[schema(max_length = 2000)]
    bio: Option<String>,
    /// Where they are on the web: an absolute http or https address.
    #[schema(format = Uri, max_length = 2000)]
    website_url: Option<String>,
    /// Where a picture of them is: an absolute http or https address.
    #[schema(format = Uri, max_length = 2000)]
    image_url: Option<String>,
    /// The user who they are. Several authors may be the same user.
    user_id: Option<UserId>,
}

/// What is to be changed of an author; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAuthor {
    /// Their name for people: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Their name in addresses.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Slug, required = false)]
    slug: Option<String>,
    /// Who they are: plain text; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    bio: Clearable<String>,
    /// Where they are on the web; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2000)]
    website_url: Clearable<String>,
    /// Where a picture of them is; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2000)]
    image_url: Clearable<String>,
    /// The user who they are; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    user_id: Clearable<UserId>,
}

/// Whom an author is to go up in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeAuthor {
    /// The id or the slug of the author who remains.
    #[schema(min_length = 1, max_length = 120, example = "ada-marsh")]
    into: String,
}

/// What of an author becomes different.
#[derive(Debug, Default)]
struct Changes {
    name: Option<String>,
    slug: Option<Slug>,
    bio: Clearable<String>,
    website_url: Clearable<String>,
    image_url: Clearable<String>,
    user_id: Clearable<UserId>,
}

impl Changes {
    fn apply(&self, tx: &mut Tx<'_>, row: &mut AuthorRow) -> Result<()> {
        let Self { name, slug, bio, website_url, image_url, user_id } = self;
        if let Some(user) = user_id.flatten()
            && users::store::find(tx, user)?.is_none()
        {
            return Err(Error::invalid("/user_id", "unknown-user", "there is no such user"));
        }
        set(&mut row.name, name.as_ref());
        set(&mut row.slug, slug.as_ref());
        set(&mut row.bio, bio.as_ref());
        set(&mut row.website_url, website_url.as_ref());
        set(&mut row.image_url, image_url.as_ref());
        set(&mut row.user_id, user_id.as_ref());
        Ok(())
    }
}

impl UpdateAuthor {
    fn parse(self, violations: &mut Violations) -> Changes {
        let text = |text: Option<String>| text.map_or(Ok(None), |text| carried::text(&text));
        let url = |url: Option<String>| url.map(|url| carried::web_url(&url)).transpose();
        Changes {
            name: self.name.and_then(|name| violations.take("/name", carried::name(&name))),
            slug: self.slug.and_then(|slug| violations.take("/slug", Slug::parse(&slug))),
            bio: self.bio.and_then(|new| violations.take("/bio", text(new))),
            website_url: self.website_url.and_then(|new| violations.take("/website_url", url(new))),
            image_url: self.image_url.and_then(|new| violations.take("/image_url", url(new))),
            user_id: self.user_id,
        }
    }
}

impl From<AuthorRow> for Author {
    fn from(row: AuthorRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            bio: row.bio,
            website_url: row.website_url,
            image_url: row.image_url,
            created_at: row.created_at,
            updated_at: row.updated_at,
            article_count: None,
        }
    }
}

impl From<AuthorRow> for EditedAuthor {
    fn from(row: AuthorRow) -> Self {
        Self { user_id: row.user_id, author: row.into() }
    }
}

/// List the authors
///
/// All of them, page by page. One that went up in another is not listed.
#[utoipa::path(get, path = "/v1/authors", tag = "authors", security(()),
    params(PageParams, OrderParams,
        ("fields" = inline(Option<Vec<AuthorField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "Which members each item has.")),
    responses((status = 200, description = "A page.", body = AuthorPage)))]
pub async fn list_authors(
    app: Data<App>,
    req: HttpRequest,
    query: Query<List<AuthorField>>,
) -> Result<Answer> {
    list(&app, &req, query.0).await
}

/// Get an author
///
/// By id or slug. One that went up in another answers where that is.
#[utoipa::path(get, path = "/v1/authors/{author}", tag = "authors", security(()),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        ("fields" = inline(Option<Vec<AuthorField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "Which members the answer has.")),
    responses(
        (status = 200, description = "The author.", body = Author),
        (status = 301, description = "It went up in another, which is there."),
    ))]
pub async fn get_author(
    app: Data<App>,
    req: HttpRequest,
    named: Path<String>,
    query: Query<Get<AuthorField>>,
) -> Result<Answer> {
    get(&app, &req, &named, query.0).await
}

/// Make an author
///
/// A slug that is not given is made from the name, and numbered if need be.
#[utoipa::path(post, path = "/v1/authors", tag = "authors", security(("bearer" = [])), request_body = CreateAuthor,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "Made.", body = EditedAuthor),
        (status = 409, description = "`slug-taken`: another author has the slug, or went up in another and had it."),
    ))]
pub async fn create_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    key: IdempotencyKey,
    body: Json<CreateAuthor>,
) -> Result<Answer> {
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
    let mut changes = given.parse(&mut violations);
    violations.check()?;
    let (name, slug) = (changes.name.take().unwrap_or_default(), changes.slug.take());
    create(&app, actor.user, (key, body.fingerprint), name, slug, changes).await
}

/// Change an author
///
/// What is not named stays; `null` clears. Articles show a new name within a minute.
#[utoipa::path(patch, path = "/v1/authors/{author}", tag = "authors", security(("bearer" = [])),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    request_body(content = UpdateAuthor, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "As it is now.", body = EditedAuthor),
        (status = 409, description = "`slug-taken`: another has the slug; `already-merged`: it went up in another."),
    ))]
pub async fn update_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    named: Path<String>,
    body: MergePatch<UpdateAuthor>,
) -> Result<Answer> {
    let mut violations = Violations::default();
    let changes = body.value.parse(&mut violations);
    violations.check()?;
    update(&app, actor.user, &named, changes).await
}

/// Remove an author
///
/// Articles no longer carry them, and whoever went up in them goes too. Of one that itself went up in another, only its old
/// address is removed, which frees its slug.
#[utoipa::path(delete, path = "/v1/authors/{author}", tag = "authors", security(("bearer" = [])),
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    responses((status = 204, description = "Removed.")))]
pub async fn delete_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    named: Path<String>,
) -> Result<Answer> {
    remove(&app, actor.user, &named).await
}

/// Merge an author into another
///
/// Drafts and live articles that carry the one carry the other from now on. The old address leads to the one that remains.
#[utoipa::path(post, path = "/v1/authors/{author}/merge", tag = "authors", security(("bearer" = [])), request_body = MergeAuthor,
    params(("author" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The one that remains.", body = EditedAuthor),
        (status = 409, description = "`merge-into-itself`: it is the same, or has gone up in it; `already-merged`: it went up in another before."),
    ))]
pub async fn merge_author(
    app: Data<App>,
    actor: Actor<WriteAuthors>,
    key: IdempotencyKey,
    named: Path<String>,
    body: Json<MergeAuthor>,
) -> Result<Answer> {
    merge(&app, actor.user, (key, body.fingerprint), &named, &body.value.into).await
}
