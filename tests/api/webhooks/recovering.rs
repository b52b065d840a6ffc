//! Receivers that work again, or that another address takes the place of: what waits is not kept back by what was before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use serde_json::{Value, json};

use super::failing::switchable;
use super::{create, deliveries, path, slugs, states, topics, with_admin};
use crate::given::seconds;
use crate::receiver::{Receiver, Reply};

/// The path that retries a delivery.
fn retry(webhook: &Value, delivery: &Value) -> String {
    path(webhook, &format!("/deliveries/{}/retry", delivery["id"].as_str().expect("an id")))
}

#[tokio::test]
async fn after_a_thousand_rejections_what_happens_is_sent_and_the_oldest_are_dead() {
    let (server, admin) = with_admin().await;
    let (receiver, status) = switchable(422);
    let webhook = create(&admin, &receiver, &["topic.created"]).await;
    let names: Vec<String> = (0..1002).map(|n| format!("Topic {n}")).collect();
    topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    server.run_webhooks().await;
    status.store(200, Ordering::SeqCst);
    topics(&admin, &["Wind"]).await;
    server.run_webhooks().await;
    assert_eq!(slugs(&receiver), ["wind"]);
    let dead = admin.get(path(&webhook, "/deliveries?status=dead&include_total=true")).await.expect(200);
    assert_eq!(dead["total"], 2);
    let first = &receiver.arrived()[0];
    assert_eq!(dead["items"][1]["event"], first.id());
}

#[tokio::test]
async fn what_was_rejected_is_sent_at_once_when_the_webhook_is_changed() {
    for is_moved in [true, false] {
        let (server, admin) = with_admin().await;
        let receiver = Receiver::answering(|_, request| {
            Reply::status(if request.headers.contains_key("x-site") { 200 } else { 401 })
        });
        let elsewhere = Receiver::start();
        let webhook = create(&admin, &receiver, &["topic.*"]).await;
        topics(&admin, &["Sea", "Wind"]).await;
        assert_eq!(server.run_webhooks().await, 2);
        let change = if is_moved {
            json!({"url": elsewhere.url()})
        } else {
            json!({"headers": {"X-Site": "tides"}})
        };
        admin.patch(path(&webhook, "")).json(change).await.is(200);
        assert_eq!(server.run_webhooks().await, 2, "{is_moved}");
        assert_eq!(slugs(if is_moved { &elsewhere } else { &receiver }), ["sea", "wind"]);
    }
}

#[tokio::test]
async fn what_was_rejected_is_sent_at_once_when_a_test_is_accepted() {
    let (server, admin) = with_admin().await;
    let (receiver, status) = switchable(401);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind"]).await;
    server.run_webhooks().await;
    assert_eq!(admin.post(path(&webhook, "/test")).await.expect(200)["delivered"], false);
    assert_eq!(server.run_webhooks().await, 0);
    status.store(200, Ordering::SeqCst);
    assert_eq!(admin.post(path(&webhook, "/test")).await.expect(200)["delivered"], true);
    assert_eq!(server.run_webhooks().await, 2);
    assert_eq!(states(&admin, &webhook).await, ["delivered"; 2]);
}

#[tokio::test]
async fn what_was_rejected_before_is_sent_at_once_when_a_later_rejection_is_retried_with_success() {
    let (server, admin) = with_admin().await;
    let works = Arc::new(AtomicBool::new(false));
    let own = works.clone();
    let receiver = Receiver::answering(move |_, request| {
        let is_bad = request.body.contains("\"bad\"");
        Reply::status(if own.load(Ordering::SeqCst) && !is_bad { 200 } else { 422 })
    });
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Bad", "Sea"]).await;
    server.run_webhooks().await;
    // The second try of the first two, after which they wait for five minutes.
    server.run_webhooks_after(seconds(6)).await;
    topics(&admin, &["Wind", "Rain"]).await;
    server.run_webhooks().await;
    works.store(true, Ordering::SeqCst);
    server.run_webhooks_after(seconds(6)).await;
    let mut accepted = slugs(&receiver);
    accepted.sort();
    assert_eq!(accepted, ["rain", "sea", "wind"]);
    // What is rejected for another reason has had one more try, not one for each success.
    let bad = deliveries(&admin, &webhook).await.remove(0);
    assert_eq!((&bad["state"], bad["tries"].as_array().map(Vec::len)), (&json!("waiting"), Some(3)));
}

#[tokio::test]
async fn a_delivery_that_waits_to_be_retried_alone_can_be_retried_now() {
    let (server, admin) = with_admin().await;
    let (receiver, status) = switchable(422);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind"]).await;
    server.run_webhooks().await;
    status.store(200, Ordering::SeqCst);
    let [_, wind] = deliveries(&admin, &webhook).await.try_into().expect("two");
    assert_eq!(admin.post(retry(&webhook, &wind)).await.expect(200)["state"], "waiting");
    server.run_webhooks().await;
    assert!(slugs(&receiver).contains(&"wind".to_owned()));
}

#[tokio::test]
async fn a_delivery_that_is_retried_while_it_waits_in_order_keeps_its_place() {
    let (server, admin) = with_admin().await;
    let (receiver, status) = switchable(503);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind"]).await;
    server.run_webhooks().await;
    status.store(200, Ordering::SeqCst);
    assert_eq!(server.run_webhooks().await, 0);
    let [_, wind] = deliveries(&admin, &webhook).await.try_into().expect("two");
    assert_eq!(admin.post(retry(&webhook, &wind)).await.expect(200)["state"], "waiting");
    assert_eq!(server.run_webhooks().await, 2);
    assert_eq!(slugs(&receiver), ["sea", "wind"]);
    admin.post(retry(&webhook, &wind)).await.problem(409, "not-dead");
}
