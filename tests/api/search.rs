//! What readers find, in which order, and what of it they are shown.

use diesel::prelude::*;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{days, hours};
use crate::server::Server;
use crate::writing::{at, create, id, publish, published, section};

/// The hits of a search, as `slug` or `slug#anchor`; the anchor of a section without one is `-`.
async fn found(reader: &Client, query: &[(&str, &str)]) -> String {
    hits(&reader.get("/v1/search").query(query).await.expect(200))
}

fn hits(page: &Value) -> String {
    let one = |hit: &Value| {
        let slug = hit["article"]["slug"].as_str().unwrap();
        if hit["section"].is_null() {
            return slug.to_owned();
        }
        format!("{slug}#{}", hit["section"]["anchor"].as_str().unwrap_or("-"))
    };
    page["items"].as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The snippet of the first hit.
async fn snippet(reader: &Client, q: &str) -> String {
    let page = reader.get("/v1/search").query(&[("q", q)]).await.expect(200);
    page["items"][0]["snippet_html"].as_str().unwrap_or_else(|| panic!("nothing found for {q}")).to_owned()
}

#[tokio::test]
async fn a_hit_is_an_article_or_one_of_its_sections() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = published(
        &editor,
        json!({"title": "Tides & harbours", "slug": "tides", "intro": "Look at *the* water.", "sections": [
            {"heading": "Slack `water`", "body": "It **rests** a while.", "sections": [{"body": "Bare, it rests."}]}]}),
    )
    .await;
    let reader = server.client();
    let page = reader.get("/v1/search?q=rest").await.expect(200);
    let item = reader.get("/v1/articles").await.expect(200)["items"][0].clone();
    let slack = section(&draft, "Slack `water`");
    let bare = &slack["sections"][0];
    let score = page["items"][0]["score"].as_f64().unwrap();
    assert!(score > 0.0 && score < 2.0, "{score}");
    assert_eq!(
        page,
        json!({"items": [
            {"article": item, "score": page["items"][0]["score"], "snippet_html": "Bare, it <mark>rests</mark>.",
             "section": {"id": bare["id"], "heading": null, "anchor": null}},
            {"article": item, "score": page["items"][1]["score"], "snippet_html": "It <mark>rests</mark> a while.",
             "section": {"id": slack["id"], "heading": "Slack water", "anchor": "slack-water"}},
        ], "next_cursor": null})
    );
    assert_eq!(found(&reader, &[("q", "look harbours")]).await, "tides");
    assert_eq!(snippet(&reader, "harbours").await, "Look at the water.");
}
