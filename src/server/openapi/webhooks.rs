//! The `webhooks` of the document: what is sent for each type of event, with a recorded example.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::base::events::{EVENTS, EventSpec};
use crate::events::data;
use crate::webhooks::body::{BATCH, BatchEventData, TEST, TestEventData};

/// What the second type of a kind of events says, where its first does not say it.
const MORE: &[(&str, &str)] = &[
    ("article.published", "An article was published that readers did not have."),
    ("article.updated", "A published article has a new edition."),
    ("review.requested", "A review was requested."),
    ("review.answered", "A review was answered."),
    (BATCH, "Several events at once, to a webhook that collects them."),
    (TEST, "A test that somebody asked for."),
];

/// Adds the schemas of what events say.
pub(super) fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    macro_rules! add {
        ($($schema:ty),*) => {$(
            schemas.push((<$schema as ToSchema>::name().into_owned(), <$schema as PartialSchema>::schema()));
            <$schema as ToSchema>::schemas(schemas);
        )*};
    }
    add!(
        data::ArticleEventData,
        data::PurgedArticleEventData,
        data::ScheduleEventData,
        data::ReviewEventData,
        data::TermEventData,
        data::SiteEventData,
        data::RedirectEventData,
        data::SubscriberEventData,
        BatchEventData,
        TestEventData
    );
}

/// The webhooks, by their types.
pub(super) fn all(examples: &Value) -> Value {
    let mut webhooks = Map::new();
    for EventSpec { types, description, .. } in EVENTS.iter().map(|kind| kind.spec()) {
        for kind in *types {
            webhooks.entry(*kind).or_insert_with(|| webhook(kind, description, examples));
        }
    }
    for kind in [BATCH, TEST] {
        webhooks.insert(kind.to_owned(), webhook(kind, "", examples));
    }
    webhooks.into()
}

fn webhook(kind: &str, description: &str, examples: &Value) -> Value {
    let summary = MORE.iter().find(|(known, _)| *known == kind).map_or(description.trim(), |(_, text)| *text);
    let header = |name: &str, text: &str| json!({"name": name, "in": "header", "required": true, "description": text, "schema": {"type": "string", "maxLength": 400}});
    let mut content = json!({"schema": {
        "type": "object",
        "required": ["id", "type", "timestamp", "data"],
        "properties": {
            "id": {"type": "string", "maxLength": 200, "description": "Identifies the event, as `webhook-id` does."},
            "type": {"type": "string", "const": kind, "description": "What happened."},
            "timestamp": {"type": "string", "format": "date-time", "maxLength": 32, "description": "When it happened."},
            "data": {"$ref": format!("#/components/schemas/{}", data_schema(kind))},
        },
    }});
    if let Some(example) = examples["webhooks"].get(kind) {
        content["example"] = example.clone();
    }
    json!({"post": {
        "tags": ["webhooks"],
        "operationId": format!("on_{}", kind.replace('.', "_")),
        "summary": kind,
        "description": summary,
        "security": [],
        "parameters": [
            header("webhook-id", "The id of the event: the same on retries and replays."),
            header("webhook-timestamp", "When the request was sent, in seconds since 1970."),
            header("webhook-signature", "One signature, or several with spaces between them while the secret is being rotated: `v1,` and base64 each."),
        ],
        "requestBody": {"required": true, "content": {"application/json": content}},
        "responses": {"2XX": {"description": "The event is accepted."}},
    }})
}

/// The name of the schema of what events of that type say.
fn data_schema(kind: &str) -> String {
    match kind.split('.').next().unwrap_or_default() {
        _ if kind == "article.purged" => data::PurgedArticleEventData::name(),
        "article" => data::ArticleEventData::name(),
        "schedule" => data::ScheduleEventData::name(),
        "review" => data::ReviewEventData::name(),
        "topic" | "author" => data::TermEventData::name(),
        "redirect" => data::RedirectEventData::name(),
        "subscriber" => data::SubscriberEventData::name(),
        "batch" => BatchEventData::name(),
        "webhook" => TestEventData::name(),
        _ => data::SiteEventData::name(),
    }
    .into_owned()
}
