//! A draft as readers would see it.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::given::hours;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, publish, published};

#[tokio::test]
async fn a_preview_is_what_publishing_would_show() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(
        &editor,
        json!({"title": "Tides & harbours", "topics": ["sea"], "authors": ["ada"], "intro": "Look at *the* water.",
            "sections": [{"heading": "Reading `it`", "body": "One two.[^n]\n\n[^n]: Noted.", "sections": [{"heading": "Slack", "body": "- three"}]}]}),
    )
    .await;
    for edition in 1..=3 {
        let before = server.client().get(at(&draft, "")).await;
        let preview = editor.get(at(&draft, "/preview")).await;
        assert_eq!(preview.header("cache-control"), Some("private, no-store, no-transform"));
        assert_eq!(preview.expect(200)["edition"], edition);
        // Nothing has come of it.
        let after = server.client().get(at(&draft, "")).await;
        assert_eq!(
            (after.status(), after.json()["edition"].as_i64()),
            (before.status(), before.json()["edition"].as_i64())
        );
        publish(&editor, &editor.get(at(&draft, "/draft")).await.json()).await;
        let live = server.client().get(at(&draft, "")).await;
        assert_eq!(live.is(200).text(), preview.text());
        // What readers have already stays what it is.
        server.clock.advance(hours(1));
        assert_eq!(editor.get(at(&draft, "/preview")).await.is(200).text(), live.text());
        if edition == 1 {
            editor.post(at(&draft, "/unpublish")).await.is(200);
        } else {
            let changed = json!({"intro": format!("Look {edition} times.")});
            editor.patch(at(&draft, "/draft")).header("if-match", "*").json(changed).await.is(200);
        }
    }
}

#[tokio::test]
async fn a_preview_of_what_was_published_elsewhere_keeps_its_date() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Old", "published_at": "2020-01-01T00:00:00Z"})).await;
    let preview = editor.get(at(&draft, "/preview")).await.expect(200);
    assert_eq!(
        [&preview["published_at"], &preview["updated_at"]],
        ["2020-01-01T00:00:00.000000Z", "2026-01-05T09:00:00.000000Z"]
    );
}

#[tokio::test]
async fn a_preview_takes_fields_and_formats() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    create(&editor, json!({"title": "Tides", "intro": "Look at *the* water.", "sections": [{"heading": "Ebb", "body": "Away."}]})).await;
    let get = async |query: &str| editor.get(format!("{ARTICLES}/tides/preview?{query}")).await;
    assert_eq!(get("fields=slug,title").await.text(), r#"{"slug":"tides","title":"Tides"}"#);
    let whole = get("fields=content_html,content_text").await.expect(200);
    assert_eq!(
        whole["content_html"],
        "<p>Look at <em>the</em> water.</p>\n<h2 id=\"ebb\">Ebb</h2>\n<p>Away.</p>\n"
    );
    assert_eq!(whole["content_text"], "Look at the water.\n\nEbb\n\nAway.");
    let bodies = get("formats=markdown,text").await.expect(200);
    assert_eq!(
        bodies["intro"],
        json!({"html": null, "markdown": "Look at *the* water.", "text": "Look at the water."})
    );
    assert_eq!(bodies["sections"][0]["markdown"], "Away.");
    for (query, refusal) in [("fields=x", "fields field-unknown"), ("sort=title", "sort parameter-unknown")] {
        let response = get(query).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn a_preview_is_for_those_who_may_read_the_draft_by_its_present_slug() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = published(&editor, json!({"title": "Tides"})).await;
    editor.patch(at(&draft, "/draft")).if_match(2).json(json!({"slug": "ebb"})).await.is(200);
    let moved: Value = editor.get(format!("{ARTICLES}/tides/preview")).await.problem(409, "slug-moved");
    assert_eq!(moved["slug"], "ebb");
    assert_eq!(editor.get(format!("{ARTICLES}/ebb/preview")).await.expect(200)["slug"], "ebb");
    server.client().get(format!("{ARTICLES}/ebb/preview")).await.problem(401, "token-missing");
    let author = server.login(Role::Author).await;
    author.get(format!("{ARTICLES}/ebb/preview")).await.problem(404, "not-found");
    editor.get(format!("{ARTICLES}/ebb/preview?locale=de")).await.problem(404, "not-found");
    // In the trash it can be looked at still.
    editor.delete(at(&draft, "")).await.is(204);
    editor.get(format!("{ARTICLES}/ebb/preview")).await.is(200);
}
