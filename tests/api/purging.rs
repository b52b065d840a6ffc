//! Deleting articles for good.

use lede::auth::Role;
use lede::base::config::Config;
use lede::base::ids::{ArticleId, IsId as _};
use lede::editions::purge::delete_some;
use serde_json::{Value, json};

use crate::client::Client;
use crate::following::{CHANGES, changes, edit};
use crate::given::{days, seconds};
use crate::server::Server;
use crate::traces::traces;
use crate::writing::{at, create, id, published};

/// A word that no other text has.
const WORD: &str = "xylocarp";

fn written() -> Value {
    json!({"title": format!("{WORD} one"), "slug": "first", "summary": format!("The {WORD} is a fruit."), "intro": WORD,
        "custom": {"fruit": WORD}, "sections": [{"heading": WORD, "body": format!("A {WORD} falls.")}]})
}

async fn purge(admin: &Client, article: &Value) {
    admin.delete(at(article, "") + "?permanent=true").await.is(202);
}

#[tokio::test]
async fn what_is_purged_is_gone_at_once_and_its_texts_a_moment_later() {
    let server = Server::start().await;
    let (admin, reader) = (server.login(Role::Admin).await, server.client());
    // The topic and the language are new, so that the events about them come first.
    let mut body = written();
    body["topics"] = json!(["fruits"]);
    body["locale"] = json!("de");
    let made = admin.post("/v1/articles").once("create").json(body).await.expect(201);
    let publish = json!({"revision": made["revision"]});
    let draft = admin.post(at(&made, "/publish")).once("publish").json(publish).await.expect(200);
    let of_article = [
        ("/draft/sections", json!({"heading": "More", "body": WORD})),
        ("/notes", json!({"text": format!("Is a {WORD} one?")})),
        ("/reviews", json!({"revision": 3, "state": "requested", "message": WORD})),
    ];
    for (path, body) in of_article {
        admin.post(at(&made, path)).once(path).json(body).await.is(201);
    }
    edit(&admin, &draft, json!({"slug": "second", "title": format!("{WORD} two")})).await;
    let other = json!({"title": "Autre", "locale": "fr", "translation_of": id(&made)});
    let translation = create(&admin, other).await;
    let publish = json!({"revision": translation["revision"]});
    let named = admin.post(at(&translation, "/publish")).once("sibling").json(publish).await.expect(200);
    assert_eq!(named["translations"][0]["title"], format!("{WORD} two"));
    assert!(!traces(&server, &[WORD]).is_empty());
    admin.delete(at(&made, "")).await.is(204);
    purge(&admin, &made).await;

    for path in ["/draft", "/revisions", "/revisions/1", "/editions", "/preview"] {
        admin.get(at(&made, path)).await.problem(404, "not-found");
    }
    for slug in ["first", "second"] {
        admin.get(format!("/v1/articles/{slug}/draft?locale=de")).await.problem(404, "not-found");
        reader.get(format!("/v1/articles/{slug}?locale=de")).await.problem(404, "not-found");
    }
    admin.post(at(&made, "/restore")).await.problem(404, "not-found");
    admin.delete(at(&made, "") + "?permanent=true").await.problem(404, "not-found");
    let trash = admin.get("/v1/drafts?trashed=true&include_total=true").await.expect(200);
    assert_eq!((&trash["items"], &trash["total"]), (&json!([]), &json!(0)));
    // Its slugs are free, while its rows are still there.
    for slug in ["first", "second"] {
        create(&admin, json!({"title": "Next", "slug": slug, "locale": "de"})).await;
    }

    server.run_jobs().await;
    server.clock.advance(seconds(10));
    server.run_jobs().await;
    // Without its first letter: the index stores only what a word does not share with the one before it.
    assert_eq!(traces(&server, &[&WORD[1..]]), Vec::<String>::new());
    assert_eq!(server.database().count("articles"), 3);
    assert_eq!(server.database().count("search_words WHERE word = 'autre'"), 1, "others' words stay");
    reader.get(at(&translation, "")).await.is(200);
    assert_eq!(admin.get(at(&translation, "/draft")).await.expect(200)["translation_of"], Value::Null);
}

/// The texts of `.eml` files in a folder.
fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("a file")).collect()
}

#[tokio::test]
async fn emails_about_what_is_purged_go_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let server = Server::start_with(|config| config.mail.dir = path.clone()).await;
    let (admin, ada) = (server.login(Role::Admin).await, server.login_as("ada", Role::Author).await);
    server.login(Role::Editor).await;
    let (draft, other) = (create(&ada, written()).await, create(&ada, json!({"title": "Other"})).await);
    for (draft, message) in [(&draft, WORD), (&draft, "Soon?"), (&other, "Other")] {
        let request = json!({"revision": 1, "state": "requested", "message": message});
        ada.post(at(draft, "/reviews")).json(request).await.is(201);
        if message == WORD {
            server.run_jobs().await;
        }
    }
    let about = |text: &str| files(&path).iter().filter(|file| file.contains(text)).count();
    assert!(about(WORD) > 0, "the editors are asked");
    let waiting = "outbox_emails WHERE article_id IS NOT NULL AND sent_at IS NULL";
    assert!(server.database().count(waiting) > 1);
    admin.delete(at(&draft, "")).await.is(204);
    purge(&admin, &draft).await;
    server.run_jobs().await;
    server.clock.advance(seconds(10));
    server.run_jobs().await;
    assert_eq!(about(WORD), 0);
    assert!(about("Other") > 0, "those about other articles stay");
    let ids = "outbox_emails WHERE article_id NOT IN (SELECT id FROM articles)";
    assert_eq!(server.database().count(ids), 0);
}

