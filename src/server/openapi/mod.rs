//! The OpenAPI document: what the handlers document, and what is the same for all of them.

mod headers;
mod info;
mod inputs;
mod operations;
mod order;
mod parameters;
mod problems;
mod schemas;
mod version_3_0;
mod walk;
mod webhooks;

use serde_json::{Value, json};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApiBuilder, PathsBuilder, path::PathItem};

use operations::finish_operation;
use order::InOrder;
use schemas::finish_schemas;

use super::routes::{endpoints, tags};
use crate::base::http::endpoint::Endpoint;
use crate::base::http::problem::Problem;

/// The document as it is served: indented JSON that ends with a newline. A test compares it with [`generate`], so that the
/// server need not generate it at each start.
pub const DOCUMENT: &str = include_str!("../../../openapi/openapi.json");

/// The same in OpenAPI 3.0: what [`convert_to_3_0`] makes of it.
pub const DOCUMENT_3_0: &str = include_str!("../../../openapi/openapi-3.0.json");

/// The tag of the pages for people. They are operations like all others, checked against their documentation, but no part of
/// the API: no client is generated for them.
const PAGES: &str = "pages";

/// Generates the document from the handlers' documentation and `examples`, the text of `openapi/examples.json`: requests and
/// responses recorded from a running server. Fails if that is not JSON.
pub fn generate(examples: &str) -> serde_json::Result<String> {
    let examples = serde_json::from_str(examples)?;
    Ok(serde_json::to_string_pretty(&InOrder::from(build(&examples, |tag| tag != PAGES)?))? + "\n")
}

/// Converts a document that [`generate`] has made to OpenAPI 3.0. Fails if it is not JSON.
pub fn convert_to_3_0(document: &str) -> serde_json::Result<String> {
    let converted = version_3_0::convert(serde_json::from_str(document)?);
    Ok(serde_json::to_string_pretty(&converted)? + "\n")
}

/// As [`generate`], with the pages for people.
pub fn generate_with_pages(examples: &str) -> serde_json::Result<Value> {
    build(&serde_json::from_str(examples)?, |_| true)
}

/// `is_shown` says whether the operations with a tag are in the document.
fn build(examples: &Value, is_shown: fn(&str) -> bool) -> serde_json::Result<Value> {
    let mut paths = PathsBuilder::new();
    let mut schemas = Vec::new();
    for endpoint in endpoints() {
        let (methods, path) = (endpoint.documented_at)();
        let operation = (endpoint.operation)();
        if !operation.tags.iter().flatten().all(|tag| is_shown(tag)) {
            continue;
        }
        for method in methods {
            paths = paths.path(path.clone(), PathItem::new(method, operation.clone()));
        }
        (endpoint.schemas)(&mut schemas);
    }
    webhooks::schemas(&mut schemas);
    schemas.push(("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema()));
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Lede")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(info::DESCRIPTION)),
        )
        .paths(paths)
        .components(Some(ComponentsBuilder::new().schemas_from_iter(schemas).build()))
        .build();
    let mut document = serde_json::to_value(document)?;
    document["tags"] = tags()
        .filter(|(name, _)| is_shown(name))
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    finish(&mut document, examples);
    Ok(document)
}

/// The endpoint of an operation.
fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    endpoints().find(|endpoint| (endpoint.method, endpoint.path) == (method, path))
}

/// Adds what is the same for every operation.
fn finish(document: &mut Value, examples: &Value) {
    info::add(document);
    document["components"]["headers"] = headers::components();
    document["components"]["responses"] = problems::components(examples);
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let endpoint = endpoint(method, path);
            if endpoint.is_some_and(|endpoint| endpoint.public) {
                operation["responses"]["304"] = json!({"description": "Not modified: the client has the current body, named in `If-None-Match`."});
            }
            finish_operation(path, operation, examples);
            if let Some(right) = endpoint.and_then(|endpoint| (endpoint.right)()) {
                operation["x-right"] = right.into();
            }
            headers::add(method, operation);
        }
    }
    document["webhooks"] = webhooks::all(examples);
    finish_schemas(document);
    problems::add_catalogue(&mut document["components"]["schemas"]);
    parameters::share(document);
    let paths = document["paths"].to_string();
    if let Some(responses) = document["components"]["responses"].as_object_mut() {
        responses.retain(|name, _| paths.contains(&format!("#/components/responses/{name}\"")));
    }
}
