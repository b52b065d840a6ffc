//! The list of drafts by what is not translated yet and by values in `custom`, and what editors see of each other.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{draft, join, languages, live, now, patch};
use crate::client::Client;
use crate::server::Server;
use crate::writing::{at, create};

/// The titles that a query finds, page by page.
async fn titles(client: &Client, query: &str) -> String {
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(format!("/v1/drafts?sort=title&limit=2&{query}{cursor}")).await.expect(200);
        let items = page["items"].as_array().expect("items");
        titles.extend(items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return titles.join(" "),
        }
    }
}

#[tokio::test]
async fn drafts_are_found_by_the_language_that_they_lack() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let named = async |title: &str, locale: &str, of: Option<&Value>| {
        let body = json!({"title": title, "locale": locale, "translation_of": of.map(|of| of["id"].clone())});
        create(&editor, body).await
    };
    let a = named("A", "en", None).await;
    let b = named("B", "en", None).await;
    named("C", "en", None).await;
    let of_a = named("D", "de", Some(&a)).await;
    named("E", "fr", Some(&a)).await;
    named("F", "fr", Some(&b)).await;
    named("G", "de", None).await;
    assert_eq!(titles(&editor, "untranslated=de").await, "B C F");
    assert_eq!(titles(&editor, "untranslated=fr").await, "C G");
    assert_eq!(titles(&editor, "untranslated=de&locale=en").await, "B C");
    assert_eq!(titles(&editor, "untranslated=it").await, "A B C D E F G");
    assert_eq!(titles(&editor, "untranslated=de-AT").await, "A B C D E F G");
    editor.delete(at(&of_a, "")).await.is(204);
    assert_eq!(titles(&editor, "untranslated=de").await, "A B C E F");
    editor.post(at(&of_a, "/restore")).await.is(200);
    join(&editor, &of_a, None).await.is(200);
    assert_eq!(titles(&editor, "untranslated=de").await, "A B C E F");
    // Until it is published it is still German to readers.
    let german = live(&editor, "de", Some(&b)).await;
    patch(&editor, &german, json!({"locale": "da", "title": "H"})).await.is(200);
    assert_eq!(titles(&editor, "untranslated=de").await, "A C E");
    for (query, place) in [
        ("untranslated=german", "untranslated locale-malformed"),
        ("untranslated=de,fr", "untranslated locale-malformed"),
        ("translation_behind=maybe", "translation_behind boolean-malformed"),
    ] {
        assert_eq!(editor.get(format!("/v1/drafts?{query}")).await.is(400).violations(), [place]);
    }
}

#[tokio::test]
async fn drafts_are_found_by_values_in_custom_as_published_articles_are() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (title, custom) in [
        ("A", json!({"series": "tides", "part": 5, "open": true})),
        ("B", json!({"series": "tides", "part": "5", "open": "true"})),
        ("C", json!({"series": "tides", "part": 5.0, "open": false, "rest": {"series": "x"}})),
        ("D", json!({"series": ["tides"], "part": 5.5})),
        ("E", json!({})),
    ] {
        create(&editor, json!({"title": title, "custom": custom})).await;
    }
    for (query, found) in [
        ("custom[series]=tides", "A B C"),
        ("custom[part]=5", "A B C"),
        ("custom[part]=5.5", "D"),
        ("custom[open]=true", "A B"),
        ("custom[series]=tides&custom[part]=5&custom[open]=false", "C"),
        ("custom[series]=tides&q=b", "B"),
        ("custom[series]=x", ""),
    ] {
        assert_eq!(titles(&editor, query).await, found, "{query}");
    }
    let drafts = editor.get("/v1/drafts?sort=title").await.expect(200)["items"].clone();
    patch(&editor, &drafts[4], json!({"custom": {"series": "tides"}})).await.is(200);
    patch(&editor, &drafts[0], json!({"custom": {"series": "ebb"}})).await.is(200);
    patch(&editor, &drafts[1], json!({"custom": null})).await.is(200);
    assert_eq!(titles(&editor, "custom[series]=tides").await, "C E");
    let restored = at(&drafts[1], "/revisions/1/restore");
    editor.post(restored).header("if-match", "*").await.is(200);
    editor.delete(at(&drafts[2], "")).await.is(204);
    assert_eq!(titles(&editor, "custom[series]=tides").await, "B E");
    assert_eq!(titles(&editor, "custom[series]=tides&trashed=true").await, "C");
    // In bulk the filter is an object.
    let bulk = json!({"action": "trash", "filter": {"custom": {"series": "tides"}}});
    let done = editor.post("/v1/drafts/bulk").json(bulk).await.expect(200);
    assert_eq!(done["items"].as_array().expect("items").len(), 2);
    for (filter, place) in [
        (json!({"custom": {"a": 1}}), "/filter/custom type-mismatch"),
        (json!({"custom": "tides"}), "/filter/custom parameter-malformed"),
        (json!({"custom": {"a": "", "b": "", "c": "", "d": ""}}), "/filter/custom parameter-malformed"),
    ] {
        let refused = editor.post("/v1/drafts/bulk").json(json!({"action": "trash", "filter": filter})).await;
        assert_eq!(refused.violations(), [place], "{}", refused.text());
    }
    for query in ["custom=tides", "custom[]=x", "custom[a]=1&custom[b]=1&custom[c]=1&custom[d]=1"] {
        editor.get(format!("/v1/drafts?{query}")).await.is(400);
    }
}

#[tokio::test]
async fn what_one_may_not_read_is_not_told_of_in_a_group() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let source = live(&author, "en", None).await;
    draft(&editor, "de", Some(&source)).await;
    live(&editor, "fr", Some(&source)).await;
    assert_eq!(languages(&now(&author, &source).await), "fr");
    assert_eq!(languages(&now(&editor, &source).await), "de fr");
}

#[tokio::test]
async fn the_list_says_what_its_items_are_translations_of() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    draft(&editor, "de", Some(&source)).await;
    let items = editor.get("/v1/drafts?sort=title").await.expect(200)["items"].clone();
    let of = |at: usize| (items[at]["translation_of"].clone(), items[at]["behind"].clone());
    assert_eq!((of(0), of(1)), ((source["id"].clone(), json!(false)), (Value::Null, json!(false))));
}
