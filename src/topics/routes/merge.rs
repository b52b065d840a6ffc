//! `/v1/topics/{topic}/merge`.

use actix_web::web::{Data, Path};

use super::json::{MergeTopic, Topic};
use crate::app::App;
use crate::auth::{Actor, WriteTopics};
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::ids::TopicId;
use crate::terms::routes;

/// Merge a topic into another
///
/// Requires the right `topics:write`. Reassigns drafts, live articles and followers to the topic in `into`; the old
/// URL redirects.
#[utoipa::path(post, path = "/v1/topics/{topic}/merge", tag = "topics", security(("bearer" = [])), request_body = MergeTopic,
    params(("topic" = String, Path, description = "Id or slug.", min_length = 1, max_length = 120),
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The topic that remains.", body = Topic),
        (status = 409, description = "`merge-into-itself`: both are the same topic, or `into` was merged into this one. `already-merged`: the topic was merged before. `slug-moved`: the current slug is in `slug`."),
    ))]
pub async fn merge_topic(
    app: Data<App>,
    actor: Actor<WriteTopics>,
    key: IdempotencyKey,
    topic: Path<String>,
    body: Json<MergeTopic>,
) -> Result<Response> {
    routes::merge::<TopicId, Topic>(&app, actor.origin, (key, body.fingerprint), &topic, &body.value.into)
        .await
}
