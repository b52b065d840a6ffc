//! Webhooks: what happens is sent to other servers, which are real ones here.

mod addresses;
mod bodies;
mod coalescing;
mod failing;
mod killed;
mod managing;
mod many;
mod recovering;
mod replaying;
mod rights;
mod sending;
mod unreachable;

use std::sync::Mutex;
use std::time::Duration;

use lede::auth::Role;
use lede::webhooks::dispatcher;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::client::Client;
use crate::receiver::{Receiver, Reply};
use crate::server::Server;

/// A server whose webhooks may lead to receivers on this machine.
pub async fn server() -> Server {
    Server::start_with(|config| config.webhooks.networks = vec!["127.0.0.0/8".parse().expect("a network")])
        .await
}

impl Server {
    /// Sends what is due to webhooks. Returns how many deliveries were tried.
    pub async fn run_webhooks(&self) -> usize {
        dispatcher::run_due(&self.app).await.expect("webhooks")
    }

    /// Lets time pass, and then sends what is due.
    pub async fn run_webhooks_after(&self, pause: Duration) -> usize {
        self.clock.advance(pause);
        self.run_webhooks().await
    }
}

/// Creates a webhook to a receiver, with more members than its URL and events.
pub async fn create_with(admin: &Client, receiver: &Receiver, events: &[&str], more: Value) -> Value {
    let mut body = json!({"url": receiver.url(), "events": events});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    admin.post("/v1/webhooks").json(body).await.expect(201)
}

/// Creates a webhook to a receiver.
pub async fn create(admin: &Client, receiver: &Receiver, events: &[&str]) -> Value {
    create_with(admin, receiver, events, json!({})).await
}

/// The path of a webhook.
pub fn path(webhook: &Value, rest: &str) -> String {
    format!("/v1/webhooks/{}{rest}", webhook["id"].as_str().expect("an id"))
}

/// The deliveries of a webhook, oldest first.
pub async fn deliveries(admin: &Client, webhook: &Value) -> Vec<Value> {
    let page = admin.get(path(webhook, "/deliveries?limit=100")).await.expect(200);
    page["items"].as_array().expect("items").iter().rev().cloned().collect()
}

/// The states of the deliveries of a webhook, oldest first.
pub async fn states(admin: &Client, webhook: &Value) -> Vec<String> {
    let all = deliveries(admin, webhook).await;
    all.iter().map(|one| one["state"].as_str().expect("a state").to_owned()).collect()
}

/// Makes that many topics, and with each an event. Returns their slugs.
pub async fn topics(admin: &Client, names: &[&str]) -> Vec<String> {
    let mut slugs = Vec::new();
    for name in names {
        let made = admin.post("/v1/topics").json(json!({"name": name})).await.expect(201);
        slugs.push(made["slug"].as_str().expect("a slug").to_owned());
    }
    slugs
}

/// The slugs that accepted requests name.
pub fn slugs(receiver: &Receiver) -> Vec<String> {
    let slug = |body: Value| body["data"]["slug"].as_str().expect("a slug").to_owned();
    receiver.accepted().iter().map(|one| slug(one.json())).collect()
}

/// A receiver that accepts everything, the first request when the test says so. The test is told when that has arrived.
pub fn held() -> (Receiver, UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    let (arrive, arrived) = mpsc::unbounded_channel();
    let (go, gone) = std::sync::mpsc::channel();
    let gone = Mutex::new(gone);
    let receiver = Receiver::answering(move |before, _| {
        if before == 0 {
            arrive.send(()).expect("a test");
            gone.lock().expect("a lock").recv().expect("a test");
        }
        Reply::status(204)
    });
    (receiver, arrived, go)
}

/// A server with an admin.
pub async fn with_admin() -> (Server, Client) {
    let server = server().await;
    let admin = server.login(Role::Admin).await;
    (server, admin)
}
