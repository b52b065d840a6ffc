//! What events say, to webhooks and in the list, and what they no longer say.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{create, path, topics, with_admin};
use crate::given::{days, seconds};
use crate::receiver::{Receiver, Reply};
use crate::writing::{self, at};

/// The bodies that a receiver accepted.
fn bodies(receiver: &Receiver) -> Vec<Value> {
    receiver.accepted().iter().map(crate::receiver::Received::json).collect()
}

#[tokio::test]
async fn an_article_is_told_with_its_address_and_its_old_and_new_topics() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create(&admin, &receiver, &["article.*"]).await;
    let draft = writing::published(
        &admin,
        json!({"title": "Tides", "topics": ["sea"], "authors": ["ada"], "sections": []}),
    )
    .await;
    let change = json!({"slug": "ebb", "topics": ["wind"]});
    let draft = admin.patch(at(&draft, "/draft")).header("if-match", "*").json(change).await.expect(200);
    writing::publish(&admin, &draft).await;
    admin.post(at(&draft, "/unpublish")).await.is(200);
    admin.post(at(&draft, "/publish")).json(json!({"revision": draft["revision"]})).await.is(200);
    admin.delete(at(&draft, "")).await.is(204);
    server.run_webhooks().await;
    let told: Vec<_> = bodies(&receiver).iter().map(|body| body["type"].clone()).collect();
    let expected = [
        "article.published",
        "article.updated",
        "article.unpublished",
        "article.published",
        "article.unpublished",
        "article.trashed",
    ];
    assert_eq!(told, expected);
    let id = writing::id(&draft);
    // Slug and address are those of when it is sent.
    let url = "https://website.example/ebb";
    let data = |edition: i64, topics: Value| json!({"id": id, "slug": "ebb", "locale": "en", "url": url, "edition": edition, "topics": topics, "authors": ["ada"]});
    assert_eq!(bodies(&receiver)[0]["data"], data(1, json!(["sea"])));
    assert_eq!(bodies(&receiver)[1]["data"], data(2, json!(["sea", "wind"])));
    assert_eq!(bodies(&receiver)[2]["data"], data(3, json!(["wind"])));
}

#[tokio::test]
async fn the_list_tells_the_same_to_those_who_may_see_it() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create(&admin, &receiver, &["*"]).await;
    let draft = writing::published(&admin, json!({"title": "Tides", "sections": []})).await;
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    admin.put(at(&draft, "/schedule")).json(json!({"unpublish_at": "2030-01-01T00:00:00Z"})).await.is(200);
    admin.post("/v1/redirects").json(json!({"from": "/old", "to": "/new", "status": 301})).await.is(201);
    server.run_webhooks().await;
    let sent = bodies(&receiver);
    let page = admin.get("/v1/events?limit=100").await.expect(200);
    let listed = page["items"].as_array().expect("items");
    assert_eq!(page["has_more"], false);
    let same = |one: &Value| json!([one["id"], one["type"], one["data"]]);
    assert_eq!(sent.iter().map(same).collect::<Vec<_>>(), listed.iter().map(same).collect::<Vec<_>>());
    // Whoever may not read the draft is told what readers see.
    let author = server.login(Role::Author).await;
    let page = author.get("/v1/events?limit=100").await.expect(200);
    let types: Vec<_> =
        page["items"].as_array().expect("items").iter().map(|one| one["type"].clone()).collect();
    assert_eq!(types, ["article.published", "redirect.created"]);
    // The id of an event is the cursor of those after it.
    let first = page["items"][0]["id"].as_str().expect("an id");
    let rest = author.get(format!("/v1/events?limit=1&cursor={first}")).await.expect(200);
    assert_eq!(rest["items"][0]["type"], "redirect.created");
    assert_eq!(author.get("/v1/events?limit=1").await.expect(200)["has_more"], true);
    author.get("/v1/events?cursor=abc").await.problem(400, "request-malformed");
}

#[tokio::test]
async fn a_purged_article_leaves_no_slug_in_what_waits() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::answering(|_, _| Reply::status(500));
    let webhook = create(&admin, &receiver, &["article.*", "topic.*"]).await;
    let draft = writing::published(&admin, json!({"title": "Secret tides", "sections": []})).await;
    server.run_webhooks().await;
    assert!(receiver.arrived()[0].body.contains("secret-tides"));
    admin.delete(at(&draft, "")).await.is(204);
    admin.delete(at(&draft, "") + "?permanent=true").await.is(202);
    // Soon after the purge, without waiting for the hourly housekeeping.
    server.run_webhooks().await;
    server.run_jobs().await;
    server.clock.advance(seconds(10));
    server.run_jobs().await;
    assert_eq!(server.database().count("webhook_deliveries WHERE body LIKE '%secret-tides%'"), 0);
    let before = receiver.arrived().len();
    server.run_webhooks_after(days(1)).await;
    let later: Vec<String> = receiver.arrived()[before..].iter().map(|one| one.body.clone()).collect();
    assert!(!later.is_empty() && later.iter().all(|body| !body.contains("secret-tides")), "{later:?}");
    assert_eq!(receiver.arrived()[before].json()["data"]["slug"], json!(null));
    admin.delete(path(&webhook, "")).await.is(204);
}

#[tokio::test]
async fn topics_that_are_merged_name_the_one_that_remains() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create(&admin, &receiver, &["topic.merged", "topic.deleted"]).await;
    topics(&admin, &["Sea", "Ocean", "Wind"]).await;
    let sea = admin.get("/v1/topics/sea").await.expect(200);
    admin.post("/v1/topics/ocean/merge").json(json!({"into": sea["id"]})).await.is(200);
    admin.delete("/v1/topics/wind").await.is(204);
    server.run_webhooks().await;
    let [merged, deleted] = bodies(&receiver).try_into().expect("two");
    assert_eq!((&merged["data"]["into"], &merged["type"]), (&sea["id"], &json!("topic.merged")));
    assert_eq!((&deleted["data"]["slug"], &deleted["type"]), (&json!(null), &json!("topic.deleted")));
}
