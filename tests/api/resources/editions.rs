//! What readers see of articles, and how it gets there.

use lede::auth::Role;
use serde_json::json;

use crate::given;
use crate::server::Server;
use crate::writing::tides_and_harbours;

#[rustfmt::skip]
policy! {
    //                     contributor author editor admin
    list_articles:         anyone            => |on| on.get("/v1/articles");
    get_article:           anyone            => |on| on.get(on.live().await);
    get_article_html:      anyone            => |on| on.get(on.live().await + "/html");
    get_article_markdown:  anyone            => |on| on.get(on.live().await + "/markdown");
    list_sections:         anyone            => |on| on.get(on.live().await + "/sections");
    get_section:           anyone            => |on| on.get(on.live().await + "/sections/slack-water");
    get_adjacent_articles: anyone            => |on| on.get(on.live().await + "/adjacent");
    list_related_articles: anyone            => |on| on.get(on.live().await + "/related");
    search_articles:       anyone            => |on| on.get("/v1/search?q=tides");
    list_changes:          anyone            => |on| on.get("/v1/changes");
    stream_changes:        anyone            => |on| on.get("/v1/changes/stream");

    publish_article:       [403 own any any] => |on| on.post(on.article().await + "/publish").json(json!({"revision": 1}));
    correct_article:       [403 own any any] => |on| on.post(on.live().await + "/corrections").json(json!({"edition": 1, "metadata": {"subtitle": "s"}}));
    unpublish_article:     [403 own any any] => |on| on.post(on.live().await + "/unpublish");
    list_editions:         [own own any any] => |on| on.get(on.live().await + "/editions");
    get_edition:           [own own any any] => |on| on.get(on.live().await + "/editions/1");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.post("/v1/articles").json(tides_and_harbours()).await.is(201);
    let article = "/v1/articles/tides-and-harbours";
    editor.post(format!("{article}/publish")).json(json!({"revision": 1})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/articles").await.is(200);
    anyone.get(article).await.is(200);
    for part in ["/html", "/markdown", "/sections", "/sections/slack-water"] {
        anyone.get(format!("{article}{part}")).await.is(200);
    }
    anyone.get("/v1/search?q=slack+mov").await.is(200);
    anyone.get("/v1/changes").await.is(200);

    for title in ["Ebb", "Flow", "Slack water"] {
        let article = json!({"title": title, "topics": ["tides"], "intro": "The sea comes **twice** a day."});
        editor.post("/v1/articles").json(article).await.is(201);
        let path = format!("/v1/articles/{}", title.to_lowercase().replace(' ', "-"));
        editor.post(format!("{path}/publish")).json(json!({"revision": 1})).await.is(200);
        server.clock.advance(given::hours(1));
    }
    let edition = anyone.get(article).await.expect(200);
    let patch = editor.patch(format!("{article}/draft")).header("if-match", "*");
    patch.json(json!({"subtitle": "For next week"})).await.is(200);
    let leaving = &edition["sections"][1]["id"];
    let correction = json!({"edition": 1, "minor": true, "metadata": {"subtitle": "How the water moves"},
        "sections": [{"id": leaving, "body": "Go with the flood."}]});
    editor.post(format!("{article}/corrections")).json(&correction).await.is(200);
    editor.post(format!("{article}/corrections")).json(&correction).await.is(409);
    anyone.get("/v1/articles/flow/adjacent?topic=tides").await.is(200);
    anyone.get("/v1/articles/flow/related").await.is(200);
    let changes = anyone.get("/v1/changes").await.expect(200);
    let cursor = changes["next_cursor"].as_str().expect("a cursor");
    editor.patch("/v1/topics/tides").json(json!({"name": "Tides and currents"})).await.is(200);
    anyone.get("/v1/changes/stream").query(&[("cursor", cursor)]).await.is(200);
}
