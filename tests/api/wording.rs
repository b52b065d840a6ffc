//! No sentence of a library reaches a client: whatever is wrong with a body, a query or a path, the problem says it in
//! the API's own words, and where it is.

use lede::auth::Role;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::client::{Client, Response};
use crate::contract::{self, Operation};
use crate::server::Server;

/// What `serde`, `serde_json` and actix say.
const FOREIGN: &[&str] = &[
    "invalid type",
    "invalid value",
    "invalid length",
    "expected",
    "missing field",
    "unknown field",
    "unknown variant",
    "duplicate",
    "at line ",
    "trailing",
    "EOF",
    "recursion",
    "struct ",
    "enum ",
    "variant",
    "deserialize",
    "parsing",
    "Payload",
    "payload",
];

#[track_caller]
fn check(told: &str, response: &Response) {
    if response.status() < 400 {
        return;
    }
    assert!(response.status() < 500, "{told}");
    // People are told on a page.
    if response.header("content-type").is_some_and(|media| media.starts_with("text/html")) {
        return;
    }
    let problem = response.json();
    let details = problem["errors"].as_array().into_iter().flatten().chain([&problem]);
    for detail in details.map(|of| of["detail"].as_str().expect("a detail")) {
        for words in FOREIGN {
            assert!(!detail.contains(words), "{told}: {detail}");
        }
    }
}

/// The address of an operation, with an id for every parameter.
fn address(operation: &Operation) -> String {
    let segments = operation.path.split('/').map(|segment| match segment {
        "{revision}" | "{edition}" => "1",
        "{format}" => "nginx",
        _ if segment.starts_with('{') => "019b8d62-7a80-7580-af26-1d10acb21f90",
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn send(client: &Client, operation: &Operation, media: &str, body: impl Into<Vec<u8>>) -> Response {
    let method: Method = operation.method.to_uppercase().parse().expect("a method");
    client.call(method, address(operation)).header("if-match", "*").body(media, body).await
}

/// What is no value of almost any field.
fn wrong_values() -> Vec<Value> {
    let deep = (0..50).fold(json!(1), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("x y"),
        json!("9".repeat(3000)),
        json!([]),
        json!([[]]),
        json!([1, "two", null]),
        json!({}),
        json!({"x": 1}),
        json!({"x": {}, "y": []}),
        deep,
    ]
}

#[tokio::test]
async fn wrong_bodies_are_refused_in_our_own_words() {
    let server = Server::start_with(|config| {
        (config.limits.write, config.limits.login, config.limits.sign_up) = (0, 0, 0);
    })
    .await;
    let client = server.login(Role::Admin).await;
    for operation in contract::operations() {
        let Some(content) = operation.value["requestBody"]["content"].as_object() else { continue };
        for (media, content) in content.iter().filter(|(media, _)| media.ends_with("json")) {
            let schema = contract::resolve(&content["schema"]);
            let good: Map<String, Value> = content["example"].as_object().cloned().unwrap_or_default();
            for name in schema["properties"].as_object().expect("properties").keys() {
                for value in wrong_values() {
                    let mut body = good.clone();
                    body.insert(name.clone(), value);
                    let text = Value::from(body).to_string();
                    check(
                        &format!("{} {text:.200}", operation.id),
                        &send(&client, operation, media, text).await,
                    );
                }
                let mut body = good.clone();
                body.remove(name);
                let text = Value::from(body).to_string();
                check(&format!("{} {text}", operation.id), &send(&client, operation, media, text).await);
            }
            let whole = Value::from(good).to_string();
            let broken = [
                String::new(),
                "{".into(),
                "null".into(),
                "[]".into(),
                "7".into(),
                "\"x\"".into(),
                format!("{whole}x"),
                format!("{whole}{whole}"),
                whole[..whole.len() - 1].to_owned(),
                whole.replacen('{', "{\"unheard_of\":1,", 1),
                "{\"a\":1,\"a\":2}".into(),
                "{\"a\":1e999}".into(),
                "{\"a\":01}".into(),
                "{\"a\":\"\\ud800\"}".into(),
                "{\"a\":\"\\q\"}".into(),
                "{\"a\":tru}".into(),
                "{\"a\" 1}".into(),
                "{\"a\":1 \"b\":2}".into(),
                "{1:2}".into(),
                "{\"a\":\"\n\"}".into(),
                format!("{}1{}", "[".repeat(200), "]".repeat(200)),
                format!("{{\"a\":{}1{}}}", "[".repeat(70), "]".repeat(70)),
            ];
            for text in broken {
                check(&format!("{} {text:.200}", operation.id), &send(&client, operation, media, text).await);
            }
            check(operation.id, &send(&client, operation, media, b"{\"a\":\"\xff\"}".to_vec()).await);
        }
    }
}

#[tokio::test]
async fn wrong_queries_and_paths_are_refused_in_our_own_words() {
    let server = Server::start().await;
    let client = server.login(Role::Admin).await;
    let wrong = [
        "",
        "-1",
        "0",
        "1.5",
        "99999999999999999999",
        "x%20y",
        "%00",
        "%ff",
        "true,",
        ",",
        "2026-13-01T00:00:00Z",
        "a,a",
        "%7B%7D",
    ];
    for operation in contract::operations().iter().filter(|operation| operation.method == "get") {
        for parameter in operation.parameters() {
            let name = parameter["name"].as_str().expect("a name");
            for value in wrong {
                let path = match parameter["in"].as_str() {
                    Some("query") => format!("{}?{name}={value}", address(operation)),
                    Some("path") => operation.path.replace(&format!("{{{name}}}"), value),
                    _ => continue,
                };
                check(&path, &client.get(&path).await);
            }
        }
    }
}

#[tokio::test]
async fn the_place_of_a_wrong_value_is_named() {
    let server = Server::start().await;
    let client = server.login(Role::Admin).await;
    for (body, place) in [
        (json!({"title": 1}), "/title type-mismatch"),
        (json!({"title": "A", "cover": {"url": "/a.png", "width": -1}}), "/cover/width type-mismatch"),
        (
            json!({"title": "A", "cover": {"url": "/a.png", "width": 4_294_967_296_u64}}),
            "/cover/width type-mismatch",
        ),
        (json!({"title": "A", "cover": {"alt": "A"}}), "/cover field-missing"),
        (
            json!({"title": "A", "sections": [{"body": "A"}, {"heading": ["A"]}]}),
            "/sections/1/heading type-mismatch",
        ),
        (json!({"title": "A", "sections": [{"id": "A"}]}), "/sections/0/id type-mismatch"),
        (
            json!({"title": "A", "sections": [{"sections": [{"nope": 1}]}]}),
            "/sections/0/sections/0/nope field-unknown",
        ),
        (json!({"title": "A", "published_at": "yesterday"}), "/published_at type-mismatch"),
        (json!({"title": "A", "topics": [1]}), "/topics/0 type-mismatch"),
        (json!({"title": "A", "custom": []}), "/custom type-mismatch"),
    ] {
        let response = client.post("/v1/articles").json(body.clone()).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [place], "{body}");
    }
}
