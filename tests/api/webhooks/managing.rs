//! Creating and changing webhooks.

use lede::auth::Role;
use serde_json::json;

use super::{create, create_with, path, with_admin};
use crate::receiver::Receiver;

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_said_at_once() {
    let (_server, admin) = with_admin().await;
    let body = json!({"url": "ftp://hooks.website.example", "events": ["article.*", "tides.*"], "locales": ["xx-"],
        "headers": {"Host": "x", "X-Good": "yes", "X-Bad": "a\nb"}, "coalesce_seconds": 301, "description": ""});
    let answer = admin.post("/v1/webhooks").json(body).await;
    answer.problem(422, "invalid");
    let mut violations = answer.violations();
    violations.sort();
    assert_eq!(
        violations,
        [
            "/coalesce_seconds coalesce-seconds-out-of-bounds",
            "/description description-empty",
            "/events/1 event-unknown",
            "/headers/Host header-not-allowed",
            "/locales/0 locale-malformed",
            "/url url-malformed"
        ]
    );
    let many: serde_json::Map<_, _> = (0..6).map(|n| (format!("X-{n}"), json!("v"))).collect();
    let body = json!({"url": "https://hooks.website.example", "events": [], "headers": many});
    let mut violations = admin.post("/v1/webhooks").json(body).await.violations();
    violations.sort();
    assert_eq!(violations, ["/events events-empty", "/headers headers-too-many"]);
}

#[tokio::test]
async fn a_webhook_is_changed_in_parts() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*", "topic.*"]).await;
    assert_eq!(webhook["events"], json!(["topic.*"]));
    let other = server.login_as("other", Role::Admin).await;
    let changed = other.patch(path(&webhook, "")).json(json!({"description": "Builds"})).await.expect(200);
    assert_eq!((&changed["description"], &changed["owner"]["name"]), (&json!("Builds"), &json!("admin")));
    // Whoever says what is sent where is who may see it.
    let changed = other.patch(path(&webhook, "")).json(json!({"events": ["article.*"]})).await.expect(200);
    assert_eq!((&changed["events"], &changed["owner"]["name"]), (&json!(["article.*"]), &json!("other")));
    let changed = other.patch(path(&webhook, "")).json(json!({"description": null})).await.expect(200);
    assert_eq!(changed["description"], json!(null));
    other.patch(path(&webhook, "")).json(json!({"url": "https://10.0.0.1/"})).await.problem(422, "invalid");
    let audit = admin.get("/v1/audit?action=webhook.updated").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn headers_do_not_follow_a_webhook_to_another_server() {
    let (_server, admin) = with_admin().await;
    let (receiver, other) = (Receiver::start(), Receiver::start());
    let headers = json!({"headers": {"Authorization": "Bearer of-one"}});
    let webhook = create_with(&admin, &receiver, &["topic.*"], headers).await;
    let names = async |body: serde_json::Value| {
        admin.patch(path(&webhook, "")).json(body).await.expect(200)["header_names"].clone()
    };
    let same = receiver.url().replace("/hook", "/other");
    assert_eq!(names(json!({"url": same})).await, json!(["Authorization"]));
    assert_eq!(names(json!({"url": other.url()})).await, json!([]));
    let both = json!({"url": receiver.url(), "headers": {"X-Site": "tides"}});
    assert_eq!(names(both).await, json!(["X-Site"]));
}

#[tokio::test]
async fn there_are_a_hundred_webhooks_at_most() {
    let (_server, admin) = with_admin().await;
    let receiver = Receiver::start();
    for _ in 0..100 {
        create(&admin, &receiver, &["topic.*"]).await;
    }
    let body = json!({"url": receiver.url(), "events": ["topic.*"]});
    admin.post("/v1/webhooks").json(body).await.problem(409, "webhooks-too-many");
    let page = admin.get("/v1/webhooks?limit=60&include_total=true").await.expect(200);
    assert_eq!(page["total"], 100);
    let next = page["next_cursor"].as_str().expect("a cursor");
    let rest = admin.get(format!("/v1/webhooks?limit=60&cursor={next}")).await.expect(200);
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(40));
}
