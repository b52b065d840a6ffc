//! Finished forms that turned stale: noticed by whoever reads one, and remade by a job. The edition stays what it was.

use diesel::prelude::*;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::hours;
use crate::older_release;
use crate::server::Server;
use crate::writing::{ARTICLES, at, publish, published};

async fn live(editor: &Client) -> Value {
    published(editor, json!({"title": "Tides", "topics": ["sea"], "authors": ["ada"], "intro": "Look."}))
        .await
}

/// The same edition in another form.
fn is_remade(before: &Response, after: &Response) {
    let (old, new) = (before.json(), after.json());
    for fact in ["edition", "updated_at", "published_at"] {
        assert_eq!(old[fact], new[fact]);
    }
    assert_ne!(before.etag(), after.etag());
    assert_ne!(before.text(), after.text());
}

/// Does what makes renderings stale twice: a read meets the one, the job finds the other.
async fn both_ways<F: Future<Output = ()>>(
    server: &Server,
    change: impl Fn(u32) -> F,
    shows: impl Fn(&Value, u32) -> bool,
    draft: &Value,
) {
    let reader = server.client();
    let before = reader.get(at(draft, "")).await;
    server.clock.advance(hours(1));
    change(1).await;
    let read = reader.get(at(draft, "")).await;
    is_remade(&before, &read);
    assert!(shows(&read.json(), 1), "{}", read.text());
    server.run_jobs().await;
    assert_eq!(reader.get(at(draft, "")).await.text(), read.text());
    change(2).await;
    server.run_jobs().await;
    let stored = stored(server, draft);
    assert!(shows(&stored, 2), "{stored:#}");
    let list = reader.get(ARTICLES).await.expect(200)["items"][0].clone();
    assert!(shows(&list, 2), "{list:#}");
    change(3).await;
    // A list meets stale ones, too.
    let list = reader.get(ARTICLES).await.expect(200)["items"][0].clone();
    assert!(shows(&list, 3), "{list:#}");
    assert_eq!(reader.get(format!("{ARTICLES}/tides")).await.json()["edition"], 1);
}

/// A server takes its settings over before it answers.
async fn serves(server: &Server) {
    server.client().get("/health/live").await.is(200);
}

/// What is kept, without a reader who would have it remade.
fn stored(server: &Server, draft: &Value) -> Value {
    use lede::base::db::schema::renderings;
    let id: uuid::Uuid = draft["id"].as_str().unwrap().parse().unwrap();
    let body: Vec<u8> = renderings::table
        .filter(
            renderings::article_id.eq(<lede::base::ids::ArticleId as lede::base::ids::IsId>::from_uuid(id)),
        )
        .select(renderings::body)
        .get_result(&mut server.database().connect())
        .expect("a rendering");
    serde_json::from_slice(&body).expect("JSON")
}

#[tokio::test]
async fn a_topic_that_gets_another_name_has_it_everywhere() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let change = async |n: u32| {
        editor.patch("/v1/topics/sea").json(json!({"name": format!("Sea {n}")})).await.is(200);
    };
    both_ways(&server, change, |told, n| told["topics"][0]["name"] == format!("Sea {n}"), &draft).await;
}

#[tokio::test]
async fn an_author_who_gets_another_name_has_it_everywhere() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let change = async |n: u32| {
        editor.patch("/v1/authors/ada").json(json!({"name": format!("Ada {n}")})).await.is(200);
    };
    both_ways(&server, change, |told, n| told["authors"][0]["name"] == format!("Ada {n}"), &draft).await;
}

#[tokio::test]
async fn a_merged_topic_is_told_as_the_one_it_went_up_in() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    editor.post("/v1/topics").json(json!({"name": "Ocean"})).await.is(201);
    let before = server.client().get(at(&draft, "")).await;
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    let after = server.client().get(at(&draft, "")).await;
    is_remade(&before, &after);
    assert_eq!(after.json()["topics"][0]["slug"], "ocean");
    for topic in ["ocean", "sea"] {
        let list = server.client().get(format!("{ARTICLES}?topic={topic}")).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{topic}");
    }
    assert_eq!(editor.get(at(&draft, "/draft")).await.json()["topics"][0]["slug"], "ocean");
}

