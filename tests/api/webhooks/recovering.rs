//! Receivers that work again, or that another address takes the place of: what waits is not kept back by what was before.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::failing::{switchable, with_switchable};
use super::{create, deliveries, path, slugs, states, topics, with_admin};
use crate::client::Client;
use crate::given::{days, hours, seconds};
use crate::receiver::{Receiver, Reply};
use crate::server::Server;

/// The path that retries a delivery.
fn retry(webhook: &Value, delivery: &Value) -> String {
    path(webhook, &format!("/deliveries/{}/retry", delivery["id"].as_str().expect("an id")))
}

/// A webhook whose receiver has rejected one delivery, and cannot take the next: it pauses.
async fn rejected_and_paused() -> (Server, Client, Receiver, Arc<AtomicU16>, Value) {
    let (server, admin, receiver, status, webhook) = with_switchable(422).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    status.store(503, Ordering::SeqCst);
    topics(&admin, &["Wind"]).await;
    server.run_webhooks().await;
    (server, admin, receiver, status, webhook)
}

#[tokio::test]
async fn after_a_thousand_rejections_what_happens_is_sent_and_the_oldest_are_dead() {
    let (server, admin, receiver, status, webhook) = with_switchable(422).await;
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
        let change =
            if is_moved { json!({"url": elsewhere.url()}) } else { json!({"headers": {"X-Site": "tides"}}) };
        admin.patch(path(&webhook, "")).json(change).await.is(200);
        assert_eq!(server.run_webhooks().await, 2, "{is_moved}");
        assert_eq!(slugs(if is_moved { &elsewhere } else { &receiver }), ["sea", "wind"]);
    }
}

#[tokio::test]
async fn what_was_rejected_is_sent_at_once_when_a_test_is_accepted() {
    let (server, admin, _receiver, status, webhook) = with_switchable(401).await;
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
async fn a_pause_ends_when_a_test_is_accepted_and_when_a_dead_delivery_is_retried() {
    for is_test in [true, false] {
        let (server, admin, _receiver, status, webhook) = rejected_and_paused().await;
        status.store(200, Ordering::SeqCst);
        assert_eq!(server.run_webhooks().await, 0, "it pauses");
        let rejected = deliveries(&admin, &webhook).await.remove(0);
        let path = if is_test { path(&webhook, "/test") } else { retry(&webhook, &rejected) };
        admin.post(path).await.is(200);
        server.run_webhooks().await;
        assert_eq!(states(&admin, &webhook).await, ["delivered"; 2], "{is_test}");
    }
}

#[tokio::test]
async fn retrying_one_uses_up_no_tries_of_those_in_order() {
    let (server, admin, _receiver, _, webhook) = rejected_and_paused().await;
    let rejected = deliveries(&admin, &webhook).await.remove(0);
    for _ in 0..12 {
        admin.post(retry(&webhook, &rejected)).await.is(200);
        assert_eq!(server.run_webhooks().await, 1);
    }
    assert_eq!(states(&admin, &webhook).await, ["waiting"; 2]);
}

#[tokio::test]
async fn a_delivery_that_waits_to_be_retried_alone_can_be_retried_now() {
    let (server, admin, receiver, status, webhook) = with_switchable(422).await;
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
    let (server, admin, receiver, status, webhook) = with_switchable(503).await;
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

/// A receiver that answers with that status when the test says so, one request after the other.
fn held_then(status: u16) -> (Receiver, mpsc::UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    let (arrive, arrived) = mpsc::unbounded_channel();
    let (go, gone) = std::sync::mpsc::channel();
    let gone = Mutex::new(gone);
    let receiver = Receiver::answering(move |_, _| {
        arrive.send(()).expect("a test");
        gone.lock().expect("a lock").recv().expect("a test");
        Reply::status(status)
    });
    (receiver, arrived, go)
}

#[tokio::test]
async fn what_the_former_address_responds_does_not_count_against_the_next_one() {
    for status in [410, 503, 422] {
        let (server, admin) = with_admin().await;
        let (former, mut arrived, go) = held_then(status);
        let next = Receiver::start();
        let webhook = create(&admin, &former, &["topic.*"]).await;
        topics(&admin, &["Sea", "Wind"]).await;
        let moving = async {
            arrived.recv().await;
            server.clock.advance(seconds(1));
            admin.patch(path(&webhook, "")).json(json!({"url": next.url()})).await.is(200);
            go.send(()).expect("a receiver");
        };
        tokio::join!(server.run_webhooks(), moving);
        assert_eq!(admin.get(path(&webhook, "")).await.expect(200)["enabled"], true, "{status}");
        let mut accepted = slugs(&next);
        accepted.sort();
        assert_eq!(accepted, ["sea", "wind"], "{status}");
        // The try is listed all the same.
        let first = deliveries(&admin, &webhook).await.remove(0);
        assert_eq!(first["tries"][0]["status"], status);
        assert_eq!((&first["state"], &first["tries"][1]["status"]), (&json!("delivered"), &json!(204)));
    }
}

#[tokio::test]
async fn another_address_begins_without_the_pause_and_the_failures_of_the_one_before() {
    let (server, admin) = with_admin().await;
    let (former, _) = switchable(503);
    let (next, status) = switchable(503);
    let webhook = create(&admin, &former, &["topic.*"]).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    let pass = async |time: Duration| {
        for _ in 0..time.as_secs() / 3600 {
            server.run_webhooks_after(hours(1)).await;
        }
    };
    // Ten tries of the first are over after three days; the failing would end after five.
    pass(days(2)).await;
    admin.patch(path(&webhook, "")).json(json!({"url": next.url()})).await.is(200);
    assert_eq!(server.run_webhooks().await, 1, "at once");
    pass(days(2)).await;
    assert_eq!(states(&admin, &webhook).await, ["waiting"], "with all its tries before it");
    status.store(200, Ordering::SeqCst);
    pass(days(1)).await;
    assert_eq!(states(&admin, &webhook).await, ["delivered"]);
}
