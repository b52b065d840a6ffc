//! Requests to receivers: how they are signed, and in which order they come.

use lede::auth::Role;
use lede::base::db::leases::Lease;
use serde_json::json;

use super::{create, create_with, deliveries, path, slugs, states, topics, with_admin};
use crate::given::{hours, minutes, seconds};
use crate::receiver::{Receiver, Reply};
use crate::writing;

#[tokio::test]
async fn an_event_is_sent_signed_and_once() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    let made = admin.post("/v1/topics").json(json!({"name": "Sea"})).await.expect(201);
    server.clock.advance(seconds(90));
    assert_eq!(server.run_webhooks().await, 1);
    let [request] = receiver.arrived().try_into().expect("one request");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook"));
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("user-agent").starts_with("Lede/"));
    assert!(request.is_signed_with(webhook["secret"].as_str().expect("a secret")));
    // The signature is of now, the event of when it happened.
    assert_eq!(request.header("webhook-timestamp"), server.clock.now().as_seconds().to_string());
    let body = request.json();
    assert_eq!(body["id"], request.id());
    assert_eq!(body["type"], "topic.created");
    assert_eq!(body["timestamp"], "2026-01-05T09:00:00.000000Z");
    assert_eq!(body["data"], json!({"id": made["id"], "slug": "sea", "into": null}));
    assert_eq!(server.run_webhooks_after(hours(200)).await, 0);
    let [delivery] = deliveries(&admin, &webhook).await.try_into().expect("one delivery");
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(delivery["event"], request.id());
    assert_eq!(delivery["tries"][0]["status"], 204);
    let metrics = server.app.metrics.text();
    assert!(metrics.contains("lede_webhook_deliveries_total{result=\"delivered\"} 1"), "{metrics}");
}

#[tokio::test]
async fn events_come_in_the_order_in_which_they_happened() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create(&admin, &receiver, &["topic.*"]).await;
    let names: Vec<String> = (0..120).map(|n| format!("Topic {n}")).collect();
    let made = topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(server.run_webhooks().await, 120);
    assert_eq!(slugs(&receiver), made);
}

#[tokio::test]
async fn one_server_at_a_time_sends_and_another_takes_over_when_it_is_gone() {
    let (server, _) = with_admin().await;
    let [one, other] = [(); 2].map(|()| server.app.random.id(server.clock.now()).expect("an id"));
    let [one, other] = [one, other].map(|holder| Lease::new("webhooks", holder, seconds(30)));
    let hold = async |lease: &Lease| lease.hold(&server.app.db, server.clock.now()).await.expect("an answer");
    assert!(hold(&one).await);
    assert!(!hold(&other).await);
    server.clock.advance(seconds(20));
    assert!(hold(&one).await, "it is renewed");
    server.clock.advance(seconds(29));
    assert!(!hold(&other).await);
    server.clock.advance(seconds(1));
    assert!(hold(&other).await);
    assert!(!hold(&one).await);
    other.release(&server.app.db).await.expect("released");
    assert!(hold(&one).await, "it is given back");
}

#[tokio::test]
async fn what_happened_before_a_webhook_was_created_is_not_sent() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    topics(&admin, &["Before"]).await;
    create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["After"]).await;
    server.run_webhooks().await;
    assert_eq!(slugs(&receiver), ["after"]);
}

#[tokio::test]
async fn a_rotated_secret_signs_beside_the_one_before_for_a_day() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    let old = webhook["secret"].as_str().expect("a secret").to_owned();
    let rotated = admin.post(path(&webhook, "/rotate")).await.expect(200);
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    assert_ne!(old, new);
    topics(&admin, &["Sea"]).await;
    server.run_webhooks_after(hours(23)).await;
    topics(&admin, &["Wind"]).await;
    server.run_webhooks_after(hours(2)).await;
    let [during, after] = receiver.arrived().try_into().expect("two requests");
    assert!(during.is_signed_with(&old) && during.is_signed_with(&new));
    assert!(!after.is_signed_with(&old) && after.is_signed_with(&new));
    assert_eq!(admin.get(path(&webhook, "")).await.expect(200)["previous_until"], json!(null));
}

#[tokio::test]
async fn every_secret_that_is_replaced_signs_for_its_own_day() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    let secret = |shown: &serde_json::Value| shown["secret"].as_str().expect("a secret").to_owned();
    let rotate = async || secret(&admin.post(path(&webhook, "/rotate")).await.expect(200));
    let first = secret(&webhook);
    let second = rotate().await;
    server.clock.advance(hours(1));
    let third = rotate().await;
    // Hours since the first rotation.
    for (name, pause, expected) in
        [("Sea", 0, [true; 3]), ("Wind", 23, [false, true, true]), ("Rain", 1, [false, false, true])]
    {
        server.clock.advance(hours(pause));
        topics(&admin, &[name]).await;
        server.run_webhooks().await;
        let request = receiver.arrived().pop().expect("a request");
        let signed = [&first, &second, &third].map(|secret| request.is_signed_with(secret));
        assert_eq!(signed, expected, "{name}");
        assert_eq!(
            request.header("webhook-signature").split(' ').count(),
            expected.iter().filter(|is| **is).count()
        );
    }
}

