//! What the owner of a webhook may not see is not sent, whenever they lose the right.

use lede::auth::Role;
use serde_json::json;

use super::failing::first_then;
use super::{create, create_with, held, path, states, topics, with_admin};
use crate::client::Client;
use crate::given::{PASSWORD, seconds};
use crate::receiver::{Received, Receiver};
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
    let receiver = first_then(500, 200);
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
    let test = program.post(path(&webhook, "/test")).await.expect(200);
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
    let webhook = admin.get(path(&webhook, "")).await.expect(200);
    assert_eq!(webhook["owner"]["name"], "admin");
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["review.requested"]);
}

/// An API key that may manage webhooks and read drafts.
async fn program(owner: &Client) -> Client {
    let key =
        json!({"current_password": PASSWORD, "name": "Hooks", "scopes": ["webhooks:write", "articles:read"]});
    let key = owner.post("/v1/api-keys").json(key).await.expect(201);
    owner.clone().with_token(key["key"].as_str().expect("a key"))
}

#[tokio::test]
async fn the_webhooks_of_an_erased_users_keys_are_disabled_until_somebody_takes_them_over() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let receiver = Receiver::start();
    let webhook = create(&program(&other).await, &receiver, &["*"]).await;
    admin.delete(format!("/v1/users/{}?successor={}", other.user(), admin.user())).await.is(204);
    server.run_jobs().await;
    let disabled = admin.get(path(&webhook, "")).await.expect(200);
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("owner-erased")));
    let audit = admin.get("/v1/audit?action=webhook.disabled").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1));
    topics(&admin, &["Sea"]).await;
    assert_eq!(server.run_webhooks().await, 0);
    let enabled = admin.patch(path(&webhook, "")).json(json!({"enabled": true})).await.expect(200);
    assert_eq!((&enabled["owner"]["name"], &enabled["disabled_reason"]), (&json!("admin"), &json!(null)));
    topics(&admin, &["Wind"]).await;
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["topic.created"]);
}

#[tokio::test]
async fn the_webhooks_of_a_user_who_is_erased_without_a_successor_are_disabled() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let webhook = create(&other, &Receiver::start(), &["*"]).await;
    admin.delete(format!("/v1/users/{}", other.user())).await.is(204);
    let disabled = admin.get(path(&webhook, "")).await.expect(200);
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("owner-erased")));
}

#[tokio::test]
async fn the_webhooks_of_a_disabled_user_and_their_keys_are_sent_what_readers_may_see() {
    let (server, admin) = with_admin().await;
    let other = other_admin(&server).await;
    let receivers = [Receiver::start(), Receiver::start()];
    let owners = [other.clone(), program(&other).await];
    for (receiver, owner) in receivers.iter().zip(&owners) {
        create(owner, receiver, &["review.*", "topic.*"]).await;
    }
    let user = format!("/v1/users/{}", other.user());
    let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
    admin.patch(&user).json(json!({"disabled": true})).await.is(200);
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    topics(&admin, &["Sea"]).await;
    server.run_webhooks().await;
    for receiver in &receivers {
        assert_eq!(receiver.types(), ["topic.created"]);
    }
    admin.patch(&user).json(json!({"disabled": false})).await.is(200);
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "approved"})).await.is(201);
    server.run_webhooks().await;
    for receiver in &receivers {
        assert_eq!(receiver.types(), ["topic.created", "review.answered"]);
    }
}

#[tokio::test]
async fn a_right_that_is_lost_during_a_request_holds_for_the_next_one() {
    for change in [json!({"role": "author"}), json!({"disabled": true})] {
        let (server, admin) = with_admin().await;
        let other = other_admin(&server).await;
        let (receiver, mut arrived, go) = held();
        let webhook = create(&other, &receiver, &["*"]).await;
        topics(&admin, &["Sea"]).await;
        let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
        admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
        let losing = async {
            arrived.recv().await;
            admin.patch(format!("/v1/users/{}", other.user())).json(change.clone()).await.is(200);
            go.send(()).expect("a receiver");
        };
        tokio::join!(server.run_webhooks(), losing);
        assert_eq!(receiver.types(), ["topic.created"], "{change}");
        assert_eq!(states(&admin, &webhook).await, ["delivered", "withheld"], "{change}");
    }
}

