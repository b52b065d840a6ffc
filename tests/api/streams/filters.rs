//! Filters of streams.

use lede::auth::Role;
use serde_json::json;

use super::Stream;
use crate::following::edit;
use crate::writing::{at, id, published};

#[tokio::test]
async fn filters_choose_among_articles() {
    let server = crate::following::multilingual().await;
    let editor = server.login(Role::Admin).await;
    for query in ["?topic=sea", "?topic=other,sea&author=ada", "?locale=de", "?locale=de,fr&topic=sea"] {
        let [german, french] = ["de", "fr"].map(|locale| {
            published(
                &editor,
                json!({"title": query, "topics": ["sea"], "authors": ["ada"], "locale": locale}),
            )
        });
        let mut stream = Stream::open(&server, query, None).await;
        let (german, french) = (german.await, french.await);
        let land = published(&editor, json!({"title": format!("Land {query}"), "topics": ["other"]})).await;
        editor.patch("/v1/site").json(json!({"title": query})).await.is(200);
        let mut got = Vec::new();
        loop {
            let change = stream.event().await.change();
            if change.what == "site" && stream.event_is_last(&server).await {
                break;
            }
            got.push((change.id.unwrap_or_default(), change.article.is_some()));
        }
        for (draft, matches) in [(&german, true), (&french, query != "?locale=de"), (&land, false)] {
            let own: Vec<bool> = got.iter().filter(|(of, _)| *of == id(draft)).map(|(_, has)| *has).collect();
            assert_eq!(own, [matches], "{query}");
        }
    }
}

#[tokio::test]
async fn an_article_that_leaves_a_filter_is_told_without_content_and_then_no_more() {
    let server = crate::following::multilingual().await;
    let editor = server.login(Role::Admin).await;
    let draft = published(&editor, json!({"title": "One", "topics": ["sea", "land"]})).await;
    let mut stream = Stream::open(&server, "?topic=sea", None).await;
    edit(&editor, &draft, json!({"topics": ["land"]})).await;
    let left = stream.event().await;
    assert_eq!((left.change().id, left.change().article.is_some()), (Some(id(&draft)), false));
    // Rendered again, which nobody who filters for the sea has asked for.
    editor.patch("/v1/topics/land").json(json!({"name": "The land"})).await.is(200);
    server.run_jobs().await;
    editor.patch("/v1/site").json(json!({"title": "Ebb"})).await.is(200);
    assert_eq!(
        stream.told(2).await.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(),
        ["topic", "site"]
    );
    // Who was away when it left is told, whatever has come since.
    edit(&editor, &draft, json!({"topics": ["sea", "land"]})).await;
    assert!(stream.event().await.change().article.is_some());
    let last = stream.last.clone();
    drop(stream);
    edit(&editor, &draft, json!({"topics": ["land"]})).await;
    editor.patch("/v1/topics/land").json(json!({"name": "Land"})).await.is(200);
    server.run_jobs().await;
    let mut stream = Stream::open(&server, "?topic=sea", Some(&last)).await;
    let what: Vec<_> = [stream.event().await, stream.event().await]
        .iter()
        .map(|event| {
            let change = event.change();
            (change.what, change.article.is_some())
        })
        .collect();
    assert_eq!(what, [("topic".to_owned(), false), ("rerendered".to_owned(), false)]);
    // A comment tells where to continue, past what was not sent.
    editor.patch("/v1/topics/land").json(json!({"name": "Plain"})).await.is(200);
    stream.event().await;
    server.run_jobs().await;
    let before = stream.last.clone();
    let comment = stream.comment(&server).await;
    assert!(
        comment.is_comment && comment.id.is_some() && comment.id.as_deref() != Some(&before),
        "{comment:?}"
    );
}

#[tokio::test]
async fn a_filter_follows_what_becomes_of_its_topic() {
    let server = crate::following::multilingual().await;
    let editor = server.login(Role::Admin).await;
    let mut stream = Stream::open(&server, "?topic=sea", None).await;
    let draft = published(&editor, json!({"title": "One", "topics": ["sea"]})).await;
    assert_eq!(stream.told(2).await[1].0, "published");
    editor.post("/v1/topics").json(json!({"name": "Ocean"})).await.is(201);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    server.run_jobs().await;
    for what in ["topic", "topic"] {
        assert_eq!(stream.event().await.change().what, what);
    }
    let again = stream.event().await.change();
    assert_eq!((again.what.as_str(), again.article.is_some()), ("rerendered", true));
    edit(&editor, &draft, json!({"title": "Two"})).await;
    let again = stream.event().await.change();
    assert_eq!((again.what.as_str(), again.article.is_some()), ("updated", true));
    editor.post(at(&draft, "/unpublish")).await.is(200);
    assert_eq!(stream.told(1).await[0].0, "unpublished");
}
