//! What readers see of what editors do: nothing but what was published, and exactly that.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{days, hours};
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, publish, tides, version};

pub async fn stories() -> (Server, Client, Client) {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    (server, editor, reader)
}

#[tokio::test]
async fn readers_see_nothing_before_and_nothing_of_an_edit_until_it_is_published() {
    let (server, editor, reader) = stories().await;
    let draft = tides(&editor).await;
    for path in [
        at(&draft, ""),
        format!("{ARTICLES}/tides-and-harbours"),
        at(&draft, "/html"),
        at(&draft, "/sections"),
    ] {
        reader.get(&path).await.problem(404, "not-found");
    }
    assert_eq!(reader.get(ARTICLES).await.expect(200)["items"], json!([]));
    let after = publish(&editor, &draft).await;
    assert_eq!(
        (&after["status"], &after["published_revision"], &after["has_unpublished_changes"]),
        (&json!("published"), &json!(1), &json!(false))
    );
    let first = reader.get(at(&draft, "")).await;
    server.clock.advance(hours(1));
    let change =
        json!({"title": "Other", "slug": "other", "intro": "Changed.", "listed": false, "topics": ["sea"]});
    let after = editor.patch(at(&draft, "/draft")).if_match(2).json(change).await.expect(200);
    assert_eq!((&after["status"], &after["has_unpublished_changes"]), (&json!("published"), &json!(true)));
    editor.delete(at(&draft, "/draft/sections/tides")).if_match(2).await.is(204);
    let still = reader.get(at(&draft, "")).await;
    assert_eq!((first.text(), first.etag()), (still.text(), still.etag()));
    reader.get(format!("{ARTICLES}/other")).await.problem(404, "not-found");
    assert_eq!(reader.get(format!("{ARTICLES}/tides-and-harbours")).await.text(), first.text());
    let now = editor.get(at(&draft, "/draft")).await.expect(200);
    publish(&editor, &now).await;
    let second = reader.get(format!("{ARTICLES}/other")).await.expect(200);
    assert_eq!((&second["title"], &second["edition"]), (&json!("Other"), &json!(2)));
    assert_eq!(second["published_at"], first.json()["published_at"]);
    assert_eq!(second["updated_at"], json!(server.clock.now()));
}

#[tokio::test]
async fn what_goes_out_is_exactly_the_revision_that_was_named() {
    let (_server, editor, reader) = stories().await;
    let draft =
        create(&editor, json!({"title": "One", "sections": [{"heading": "S", "body": "First."}]})).await;
    editor.patch(at(&draft, "/draft/sections/s")).if_match(1).json(json!({"body": "Second."})).await.is(200);
    editor.patch(at(&draft, "/draft")).if_match(1).json(json!({"title": "Three"})).await.is(200);
    for (revision, title, body) in [(2, "One", "Second."), (1, "One", "First."), (3, "Three", "Second.")] {
        let after = editor.post(at(&draft, "/publish")).json(json!({"revision": revision})).await.expect(200);
        assert_eq!(
            (&after["published_revision"], &after["has_unpublished_changes"]),
            (&json!(revision), &json!(revision != 3))
        );
        let edition = reader.get(at(&draft, "")).await.expect(200);
        assert_eq!(
            (&edition["title"], &edition["sections"][0]["html"]),
            (&json!(title), &json!(format!("<p>{body}</p>\n")))
        );
    }
    let unknown = editor.post(at(&draft, "/publish")).json(json!({"revision": 4})).await;
    unknown.problem(422, "invalid");
    assert_eq!(unknown.violations(), ["/revision revision-unknown"]);
}

