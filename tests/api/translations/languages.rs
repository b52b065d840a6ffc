//! A group has one article in each language that is not in the trash.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{body, draft, join, languages, live, now, patch};
use crate::client::Response;
use crate::server::Server;
use crate::writing::{ARTICLES, at, publish};

/// The refusal of a second article in a language.
#[track_caller]
fn exists(response: &Response, other: &Value) {
    response.problem(409, "translation-exists");
    assert_eq!(response.json()["id"], other["id"]);
}

#[tokio::test]
async fn a_language_has_one_article_when_another_joins_changes_or_comes_back() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    let german = draft(&editor, "de", Some(&source)).await;
    // On joining.
    exists(&editor.post(ARTICLES).json(body("de", Some(&source))).await, &german);
    exists(&editor.post(ARTICLES).json(body("en", Some(&german))).await, &source);
    let second = draft(&editor, "de", None).await;
    exists(&join(&editor, &second, Some(&source)).await, &german);
    assert_eq!(now(&editor, &second).await, second);
    // On a change of language, alone or together with joining.
    let french = draft(&editor, "fr", Some(&source)).await;
    exists(&patch(&editor, &french, json!({"locale": "de"})).await, &german);
    let both = json!({"locale": "fr", "translation_of": source["id"]});
    exists(&patch(&editor, &second, both).await, &french);
    let document = "---\ntitle: Marées\nlang: de\n---\n";
    let push = editor.put(at(&french, "/draft/markdown")).header("if-match", "*");
    exists(&push.body("text/markdown", document).await, &german);
    patch(&editor, &french, json!({"locale": "it"})).await.is(200);
    let back = json!({"locale": "fr", "translation_of": source["id"]});
    assert_eq!(languages(&patch(&editor, &second, back).await.expect(200)), "de en it");
    // On coming back from the trash, where nobody has a language.
    editor.delete(at(&german, "")).await.is(204);
    assert_eq!(languages(&now(&editor, &source).await), "fr it");
    let third = draft(&editor, "de", Some(&source)).await;
    exists(&editor.post(at(&german, "/restore")).await, &third);
    let bulk = json!({"action": "restore", "items": [{"id": german["id"]}]});
    let bulk = editor.post("/v1/drafts/bulk").json(bulk).await.expect(200);
    assert_eq!(
        (&bulk["items"][0]["status"], &bulk["items"][0]["code"]),
        (&json!(409), &json!("translation-exists"))
    );
    editor.delete(at(&third, "")).await.is(204);
    let restored = editor.post(at(&german, "/restore")).await.expect(200);
    assert_eq!((&restored["translation_of"], languages(&restored)), (&source["id"], "en fr it".to_owned()));
}

/// What readers see may have another language than the draft: an article has both.
#[tokio::test]
async fn a_language_has_one_article_among_drafts_and_editions_together() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = live(&editor, "en", None).await;
    let german = live(&editor, "de", Some(&source)).await;
    // Its draft is in Danish now, and readers have the German one.
    let danish = patch(&editor, &german, json!({"locale": "da"})).await.expect(200);
    exists(&editor.post(ARTICLES).json(body("de", Some(&source))).await, &german);
    exists(&editor.post(ARTICLES).json(body("da", Some(&source))).await, &german);
    // Published, it has one language again.
    publish(&editor, &danish).await;
    let other = draft(&editor, "de", Some(&source)).await;
    // On publishing, an older revision may have the language of another.
    let old = editor.post(at(&german, "/publish")).json(json!({"revision": 1})).await;
    exists(&old, &other);
    let schedule = json!({"revision": 1, "publish_at": "2026-01-06T09:00:00Z"});
    editor.put(at(&german, "/schedule")).json(schedule).await.is(200);
    server.clock.advance(crate::given::days(1));
    lede::schedules::scheduler::run_due(&server.app).await.expect("the database");
    let editor = server.login(Role::Editor).await;
    let failed = now(&editor, &german).await;
    let error = failed["schedule"]["last_error"].as_str().expect("an error").to_owned();
    assert!(error.contains("another article in de"), "{error}");
    editor.delete(at(&german, "/schedule")).header("if-match", "*").await.is(204);
    // Unpublishing frees what only the edition had.
    editor.delete(at(&other, "")).await.is(204);
    editor.post(at(&german, "/publish")).json(json!({"revision": 1})).await.is(200);
    exists(&editor.post(at(&other, "/restore")).await, &german);
    editor.post(at(&german, "/unpublish")).await.is(200);
    editor.post(at(&other, "/restore")).await.is(200);
    assert_eq!(languages(&now(&editor, &source).await), "da de");
}

#[tokio::test]
async fn whoever_leaves_or_is_purged_leaves_their_language_and_scatters_nobody() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let source = draft(&admin, "en", None).await;
    let german = draft(&admin, "de", Some(&source)).await;
    let french = draft(&admin, "fr", Some(&source)).await;
    join(&admin, &german, None).await.is(200);
    let another = draft(&admin, "de", Some(&source)).await;
    exists(&join(&admin, &german, Some(&source)).await, &another);
    admin.delete(at(&source, "")).await.is(204);
    assert_eq!(now(&admin, &french).await["translation_of"], source["id"], "it may come back");
    admin.delete(at(&source, "?permanent=true")).await.is(202);
    for by_job in [false, true] {
        if by_job {
            server.run_jobs().await;
        }
        for (one, other) in [(&another, "fr"), (&french, "de")] {
            let one = now(&admin, one).await;
            assert_eq!((&one["translation_of"], languages(&one).as_str()), (&Value::Null, other));
        }
    }
    let english = draft(&admin, "en", Some(&french)).await;
    assert_eq!((&english["translation_of"], languages(&english)), (&french["id"], "de fr".to_owned()));
    // Nothing is left of a group without articles.
    for one in [&english, &french, &another] {
        admin.delete(at(one, "")).await.is(204);
        admin.delete(at(one, "?permanent=true")).await.is(202);
    }
    server.run_jobs().await;
    for table in ["translation_groups", "translations", "translation_locales"] {
        assert_eq!(server.database().count(table), 0, "{table}");
    }
}
