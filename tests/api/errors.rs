//! Refusals: each is a problem that says what is wrong, whatever was asked and however badly.
//!
//! That a problem is well-formed and carries the request's id, the client checks for every response.

use lede::auth::Role;
use reqwest::Method;
use serde_json::json;

use crate::contract;
use crate::server::Server;

const SESSIONS: &str = "/v1/auth/sessions";
const JSON: &str = "application/json";

#[tokio::test]
async fn a_route_that_is_not_there_is_a_problem() {
    let server = Server::start().await;
    for path in
        ["/v1", "/v1/", "/v1/nothing", "/v1/me/", "/V1/me", "/v1//me", "/nothing?x=1", "/v1/%00", "/v1/me%2f"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            server.client().call(method, path).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_refused_with_those_that_are() {
    let server = Server::start().await;
    let known = contract::operations();
    for path in known.iter().map(|operation| operation.path) {
        let mut allowed = vec!["OPTIONS".to_owned()];
        for operation in known.iter().filter(|operation| operation.path == path) {
            allowed.push(operation.method.to_uppercase());
            if operation.method == "get" {
                allowed.push("HEAD".to_owned());
            }
        }
        allowed.sort();
        let said = |response: &crate::client::Response| {
            let mut methods: Vec<String> =
                response.header("allow").expect("Allow").split(", ").map(str::to_owned).collect();
            methods.sort();
            methods
        };
        let address = path.replace(['{', '}'], "x");
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if allowed.iter().any(|allowed| allowed == method) {
                continue;
            }
            let response = server.client().call(method.parse().expect("a method"), &address).await;
            response.problem(405, "method-not-allowed");
            assert_eq!(said(&response), allowed, "{method} {path}");
        }
        let response = server.client().call(Method::OPTIONS, &address).await;
        assert_eq!(said(response.is(204)), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_head_is_answered_like_a_get_without_its_body() {
    let server = Server::start().await;
    let client = server.login(Role::Editor).await;
    for path in ["/v1/me", "/openapi.json", "/health/live"] {
        let (get, head) = (client.get(path).await, client.head(path).await);
        assert_eq!(get.is(200).status(), head.status());
        for name in ["content-type", "content-length", "etag", "cache-control", "vary"] {
            assert_eq!(get.header(name), head.header(name), "{path} {name}");
        }
    }
    server.client().head("/v1/nothing").await.is(404);
}

#[tokio::test]
async fn what_is_no_json_cannot_be_understood() {
    let server = Server::start().await;
    for body in [
        "",
        "{",
        "nonsense",
        "{} {}",
        "{\"email\":}",
        "{'email': 1}",
        "[1,]",
        "\u{feff}{}",
        "{\"email\": NaN}",
        "{\"email\": \"\\ud800\"}",
        "{\"email\": 01}",
        "\u{1}",
        "{\"email\": \"a\nb\"}",
        "{\"email\": \"a\", \"email\": \"b\", \"password\": \"c\"}",
        "{\"email\": \"a\", \"\\u0065mail\": \"b\", \"password\": \"c\"}",
    ] {
        server.client().post(SESSIONS).body(JSON, body).await.problem(400, "request-malformed");
    }
    let broken = b"{\"email\": \"\xff\xfe\", \"password\": \"x\"}".to_vec();
    server.client().post(SESSIONS).body(JSON, broken).await.problem(400, "request-malformed");
}

#[tokio::test]
async fn json_of_the_wrong_shape_breaks_rules() {
    let server = Server::start().await;
    for body in ["null", "1", "\"text\"", "[]", "true", "{}"] {
        server.client().post(SESSIONS).body(JSON, body).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [65, 100_000] {
            let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            editor.post("/v1/articles").body(JSON, body).await.problem(400, "request-malformed");
        }
    }
}

#[tokio::test]
async fn a_body_above_its_bound_is_too_large() {
    let server = Server::start().await;
    let body = json!({"email": "a@b.example", "password": "x".repeat(2 * 1024 * 1024)}).to_string();
    server.client().post(SESSIONS).body(JSON, body).await.problem(413, "too-large");
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let server = Server::start().await;
    for media in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx", "json"]
    {
        server.client().post(SESSIONS).body(media, "{}").await.problem(415, "unsupported-media-type");
    }
    server.client().post(SESSIONS).await.problem(415, "unsupported-media-type");
    let packed = server.client().post(SESSIONS).body(JSON, "{}").header("content-encoding", "gzip");
    packed.await.problem(415, "unsupported-media-type");
    for media in ["application/json; charset=utf-8", "Application/JSON"] {
        server.client().post(SESSIONS).body(media, "{}").await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_parameter_that_is_unknown_or_repeated_is_named() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let response = editor.get("/v1/me?b=1&a=2&b=3").await;
    response.problem(400, "request-malformed");
    assert_eq!(response.violations(), ["b parameter-unknown", "a parameter-unknown", "b parameter-unknown"]);
    editor.get("/v1/me?").await.is(200);
    editor.get("/v1/me?%ff=%00").await.problem(400, "request-malformed");
    server.client().get("/health/live?whatever=1").await.is(200);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_query_is_said_up_to_fifty_times() {
    let server = Server::start().await;
    let query: Vec<String> = (0..80).map(|n| format!("p{n}=1")).collect();
    let response = server.login(Role::Editor).await.get(format!("/v1/me?{}", query.join("&"))).await;
    response.problem(400, "request-malformed");
    assert_eq!(response.violations().len(), 50);
}

#[tokio::test]
async fn internal_errors_hide_their_cause() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let lose = |tx: &mut lede::base::db::Tx<'_>| {
        use diesel::connection::SimpleConnection as _;
        Ok(tx.batch_execute("ALTER TABLE users RENAME COLUMN name TO label")?)
    };
    server.app.db.write(lose).await.expect("a write");
    let problem = editor.get("/v1/me").await.problem(500, "internal");
    assert!(!problem.to_string().contains("name\" "), "{problem}");
    assert_eq!(problem["detail"], "Internal error. It was logged under this request id.");
}

#[tokio::test]
async fn a_refusal_that_quotes_its_request_is_not_taken_for_a_broken_disk() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = editor.post("/v1/articles").json(json!({"title": "Tides"})).await;
    let draft = format!("/v1/articles/{}/draft", made.expect(201)["id"].as_str().expect("an id"));
    for words in ["disk I/O error", "database disk image is malformed"] {
        editor.patch(&draft).if_match(1).json(json!({ (words): true })).await.problem(422, "invalid");
    }
    editor.patch(&draft).if_match(1).json(json!({"subtitle": "Still here"})).await.is(200);
}
