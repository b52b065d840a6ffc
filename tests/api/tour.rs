//! Records the examples of the OpenAPI document: the story of each resource, which calls each of its operations at
//! least once.
//!
//! Each story runs on a server of its own, so that a step which is added to one leaves the others' bytes alone. A step
//! is a plain call: of each operation the first response of a status becomes the example, and the first request that
//! succeeded.

use std::sync::atomic::Ordering;

use lede::base::db::Connection;
use lede::base::events;
use lede::base::outbound::Outbound;
use lede::base::random::Random;
use lede::events::resolve::resolve;
use lede::render_context::Website;
use lede::webhooks::BodyFormat;
use lede::webhooks::body::Body;
use serde_json::{Map, Value, json};

use crate::client::Exchange;
use crate::contract::{self, DOCUMENT};
use crate::server::Server;
use crate::{problems, resources};

/// How many sign-ups the servers of the stories take from one network.
pub const MAX_SIGN_UPS: u32 = 4;

/// Tells every story and returns what was recorded, as `openapi/examples.json` keeps it.
pub async fn record() -> Value {
    let mut examples = Map::new();
    for resource in resources::ALL {
        let server = opened(resource.name).await;
        (resource.story)(&server).await;
        for exchange in server.exchanges.lock().expect("a lock").iter() {
            keep(&mut examples, exchange);
        }
        told(&mut examples, &server).await;
    }
    // An example of each code. Operations share them, so they come from one story.
    let server = opened("problems").await;
    Box::pin(problems::story(&server)).await;
    let recorded = examples.entry("problems").or_insert_with(|| json!({}));
    for exchange in server.exchanges.lock().expect("a lock").iter().filter(|exchange| exchange.status >= 400)
    {
        let problem = readable(&exchange.body);
        let code = problem["code"].as_str().expect("a code").to_owned();
        recorded.as_object_mut().expect("an object").entry(code).or_insert(problem);
    }
    examples.into()
}

/// Keeps what is sent of each type of event for the first time.
async fn told(examples: &mut Map<String, Value>, server: &Server) {
    let locale = &server.app.config.site.locale;
    let website = Website::new("https://website.example".to_owned(), "/{slug}", locale);
    let read = move |conn: &mut Connection| {
        let recorded = events::read(conn, 0, 10_000)?;
        resolve(conn, &website, &recorded)
    };
    let events = server.app.db.read(read).await.expect("events");
    let bodies = events.iter().map(|(_, event)| Body::of(event).text(BodyFormat::Event).expect("JSON"));
    let sent = match &server.app.outbound {
        Outbound::Memory(memory) => memory.all().into_iter().map(|sent| sent.body).collect(),
        Outbound::Real(_) => Vec::new(),
    };
    let of_events: Vec<String> = bodies.chain(sent).collect();
    let kept = examples.entry("webhooks").or_insert_with(|| json!({})).as_object_mut().expect("an object");
    for body in of_events {
        let body: Value = serde_json::from_str(&body).expect("JSON");
        kept.entry(body["type"].as_str().expect("a type").to_owned()).or_insert(body);
    }
}

/// A server for a story. Its ids differ from those of the others and do not depend on their order.
pub async fn opened(name: &str) -> Server {
    let server = Server::start_with(|config| config.limits.sign_up = MAX_SIGN_UPS).await;
    if let Random::Seeded(counter) = &server.app.random {
        let number = name.bytes().fold(0, |number, byte| (number * 31 + u64::from(byte)) % 9_973);
        counter.store(number * 1_000_000, Ordering::SeqCst);
    }
    server
}

fn keep(examples: &mut Map<String, Value>, exchange: &Exchange) {
    let Some(operation) = &exchange.operation else { return };
    if exchange.method == reqwest::Method::HEAD || !is_documented_here(operation, exchange.status) {
        return;
    }
    let example = examples.entry(operation).or_insert_with(|| json!({"responses": {}}));
    let responses = example["responses"].as_object_mut().expect("responses");
    responses
        .entry(exchange.status.to_string())
        .or_insert_with(|| masked(operation, readable(&exchange.body)));
    if exchange.status < 300 && !exchange.request_body.is_empty() && example.get("request").is_none() {
        example["request"] = sent(exchange);
    }
}

/// Whether the operation documents that status itself; refusals that many share have examples of their own.
fn is_documented_here(operation: &str, status: u16) -> bool {
    let operation = contract::operations().iter().find(|other| other.id == operation).expect("an operation");
    operation.value["responses"]
        .get(status.to_string())
        .is_some_and(|response| response.get("$ref").is_none())
}

/// What was sent; a form as the object that its schema describes.
fn sent(exchange: &Exchange) -> Value {
    let media = exchange.request_headers.get("content-type").and_then(|value| value.to_str().ok());
    if media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded")) {
        let pairs = url::form_urlencoded::parse(&exchange.request_body).into_owned();
        return pairs.map(|(name, value)| (name, json!(value))).collect::<Map<_, _>>().into();
    }
    readable(&exchange.request_body)
}

/// JSON as it is, everything else as text; nothing is null.
fn readable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

/// Leaves out what cannot be in the document: the document itself.
fn masked(operation: &str, body: Value) -> Value {
    match operation {
        _ if body.as_str().is_some_and(|text| text.starts_with("<!DOCTYPE html>")) => {
            json!("<!DOCTYPE html>\n<html lang=\"en\">…</html>\n")
        }
        // Counts and times differ from run to run.
        "get_metrics" => {
            json!(body.as_str().unwrap_or_default().lines().take(3).collect::<Vec<_>>().join("\n") + "\n")
        }
        "get_openapi" | "get_openapi_3_0" => {
            json!({"openapi": body["openapi"], "info": {"title": DOCUMENT["info"]["title"],
            "version": DOCUMENT["info"]["version"]}, "paths": {}})
        }
        _ => body,
    }
}
