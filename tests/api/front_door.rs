//! What stands at `/`, at `/docs`, and where nothing is: pages for people, JSON for programs, nothing from elsewhere.

use lede::auth::Role;
use reqwest::Method;
use serde_json::json;

use crate::server::Server;

/// What a browser asks for when an address is opened in it.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

#[tokio::test]
async fn the_start_page_tells_people_and_programs_where_to_go() {
    let server = Server::start().await;
    let anyone = server.client();
    let links = json!({
        "documentation": "https://cms.lede.example/docs",
        "openapi": "https://cms.lede.example/openapi.json",
        "articles": "https://cms.lede.example/v1/articles",
        "subscribe": "https://cms.lede.example/subscribe",
        "health": "https://cms.lede.example/health/ready",
    });
    for accept in ["*/*", "application/json", "application/*, text/html;q=0.9", "image/png", ""] {
        let response = anyone.get("/").header("accept", accept).await;
        assert_eq!(response.is(200).header("content-type"), Some("application/json"), "{accept}");
        assert_eq!(response.json(), json!({"name": "Lede", "links": links}));
        assert_eq!(response.header("vary"), Some("Accept, Accept-Language"));
    }
    for accept in [BROWSER, "text/html", "text/*", "TEXT/HTML;Q=0.9, application/json;q=0.8"] {
        let page = anyone.get("/").header("accept", accept).await;
        assert_eq!(page.is(200).header("content-type"), Some("text/html; charset=utf-8"), "{accept}");
        for link in ["documentation", "articles", "subscribe", "health"] {
            let link = format!("href=\"{}\"", links[link].as_str().expect("a link"));
            assert!(page.text().contains(&link), "{link} is not in {}", page.text());
        }
        assert!(page.text().contains("href=\"https://website.example\""));
    }
    for link in links.as_object().expect("links").values() {
        let path = link.as_str().and_then(|link| link.strip_prefix("https://cms.lede.example"));
        anyone.get(path.expect("a link to this server")).await.is(200);
    }
    let german = anyone.get("/").header("accept", BROWSER).header("accept-language", "de").await;
    assert!(german.is(200).text().contains("API-Referenz"), "{}", german.text());
    let refused = anyone.post("/").json(json!({})).await;
    refused.problem(405, "method-not-allowed");
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    assert!(anyone.head("/").await.is(200).text().is_empty());
}

#[tokio::test]
async fn where_nothing_is_a_browser_gets_a_page_and_the_api_a_problem() {
    let server = Server::start().await;
    let anyone = server.client();
    for path in
        ["/nothing", "/wp-login.php", "/feeds", "/v2/articles", "/v1x", "/subscribe/", "/docs/a/b", "/a%00"]
    {
        for method in [Method::GET, Method::POST] {
            let page = anyone.call(method, path).header("accept", BROWSER).await;
            assert_eq!(page.is(404).header("content-type"), Some("text/html; charset=utf-8"), "{path}");
            assert!(page.text().contains("href=\"https://cms.lede.example/\""), "{}", page.text());
        }
        for accept in ["*/*", "application/json", "application/problem+json, text/html;q=0.9"] {
            anyone.get(path).header("accept", accept).await.problem(404, "not-found");
        }
    }
    let file = anyone.get("/docs/nothing.js").header("accept", BROWSER).await;
    assert!(file.is(404).text().contains("<h1>"), "{}", file.text());
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/articles/nothing", "/v1/articles/nothing/at/all"] {
        anyone.get(path).header("accept", BROWSER).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_reference_is_served_with_all_it_needs() {
    let server = Server::start().await;
    let anyone = server.client();
    let page = anyone.get("/docs").await;
    assert_eq!(page.is(200).header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("default-src 'none'; script-src 'self';") && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(anyone.get("/docs/").await.is(307).location(), "../docs");
    let script = anyone.get("/docs/page.js").await;
    let names = page.text().split('"').chain(script.is(200).text().split('"'));
    let named = |name: &&str| name.starts_with("docs/") || name.starts_with("./");
    let mut files: Vec<&str> = names.filter(named).filter_map(|name| name.split('/').nth(1)).collect();
    files.retain(|name| name.contains('.'));
    assert!(files.len() > 3, "{files:?}");
    for name in files {
        let file = anyone.get(format!("/docs/{name}")).header("accept-encoding", "gzip").await;
        let size =
            file.is(200).header("content-length").expect("a length").parse::<usize>().expect("a number");
        assert!(size < 1_400_000, "{name} has {size} bytes");
        let again = anyone.get(format!("/docs/{name}")).header("if-none-match", file.etag());
        assert!(again.header("accept-encoding", "gzip").await.is(304).text().is_empty());
    }
}

#[tokio::test]
async fn the_script_of_the_reference_is_compressed_for_those_who_take_it() {
    let server = Server::start().await;
    let get = |coding: &str| server.client().get("/docs/scalar-1.76.0.js").header("accept-encoding", coding);
    for coding in ["*", "x-gzip", "identity;q=0, gzip;q=0.1"] {
        assert_eq!(get(coding).await.is(200).header("content-encoding"), Some("gzip"), "{coding}");
    }
    let compressed = get("br, gzip").await;
    assert_eq!(compressed.is(200).header("content-encoding"), Some("gzip"));
    assert_eq!(compressed.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(compressed.header("vary"), Some("Accept-Encoding"));
    for coding in ["identity", "gzip;q=0", "br", "*;q=0, identity", "*, gzip;q=0"] {
        let plain = get(coding).await;
        assert_eq!(plain.is(200).header("content-encoding"), None, "{coding}");
        assert!(plain.exchange.body == compressed.exchange.body, "{coding}");
    }
}

#[tokio::test]
async fn pages_are_counted_under_their_own_paths() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    for path in ["/", "/docs", "/docs/page.css"] {
        admin.get(path).await.is(200);
    }
    let metrics = server.client().get("/metrics").await.is(200).text().to_owned();
    for route in ["/", "/docs", "/docs/{file}"] {
        assert!(metrics.contains(&format!("route=\"{route}\",status=\"200\"")), "{route}: {metrics}");
    }
}