#[tokio::test]
async fn publishing_what_is_live_already_changes_nothing() {
    let (server, editor, reader) = stories().await;
    let draft = tides(&editor).await;
    publish(&editor, &draft).await;
    let before = reader.get(at(&draft, "")).await.text().to_owned();
    server.clock.advance(days(1));
    let again = editor.post(at(&draft, "/publish")).json(json!({"revision": 1})).await;
    assert_eq!((again.is(200).version(), reader.get(at(&draft, "")).await.text()), (2, before.as_str()));
    assert_eq!(editor.get(at(&draft, "/editions")).await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn publishing_with_a_key_makes_one_edition() {
    let (_server, editor, _) = stories().await;
    let draft = tides(&editor).await;
    let ask = || editor.post(at(&draft, "/publish")).once("k").json(json!({"revision": 1})).send();
    let answers = futures_util::future::join_all((0..6).map(|_| ask())).await;
    assert!(answers.iter().all(|response| response.is(200).text() == answers[0].text()));
    editor.post(at(&draft, "/unpublish")).await.is(200);
    assert_eq!(ask().await.header("idempotent-replayed"), Some("true"));
    assert_eq!(editor.get(at(&draft, "/draft")).await.json()["status"], "unpublished");
}

#[tokio::test]
async fn an_unpublished_article_is_gone_and_comes_back_with_its_first_date() {
    let (server, editor, reader) = stories().await;
    let draft = tides(&editor).await;
    editor.post(at(&draft, "/unpublish")).await.problem(409, "not-published");
    publish(&editor, &draft).await;
    server.clock.advance(hours(1));
    let after = editor.post(at(&draft, "/unpublish")).await.expect(200);
    assert_eq!((&after["status"], &after["published_revision"]), (&json!("unpublished"), &Value::Null));
    assert_eq!(after["has_unpublished_changes"], true);
    for path in [at(&draft, ""), format!("{ARTICLES}/tides-and-harbours"), at(&draft, "/markdown")] {
        reader.get(path).await.problem(404, "not-found");
    }
    assert_eq!(reader.get(ARTICLES).await.expect(200)["items"], json!([]));
    server.clock.advance(hours(1));
    publish(&editor, &draft).await;
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!(
        (&edition["edition"], &edition["published_at"]),
        (&json!(2), &json!("2026-01-05T09:00:00.000000Z"))
    );
    assert_eq!(edition["updated_at"], "2026-01-05T11:00:00.000000Z");
}

#[tokio::test]
async fn an_editor_may_give_the_first_date_and_it_does_not_move() {
    let (server, editor, reader) = stories().await;
    let draft = create(&editor, json!({"title": "T", "published_at": "2018-01-01T00:00:00Z"})).await;
    publish(&editor, &draft).await;
    assert_eq!(reader.get(at(&draft, "")).await.json()["published_at"], "2018-01-01T00:00:00.000000Z");
    let draft = create(&editor, json!({"title": "U"})).await;
    let with = |at: &str| json!({"revision": 1, "published_at": at});
    let late = editor.post(at(&draft, "/publish")).json(with("2026-02-01T00:00:00Z")).await;
    late.problem(422, "invalid");
    assert_eq!(late.violations(), ["/published_at published-at-in-future"]);
    editor.post(at(&draft, "/publish")).json(with("2019-01-01T00:00:00Z")).await.is(200);
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!(
        (&edition["published_at"], &edition["updated_at"]),
        (&json!("2019-01-01T00:00:00.000000Z"), &json!(server.clock.now()))
    );
    // Said again, it has no say any more.
    editor.patch(at(&draft, "/draft")).if_match(2).json(json!({"title": "W"})).await.is(200);
    let again = json!({"revision": 3, "published_at": "2017-01-01T00:00:00Z"});
    editor.post(at(&draft, "/publish")).json(again).await.is(200);
    assert_eq!(reader.get(at(&draft, "")).await.json()["published_at"], "2019-01-01T00:00:00.000000Z");
    let author = server.login(Role::Author).await;
    let own = create(&author, json!({"title": "V"})).await;
    let refused = author.post(at(&own, "/publish")).json(with("2019-01-01T00:00:00Z")).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.violations(), ["/published_at published-at-forbidden"]);
    server
        .login(Role::Contributor)
        .await
        .post(at(&own, "/publish"))
        .json(json!({"revision": 1}))
        .await
        .is(403);
}

#[tokio::test]
async fn the_trash_withdraws_keeps_the_slug_and_gives_back_an_unpublished_draft() {
    let (_server, editor, reader) = stories().await;
    let draft = tides(&editor).await;
    publish(&editor, &draft).await;
    editor.delete(at(&draft, "")).await.is(204);
    reader.get(at(&draft, "")).await.problem(404, "not-found");
    let lying = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((version(&lying), lying["trashed_at"].is_string()), (3, true));
    for call in [
        editor.patch(at(&draft, "/draft")).if_match(3).json(json!({"title": "X"})),
        editor.delete(at(&draft, "")),
        editor.post(at(&draft, "/publish")).json(json!({"revision": 1})),
        editor.post(at(&draft, "/draft/sections")).json(json!({})),
        editor.post(at(&draft, "/unpublish")),
    ] {
        call.await.problem(409, "in-trash");
    }
    editor
        .post(ARTICLES)
        .json(json!({"title": "X", "slug": "tides-and-harbours"}))
        .await
        .problem(409, "slug-taken");
    let trash = |trashed: bool| editor.get(format!("/v1/drafts?trashed={trashed}"));
    assert_eq!(trash(true).await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(trash(false).await.json()["items"].as_array().unwrap().len(), 0);
    let back = editor.post(at(&draft, "/restore")).await.expect(200);
    assert_eq!(
        (&back["status"], &back["trashed_at"], version(&back)),
        (&json!("unpublished"), &Value::Null, 4)
    );
    assert_eq!((&back["sections"], &back["slug"]), (&draft["sections"], &draft["slug"]));
    editor.post(at(&draft, "/restore")).await.problem(409, "not-in-trash");
    reader.get(at(&draft, "")).await.problem(404, "not-found");
    publish(&editor, &back).await;
    reader.get(at(&draft, "")).await.is(200);
}

#[tokio::test]
async fn nobody_knows_of_drafts_that_are_not_theirs() {
    let (server, editor, _) = stories().await;
    let draft = tides(&editor).await;
    let author = server.login(Role::Author).await;
    for call in [
        author.get(at(&draft, "/draft")),
        author.get(at(&draft, "/revisions/1")),
        author.patch(at(&draft, "/draft")).if_match(1).json(json!({"title": "X"})),
        author.delete(at(&draft, "/draft/sections/ebb")).if_match(1),
        author.post(at(&draft, "/publish")).json(json!({"revision": 1})),
        author.delete(at(&draft, "")),
    ] {
        call.await.problem(404, "not-found");
    }
    let own = create(&author, json!({"title": "Own"})).await;
    let items = author.get("/v1/drafts").await.expect(200)["items"].clone();
    assert_eq!(items.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&own)]);
}

#[tokio::test]
async fn who_may_not_publish_takes_nothing_from_readers_either() {
    let (server, editor, reader) = stories().await;
    let contributor = server.login(Role::Contributor).await;
    let draft = create(&contributor, json!({"title": "Own"})).await;
    publish(&editor, &draft).await;
    contributor.delete(at(&draft, "")).await.problem(403, "forbidden");
    reader.get(at(&draft, "")).await.is(200);
    editor.post(at(&draft, "/unpublish")).await.is(200);
    contributor.delete(at(&draft, "")).await.is(204);
}
