//! The slug of a scheduled revision belongs to its article, from the request on and as long as it is scheduled.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{TUESDAY, WEDNESDAY, put, run, schedule};
use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create};

/// Renames a draft, and returns it.
async fn rename(client: &Client, draft: &Value, slug: &str) -> Value {
    client.patch(at(draft, "/draft")).header("if-match", "*").json(json!({"slug": slug})).await.expect(200)
}

/// Whether a new article can have the slug.
async fn is_free(client: &Client, slug: &str) -> bool {
    let made = client.post(ARTICLES).json(json!({"title": "Another", "slug": slug})).await;
    if made.status() == 409 {
        made.problem(409, "slug-taken");
        return false;
    }
    made.is(201);
    true
}

#[tokio::test]
async fn a_slug_is_claimed_with_the_schedule_and_freed_without_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    rename(&editor, &draft, "ebb").await;
    // Given up, so that another article may have it: then the old revision cannot go out.
    let other = create(&editor, json!({"title": "Other", "slug": "tides"})).await;
    put(&editor, &draft, json!({"revision": 1, "publish_at": TUESDAY})).await.problem(409, "slug-taken");
    rename(&editor, &other, "other").await;
    schedule(&editor, &json!({"id": draft["id"], "revision": 1}), TUESDAY).await;
    assert!(!is_free(&editor, "tides").await);
    editor
        .patch(at(&other, "/draft"))
        .header("if-match", "*")
        .json(json!({"slug": "tides"}))
        .await
        .problem(409, "slug-taken");
    // One that is made from a title gets out of its way.
    assert_eq!(create(&editor, json!({"title": "Tides"})).await["slug"], "tides-2");
    // Whatever the draft is called meanwhile.
    rename(&editor, &draft, "flow").await;
    assert!(!is_free(&editor, "tides").await);
    assert!(is_free(&editor, "ebb").await);
    editor.delete(at(&draft, "/schedule")).header("if-match", "*").await.is(204);
    assert!(is_free(&editor, "tides").await);
}

#[tokio::test]
async fn a_schedule_that_is_replaced_frees_the_slug_that_is_no_longer_needed() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    rename(&editor, &draft, "ebb").await;
    schedule(&editor, &draft, TUESDAY).await;
    let newer = json!({"revision": 2, "publish_at": TUESDAY});
    put(&editor, &draft, newer).if_match(3).await.is(200);
    assert!(is_free(&editor, "tides").await);
    assert!(!is_free(&editor, "ebb").await);
}

#[tokio::test]
async fn what_ends_a_schedule_frees_its_slug() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (number, end) in ["publish", "trash", "unpublish", "lapse"].into_iter().enumerate() {
        let slug = format!("tides-of-{number}");
        let draft = create(&editor, json!({"title": "Tides", "slug": slug})).await;
        let renamed = rename(&editor, &draft, &format!("ebb-of-{number}")).await;
        if end == "unpublish" {
            editor.post(at(&draft, "/publish")).json(json!({"revision": 2})).await.is(200);
        }
        let publish_at = super::shown(&editor, &draft).await;
        assert_eq!(publish_at, Value::Null);
        let (from, to) = (server.clock.now().plus(hours(1)), server.clock.now().plus(hours(2)));
        let body = json!({"revision": 1, "publish_at": from, "unpublish_at": to});
        put(&editor, &draft, body).await.is(200);
        assert!(!is_free(&editor, &slug).await, "{end}");
        match end {
            "publish" => {
                editor
                    .post(at(&draft, "/publish"))
                    .json(json!({"revision": renamed["revision"]}))
                    .await
                    .is(200);
            }
            "trash" => _ = editor.delete(at(&draft, "")).await.is(204),
            "unpublish" => _ = editor.post(at(&draft, "/unpublish")).await.is(200),
            _ => {
                server.clock.advance(hours(3));
                run(&server).await;
            }
        }
        assert!(is_free(&editor, &slug).await, "{end}");
    }
}

#[tokio::test]
async fn a_slug_that_readers_know_stays_while_it_is_scheduled() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    crate::writing::publish(&editor, &draft).await;
    let renamed = rename(&editor, &draft, "ebb").await;
    crate::writing::publish(&editor, &renamed).await;
    schedule(&editor, &json!({"id": draft["id"], "revision": 1}), TUESDAY).await;
    let remove = || editor.delete("/v1/redirects?from=/tides");
    remove().await.problem(409, "address-in-use");
    editor.delete(at(&draft, "/schedule")).header("if-match", "*").await.is(204);
    remove().await.is(204);
    assert!(is_free(&editor, "tides").await);
    // Claimed anew, it is no longer to be had.
    let again = put(&editor, &draft, json!({"revision": 1, "publish_at": WEDNESDAY})).await;
    again.problem(409, "slug-taken");
}
