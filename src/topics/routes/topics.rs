//! `/v1/topics`: the list, and creating a topic.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::json::{CreateTopic, Topic, TopicField, TopicPage, UpdateTopic};
use crate::app::App;
use crate::auth::{Actor, WriteTopics};
use crate::base::error::{Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::{IdempotencyKey, Json, Query, Response};
use crate::base::ids::TopicId;
use crate::terms::routes::{self, List, OrderParams};

/// List topics
///
/// Needs no access token. Returns all topics, page by page. Merged topics are not listed.
#[utoipa::path(get, path = "/v1/topics", tag = "topics", security(()),
    params(PageParams, OrderParams,
        ("fields" = inline(Option<Vec<TopicField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "The fields of each item.")),
    responses((status = 200, description = "A page of topics.", body = TopicPage)))]
pub async fn list_topics(
    app: Data<App>,
    req: HttpRequest,
    query: Query<List<TopicField>>,
) -> Result<Response> {
    routes::list::<Topic>(&app, &req, query.0).await
}

/// Create a topic
///
/// Requires the right `topics:write`. If `slug` is omitted, it is derived from `name`, with a number appended if
/// another topic has it.
#[utoipa::path(post, path = "/v1/topics", tag = "topics", security(("bearer" = [])), request_body = CreateTopic,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "The topic was created.", body = Topic),
        (status = 409, description = "`slug-taken`: another topic, possibly a merged one, has this slug or had it before."),
    ))]
pub async fn create_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    key: IdempotencyKey,
    body: Json<CreateTopic>,
) -> Result<Response> {
    let CreateTopic { name, slug, description, followable } = body.value;
    let mut violations = Violations::default();
    let given =
        UpdateTopic { name: Some(name), slug, description: Some(description), followable: Some(followable) };
    let mut change = given.parse(&mut violations);
    violations.check()?;
    let names = (change.name.take().unwrap_or_default(), change.slug.take());
    let once = (key, body.fingerprint);
    routes::create::<TopicId, Topic>(&app, actor.origin, once, "/v1/topics", names, move |_, topic| {
        change.apply(topic);
        Ok(())
    })
    .await
}
