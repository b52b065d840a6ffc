//! What the owner of a webhook may not see is not sent, whenever they lose the right.

use lede::auth::Role;
use serde_json::json;

use super::{create, create_with, states, topics, with_admin};
use crate::client::Client;
use crate::given::{PASSWORD, seconds};
use crate::receiver::{Receiver, Reply};
use crate::server::Server;
use crate::writing::{self, at};

/// A second admin, who can lose the role.
async fn other_admin(server: &Server) -> Client {
    server.login_as("other", Role::Admin).await
}

#[tokio::test]
async fn an_owner_who_loses_a_right_is_sent_no_more_of_it() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let receiver = Receiver::start();
    create(&other, &receiver, &["*"]).await;
    let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
    let ask = json!({"revision": 1, "state": "requested"});
    admin.post(at(&draft, "/reviews")).json(ask.clone()).await.is(201);
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["review.requested"]);
    let role = json!({"role": "author"});
    admin.patch(format!("/v1/users/{}", other.user())).json(role).await.is(200);
    admin
        .put(at(&draft, "/schedule"))
        .json(json!({"revision": 1, "publish_at": "2030-01-01T00:00:00Z"}))
        .await
        .is(200);
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["review.requested", "topic.created"]);
}

#[tokio::test]
async fn what_waits_is_withheld_when_the_right_is_lost_meanwhile() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let receiver = Receiver::answering(|before, _| Reply::status(if before == 0 { 500 } else { 200 }));
    let webhook = create(&other, &receiver, &["*"]).await;
    let collecting = Receiver::start();
    create_with(&other, &collecting, &["*"], json!({"coalesce_seconds": 1})).await;
    topics(&admin, &["Sea"]).await;
    let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    server.run_webhooks().await;
    admin.patch(format!("/v1/users/{}", other.user())).json(json!({"disabled": true})).await;
    admin.patch(format!("/v1/users/{}", other.user())).json(json!({"role": "author"})).await;
    server.run_webhooks_after(seconds(6)).await;
    assert_eq!(receiver.types(), ["topic.created"]);
    assert_eq!(states(&admin, &webhook).await, ["delivered", "withheld"]);
    let [batch] = collecting.accepted().try_into().expect("one request");
    assert!(!batch.body.contains("review"), "{}", batch.body);
}

#[tokio::test]
async fn a_key_is_sent_what_its_scopes_allow() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::start();
    let key =
        json!({"current_password": PASSWORD, "name": "Hooks", "scopes": ["webhooks:write", "articles:read"]});
    let key = admin.post("/v1/api-keys").json(key).await.expect(201);
    let program = admin.clone().with_token(key["key"].as_str().expect("a key"));
    let webhook = create(&program, &receiver, &["*"]).await;
    assert_eq!(webhook["owner"]["kind"], "api_key");
    let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    let subscriber = json!({"email": "reader@reader.example"});
    admin.post("/v1/subscribers").json(subscriber).await;
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["review.requested"]);
    let test = program.post(super::path(&webhook, "/test")).await.expect(200);
    assert_eq!(test["response"], json!(null), "responses are for admins");
    admin.delete(format!("/v1/api-keys/{}", key["id"].as_str().expect("an id"))).await.is(204);
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "approved"})).await;
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    assert_eq!(receiver.types()[1..], ["webhook.test", "topic.created"]);
}

#[tokio::test]
async fn the_webhooks_of_an_erased_user_are_their_successors() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let receiver = Receiver::start();
    let webhook = create(&other, &receiver, &["review.*"]).await;
    let draft = writing::create(&other, json!({"title": "Tides", "sections": []})).await;
    let erased = format!("/v1/users/{}?successor={}", other.user(), admin.user());
    admin.delete(erased).await.is(204);
    server.run_jobs().await;
    let webhook = admin.get(super::path(&webhook, "")).await.expect(200);
    assert_eq!(webhook["owner"]["name"], "admin");
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["review.requested"]);
}