#[tokio::test]
async fn ten_secrets_sign_at_most_the_newest_ones() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    let mut secrets = vec![webhook["secret"].as_str().expect("a secret").to_owned()];
    for _ in 0..11 {
        let rotated = admin.post(path(&webhook, "/rotate")).await.expect(200);
        secrets.push(rotated["secret"].as_str().expect("a secret").to_owned());
    }
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    let [request] = receiver.arrived().try_into().expect("one request");
    let signed: Vec<bool> = secrets.iter().map(|secret| request.is_signed_with(secret)).collect();
    assert_eq!(signed, [[false; 2].as_slice(), &[true; 10]].concat());
}

#[tokio::test]
async fn headers_are_sent_and_their_values_never_shown() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let headers =
        json!({"headers": {"Authorization": "Bearer of-github", "X-Site": "tides"}, "body": "github"});
    let webhook = create_with(&admin, &receiver, &["topic.created"], headers).await;
    assert_eq!(webhook["header_names"], json!(["Authorization", "X-Site"]));
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    let [request] = receiver.arrived().try_into().expect("one request");
    assert_eq!((request.header("authorization"), request.header("x-site")), ("Bearer of-github", "tides"));
    let body = request.json();
    assert_eq!(body["event_type"], "topic.created");
    assert_eq!(body["client_payload"]["data"]["slug"], "sea");
    let shown = admin.get("/v1/webhooks").await.text().to_owned();
    assert!(!shown.contains("of-github") && !shown.contains("whsec_"), "{shown}");
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_delays_no_other() {
    let (server, admin) = with_admin().await;
    let dead = Receiver::answering(|_, _| Reply::Silence);
    let living = Receiver::start();
    create(&admin, &dead, &["topic.*"]).await;
    create(&admin, &living, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind"]).await;
    let running = server.run_webhooks();
    let watching = async {
        while living.accepted().len() < 2 || dead.arrived().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(dead.arrived().len(), 1, "one request of a webhook at a time");
        dead.let_go();
    };
    tokio::join!(running, watching);
    assert_eq!(slugs(&living), ["sea", "wind"]);
}

#[tokio::test]
async fn rerendered_articles_are_sent_to_those_who_name_them() {
    let (server, admin) = with_admin().await;
    let (all, named) = (Receiver::start(), Receiver::start());
    create(&admin, &all, &["*"]).await;
    create(&admin, &named, &["article.rerendered"]).await;
    writing::published(&admin, json!({"title": "Tides", "topics": ["sea"], "sections": []})).await;
    admin.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    server.run_jobs().await;
    server.run_webhooks().await;
    assert_eq!(named.types(), ["article.rerendered"]);
    assert_eq!(all.types(), ["topic.created", "article.published", "topic.updated"]);
}

#[tokio::test]
async fn only_events_in_its_languages_are_sent() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    create_with(&admin, &receiver, &["article.*", "topic.*"], json!({"locales": ["de"]})).await;
    writing::published(&admin, json!({"title": "Tides", "sections": []})).await;
    writing::published(&admin, json!({"title": "Gezeiten", "locale": "de", "sections": []})).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    let sent: Vec<_> = receiver.accepted().iter().map(|one| one.json()["data"]["slug"].clone()).collect();
    assert_eq!(sent, ["gezeiten", "sea"]);
}

#[tokio::test]
async fn a_disabled_webhook_is_sent_nothing_until_it_is_enabled() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create_with(&admin, &receiver, &["topic.*"], json!({"enabled": false})).await;
    topics(&admin, &["Sea"]).await;
    assert_eq!(server.run_webhooks().await, 0);
    admin.patch(path(&webhook, "")).json(json!({"enabled": true})).await.is(200);
    topics(&admin, &["Wind"]).await;
    server.run_webhooks_after(minutes(1)).await;
    assert_eq!(slugs(&receiver), ["wind"]);
    admin.delete(path(&webhook, "")).await.is(204);
    topics(&admin, &["Rain"]).await;
    assert_eq!(server.run_webhooks().await, 0);
    admin.get(path(&webhook, "")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_says_what_came_back() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::answering(|before, _| match before {
        0 => Reply::With(200, Vec::new(), format!("{}\u{0}", "welcome ".repeat(300))),
        1 => Reply::status(503),
        _ => Reply::HangUp,
    });
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    let good = admin.post(path(&webhook, "/test")).await.expect(200);
    assert_eq!(
        (&good["delivered"], &good["status"], &good["error"]),
        (&json!(true), &json!(200), &json!(null))
    );
    assert_eq!(good["response"].as_str().expect("a text").len(), 1024);
    let [request] = receiver.arrived().try_into().expect("one request");
    assert_eq!(request.json()["type"], "webhook.test");
    assert!(request.is_signed_with(webhook["secret"].as_str().expect("a secret")));
    let bad = admin.post(path(&webhook, "/test")).await.expect(200);
    assert_eq!((&bad["delivered"], &bad["status"]), (&json!(false), &json!(503)));
    let broken = admin.post(path(&webhook, "/test")).await.expect(200);
    assert_eq!((&broken["delivered"], &broken["status"]), (&json!(false), &json!(null)));
    assert!(states(&admin, &webhook).await.is_empty());
    drop(server.login(Role::Admin).await);
}
