//! What pages of other origins may do, what browsers are told besides, and `HEAD` and `OPTIONS`.

use lede::auth::Role;
use lede::server::routes::endpoints;
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, published};

const CONSOLE: &str = "https://console.website.example";
const ELSEWHERE: &str = "https://elsewhere.example";

async fn preflight(client: &Client, path: &str, method: &str, origin: &str) -> crate::client::Response {
    let call = client.call(Method::OPTIONS, path).header("origin", origin);
    let response = call.header("access-control-request-method", method).await;
    response.is(204);
    response
}

#[tokio::test]
async fn any_page_may_read_and_join() {
    let server = Server::start().await;
    let draft = published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    let reader = server.client();
    for path in [ARTICLES.to_owned(), at(&draft, ""), at(&draft, "/html"), format!("{ARTICLES}/nothing")] {
        for _ in 0..2 {
            let response = reader.get(&path).header("origin", ELSEWHERE).await;
            assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
            assert!(response.header("access-control-expose-headers").unwrap().contains("ETag"));
            assert_eq!(response.header("access-control-allow-credentials"), None);
        }
        let asked = preflight(&reader, &path, "GET", ELSEWHERE).await;
        assert_eq!(asked.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    let join = reader.post("/v1/subscribers").header("origin", ELSEWHERE);
    let joined = join.json(json!({"email": "ada@reader.example"})).await;
    assert_eq!(joined.is(202).header("access-control-allow-origin"), Some("*"));
    let asked = preflight(&reader, "/v1/subscribers", "POST", ELSEWHERE).await;
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"));
    assert!(asked.header("access-control-allow-headers").unwrap().contains("Content-Type"));
}

/// A page for people is no other page's to read: it may show a person's address.
#[tokio::test]
async fn no_page_may_read_pages_for_people() {
    let server = Server::start().await;
    let invitation = given::invited(&server, "ada", Role::Author).await;
    let user = given::user(&server, "bo", Role::Author).await;
    let change = given::new_email(&server, user, "bo@new.example").await;
    for page in endpoints().filter(|endpoint| endpoint.method == "get" && endpoint.path != "/docs/errors") {
        if (page.operation)().tags.is_none_or(|tags| tags != ["pages"]) {
            continue;
        }
        let path = match page.path {
            "/account/password/{token}" => invitation.clone(),
            "/account/email/{token}" => change.clone(),
            path => path.replace("{token}", "unknown"),
        };
        for _ in 0..2 {
            let shown = server.client().get(&path).header("origin", ELSEWHERE).await;
            assert_eq!(shown.header("access-control-allow-origin"), None, "{path}");
            assert_eq!(shown.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        }
        let asked = preflight(&server.client(), &path, "GET", ELSEWHERE).await;
        assert_eq!(asked.header("access-control-allow-origin"), None, "{path}");
        assert!(!page.public, "{path}");
    }
}

/// What is public is a GET that needs no token.
#[test]
fn only_what_is_the_same_for_everyone_is_public() {
    for endpoint in endpoints().filter(|endpoint| endpoint.public) {
        assert_eq!((endpoint.method, (endpoint.right)()), ("get", None), "{}", endpoint.path);
        assert!((endpoint.operation)().security.is_some(), "{}", endpoint.path);
    }
}

#[tokio::test]
async fn what_needs_a_token_is_open_to_the_origins_of_the_settings() {
    let server = Server::start_with(|config| config.server.cors_origins = vec![CONSOLE.to_owned()]).await;
    let editor = server.login(Role::Editor).await;
    for (origin, allowed) in [(CONSOLE, Some(CONSOLE)), (ELSEWHERE, None)] {
        let response = editor.get("/v1/drafts").header("origin", origin).await;
        assert_eq!(response.is(200).header("access-control-allow-origin"), allowed);
        assert_eq!(response.header("vary"), Some("Origin"));
        let refusal = server.client().get("/v1/drafts").header("origin", origin).await;
        assert_eq!(refusal.is(401).header("access-control-allow-origin"), allowed);
        for (path, method) in [(ARTICLES, "POST"), ("/v1/subscribers", "GET"), ("/v1/me", "GET")] {
            let asked = preflight(&server.client(), path, method, origin).await;
            assert_eq!(asked.header("access-control-allow-origin"), allowed, "{method} {path}");
        }
    }
    let asked = preflight(&server.client(), "/v1/topics/sea", "PATCH", CONSOLE).await;
    assert!(asked.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(asked.header("access-control-allow-headers").unwrap().contains("If-Match"));
}

#[tokio::test]
async fn browsers_are_told_to_load_run_and_frame_nothing() {
    let server = Server::start().await;
    let draft = published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    for path in [at(&draft, ""), "/v1/me".to_owned(), "/nowhere".to_owned(), "/health/live".to_owned()] {
        for _ in 0..2 {
            let response = server.client().get(&path).await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
                ("referrer-policy", "no-referrer"),
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ] {
                assert_eq!(response.header(name), Some(value), "{path}");
            }
            assert_eq!(response.header("server"), None);
            let whose = if path.starts_with(ARTICLES) { "cross-origin" } else { "same-origin" };
            assert_eq!(response.header("cross-origin-resource-policy"), Some(whose), "{path}");
        }
    }
    let plain =
        Server::start_with(|config| config.server.base_url = Some("http://cms.lede.example".into())).await;
    assert_eq!(plain.client().get(ARTICLES).await.header("strict-transport-security"), None);
}

#[tokio::test]
async fn every_path_says_which_methods_it_takes() {
    let server = Server::start().await;
    for (path, allowed) in [
        (ARTICLES, "GET, POST, HEAD, OPTIONS"),
        ("/v1/articles/tides/draft/sections/ebb", "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("/v1/auth/sessions", "POST, GET, HEAD, OPTIONS"),
    ] {
        let asked = server.client().call(Method::OPTIONS, path).await;
        assert_eq!((asked.is(204).header("allow"), asked.text()), (Some(allowed), ""));
        let refused = server.client().call(Method::TRACE, path).await;
        assert_eq!(refused.is(405).header("allow"), Some(allowed));
    }
}
