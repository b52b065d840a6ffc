//! The OpenAPI document: what the handlers document, and what is the same for all of them.

mod inputs;
mod operations;
mod schemas;
mod walk;

use serde_json::{Value, json};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder, PathsBuilder, path::PathItem};

use operations::{add_headers, finish_operation, problems};
use schemas::finish_schemas;

use super::dispatch::is_shared;
use super::routes::{endpoints, tags};
use crate::base::http::problem::Problem;

/// The document as it is served: indented JSON that ends with a newline. A test compares it with [`generate`], so that the
/// server need not generate it at each start.
pub const DOCUMENT: &str = include_str!("../../../openapi/openapi.json");

const DESCRIPTION: &str = "A headless CMS for publications: articles, their sections, and subscribers.\n\n\
Public operations return *editions*: what publishing made of one revision of an article. Operations with an access token \
work on *drafts*. Errors are RFC 9457 problems with a stable `code`. Lists are paged with opaque cursors: a \
page ends at `limit` items or at 2 MiB, and `next_cursor` is `null` on the last. Unknown body fields and query \
parameters are refused.";

/// Generates the document from the handlers' documentation and `examples`, the text of `openapi/examples.json`: requests and
/// responses recorded from a running server. Fails if that is not JSON.
pub fn generate(examples: &str) -> serde_json::Result<String> {
    let examples = serde_json::from_str(examples)?;
    Ok(serde_json::to_string_pretty(&build(&examples)?)? + "\n")
}

fn build(examples: &Value) -> serde_json::Result<Value> {
    let mut paths = PathsBuilder::new();
    let mut schemas = Vec::new();
    for endpoint in endpoints() {
        let (methods, path) = (endpoint.documented_at)();
        for method in methods {
            paths = paths.path(path.clone(), PathItem::new(method, (endpoint.operation)()));
        }
        (endpoint.schemas)(&mut schemas);
    }
    schemas.push(("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema()));
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Lede")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION)),
        )
        .paths(paths)
        .components(Some(ComponentsBuilder::new().schemas_from_iter(schemas).build()))
        .build();
    let mut document = serde_json::to_value(document)?;
    finish(&mut document, examples);
    Ok(document)
}

/// Adds what is the same for every operation.
fn finish(document: &mut Value, examples: &Value) {
    document["info"]["license"] = json!({"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"});
    document["info"]["contact"] =
        json!({"name": "Lede", "url": env!("CARGO_PKG_REPOSITORY"), "email": "hello@lede.example"});
    document["servers"] = json!([{"url": "/", "description": "This server."}]);
    document["tags"] =
        tags().iter().map(|(name, description)| json!({"name": name, "description": description})).collect();
    document["components"]["securitySchemes"] = json!({"bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token from `POST /v1/auth/sessions`: a JWT signed with Ed25519."
    }});
    document["components"]["headers"] = json!({"RequestId": {
        "description": "The request's id, also in the log and in problems.", "required": true,
        "schema": {"type": "string", "maxLength": 64}
    }});
    document["components"]["responses"] = problems();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let is_secured = operation["security"].to_string().contains("bearer");
            if method == "get" && !is_secured && is_shared(path) {
                operation["responses"]["304"] = json!({"description": "Not modified: the client has the current body, named in `If-None-Match`."});
            }
            finish_operation(path, operation, examples);
            add_headers(operation);
        }
    }
    finish_schemas(document);
    let paths = document["paths"].to_string();
    if let Some(responses) = document["components"]["responses"].as_object_mut() {
        responses.retain(|name, _| paths.contains(&format!("#/components/responses/{name}\"")));
    }
}
