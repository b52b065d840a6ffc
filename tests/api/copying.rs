//! Copies of articles: for another language, or for another article of the kind.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, flat, id, published};

/// The ids of the sections, in document order.
fn ids(draft: &Value) -> Vec<String> {
    flat(&draft["sections"]).iter().map(id).collect()
}

/// The headings and bodies of the sections, in document order.
fn texts(draft: &Value) -> Vec<(Value, Value, Value)> {
    let parts =
        |section: &Value| (section["heading"].clone(), section["body"].clone(), section["anchor"].clone());
    flat(&draft["sections"]).iter().map(parts).collect()
}

#[tokio::test]
async fn a_translation_begins_as_a_copy_with_section_ids_of_its_own() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let section = json!({"heading": "Ebb", "body": "Out.", "custom": {"n": 1}, "sections": [{"heading": "Low", "body": "Still."}]});
    let body = json!({"title": "Tides", "slug": "tides", "subtitle": "By the sea", "intro": "Twice a day.", "topics": ["sea"],
        "authors": ["ada"], "custom": {"a": [1]}, "featured": true, "aliases": ["/old"], "sections": [section]});
    let original = published(&admin, body).await;
    let copy = json!({"locale": "de", "translation": true});
    let made = editor.post(at(&original, "/copy")).json(&copy).await;
    let draft = made.expect(201);
    assert_eq!(made.location(), at(&draft, "/draft"));
    assert_eq!(made.version(), 1);
    assert_eq!(editor.get(made.location()).await.expect(200)["sections"], draft["sections"]);
    for field in ["title", "subtitle", "intro", "topics", "authors", "custom", "featured", "listed", "seo"] {
        assert_eq!(draft[field], original[field], "{field}");
    }
    assert_eq!(draft["translation_of"], original["id"]);
    assert_eq!((&draft["locale"], &draft["slug"]), (&json!("de"), &json!("tides")));
    assert_eq!((&draft["aliases"], &draft["status"]), (&json!([]), &json!("draft")));
    assert_eq!(draft["owner"]["id"], editor.user().to_string());
    assert_eq!(texts(&draft), texts(&original));
    assert_eq!(flat(&draft["sections"])[0]["custom"], json!({"n": 1}));
    assert!(ids(&draft).iter().all(|id| !ids(&original).contains(id)));
    // A copy of a translation is one of the same source. There is one in each language.
    let second = editor.post(at(&draft, "/copy")).json(json!({"locale": "fr", "translation": true}));
    assert_eq!(second.await.expect(201)["translation_of"], original["id"]);
    let again = editor.post(at(&original, "/copy")).json(&copy).await;
    again.problem(409, "translation-exists");
    assert_eq!(again.json()["id"], draft["id"]);
    // Without `translation` it stands for itself.
    let other = editor.post(format!("{ARTICLES}/tides/copy")).json(json!({"locale": "en"})).await.expect(201);
    assert_eq!((&other["slug"], &other["translation_of"]), (&json!("tides-2"), &Value::Null));
    // Neither changes with the other.
    let change = editor.patch(at(&draft, "/draft/sections/ebb")).if_match(1).json(json!({"body": "Hinaus."}));
    change.await.is(200);
    assert_eq!(texts(&admin.get(at(&original, "/draft")).await.expect(200)), texts(&original));
}

#[tokio::test]
async fn a_copy_takes_the_right_to_write() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let foreign = create(&editor, json!({"title": "Tides"})).await;
    let copy = json!({"locale": "de", "translation": true});
    author.post(at(&foreign, "/copy")).json(&copy).await.problem(404, "not-found");
    let own = create(&author, json!({"title": "Neaps"})).await;
    let draft = author.post(at(&own, "/copy")).json(&copy).await.expect(201);
    let copy = json!({"locale": "fr", "translation": true});
    for (scopes, status) in [(&["articles:read"][..], 403), (&["articles:write"][..], 201)] {
        let program = given::api_key(&author, scopes).await.1;
        program.post(at(&draft, "/copy")).json(&copy).await.is(status);
    }
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    let post = |rest: &str, body: Value| editor.post(at(&draft, rest)).json(body).send();
    let refused = post("/copy", json!({"locale": "german", "translation": true})).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.violations(), ["/locale locale-malformed"]);
    post("/copy", json!({"translation": true})).await.problem(422, "invalid");
    editor.post(format!("{ARTICLES}/ebb/copy")).json(json!({"locale": "de"})).await.problem(404, "not-found");
    // The same request twice makes one copy.
    let copy = json!({"locale": "de", "translation": true});
    let once = async || editor.post(at(&draft, "/copy")).once("a-key").json(&copy).await.expect(201);
    assert_eq!(once().await["id"], once().await["id"]);
    editor.patch(at(&draft, "/draft")).if_match(1).json(json!({"slug": "ebb"})).await.is(200);
    let moved = editor.post(format!("{ARTICLES}/tides/copy")).json(&copy).await;
    assert!([404, 409].contains(&moved.status()));
    editor.delete(at(&draft, "")).await.is(204);
    post("/copy", copy).await.problem(409, "in-trash");
}

#[tokio::test]
async fn copies_that_are_made_at_once_have_slugs_of_their_own() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let copy = || editor.post(at(&draft, "/copy")).json(json!({"locale": "de"})).send();
    let made = futures_util::future::join_all((0..8).map(|_| copy())).await;
    let mut slugs: Vec<String> =
        made.iter().map(|made| made.expect(201)["slug"].as_str().expect("a slug").to_owned()).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
}
