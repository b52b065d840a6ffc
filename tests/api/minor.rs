//! Minor publications: a new edition that leaves the article's `updated_at` as it was.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::following::{CHANGES, changes};
use crate::given::hours;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, published};

/// Changes the title and publishes that.
async fn edit(editor: &Client, draft: &Value, title: &str, minor: bool) -> Value {
    let changed = editor.patch(at(draft, "/draft")).header("if-match", "*").json(json!({"title": title}));
    let revision = changed.await.expect(200)["revision"].clone();
    let publish = editor.post(at(draft, "/publish")).json(json!({"revision": revision, "minor": minor}));
    publish.await.expect(200)
}

async fn updated_at(reader: &Client, draft: &Value) -> String {
    reader.get(at(draft, "")).await.expect(200)["updated_at"].as_str().expect("a time").to_owned()
}

#[tokio::test]
async fn a_minor_publication_leaves_the_time_of_the_update() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let draft = published(&editor, json!({"title": "One", "topics": ["sea"]})).await;
    let first = updated_at(&reader, &draft).await;
    server.clock.advance(hours(1));
    let other = published(&editor, json!({"title": "Other"})).await;
    let cursor = reader.get(CHANGES).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    server.clock.advance(hours(1));
    edit(&editor, &draft, "One, corrected", true).await;
    let live = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!((&live["title"], &live["edition"]), (&json!("One, corrected"), &json!(2)));
    assert_eq!(live["updated_at"], *first);
    // Wherever the time is shown or sorted by.
    let list = reader.get(format!("{ARTICLES}?sort=-updated_at")).await.expect(200);
    assert_eq!((id(&list["items"][0]), id(&list["items"][1])), (id(&other), id(&draft)));
    let since = reader.get(format!("{ARTICLES}?updated_at_gte={}", server.clock.now())).await.expect(200);
    assert_eq!(since["items"], json!([]));
    let feed = reader.get("/feeds/feed.json").await.expect(200);
    let entry = feed["items"].as_array().unwrap().iter().find(|item| item["title"] == "One, corrected");
    assert_eq!(entry.expect("the entry")["date_modified"], *first);
    let sitemap = reader.get("/sitemap.xml").await;
    let entry = sitemap.is(200).text().split("<url>").find(|entry| entry.contains("/one<"));
    assert!(entry.expect("the entry").contains(&first), "{}", sitemap.text());
    // Followers are told, and the edition says so.
    assert_eq!(changes(&reader, &format!("?cursor={cursor}")).await, [("updated".to_owned(), id(&draft))]);
    let editions = editor.get(at(&draft, "/editions")).await.expect(200)["items"].clone();
    let said = |at: usize| (editions[at]["minor"].clone(), editions[at]["published_at"].clone());
    assert_eq!(said(0), (json!(true), json!(server.clock.now())));
    assert_eq!(said(1), (json!(false), json!(first)));
    assert_eq!(editor.get(at(&draft, "/editions/2")).await.expect(200)["updated_at"], *first);
    // Made again, it is the same.
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    server.run_jobs().await;
    assert_eq!(updated_at(&reader, &draft).await, first);
    server.clock.advance(hours(1));
    edit(&editor, &draft, "One, again", true).await;
    assert_eq!(updated_at(&reader, &draft).await, first);
    server.clock.advance(hours(1));
    edit(&editor, &draft, "One, anew", false).await;
    let second = updated_at(&reader, &draft).await;
    assert_eq!(json!(second), json!(server.clock.now()));
    // Back from where readers did not see it.
    editor.post(at(&draft, "/unpublish")).await.is(200);
    server.clock.advance(hours(1));
    edit(&editor, &draft, "One, back", true).await;
    assert_eq!(updated_at(&reader, &draft).await, second);
}

#[tokio::test]
async fn a_first_publication_is_never_minor() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let draft = create(&editor, json!({"title": "One"})).await;
    server.clock.advance(hours(1));
    let publish = editor.post(at(&draft, "/publish")).json(json!({"revision": 1, "minor": true}));
    publish.await.is(200);
    assert_eq!(json!(updated_at(&reader, &draft).await), json!(server.clock.now()));
    assert_eq!(editor.get(at(&draft, "/editions")).await.expect(200)["items"][0]["minor"], false);
    for wrong in [json!(null), json!("true"), json!(1)] {
        let body = json!({"revision": 1, "minor": wrong});
        editor.post(at(&draft, "/publish")).json(body).await.problem(422, "invalid");
    }
}
