//! Receivers that fail: what is retried when, what waits for it, and what ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{create, deliveries, path, slugs, states, topics, with_admin};
use crate::client::Client;
use crate::given::{days, hours, minutes, seconds};
use crate::receiver::{Receiver, Reply};
use crate::server::Server;

/// The pauses between tries.
const PAUSES: [Duration; 9] = [
    seconds_of(5),
    seconds_of(300),
    seconds_of(1800),
    seconds_of(2 * 3600),
    seconds_of(5 * 3600),
    seconds_of(10 * 3600),
    seconds_of(14 * 3600),
    seconds_of(20 * 3600),
    seconds_of(24 * 3600),
];

const fn seconds_of(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A receiver that answers its first request with a status, and the others with another.
pub fn first_then(first: u16, rest: u16) -> Receiver {
    Receiver::answering(move |before, _| Reply::status(if before == 0 { first } else { rest }))
}

/// A webhook whose receiver answers with a status that the test sets, at first that one.
pub async fn with_switchable(status: u16) -> (Server, Client, Receiver, Arc<AtomicU16>, Value) {
    let (server, admin) = with_admin().await;
    let (receiver, status) = switchable(status);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    (server, admin, receiver, status, webhook)
}

/// A receiver that answers with a status that the test sets, at first that one.
pub fn switchable(status: u16) -> (Receiver, Arc<AtomicU16>) {
    let now = Arc::new(AtomicU16::new(status));
    let own = now.clone();
    (Receiver::answering(move |_, _| Reply::status(own.load(Ordering::SeqCst))), now)
}

#[tokio::test]
async fn what_fails_is_sent_again_after_growing_pauses_and_then_is_dead() {
    let (server, admin, receiver, status, webhook) = with_switchable(503).await;
    topics(&admin, &["Sea", "Wind"]).await;
    assert_eq!(server.run_webhooks().await, 1);
    for pause in PAUSES {
        // A tenth longer at most, by chance; never earlier.
        assert_eq!(server.run_webhooks_after(pause.saturating_sub(seconds(1))).await, 0, "{pause:?}");
        let before = receiver.arrived().len();
        if pause == *PAUSES.last().expect("a pause") {
            status.store(503, Ordering::SeqCst);
        }
        server.run_webhooks_after(pause / 10 + seconds(2)).await;
        assert!(receiver.arrived().len() > before, "{pause:?}");
    }
    let first = receiver.arrived()[0].id().to_owned();
    let tries = receiver.arrived().iter().filter(|one| one.id() == first).count();
    assert_eq!(tries, 10, "with the same id each time");
    // The next one had its first try when that was dead.
    assert_eq!(states(&admin, &webhook).await, ["dead", "waiting"]);
    status.store(200, Ordering::SeqCst);
    server.run_webhooks_after(seconds(6)).await;
    assert_eq!(states(&admin, &webhook).await, ["dead", "delivered"]);
    let [dead, delivered] = deliveries(&admin, &webhook).await.try_into().expect("two");
    assert_eq!(dead["tries"].as_array().map(Vec::len), Some(10));
    let retry = |delivery: &serde_json::Value| {
        let id = delivery["id"].as_str().expect("an id");
        admin.post(path(&webhook, &format!("/deliveries/{id}/retry")))
    };
    retry(&delivered).await.problem(409, "not-dead");
    assert_eq!(retry(&dead).await.expect(200)["state"], "waiting");
    server.run_webhooks().await;
    assert_eq!(states(&admin, &webhook).await, ["delivered", "delivered"]);
    assert_eq!(slugs(&receiver), ["wind", "sea"]);
}

#[tokio::test]
async fn later_events_wait_for_one_that_fails() {
    for reply in [Reply::status(500), Reply::status(429), Reply::status(302), Reply::HangUp] {
        let (server, admin) = with_admin().await;
        let failing = reply.clone();
        let receiver = Receiver::answering(
            move |before, _| {
                if before < 2 { failing.clone() } else { Reply::status(200) }
            },
        );
        let webhook = create(&admin, &receiver, &["topic.*"]).await;
        topics(&admin, &["Sea", "Wind", "Rain"]).await;
        assert_eq!(server.run_webhooks().await, 1, "{reply:?}");
        assert_eq!(server.run_webhooks_after(seconds(6)).await, 1);
        assert_eq!(server.run_webhooks_after(minutes(6)).await, 3);
        assert_eq!(slugs(&receiver), ["sea", "wind", "rain"], "{reply:?}");
        assert_eq!(states(&admin, &webhook).await, ["delivered"; 3]);
    }
}

#[tokio::test]
async fn what_a_receiver_does_not_accept_is_retried_alone() {
    let (server, admin) = with_admin().await;
    let receiver = first_then(422, 200);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind", "Rain"]).await;
    assert_eq!(server.run_webhooks().await, 3);
    assert_eq!(slugs(&receiver), ["wind", "rain"]);
    assert_eq!(states(&admin, &webhook).await, ["waiting", "delivered", "delivered"]);
    assert_eq!(server.run_webhooks_after(seconds(6)).await, 1);
    assert_eq!(slugs(&receiver), ["wind", "rain", "sea"]);
}

#[tokio::test]
async fn what_is_retried_by_hand_is_sent_after_what_is_in_order() {
    let (server, admin) = with_admin().await;
    let receiver = first_then(410, 200);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    admin.patch(path(&webhook, "")).json(json!({"enabled": true})).await.is(200);
    let [dead] = deliveries(&admin, &webhook).await.try_into().expect("one");
    let id = dead["id"].as_str().expect("an id");
    admin.post(path(&webhook, &format!("/deliveries/{id}/retry"))).await.is(200);
    topics(&admin, &["Wind", "Rain"]).await;
    assert_eq!(server.run_webhooks().await, 3);
    assert_eq!(slugs(&receiver), ["wind", "rain", "sea"]);
}

#[tokio::test]
async fn what_is_retried_alone_delays_nothing_when_it_fails_again() {
    for status in [422, 503, 429] {
        let (server, admin) = with_admin().await;
        let receiver = Receiver::answering(move |before, request| {
            let is_first = request.body.contains("\"sea\"");
            Reply::status(if !is_first {
                200
            } else if before == 0 {
                422
            } else {
                status
            })
        });
        let webhook = create(&admin, &receiver, &["topic.*"]).await;
        topics(&admin, &["Sea"]).await;
        server.run_webhooks().await;
        let mut expected = Vec::new();
        for (n, pause) in PAUSES.into_iter().enumerate() {
            let names = [format!("Wind {n}"), format!("Rain {n}")];
            // One comes before the try that fails, one after it.
            expected.extend(topics(&admin, &[&names[0]]).await);
            assert_eq!(server.run_webhooks_after(pause + pause / 10 + seconds(1)).await, 2, "{status}");
            expected.extend(topics(&admin, &[&names[1]]).await);
            assert_eq!(server.run_webhooks().await, 1, "{status}");
            assert_eq!(slugs(&receiver), expected, "{status}");
        }
        let first = deliveries(&admin, &webhook).await.remove(0);
        assert_eq!((&first["state"], first["tries"].as_array().map(Vec::len)), (&json!("dead"), Some(10)));
    }
}

#[tokio::test]
async fn what_is_retried_alone_disables_its_webhook_when_the_receiver_is_gone() {
    let (server, admin) = with_admin().await;
    let receiver = first_then(422, 410);
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    assert_eq!(server.run_webhooks_after(seconds(6)).await, 1);
    assert_eq!(admin.get(path(&webhook, "")).await.expect(200)["disabled_reason"], "gone");
    assert_eq!(states(&admin, &webhook).await, ["dead"]);
}

#[tokio::test]
async fn days_in_which_nothing_waits_are_no_days_of_failing() {
    let (server, admin, _receiver, _, webhook) = with_switchable(422).await;
    for name in ["Sea", "Wind"] {
        topics(&admin, &[name]).await;
        assert_eq!(server.run_webhooks().await, 1);
        // Without a success, on more than three days.
        for pause in PAUSES {
            assert_eq!(server.run_webhooks_after(pause + pause / 10 + seconds(1)).await, 1);
        }
        server.clock.advance(days(3));
    }
    assert_eq!(states(&admin, &webhook).await, ["dead", "dead"]);
    assert_eq!(admin.get(path(&webhook, "")).await.expect(200)["enabled"], true);
}

#[tokio::test]
async fn a_receiver_says_when_to_come_back() {
    for asked in ["3600", "Mon, 05 Jan 2026 10:00:00 GMT"] {
        let (server, admin) = with_admin().await;
        let receiver = Receiver::answering(move |before, _| match before {
            0 => Reply::With(503, vec![("retry-after", asked.to_owned())], String::new()),
            _ => Reply::status(200),
        });
        create(&admin, &receiver, &["topic.*"]).await;
        topics(&admin, &["Sea"]).await;
        server.run_webhooks().await;
        assert_eq!(server.run_webhooks_after(minutes(59)).await, 0, "{asked}");
        assert_eq!(server.run_webhooks_after(minutes(2)).await, 1, "{asked}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_disables_its_webhook() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::answering(|_, _| Reply::status(410));
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind"]).await;
    assert_eq!(server.run_webhooks().await, 1);
    let disabled = admin.get(path(&webhook, "")).await.expect(200);
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("gone")));
    assert_eq!(server.run_webhooks_after(days(1)).await, 0);
    server.run_jobs().await;
    let [mail] = server.mail.all().try_into().expect("one mail");
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("admin@lede.example", "A webhook at Lede was disabled")
    );
    assert!(mail.text.contains(&receiver.url()), "{}", mail.text);
}

