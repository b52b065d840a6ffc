//! Which translations are behind their source.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{draft, join, languages, live, now, patch};
use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{at, publish};

async fn is_behind(client: &Client, article: &Value) -> bool {
    now(client, article).await["behind"].as_bool().expect("a boolean")
}

/// Changes an article and publishes that an hour later.
async fn republish(server: &Server, client: &Client, article: &Value, summary: &str, minor: bool) {
    server.clock.advance(hours(1));
    let changed = patch(client, article, json!({"summary": summary})).await.expect(200);
    let body = json!({"revision": changed["revision"], "minor": minor});
    client.post(at(article, "/publish")).json(body).await.is(200);
}

#[tokio::test]
async fn a_translation_is_behind_until_it_is_published_after_its_source() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = live(&editor, "en", None).await;
    let german = live(&editor, "de", Some(&source)).await;
    let unpublished = draft(&editor, "fr", Some(&source)).await;
    let behind = async || {
        let of_source = now(&editor, &source).await;
        assert_eq!(of_source["behind"], false, "nothing is behind itself");
        let german = is_behind(&editor, &german).await;
        assert_eq!(of_source["translations"][0]["behind"], german);
        assert!(!is_behind(&editor, &unpublished).await, "it was never published");
        let listed = editor.get("/v1/drafts?translation_behind=true").await.expect(200);
        assert_eq!(languages(&json!({"translations": listed["items"]})), if german { "de" } else { "" });
        let others = editor.get("/v1/drafts?translation_behind=false&include_total=true").await.expect(200);
        assert_eq!(others["total"], if german { 2 } else { 3 });
        german
    };
    assert!(!behind().await);
    // An edit of the source's draft is not public yet, and a minor edition needs no translation.
    patch(&editor, &source, json!({"summary": "Soon."})).await.is(200);
    assert!(!behind().await);
    republish(&server, &editor, &source, "A comma", true).await;
    assert!(!behind().await);
    republish(&server, &editor, &source, "News", false).await;
    assert!(behind().await);
    // One that is minor later does not hide the one before.
    republish(&server, &editor, &source, "News, with a comma", true).await;
    assert!(behind().await);
    republish(&server, &editor, &german, "Neues", false).await;
    assert!(!behind().await);
    republish(&server, &editor, &source, "More news", false).await;
    assert!(behind().await);
    // Any edition is an answer, also one that says that nothing had to be translated.
    republish(&server, &editor, &german, "Neues, mit Komma", true).await;
    assert!(!behind().await);
}

#[tokio::test]
async fn a_translation_is_behind_the_source_that_its_group_has() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let german = live(&admin, "de", None).await;
    server.clock.advance(hours(1));
    let admin = server.login(Role::Admin).await;
    let source = live(&admin, "en", None).await;
    // What was published before what it joins has to be looked at.
    join(&admin, &german, Some(&source)).await.is(200);
    assert!(is_behind(&admin, &german).await);
    // An edition stays one when the source is withdrawn.
    admin.post(at(&source, "/unpublish")).await.is(200);
    assert!(is_behind(&admin, &german).await);
    // The other way round nothing is behind.
    join(&admin, &source, Some(&german)).await.is(200);
    assert!(!is_behind(&admin, &german).await && !is_behind(&admin, &source).await);
    join(&admin, &german, Some(&source)).await.is(200);
    admin.delete(at(&source, "")).await.is(204);
    admin.delete(at(&source, "?permanent=true")).await.is(202);
    assert!(!is_behind(&admin, &german).await);
    let french = live(&admin, "fr", Some(&german)).await;
    server.clock.advance(hours(1));
    publish(&admin, &patch(&admin, &german, json!({"summary": "Neu"})).await.expect(200)).await;
    assert!(is_behind(&admin, &french).await);
    join(&admin, &french, None).await.is(200);
    assert!(!is_behind(&admin, &french).await);
}
