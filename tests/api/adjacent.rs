//! The newer and the older neighbour of an article.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, publish, published};

/// Articles `a` to `f`, published an hour apart, with labels that differ; `b` stands in no list.
async fn publication(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (title, more) in [
        ("a", json!({"topics": ["sea"], "authors": ["ada"]})),
        ("b", json!({"topics": ["sea"], "listed": false})),
        ("c", json!({"topics": ["land"], "featured": true})),
        ("d", json!({"locale": "de", "topics": ["sea"]})),
        ("e", json!({"topics": ["sea", "land"], "authors": ["ada"]})),
        ("f", json!({"published_at": "2020-01-01T00:00:00Z", "intro": "First *of* all."})),
    ] {
        let mut body = json!({"title": title, "slug": title});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        published(&editor, body).await;
        server.clock.advance(hours(1));
    }
    create(&editor, json!({"title": "Draft", "topics": ["sea"]})).await;
    editor
}

/// The slugs of the neighbours, as `newer older`; `-` is none.
async fn neighbours(reader: &Client, of: &str) -> String {
    let response = reader.get(format!("{ARTICLES}/{of}")).await.expect(200);
    ["newer", "older"].map(|side| response[side]["slug"].as_str().unwrap_or("-").to_owned()).join(" ")
}

#[tokio::test]
async fn neighbours_stand_next_to_an_article_in_the_same_list() {
    let server = Server::start().await;
    publication(&server).await;
    let reader = server.client();
    for (of, wanted) in [
        ("e/adjacent", "- d"),
        ("c/adjacent", "d a"),
        ("a/adjacent", "c f"),
        ("f/adjacent", "a -"),
        // Not listed itself, it has neighbours all the same.
        ("b/adjacent", "c a"),
        ("c/adjacent?locale=en", "e a"),
        ("d/adjacent?locale=de", "- -"),
        ("d/adjacent?locale=de,en", "e c"),
        ("c/adjacent?topic=sea", "d a"),
        ("c/adjacent?topic=sea&locale=en", "e a"),
        ("c/adjacent?topic_all=sea,land", "e -"),
        ("e/adjacent?author=ada", "- a"),
        ("e/adjacent?featured=true", "- c"),
        ("c/adjacent?published_at_gte=2026-01-05T09:30:00Z", "d -"),
        ("c/adjacent?topic=nothing", "- -"),
    ] {
        assert_eq!(neighbours(&reader, of).await, wanted, "{of}");
    }
    let newer = &reader.get(format!("{ARTICLES}/a/adjacent")).await.expect(200)["newer"];
    assert_eq!(*newer, reader.get(format!("{ARTICLES}?slug=c")).await.expect(200)["items"][0]);
    let chosen = reader.get(format!("{ARTICLES}/a/adjacent?fields=title,content_text")).await;
    assert_eq!(chosen.expect(200)["older"], json!({"title": "f", "content_text": "First of all."}));
}

#[tokio::test]
async fn neighbours_of_one_moment_are_told_apart() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for n in 0..5 {
        published(&editor, json!({"title": format!("n{n}")})).await;
    }
    let reader = server.client();
    let list = reader.get(ARTICLES).await.expect(200)["items"].clone();
    let slugs: Vec<&str> =
        list.as_array().unwrap().iter().map(|item| item["slug"].as_str().unwrap()).collect();
    let mut walked = vec![slugs[0].to_owned()];
    while walked.len() < 5 {
        let response =
            reader.get(format!("{ARTICLES}/{}/adjacent", walked.last().unwrap())).await.expect(200);
        let back = response["newer"]["slug"].as_str();
        assert_eq!(back, walked.len().checked_sub(2).map(|at| walked[at].as_str()));
        walked.push(response["older"]["slug"].as_str().expect("an older one").to_owned());
    }
    assert_eq!(walked, slugs);
}

#[tokio::test]
async fn an_old_slug_redirects_and_an_unknown_one_is_404() {
    let server = Server::start().await;
    let editor = publication(&server).await;
    let renamed =
        editor.patch("/v1/articles/c/draft").if_match(2).json(json!({"slug": "cc"})).await.expect(200);
    publish(&editor, &renamed).await;
    let reader = server.client();
    for part in ["adjacent?topic=sea", "related?limit=2"] {
        let response = reader.get(format!("{ARTICLES}/c/{part}")).await;
        assert_eq!(response.is(301).location(), format!("{ARTICLES}/cc/{part}"));
        reader.get(response.location()).await.is(200);
        for unknown in ["x", "draft", "d", "019b8d1c-0000-7000-8000-000000000000"] {
            reader.get(format!("{ARTICLES}/{unknown}/{part}")).await.problem(404, "not-found");
        }
    }
    for (query, refusal) in [
        ("sort=title", "sort parameter-unknown"),
        ("limit=1", "limit parameter-unknown"),
        ("featured=1", "featured boolean-malformed"),
        ("fields=x", "fields field-unknown"),
    ] {
        let response = reader.get(format!("{ARTICLES}/a/adjacent?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn a_neighbour_that_is_stale_is_renewed() {
    let server = Server::start().await;
    let editor = publication(&server).await;
    for (n, part) in ["adjacent?topic=sea", "related"].into_iter().enumerate() {
        editor.patch("/v1/topics/sea").json(json!({"name": format!("Sea {n}")})).await.is(200);
        let response = server.client().get(format!("{ARTICLES}/e/{part}")).await.expect(200);
        let other: &Value = response.get("older").unwrap_or(&response["items"][0]);
        assert_eq!(other["topics"][0]["name"], format!("Sea {n}"), "{response:#}");
    }
    editor.post(at(&editor.get("/v1/articles/d/draft?locale=de").await.json(), "/unpublish")).await.is(200);
    assert_eq!(neighbours(&server.client(), "e/adjacent").await, "- c");
}
