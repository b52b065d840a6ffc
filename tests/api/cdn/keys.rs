//! The keys of responses: whatever a cache keeps until one of its keys is purged is right.

use std::collections::BTreeMap;

use lede::auth::Role;
use lede::base::events;
use serde_json::json;

use crate::following::{Dice, something};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, published};

/// What a cache keeps: the keys and the body of each response, by its path.
type Cache = BTreeMap<String, (Vec<String>, String)>;

/// What a website asks for, with what the story names.
fn paths(articles: &[String]) -> Vec<String> {
    let fixed = [
        "/v1/articles",
        "/v1/articles?topic=sea",
        "/v1/articles?author=writer-1&locale=de",
        "/v1/search?q=text",
        "/v1/site",
        "/v1/topics",
        "/v1/authors",
        "/v1/topics/sea",
        "/v1/authors/writer-1",
        "/v1/authors/writer-2",
        "/v1/changes",
        "/feeds/rss.xml",
        "/feeds/atom.xml",
        "/feeds/feed.json",
        "/sitemap.xml",
        "/v1/redirects",
        "/v1/redirects/nginx",
    ];
    let of_each =
        ["", "/html", "/markdown", "/sections", "/adjacent", "/related", "?include=related,adjacent"];
    let of_articles =
        articles.iter().flat_map(|article| of_each.map(|part| format!("{ARTICLES}/{article}{part}")));
    fixed.map(str::to_owned).into_iter().chain(of_articles).collect()
}

/// Asks for what is not in the cache. A response with the status 200 or a redirect stays there.
async fn fill(cache: &mut Cache, server: &Server, articles: &[String]) {
    for path in paths(articles) {
        if cache.contains_key(&path) {
            continue;
        }
        let response = server.client().get(&path).await;
        if !response.header("cache-control").expect("a header").contains("s-maxage") {
            assert!(response.status() >= 400, "{path}");
            continue;
        }
        let keys = response.header("surrogate-key").unwrap_or_else(|| panic!("{path} has no keys"));
        assert_eq!(response.header("cache-tag"), None);
        assert!(keys.len() < 4000 && keys.ends_with(" all"), "{path}: {keys}");
        let keys = keys.split(' ').map(str::to_owned).collect();
        cache.insert(path, (keys, told(&response)));
    }
}

/// What readers notice of a response.
fn told(response: &crate::response::Response) -> String {
    format!("{} {} {}", response.status(), response.header("location").unwrap_or_default(), response.text())
}

#[tokio::test]
async fn whatever_is_cached_until_its_keys_are_purged_is_right() {
    for seed in 1..=u64::try_from(rounds(1)).expect("a small number") {
        let server = crate::following::multilingual().await;
        let editor = server.login(Role::Admin).await;
        let (mut dice, mut drafts, mut cache, mut read) = (Dice(seed), Vec::new(), Cache::new(), 0);
        let (mut kept, mut purged) = (0, 0);
        for step in 0..30 {
            let story = something(&mut dice, &server, &editor, &mut drafts).await;
            if step % 10 == 0 {
                let redirect = json!({"from": format!("/old/{step}"), "to": "/new", "status": 301});
                editor.post("/v1/redirects").json(redirect).await.is(201);
            }
            // Everything that is stale, so that nothing else changes while the cache is compared.
            server.run_jobs().await;
            let after = read;
            let found = server.app.db.read(move |conn| events::read(conn, after, 500)).await.expect("events");
            read = found.last().map_or(read, |event| event.number);
            for key in found.into_iter().flat_map(|event| event.event.expect("an event").keys()) {
                let before = cache.len();
                cache.retain(|_, (keys, _)| !keys.contains(&key));
                purged += before - cache.len();
            }
            kept += cache.len();
            for (path, (keys, text)) in &cache {
                let now = told(&server.client().get(path).await);
                assert_eq!(now, *text, "seed {seed}, {path} with {keys:?} after {story}");
            }
            let newest = drafts.iter().rev().take(8);
            let articles: Vec<String> = newest
                .flat_map(|draft| {
                    [crate::writing::id(draft), draft["slug"].as_str().unwrap_or_default().to_owned()]
                })
                .collect();
            fill(&mut cache, &server, &articles).await;
        }
        assert!(kept > 60 && purged > 60, "{kept} kept, {purged} purged");
        println!("seed {seed}: {kept} kept, {purged} purged");
    }
}

#[tokio::test]
async fn cloudflare_reads_the_keys_with_commas() {
    let server = Server::start_with(|config| config.cdn.cdn = None).await;
    let draft =
        published(&server.login(Role::Editor).await, json!({"title": "Tides", "topics": ["sea"]})).await;
    let plain = server.client().get(at(&draft, "")).await;
    let keys = plain.is(200).header("surrogate-key").expect("keys").to_owned();
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let set = |config: &mut lede::base::config::Config| {
        config.cdn.cdn = Some(lede::base::config::cdn::Cdn::Cloudflare);
        config.cdn.url = Some("http://127.0.0.1:9/".parse().expect("a URL"));
        config.cdn.token = Some(lede::base::config::Secret::opaque("token".to_owned()));
    };
    let server = Server::start_on(database, clock, set).await;
    let tagged = server.client().get(at(&draft, "")).await;
    assert_eq!(tagged.is(200).header("surrogate-key"), Some(keys.as_str()));
    assert_eq!(tagged.header("cache-tag"), Some(keys.replace(' ', ",").as_str()));
}