#[tokio::test]
async fn another_address_of_the_website_is_in_every_link() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let before = server.client().get(at(&draft, "")).await;
    assert_eq!(before.json()["url"], "https://website.example/tides");
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let server = Server::start_on(database.clone(), clock.clone(), |config| {
        config.site.website_url = Some("https://new.example".to_owned());
    })
    .await;
    let after = server.client().get(at(&draft, "")).await;
    is_remade(&before, &after);
    assert_eq!(after.json()["url"], "https://new.example/tides");
    server.stop().await;
    let server = Server::start_on(database.clone(), clock.clone(), |config| {
        config.site.website_url = Some("https://new.example".to_owned());
        config.site.article_path = "/{locale}/read/{slug}".to_owned();
    })
    .await;
    serves(&server).await;
    server.run_jobs().await;
    assert_eq!(stored(&server, &draft)["url"], "https://new.example/en/read/tides");
    let (etag, text) = {
        let now = server.client().get(at(&draft, "")).await;
        (now.etag().to_owned(), now.text().to_owned())
    };
    server.stop().await;
    // The same settings again are no change.
    let server = Server::start_on(database, clock, |config| {
        config.site.website_url = Some("https://new.example".to_owned());
        config.site.article_path = "/{locale}/read/{slug}".to_owned();
    })
    .await;
    serves(&server).await;
    assert_eq!(server.run_jobs().await, 0);
    let now = server.client().get(at(&draft, "")).await;
    assert_eq!((now.etag(), now.text()), (etag.as_str(), text.as_str()));
}

#[tokio::test]
async fn renderings_of_an_older_renderer_are_made_anew() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let right = server.client().get(at(&draft, "")).await;
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    for by_job in [false, true] {
        // What an older release left: other bytes, made in another context.
        age(&mut database.connect());
        let server = Server::start_on(database.clone(), clock.clone(), |_| {}).await;
        serves(&server).await;
        if by_job {
            server.run_jobs().await;
            assert_eq!(stored(&server, &draft), right.json());
        }
        let now = server.client().get(at(&draft, "")).await;
        assert_eq!((now.etag(), now.text()), (right.etag(), right.text()));
        server.run_jobs().await;
        server.stop().await;
    }
}

fn age(conn: &mut lede::base::db::Connection) {
    use lede::base::db::schema::renderings;
    older_release::made_everything(conn);
    diesel::update(renderings::table)
        .set((renderings::body.eq(b"{\"old\":true}".to_vec()), renderings::etag.eq("\"rold\"")))
        .execute(conn)
        .expect("other bytes");
}

#[tokio::test]
async fn translations_know_each_other_as_they_come_move_and_go() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    let original = live(&editor).await;
    let links = async |draft: &Value| {
        let told = reader.get(at(draft, "")).await.expect(200)["translations"].clone();
        told.as_array()
            .unwrap()
            .iter()
            .map(|one| one["url"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let body = json!({"title": "Gezeiten", "locale": "de", "translation_of": original["id"]});
    let german = published(&editor, body).await;
    assert_eq!(links(&original).await, "https://website.example/gezeiten");
    assert_eq!(links(&german).await, "https://website.example/tides");
    for (draft, slug) in [(&german, "ebbe"), (&original, "ebb")] {
        let renamed = editor
            .patch(at(draft, "/draft"))
            .header("if-match", "*")
            .json(json!({"slug": slug}))
            .await
            .expect(200);
        publish(&editor, &renamed).await;
    }
    assert_eq!(links(&original).await, "https://website.example/ebbe");
    assert_eq!(links(&german).await, "https://website.example/ebb");
    editor.post(at(&german, "/unpublish")).await.is(200);
    assert_eq!(links(&original).await, "");
    let back = editor.get(at(&german, "/draft")).await.expect(200);
    publish(&editor, &back).await;
    editor.delete(at(&original, "")).await.is(204);
    assert_eq!(links(&german).await, "");
}

#[tokio::test]
async fn what_is_stale_without_a_difference_keeps_its_tag() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let before = server.client().get(at(&draft, "")).await;
    editor.post("/v1/topics").json(json!({"name": "Land"})).await.is(201);
    editor.patch("/v1/topics/land").json(json!({"name": "Soil"})).await.is(200);
    server.run_jobs().await;
    let after = server.client().get(at(&draft, "")).await;
    assert_eq!((before.etag(), before.text()), (after.etag(), after.text()));
}

#[tokio::test]
async fn a_text_that_alone_reads_differently_is_told_to_who_follows() {
    use lede::base::db::schema::renderings;
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = live(&editor).await;
    let page = server.client().get("/v1/changes").await.expect(200);
    let since = format!("/v1/changes?cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let conn = &mut database.connect();
    let right = renderings::table.select((renderings::body, renderings::etag));
    let (body, etag): (Vec<u8>, String) = right.get_result(conn).expect("a rendering");
    age(conn);
    let older =
        (renderings::body.eq(body), renderings::etag.eq(etag), renderings::sources.eq(b"[]".to_vec()));
    diesel::update(renderings::table).set(older).execute(conn).expect("another text");
    let server = Server::start_on(database, clock, |_| {}).await;
    server.run_jobs().await;
    let told = server.client().get(since).await.expect(200);
    // The rendering comes after the settings that it follows from.
    let last = told["items"].as_array().and_then(|items| items.last()).expect("a change");
    assert_eq!((&last["change"], &last["id"]), (&json!("rerendered"), &draft["id"]));
}
