//! Articles like another.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::minutes;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, published};

/// Publishes an article a minute after the one before.
async fn publish(server: &Server, editor: &Client, title: &str, more: Value) -> Value {
    let mut body = json!({"title": title, "slug": title});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.clock.advance(minutes(1));
    published(editor, body).await
}

async fn related(reader: &Client, of: &str) -> String {
    let response = reader.get(format!("{ARTICLES}/{of}")).await.expect(200);
    assert_eq!(response["next_cursor"], Value::Null);
    let slug = |item: &Value| item["slug"].as_str().unwrap().to_owned();
    response["items"].as_array().unwrap().iter().map(slug).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn what_shares_more_and_rarer_topics_is_more_alike() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    publish(&server, &editor, "rare", json!({"topics": ["rare"]})).await;
    for n in 0..6 {
        publish(&server, &editor, &format!("common{n}"), json!({"topics": ["common"]})).await;
    }
    publish(&server, &editor, "both", json!({"topics": ["common", "rare"]})).await;
    publish(&server, &editor, "author", json!({"authors": ["ada"]})).await;
    publish(&server, &editor, "neither", json!({"topics": ["other"], "authors": ["bob"]})).await;
    publish(
        &server,
        &editor,
        "german",
        json!({"locale": "de", "topics": ["common", "rare"], "authors": ["ada"]}),
    )
    .await;
    publish(&server, &editor, "imprint", json!({"listed": false, "topics": ["common", "rare"]})).await;
    create(&editor, json!({"title": "draft", "topics": ["common", "rare"]})).await;
    publish(&server, &editor, "this", json!({"topics": ["common", "rare"], "authors": ["ada"]})).await;
    let reader = server.client();
    // What shares a topic comes before what shares the author, however many share the topic; ties go by age.
    let all = "both rare common5 common4 common3 common2 common1 common0 author german";
    for (of, wanted) in [
        ("this/related?limit=20", all),
        ("this/related", "both rare common5 common4 common3"),
        ("this/related?limit=1", "both"),
        ("german/related?locale=de&limit=2", "this both"),
        ("imprint/related?limit=3", "this both rare"),
        ("neither/related", ""),
        ("author/related", "this german"),
    ] {
        assert_eq!(related(&reader, of).await, wanted, "{of}");
    }
    let first = reader.get(format!("{ARTICLES}/this/related?limit=1")).await.expect(200)["items"][0].clone();
    assert_eq!(first, reader.get(format!("{ARTICLES}?slug=both")).await.expect(200)["items"][0]);
    let chosen = reader.get(format!("{ARTICLES}/this/related?limit=1&fields=slug,intro")).await.expect(200);
    assert_eq!(
        chosen["items"],
        json!([{"slug": "both", "intro": {"html": "", "markdown": null, "text": null}}])
    );
    for (limit, refusal) in
        [("0", "number-out-of-bounds"), ("21", "number-out-of-bounds"), ("x", "number-malformed")]
    {
        let response = reader.get(format!("{ARTICLES}/this/related?limit={limit}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [format!("limit {refusal}")]);
    }
}

#[tokio::test]
async fn an_article_is_not_like_its_own_translations() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let original = publish(&server, &editor, "tides", json!({"topics": ["sea"]})).await;
    for (title, locale) in [("gezeiten", "de"), ("marees", "fr")] {
        let more = json!({"locale": locale, "topics": ["sea"], "translation_of": original["id"]});
        publish(&server, &editor, title, more).await;
    }
    let other = publish(&server, &editor, "other", json!({"topics": ["sea"]})).await;
    let reader = server.client();
    for of in ["tides/related", "gezeiten/related?locale=de", "marees/related?locale=fr"] {
        assert_eq!(related(&reader, of).await, "other");
    }
    assert_eq!(related(&reader, "other/related").await, "tides marees gezeiten");
    editor.post(at(&other, "/unpublish")).await.is(200);
    assert_eq!(related(&reader, "tides/related").await, "");
}

#[tokio::test]
async fn of_a_very_common_topic_the_newest_are_looked_at() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    publish(&server, &editor, "oldest", json!({"topics": ["sea"], "authors": ["ada"]})).await;
    publish(&server, &editor, "this", json!({"topics": ["sea"], "authors": ["ada"]})).await;
    for n in 0..201 {
        publish(&server, &editor, &format!("n{n}"), json!({"topics": ["sea"]})).await;
    }
    let newest: Vec<String> = (182..201).rev().map(|n| format!("n{n}")).collect();
    let reader = server.client();
    assert_eq!(related(&reader, "this/related?limit=19").await, newest.join(" "));
    // By its rarer author the oldest is found all the same.
    let this = editor.get("/v1/articles/this/draft").await.json();
    let only = editor.patch(at(&this, "/draft")).if_match(2).json(json!({"topics": []})).await.expect(200);
    crate::writing::publish(&editor, &only).await;
    assert_eq!(related(&reader, "this/related").await, "oldest");
}
