//! Events that are collected, so that a build hook is rung once.

use lede::webhooks::dispatcher;
use serde_json::json;
use tokio::sync::watch;

use super::failing::first_then;
use super::{create, create_with, path, topics, with_admin};
use crate::given::seconds;
use crate::receiver::Receiver;

#[tokio::test]
async fn what_happens_within_some_time_is_one_request() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create_with(&admin, &receiver, &["topic.created"], json!({"coalesce_seconds": 60})).await;
    topics(&admin, &["Sea", "Wind"]).await;
    assert_eq!(server.run_webhooks_after(seconds(59)).await, 0);
    topics(&admin, &["Rain"]).await;
    assert_eq!(server.run_webhooks_after(seconds(1)).await, 1);
    let [request] = receiver.accepted().try_into().expect("one request");
    let body = request.json();
    assert_eq!(body["type"], "batch");
    assert_eq!((&body["data"]["count"], &body["data"]["truncated"]), (&json!(3), &json!(false)));
    let slugs: Vec<_> = body["data"]["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|one| one["data"]["slug"].clone())
        .collect();
    assert_eq!(slugs, ["sea", "wind", "rain"]);
    topics(&admin, &["Snow"]).await;
    assert_eq!(server.run_webhooks().await, 0);
    assert_eq!(server.run_webhooks_after(seconds(61)).await, 1);
    assert_eq!(receiver.accepted()[1].json()["data"]["count"], 1);
}

#[tokio::test]
async fn many_events_are_counted_and_the_first_are_told() {
    let (server, admin) = with_admin().await;
    let receiver = first_then(500, 200);
    create_with(&admin, &receiver, &["topic.*"], json!({"coalesce_seconds": 10, "body": "github"})).await;
    let names: Vec<String> = (0..40).map(|n| format!("Topic {n}")).collect();
    topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    server.run_webhooks_after(seconds(10)).await;
    server.run_webhooks_after(seconds(6)).await;
    let [first, second] = receiver.arrived().try_into().expect("two tries");
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    let data = second.json()["client_payload"]["data"].clone();
    assert_eq!((&data["count"], &data["truncated"]), (&json!(40), &json!(true)));
    assert_eq!(data["events"].as_array().map(Vec::len), Some(25));
    let rest = admin.get(format!("/v1/events?cursor={}", data["cursor"].as_str().expect("a cursor"))).await;
    assert_eq!(rest.expect(200)["items"][0]["data"]["slug"], "topic-25");
    assert!(second.body.len() <= 20_000 + 200, "{}", second.body.len());
}

#[tokio::test]
async fn a_webhook_that_no_longer_collects_is_sent_at_once_what_was_being_collected() {
    let (server, admin) = with_admin().await;
    let (collecting, other) = (Receiver::start(), Receiver::start());
    let webhook =
        create_with(&admin, &collecting, &["topic.created"], json!({"coalesce_seconds": 300})).await;
    create(&admin, &other, &["topic.created"]).await;
    topics(&admin, &["Sea"]).await;
    let arrives = async |receiver: &Receiver| {
        while receiver.accepted().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let (stop, stopped) = watch::channel(false);
    let changing = async {
        // The log is read for webhooks in the order of their ids, so the time has begun.
        arrives(&other).await;
        server.clock.advance(seconds(1));
        admin.patch(path(&webhook, "")).json(json!({"coalesce_seconds": 0})).await.is(200);
        arrives(&collecting).await;
        stop.send_replace(true);
    };
    let both = futures_util::future::join(dispatcher::run_until(server.app.clone(), stopped), changing);
    tokio::time::timeout(seconds(60), both).await.expect("it is sent");
    assert_eq!(collecting.types(), ["topic.created"]);
}
