//! Revisions in a list: in lines, with names, and for how long.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{days, minutes};
use crate::server::Server;
use crate::writing::{at, create, publish};

async fn edit(client: &Client, draft: &Value, title: &str) {
    client.patch(at(draft, "/draft")).header("if-match", "*").json(json!({"title": title})).await.is(200);
}

/// The items of a page: revision, first revision and number of edits.
fn lines(page: &Value) -> Vec<[i64; 3]> {
    let number = |item: &Value, name: &str| item[name].as_i64().expect("a number");
    let line = |item: &Value| ["revision", "first_revision", "edits"].map(|name| number(item, name));
    page["items"].as_array().expect("items").iter().map(line).collect()
}

async fn list(client: &Client, draft: &Value, query: &str) -> Value {
    client.get(at(draft, &format!("/revisions?{query}"))).await.expect(200)
}

#[tokio::test]
async fn edits_made_shortly_after_each_other_are_one_line() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Editor).await, server.login_as("bo", Role::Editor).await);
    let draft = create(&ada, json!({"title": "1"})).await;
    for (client, wait, title) in
        [(&ada, 9, "2"), (&ada, 10, "3"), (&bo, 1, "4"), (&ada, 1, "5"), (&ada, 11, "6")]
    {
        server.clock.advance(minutes(wait));
        edit(client, &draft, title).await;
    }
    let folded = list(&ada, &draft, "fold=true&include_total=true").await;
    assert_eq!(lines(&folded), [[6, 6, 1], [5, 5, 1], [4, 4, 1], [3, 1, 3]]);
    assert_eq!((&folded["total"], &folded["items"][3]["title"]), (&json!(6), &json!("3")));
    assert_eq!(folded["items"][2]["by"]["id"], json!(bo.user()));
    assert_eq!(lines(&list(&ada, &draft, "fold=false").await).len(), 6);
    assert_eq!(lines(&list(&ada, &draft, "limit=1").await), [[6, 6, 1]]);
    // Page by page it is the same.
    let (mut seen, mut query) = (Vec::new(), "fold=true&limit=1".to_owned());
    loop {
        let page = list(&ada, &draft, &query).await;
        seen.extend(lines(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("fold=true&limit=1&cursor={cursor}");
    }
    assert_eq!(seen, lines(&folded));
    let cursor = list(&ada, &draft, "fold=true&limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    ada.get(at(&draft, &format!("/revisions?cursor={cursor}"))).await.problem(400, "request-malformed");
}

#[tokio::test]
async fn a_revision_can_be_named() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "1"})).await;
    edit(&editor, &draft, "2").await;
    let path = at(&draft, "/revisions/1");
    let name = |label: Value| editor.patch(&path).json(json!({"label": label}));
    let named = name(json!(" As sent ")).await.expect(200);
    assert_eq!(
        (&named["label"], &named["revision"], &named["title"]),
        (&json!("As sent"), &json!(1), &json!("1"))
    );
    assert_eq!(editor.get(&path).await.expect(200)["label"], "As sent");
    assert_eq!(list(&editor, &draft, "").await["items"][1]["label"], "As sent");
    assert_eq!(lines(&list(&editor, &draft, "fold=true").await), [[2, 2, 1], [1, 1, 1]]);
    // It is no edit.
    assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200)["version"], 2);
    assert_eq!(editor.patch(&path).json(json!({})).await.expect(200)["label"], "As sent");
    for (label, refusal) in [
        (json!(""), "/label label-empty"),
        (json!("x".repeat(61)), "/label label-too-long"),
        (json!("a\nb"), "/label label-malformed"),
    ] {
        assert_eq!(name(label).await.is(422).violations(), [refusal]);
    }
    editor.patch(at(&draft, "/revisions/3")).json(json!({"label": "x"})).await.problem(404, "not-found");
    assert_eq!(name(Value::Null).await.expect(200)["label"], Value::Null);
    assert_eq!(lines(&list(&editor, &draft, "fold=true").await), [[2, 1, 2]]);
    let reader = server.login(Role::Author).await;
    reader.patch(&path).json(json!({"label": "x"})).await.problem(404, "not-found");
    editor.delete(at(&draft, "")).await.is(204);
    name(json!("x")).await.problem(409, "in-trash");
}

#[tokio::test]
async fn old_revisions_are_deleted_unless_something_refers_to_them() {
    let server = Server::start_with(|config| config.site.keep_revisions_days = Some(30)).await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "1"})).await;
    for title in ["2", "3", "4", "5"] {
        edit(&editor, &draft, title).await;
    }
    let old = create(&editor, json!({"title": "Left alone"})).await;
    editor.post(at(&draft, "/publish")).json(json!({"revision": 2})).await.is(200);
    editor.patch(at(&draft, "/revisions/3")).json(json!({"label": "As sent"})).await.is(200);
    let link = json!({"revision": 4, "expires_at": "2026-03-01T09:00:00Z"});
    editor.post(at(&draft, "/preview-links")).json(link).await.is(201);
    server.clock.advance(days(29));
    edit(&editor, &draft, "7").await;
    let revisions = async || {
        server.keep_house().await;
        lines(&list(&editor, &draft, "").await).iter().map(|[revision, ..]| *revision).collect::<Vec<_>>()
    };
    assert_eq!(revisions().await, [7, 5, 4, 3, 2, 1]);
    server.clock.advance(days(2));
    assert_eq!(revisions().await, [7, 4, 3, 2]);
    let compared = editor.get(at(&draft, "/revisions/7/diff")).await.expect(200);
    assert_eq!(compared["from"], 4);
    assert_eq!(lines(&list(&editor, &old, "").await), [[1, 1, 1]]);
    editor.get(at(&draft, "/revisions/5")).await.problem(404, "not-found");
    editor.post(at(&draft, "/publish")).json(json!({"revision": 5})).await.problem(422, "invalid");
    // When the link is gone and the label taken away, nothing refers to them any more.
    server.clock.advance(days(60));
    editor.patch(at(&draft, "/revisions/3")).json(json!({"label": null})).await.is(200);
    assert_eq!(revisions().await, [7, 2]);
    publish(&editor, &editor.get(at(&draft, "/draft")).await.json()).await;
    assert_eq!(revisions().await, [7, 2]);
}

#[tokio::test]
async fn all_revisions_are_kept_unless_the_settings_say_otherwise() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "1"})).await;
    edit(&editor, &draft, "2").await;
    server.clock.advance(days(3650));
    server.keep_house().await;
    assert_eq!(lines(&list(&editor, &draft, "").await).len(), 2);
}
