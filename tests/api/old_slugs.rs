//! Old slugs: readers are redirected, writers are refused, and no other article can take them.

use serde_json::json;

use crate::publishing::stories;
use crate::writing::{ARTICLES, at, create, publish, published};

#[tokio::test]
async fn an_old_slug_leads_readers_on_and_stops_writers() {
    let (_server, editor, reader) = stories().await;
    let draft = published(&editor, json!({"title": "One", "sections": [{"heading": "S"}]})).await;
    let after = editor
        .patch(format!("{ARTICLES}/one/draft"))
        .if_match(2)
        .json(json!({"slug": "two"}))
        .await
        .expect(200);
    // Not published yet: readers use the old one, writers the new one.
    reader.get(format!("{ARTICLES}/one")).await.is(200);
    editor.get(format!("{ARTICLES}/two/draft")).await.is(200);
    let moved = editor
        .patch(format!("{ARTICLES}/one/draft"))
        .if_match(3)
        .json(json!({"title": "X"}))
        .await
        .problem(409, "slug-moved");
    assert_eq!((&moved["slug"], &moved["id"]), (&json!("two"), &draft["id"]));
    publish(&editor, &after).await;
    for rest in [
        "",
        "?fields=id,title&formats=text",
        "/html",
        "/markdown",
        "/sections?formats=markdown",
        "/sections/s",
    ] {
        let response = reader.get(format!("{ARTICLES}/one{rest}")).await;
        assert_eq!(response.is(301).location(), format!("{ARTICLES}/two{rest}"));
        let head = reader.head(format!("{ARTICLES}/one{rest}")).await;
        assert_eq!(head.is(301).location(), response.location());
        reader.get(response.location()).await.is(200);
    }
    for call in [
        editor.get(format!("{ARTICLES}/one/draft")),
        editor.post(format!("{ARTICLES}/one/publish")).json(json!({"revision": 1})),
        editor.delete(format!("{ARTICLES}/one")),
        editor.post(format!("{ARTICLES}/one/draft/sections")).json(json!({})),
        editor.put(format!("{ARTICLES}/one/draft/markdown")).if_match(1).body("text/markdown", "x"),
    ] {
        call.await.problem(409, "slug-moved");
    }
    editor.post(at(&draft, "/unpublish")).await.is(200);
    reader.get(format!("{ARTICLES}/one")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_slug_has_one_owner_for_as_long_as_anything_leads_there() {
    let (_server, editor, reader) = stories().await;
    let draft = published(&editor, json!({"title": "T", "slug": "first"})).await;
    let rename = async |slug: &str| {
        editor
            .patch(at(&draft, "/draft"))
            .header("if-match", "*")
            .json(json!({"slug": slug}))
            .await
            .expect(200)
    };
    let refused = async |slug: &str| {
        editor.post(ARTICLES).json(json!({"title": "X", "slug": slug})).await.problem(409, "slug-taken");
    };
    rename("passing").await;
    let second = rename("second").await;
    for taken in ["first", "second"] {
        refused(taken).await;
    }
    // Nobody but its editors ever saw `passing`: it is free.
    create(&editor, json!({"title": "X", "slug": "passing"})).await;
    publish(&editor, &second).await;
    refused("first").await;
    // A revision whose slug has gone to somebody else cannot go out.
    let passing = editor.post(at(&draft, "/publish")).json(json!({"revision": 3})).await;
    passing.problem(409, "slug-taken");
    // The article itself can go back.
    let back = rename("first").await;
    publish(&editor, &back).await;
    reader.get(format!("{ARTICLES}/second")).await.is(301);
    reader.get(format!("{ARTICLES}/first")).await.is(200);
    editor.delete(at(&draft, "")).await.is(204);
    for taken in ["first", "second"] {
        refused(taken).await;
    }
    assert_eq!(create(&editor, json!({"title": "First"})).await["slug"], "first-2");
}