#[tokio::test]
async fn only_admins_purge_and_only_what_is_in_the_trash() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let path = at(&draft, "") + "?permanent=true";
    admin.delete(path.as_str()).await.problem(409, "not-in-trash");
    editor.delete(at(&draft, "")).await.is(204);
    editor.delete(path.as_str()).await.problem(403, "forbidden");
    let can = |draft: Value| draft["can"].clone();
    assert_eq!(can(editor.get(at(&draft, "/draft")).await.expect(200)), json!(["edit", "publish", "delete"]));
    assert_eq!(
        can(admin.get(at(&draft, "/draft")).await.expect(200)),
        json!(["edit", "publish", "delete", "purge"])
    );
    editor.post(at(&draft, "/restore")).await.is(200);
    editor.delete(at(&draft, "")).await.is(204);
    purge(&admin, &draft).await;
}

#[tokio::test]
async fn followers_of_changes_learn_what_was_purged_if_they_ever_had_it() {
    let server = Server::start().await;
    let (admin, reader) = (server.login(Role::Admin).await, server.client());
    let (public, hidden) =
        (published(&admin, json!({"title": "Tides"})).await, create(&admin, json!({"title": "Neaps"})).await);
    let cursor = reader.get(CHANGES).await.expect(200)["next_cursor"].as_str().expect("a cursor").to_owned();
    for draft in [&public, &hidden] {
        admin.delete(at(draft, "")).await.is(204);
        purge(&admin, draft).await;
    }
    let seen = server.database().count("events WHERE readers_see AND kind LIKE '%.purged'");
    assert_eq!(seen, 1, "the id of a draft that was never published stays unknown");
    let told = [("purged".to_owned(), id(&public))];
    assert_eq!(changes(&reader, &format!("?cursor={cursor}")).await, told);
    server.run_jobs().await;
    assert_eq!(changes(&reader, "").await, told);
}

#[tokio::test]
async fn what_is_in_the_trash_for_a_month_is_purged_by_itself() {
    for (days_kept, left) in [(30, 1), (0, 2)] {
        let keep = move |config: &mut Config| config.site.trash_days = days_kept;
        let server = Server::start_with(keep).await;
        let admin = server.login(Role::Admin).await;
        let (old, new) =
            (create(&admin, json!({"title": "Old"})).await, create(&admin, json!({"title": "New"})).await);
        admin.delete(at(&old, "")).await.is(204);
        server.clock.advance(days(1));
        let admin = server.login(Role::Admin).await;
        admin.delete(at(&new, "")).await.is(204);
        server.clock.advance(days(29));
        server.keep_house().await;
        assert_eq!(server.database().count("articles"), left, "{days_kept}");
        let purged = server.database().count("events WHERE kind = 'draft.purged' AND actor_id IS NULL");
        assert_eq!(purged, 2 - left);
    }
}

/// A job that was killed is run again, and finds what is left.
#[tokio::test]
async fn an_article_of_many_revisions_is_purged_in_steps() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let draft = create(&admin, json!({"title": "Tides", "sections": [{"heading": "A", "body": "b"}]})).await;
    for n in 0..30 {
        edit(&admin, &draft, json!({"subtitle": format!("{n}")})).await;
    }
    admin.delete(at(&draft, "")).await.is(204);
    purge(&admin, &draft).await;
    server.run_jobs().await;
    for table in ["articles", "revisions", "sections", "changes", "article_metadata", "slugs"] {
        assert_eq!(server.database().count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn an_article_whose_edits_changed_many_sections_is_purged_in_steps() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let tree = |text: &str| -> Value {
        (0..700).map(|n| json!({"heading": format!("{n}"), "body": text})).collect()
    };
    let draft = create(&admin, json!({"title": "Tides"})).await;
    for text in ["one", "two"] {
        let whole = admin.put(at(&draft, "/draft/sections")).header("if-match", "*");
        whole.json(json!({"sections": tree(text)})).await.is(200);
    }
    admin.delete(at(&draft, "")).await.is(204);
    purge(&admin, &draft).await;
    let article = ArticleId::from_uuid(id(&draft).parse().expect("an id"));
    let rows = |server: &Server| server.database().count("changes");
    let mut left = rows(&server);
    assert!(left > 1400);
    while server.app.db.write(move |tx| delete_some(tx, article)).await.expect("deleted") {
        let now = rows(&server);
        assert!(left - now <= 500, "{left} {now}");
        left = now;
    }
    assert_eq!(left, 0);
}
