//! Sending earlier events again.

use serde_json::json;

use super::{create, deliveries, path, slugs, topics, with_admin};
use crate::receiver::Receiver;

#[tokio::test]
async fn a_replay_sends_earlier_events_with_the_same_ids() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let webhook = create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Sea", "Wind", "Rain"]).await;
    server.run_webhooks().await;
    let after = receiver.accepted()[0].id().to_owned();
    admin.post(path(&webhook, "/replay")).json(json!({"after": after})).await.is(202);
    topics(&admin, &["Snow"]).await;
    server.run_webhooks().await;
    // What happens comes before what is replayed.
    assert_eq!(slugs(&receiver), ["sea", "wind", "rain", "snow", "wind", "rain"]);
    let accepted = receiver.accepted();
    assert_eq!((accepted[1].id(), accepted[2].id()), (accepted[4].id(), accepted[5].id()));
    assert_eq!(accepted[1].body, accepted[4].body);
    let replayed: Vec<_> =
        deliveries(&admin, &webhook).await.iter().map(|one| one["replayed"].clone()).collect();
    assert_eq!(replayed, [false, false, false, false, true, true]);
    assert_eq!(server.run_webhooks().await, 0);
    let unknown = admin.post(path(&webhook, "/replay")).json(json!({"after": "tides"})).await;
    assert_eq!(unknown.violations(), ["/after after-unknown"]);
}

#[tokio::test]
async fn a_replay_of_more_than_a_server_stores_at_once_is_sent_to_its_end() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let start = admin.get("/v1/events?limit=100").await.expect(200)["next_cursor"].clone();
    let names: Vec<String> = (0..1100).map(|n| format!("Topic {n}")).collect();
    let made = topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let webhook = create(&admin, &receiver, &["topic.created"]).await;
    admin.post(path(&webhook, "/replay")).json(json!({"after": start})).await.is(202);
    assert_eq!(server.run_webhooks().await, 1100);
    assert_eq!(slugs(&receiver), made);
}