#[tokio::test]
async fn an_article_that_is_purged_during_a_request_is_not_named_in_the_next_one() {
    for body in ["event", "github"] {
        let (server, admin) = with_admin().await;
        let (receiver, mut arrived, go) = held();
        create_with(&admin, &receiver, &["topic.*", "article.*"], json!({"body": body})).await;
        topics(&admin, &["Sea"]).await;
        let draft = writing::published(&admin, json!({"title": "Secret tides", "sections": []})).await;
        let purging = async {
            arrived.recv().await;
            admin.delete(at(&draft, "")).await.is(204);
            admin.delete(at(&draft, "") + "?permanent=true").await.is(202);
            server.run_jobs().await;
            go.send(()).expect("a receiver");
        };
        tokio::join!(server.run_webhooks(), purging);
        let later: Vec<Received> = receiver.accepted().split_off(1);
        assert!(later.iter().any(|one| one.body.contains("article.published")));
        assert!(later.iter().all(|one| !one.body.contains("secret-tides")), "{later:?}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_changed_during_a_request_is_changed_for_the_next_one() {
    let elsewhere = Receiver::start();
    for (change, here) in [
        (json!({"enabled": false}), 1),
        (json!({"url": elsewhere.url()}), 1),
        (json!({"headers": {"X-Site": "tides"}}), 2),
    ] {
        let (server, admin) = with_admin().await;
        let (receiver, mut arrived, go) = held();
        let webhook = create(&admin, &receiver, &["topic.*"]).await;
        topics(&admin, &["Sea", "Wind"]).await;
        let changing = async {
            arrived.recv().await;
            admin.patch(path(&webhook, "")).json(change.clone()).await.is(200);
            go.send(()).expect("a receiver");
        };
        tokio::join!(server.run_webhooks(), changing);
        assert_eq!(receiver.accepted().len(), here, "{change}");
        assert!(here == 1 || receiver.accepted()[1].header("x-site") == "tides");
    }
    assert_eq!(elsewhere.accepted().len(), 1);
}

#[tokio::test]
async fn an_owner_who_has_to_set_up_a_second_factor_is_sent_what_readers_may_see() {
    let (server, admin) = with_admin().await;
    let receivers = [Receiver::start(), Receiver::start()];
    let owners = [admin.clone(), program(&admin).await];
    for (receiver, owner) in receivers.iter().zip(&owners) {
        create(owner, receiver, &["review.*", "topic.*"]).await;
    }
    let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
    admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
    topics(&admin, &["Sea"]).await;
    let strict = Server::start_on(server.database(), server.clock.clone(), |config| {
        config.webhooks.networks = vec!["127.0.0.0/8".parse().expect("a network")];
        config.accounts.require_second_factor = vec!["admin".to_owned()];
    })
    .await;
    strict.run_webhooks().await;
    for receiver in &receivers {
        assert_eq!(receiver.types(), ["topic.created"]);
    }
}

#[tokio::test]
async fn a_batch_counts_what_its_owner_may_see_when_it_is_sent() {
    for (body, place) in [("event", "/data"), ("github", "/client_payload/data")] {
        let (server, admin) = with_admin().await;
        let other = other_admin(&server).await;
        let receiver = first_then(500, 200);
        create_with(&other, &receiver, &["*"], json!({"coalesce_seconds": 1, "body": body})).await;
        topics(&admin, &["Sea"]).await;
        let draft = writing::create(&admin, json!({"title": "Tides", "sections": []})).await;
        admin.post(at(&draft, "/reviews")).json(json!({"revision": 1, "state": "requested"})).await.is(201);
        server.run_webhooks_after(seconds(1)).await;
        admin.patch(format!("/v1/users/{}", other.user())).json(json!({"role": "author"})).await.is(200);
        server.run_webhooks_after(seconds(6)).await;
        let [first, second] = receiver.arrived().try_into().expect("two tries");
        let of = |request: &Received| request.json().pointer(place).expect("data").clone();
        assert_eq!(
            (&of(&first)["count"], of(&first)["events"].as_array().map(Vec::len)),
            (&json!(2), Some(2))
        );
        let data = of(&second);
        assert_eq!((&data["count"], &data["truncated"]), (&json!(1), &json!(false)), "{body}");
        assert_eq!(data["cursor"], data["events"][0]["id"], "{body}");
    }
}
