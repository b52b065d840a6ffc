//! `/v1/topics/{topic}`: one topic.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use super::json::{PartialTopic, Topic, TopicField, UpdateTopic};
use crate::app::App;
use crate::auth::{Actor, WriteTopics};
use crate::base::error::{Result, Violations};
use crate::base::http::{MergePatch, Query, Response};
use crate::base::ids::TopicId;
use crate::terms::routes::{self, Get};

/// Get a topic
///
/// Needs no access token. Returns the topic with this id or slug. If it was merged into another, redirects to the
/// topic that remains; if it had this slug before, to its current slug.
#[utoipa::path(get, path = "/v1/topics/{topic}", tag = "topics", security(()),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        ("fields" = inline(Option<Vec<TopicField>>), Query, nullable = false, min_items = 1, max_items = 100,
            description = "The fields of the response.")),
    responses(
        (status = 200, description = "The topic.", body = PartialTopic),
        (status = 301, description = "The topic is now the one in `Location`: it was merged, or its slug has changed."),
    ))]
pub async fn get_topic(
    app: Data<App>,
    req: HttpRequest,
    topic: Path<String>,
    query: Query<Get<TopicField>>,
) -> Result<Response> {
    routes::get::<Topic>(&app, &req, &topic, query.0).await
}

/// Update a topic
///
/// Requires the right `topics:write`. Omitted fields keep their value; `null` removes the description. Articles show
/// a new name once caches have expired: within a minute with the default `LEDE_CACHE_SECONDS`.
#[utoipa::path(patch, path = "/v1/topics/{topic}", tag = "topics", security(("bearer" = [])),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    request_body(content = UpdateTopic, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The updated topic.", body = Topic),
        (status = 409, description = "`slug-taken`: another topic has or had this slug. `already-merged`: the topic was merged into another; change that one. `slug-moved`: the current slug is in `slug`."),
    ))]
pub async fn update_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    topic: Path<String>,
    body: MergePatch<UpdateTopic>,
) -> Result<Response> {
    let mut violations = Violations::default();
    let change = body.value.parse(&mut violations);
    violations.check()?;
    routes::update::<TopicId, Topic>(&app, actor.origin, &topic, move |_, topic| {
        change.apply(topic);
        Ok(())
    })
    .await
}

/// Delete a topic
///
/// Requires the right `topics:write`. Removes the topic from all articles; topics merged into it are deleted, too.
/// Deleting a merged topic only frees its slug: its id still redirects to the topic it was merged into. Deleting by a
/// slug that a topic had before only frees that slug.
#[utoipa::path(delete, path = "/v1/topics/{topic}", tag = "topics", security(("bearer" = [])),
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120)),
    responses((status = 204, description = "The topic was deleted.")))]
pub async fn delete_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    topic: Path<String>,
) -> Result<Response> {
    routes::delete::<TopicId>(&app, actor.origin, &topic).await
}