#[tokio::test]
async fn a_webhook_that_fails_for_five_days_is_disabled_and_its_owner_gets_a_mail() {
    let (server, admin, receiver, status, webhook) = with_switchable(500).await;
    admin.patch("/v1/me").json(json!({"locale": "de"})).await.is(200);
    topics(&admin, &["Sea", "Wind", "Rain"]).await;
    server.run_webhooks().await;
    for _ in 0..119 {
        server.run_webhooks_after(hours(1)).await;
    }
    assert_eq!(admin.get(path(&webhook, "")).await.expect(200)["enabled"], true);
    for _ in 0..25 {
        server.run_webhooks_after(hours(1)).await;
    }
    let disabled = admin.get(path(&webhook, "")).await.expect(200);
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("failing")));
    server.run_jobs().await;
    let [mail] = server.mail.all().try_into().expect("one mail");
    assert_eq!(mail.subject, "Ein Webhook bei Lede wurde abgeschaltet");
    // Enabled again, what waits is sent first; a success ends the failing.
    status.store(200, Ordering::SeqCst);
    let enabled = admin.patch(path(&webhook, "")).json(json!({"enabled": true})).await.expect(200);
    assert_eq!(enabled["disabled_reason"], json!(null));
    topics(&admin, &["Snow"]).await;
    server.run_webhooks().await;
    assert_eq!(slugs(&receiver).last().map(String::as_str), Some("snow"));
}

#[tokio::test]
async fn deliveries_are_kept_for_thirty_days() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    server.clock.advance(days(29));
    server.keep_house().await;
    assert_eq!(states(&admin, &webhook).await.len(), 1);
    server.clock.advance(days(2));
    server.keep_house().await;
    assert_eq!(states(&admin, &webhook).await.len(), 0);
}
