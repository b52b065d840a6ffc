//! Many webhooks on few connections, more than are served at the same time, and one that cannot be read.

use std::collections::HashMap;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{leases, webhooks};
use lede::base::ids::WebhookId;
use lede::webhooks::dispatcher;
use serde_json::json;
use tokio::sync::watch;

use super::{create, create_with, path, slugs, topics, with_admin};
use crate::given::seconds;
use crate::receiver::Receiver;
use crate::server::Server;

#[tokio::test]
async fn more_webhooks_than_connections_are_all_served() {
    let server = Server::start_with(|config| {
        config.webhooks.networks = vec!["127.0.0.0/8".parse().expect("a network")];
        config.database.connections = Some(4);
    })
    .await;
    let admin = server.login(Role::Admin).await;
    let receiver = Receiver::start();
    for _ in 0..40 {
        create(&admin, &receiver, &["topic.created"]).await;
    }
    topics(&admin, &["Sea", "Wind", "Rain"]).await;
    let (stop, stopped) = watch::channel(false);
    let all = async {
        while receiver.accepted().len() < 120 {
            tokio::task::yield_now().await;
        }
        stop.send_replace(true);
    };
    let both = futures_util::future::join(dispatcher::run_until(server.app.clone(), stopped), all);
    tokio::time::timeout(seconds(60), both).await.expect("everything arrives");
    assert_eq!(receiver.accepted().len(), 120);
}

#[tokio::test]
async fn no_webhook_waits_until_all_others_have_nothing_due() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    // Two more than are served at the same time.
    for n in 0..34 {
        let own = json!({"url": format!("{}/{n}", receiver.url())});
        create_with(&admin, &receiver, &["topic.created"], own).await;
    }
    // Each has enough for three turns.
    let names: Vec<String> = (0..101).map(|n| format!("Topic {n}")).collect();
    topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(server.run_webhooks().await, 34 * 101);
    let (mut first, mut last) = (HashMap::new(), HashMap::new());
    for (at, request) in receiver.arrived().into_iter().enumerate() {
        first.entry(request.path.clone()).or_insert(at);
        last.insert(request.path, at);
    }
    assert_eq!(first.len(), 34);
    assert!(first.values().max() < last.values().min(), "{first:?} {last:?}");
}

#[tokio::test]
async fn a_webhook_whose_secrets_cannot_be_read_delays_no_other_and_is_tried_again_later() {
    let (server, admin) = with_admin().await;
    let (broken, sound) = (Receiver::start(), Receiver::start());
    let webhook = create(&admin, &broken, &["topic.*"]).await;
    create(&admin, &sound, &["topic.*"]).await;
    let id: WebhookId = serde_json::from_value(webhook["id"].clone()).expect("an id");
    let own = webhooks::table.filter(webhooks::id.eq(id));
    let mut conn = server.database().connect();
    let sealed: Vec<u8> = own.select(webhooks::sealed).get_result(&mut conn).expect("a webhook");
    let seal = |conn: &mut _, sealed: &[u8]| {
        diesel::update(own).set(webhooks::sealed.eq(sealed)).execute(conn).expect("an update");
    };
    seal(&mut conn, b"made with another key");
    topics(&admin, &["Sea"]).await;
    assert_eq!(server.run_webhooks().await, 1);
    assert_eq!((slugs(&sound), slugs(&broken)), (vec!["sea".to_owned()], Vec::new()));
    seal(&mut conn, &sealed);
    assert_eq!(server.run_webhooks_after(seconds(6)).await, 1);
    assert_eq!(slugs(&broken), ["sea"]);
}

#[tokio::test]
async fn a_webhook_that_is_changed_while_the_log_is_read_for_others_misses_nothing() {
    let (server, admin) = with_admin().await;
    let (receiver, others) = (Receiver::start(), Receiver::start());
    for _ in 0..80 {
        create_with(&admin, &others, &["topic.*"], json!({"coalesce_seconds": 300})).await;
    }
    let webhook = create(&admin, &receiver, &["author.*"]).await;
    let names: Vec<String> = (0..80).map(|n| format!("Topic {n}")).collect();
    topics(&admin, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (stop, stopped) = watch::channel(false);
    let changing = async {
        // The dispatcher reads the webhooks before it takes the lease, and the log for the last of them after the others.
        let mut conn = server.database().connect();
        while leases::table.count().get_result::<i64>(&mut conn).expect("a count") == 0 {
            tokio::task::yield_now().await;
        }
        server.clock.advance(seconds(1));
        admin.patch(path(&webhook, "")).json(json!({"events": ["topic.*"]})).await.is(200);
        topics(&admin, &["Wind"]).await;
        while slugs(&receiver).last().is_none_or(|slug| slug != "wind") {
            tokio::task::yield_now().await;
        }
        stop.send_replace(true);
    };
    let both = futures_util::future::join(dispatcher::run_until(server.app.clone(), stopped), changing);
    tokio::time::timeout(seconds(60), both).await.expect("it is sent");
}
