//! Topics over HTTP.

use actix_web::web::Path;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Actor, WriteTopics};
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

crate::carried::routes::carried_routes! {
    path: "/v1/topics", resource: topics, what: "topic", row: TopicRow, id: TopicId, field: TopicField,
    answered: Topic, edited: Topic, changes: Changes,
}

crate::fields! {
    /// A member of a topic.
    TopicField {
        Id = "id",
        Slug = "slug",
        Name = "name",
        Description = "description",
        Followable = "followable",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
        ArticleCount = "article_count",
    }
}

/// What articles are about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Topic {
    id: TopicId,
    slug: Slug,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 200, example = "Sea")]
    name: String,
    /// What it is about: plain text.
    #[schema(
        required = true,
        min_length = 1,
        max_length = 2000,
        example = "Tides, harbours and those who live by them."
    )]
    description: Option<String>,
    /// Whether subscribers can choose to receive mail about it.
    followable: bool,
    /// When it was made.
    created_at: Timestamp,
    /// When anything of this was last changed.
    updated_at: Timestamp,
    /// How many listed articles carry it: only when `fields` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    article_count: Option<i64>,
}

/// A page of topics.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicPage {
    #[schema(max_items = 100)]
    items: Vec<Topic>,
    /// What `cursor` takes for the next page; null on the last.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are in all: only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// A topic to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTopic {
    /// Its name for people: one line.
    #[schema(min_length = 1, max_length = 200, example = "Sea")]
    name: String,
    /// Its name in addresses; made from `name` if not given.
    #[schema(value_type = Option<Slug>)]
    slug: Option<String>,
    /// What it is about: plain text.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Whether subscribers can choose to receive mail about it; not unless said so.
    #[serde(default)]
    #[schema(default = false)]
    followable: bool,
}

/// What is to be changed of a topic; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTopic {
    /// Its name for people: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Its name in addresses.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Slug, required = false)]
    slug: Option<String>,
    /// What it is about: plain text; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Clearable<String>,
    /// Whether subscribers can choose to receive mail about it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    followable: Option<bool>,
}

/// Where a topic is to go up in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeTopic {
    /// The id or the slug of the topic that remains.
    #[schema(min_length = 1, max_length = 120, example = "ocean")]
    into: String,
}

/// What of a topic becomes different.
#[derive(Debug, Default)]
struct Changes {
    name: Option<String>,
    slug: Option<Slug>,
    description: Clearable<String>,
    followable: Option<bool>,
}

impl Changes {
    #[expect(clippy::unnecessary_wraps, reason = "of authors it may fail")]
    fn apply(&self, _: &mut Tx<'_>, row: &mut TopicRow) -> Result<()> {
        set(&mut row.name, self.name.as_ref());
        set(&mut row.slug, self.slug.as_ref());
        set(&mut row.description, self.description.as_ref());
        set(&mut row.followable, self.followable.as_ref());
        Ok(())
    }
}

impl UpdateTopic {
    fn parse(self, violations: &mut Violations) -> Changes {
        let text = |text: Option<String>| text.map_or(Ok(None), |text| carried::text(&text));
        Changes {
            name: self.name.and_then(|name| violations.take("/name", carried::name(&name))),
            slug: self.slug.and_then(|slug| violations.take("/slug", Slug::parse(&slug))),
            description: self.description.and_then(|new| violations.take("/description", text(new))),
            followable: self.followable,
        }
    }
}

impl From<TopicRow> for Topic {
    fn from(row: TopicRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            description: row.description,
            followable: row.followable,
            created_at: row.created_at,
            updated_at: row.updated_at,
            article_count: None,
        }
    }
}

/// List the topics
///
/// All of them, page by page. One that went up in another is not listed.
#[utoipa::path(get, path = "/v1/topics", tag = "topics", security(()),
    params(PageParams, OrderParams,
        ("fields" = inline(Option<Vec<TopicField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "Which members each item has.")),
    responses((status = 200, description = "A page.", body = TopicPage)))]
pub async fn list_topics(app: Data<App>, req: HttpRequest, query: Query<List<TopicField>>) -> Result<Answer> {
    list(&app, &req, query.0).await
}

/// Get a topic
///
/// By id or slug. One that went up in another answers where that is.
#[utoipa::path(get, path = "/v1/topics/{topic}", tag = "topics", security(()),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        ("fields" = inline(Option<Vec<TopicField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "Which members the answer has.")),
    responses(
        (status = 200, description = "The topic.", body = Topic),
        (status = 301, description = "It went up in another, which is there."),
    ))]
pub async fn get_topic(
    app: Data<App>,
    req: HttpRequest,
    named: Path<String>,
    query: Query<Get<TopicField>>,
) -> Result<Answer> {
    get(&app, &req, &named, query.0).await
}

/// Make a topic
///
/// A slug that is not given is made from the name, and numbered if need be.
#[utoipa::path(post, path = "/v1/topics", tag = "topics", security(("bearer" = [])), request_body = CreateTopic,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "Made.", body = Topic),
        (status = 409, description = "`slug-taken`: another topic has the slug, or went up in another and had it."),
    ))]
pub async fn create_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    key: IdempotencyKey,
    body: Json<CreateTopic>,
) -> Result<Answer> {
    let CreateTopic { name, slug, description, followable } = body.value;
    let mut violations = Violations::default();
    let given =
        UpdateTopic { name: Some(name), slug, description: Some(description), followable: Some(followable) };
    let mut changes = given.parse(&mut violations);
    violations.check()?;
    let (name, slug) = (changes.name.take().unwrap_or_default(), changes.slug.take());
    create(&app, actor.user, (key, body.fingerprint), name, slug, changes).await
}

/// Change a topic
///
/// What is not named stays; `null` clears. Articles show a new name within a minute.
#[utoipa::path(patch, path = "/v1/topics/{topic}", tag = "topics", security(("bearer" = [])),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    request_body(content = UpdateTopic, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "As it is now.", body = Topic),
        (status = 409, description = "`slug-taken`: another has the slug; `already-merged`: it went up in another."),
    ))]
pub async fn update_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    named: Path<String>,
    body: MergePatch<UpdateTopic>,
) -> Result<Answer> {
    let mut violations = Violations::default();
    let changes = body.value.parse(&mut violations);
    violations.check()?;
    update(&app, actor.user, &named, changes).await
}

/// Remove a topic
///
/// Articles no longer carry it, and whatever went up in it goes too. Of one that itself went up in another, only its old
/// address is removed, which frees its slug.
#[utoipa::path(delete, path = "/v1/topics/{topic}", tag = "topics", security(("bearer" = [])),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    responses((status = 204, description = "Removed.")))]
pub async fn delete_topic(app: Data<App>, actor: Actor<WriteTopics>, named: Path<String>) -> Result<Answer> {
    remove(&app, actor.user, &named).await
}

/// Merge a topic into another
///
/// Drafts and live articles that carry the one carry the other from now on. The old address leads to the one that remains.
#[utoipa::path(post, path = "/v1/topics/{topic}/merge", tag = "topics", security(("bearer" = [])), request_body = MergeTopic,
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The one that remains.", body = Topic),
        (status = 409, description = "`merge-into-itself`: it is the same, or has gone up in it; `already-merged`: it went up in another before."),
    ))]
pub async fn merge_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    key: IdempotencyKey,
    named: Path<String>,
    body: Json<MergeTopic>,
) -> Result<Answer> {
    merge(&app, actor.user, (key, body.fingerprint), &named, &body.value.into).await
}
