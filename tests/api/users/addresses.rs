//! Changes of a user's email address: requested, confirmed, withdrawn.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::events;
use lede::base::db::types::Json;
use lede::base::ids::ActorId;
use serde_json::{Value, json};

use crate::given::{self, PASSWORD, account_link, mail_to, new_email};
use crate::server::Server;

use super::{USERS, invite, path};

#[tokio::test]
async fn who_was_invited_at_a_wrong_address_is_invited_at_another() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = invite(&admin, "Ada", "editor").await;
    let path = format!("{USERS}/{}", ada["id"].as_str().expect("an id"));
    let change = |email: &str| admin.patch(&path).json(json!({"email": email}));
    assert_eq!(change("ada@other.example").await.expect(200)["email"], "ada@other.example");
    change("admin@lede.example").await.problem(409, "email-taken");
    assert_eq!(admin.get(&path).await.expect(200)["email"], "ada@other.example");
}

#[tokio::test]
async fn another_address_counts_only_when_it_is_confirmed() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    let change = |email: &str| admin.patch(path(&ada)).json(json!({"email": email}));
    assert_eq!(change("ada@other.example").await.expect(200)["email"], "ada@lede.example");
    change("admin@lede.example").await.problem(409, "email-taken");
}

/// The data of the events of that kind, with their actors.
async fn written(server: &Server, kind: &'static str) -> Vec<(Option<ActorId>, Value)> {
    let read = move |conn: &mut Connection| {
        let rows = events::table.filter(events::kind.eq(kind)).order(events::id);
        Ok(rows.select((events::actor_id, events::data)).load::<(Option<ActorId>, Json<Value>)>(conn)?)
    };
    let rows = server.app.db.read(read).await.expect("events");
    rows.into_iter().map(|(actor, data)| (actor, data.read("events.data").expect("data"))).collect()
}

/// A stranger with a mistyped address must not get the account.
#[tokio::test]
async fn a_change_of_address_is_told_recorded_and_can_be_withdrawn() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    let change = |email: &str| admin.patch(path(&ada)).json(json!({"email": email}));
    let stranger = "ada@stranger.example";
    change(stranger).await.is(200);
    let link = account_link(&mail_to(&server, stranger).await);
    let told = mail_to(&server, "ada@lede.example").await;
    assert_eq!(told.subject, "The email address of your account at Lede is to be changed");
    assert!(told.text.contains("a…@stranger.example"), "{}", told.text);
    let anyone = server.client();
    anyone.get(&link).await.is(200);
    change("ada@lede.example").await.is(200);
    anyone.get(&link).await.is(410);
    anyone.post(&link).await.is(410);
    // One that is not sent yet is not sent at all.
    server.mail.clear();
    change("ada@other.example").await.is(200);
    change("ada@lede.example").await.is(200);
    server.run_jobs().await;
    assert!(server.mail.all().iter().all(|mail| mail.to != "ada@other.example"));
    change("ada@new.example").await.is(200);
    anyone.post(account_link(&mail_to(&server, "ada@new.example").await)).await.is(200);
    let by_admin = Some(ActorId::from(admin.user()));
    let requested = written(&server, "user.email_change_requested").await;
    assert_eq!(requested, vec![(by_admin, json!(ada.user())); 3]);
    let changed = (Some(ActorId::from(ada.user())), json!({"user": ada.user(), "asked_by": admin.user()}));
    assert_eq!(written(&server, "user.email_changed").await, [changed]);
}

#[tokio::test]
async fn another_password_withdraws_a_change_of_address() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Editor).await;
    let link = new_email(&server, ada.user(), "ada@stranger.example").await;
    let body = json!({"current_password": PASSWORD, "new_password": "slack water comes between tides"});
    ada.post("/v1/me/password").json(body).await.is(204);
    server.client().post(&link).await.is(410);
    assert_eq!(ada.get("/v1/me").await.expect(200)["email"], "ada@lede.example");
}

#[tokio::test]
async fn disabling_closes_links_for_good_and_sends_nothing_more() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    let invited = given::invited(&server, "bo", Role::Editor).await;
    let change = new_email(&server, ada.user(), "ada@other.example").await;
    let anyone = server.client();
    let ask = || anyone.post("/v1/auth/password-resets").json(json!({"email": "ada@lede.example"}));
    ask().await.is(202);
    let reset = account_link(&mail_to(&server, "ada@lede.example").await);
    let bo = admin.get(format!("{USERS}?q=bo")).await.expect(200)["items"][0]["id"].clone();
    let bo = format!("{USERS}/{}", bo.as_str().expect("an id"));
    server.mail.clear();
    // The email about it waits.
    given::api_key(&ada, &["articles:read"]).await;
    for path in [&path(&ada), &bo] {
        for disabled in [true, false] {
            admin.patch(path).json(json!({"disabled": disabled})).await.is(200);
        }
    }
    for link in [&invited, &change, &reset] {
        anyone.get(link).await.is(410);
    }
    server.run_jobs().await;
    assert!(server.mail.all().is_empty(), "{:?}", server.mail.all());
    assert_eq!(admin.get(&bo).await.expect(200)["state"], "invited");
}
