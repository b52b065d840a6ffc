//! How many sessions and refresh tokens there can be, and what is deleted of them.

use diesel::prelude::*;
use futures_util::future::join_all;
use lede::accounts::sessions;
use lede::auth::Role;
use lede::base::db::schema::sessions as rows;
use lede::base::db::{Connection, Tx};
use lede::base::ids::{SessionId, UserId};
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, days, hours, minutes, seconds};
use crate::logins::{SESSIONS, log_in, refresh, text, with_token};
use crate::server::Server;

/// The subjects of the events with that name.
async fn events(admin: &Client, action: &str) -> usize {
    let log = admin.get(format!("/v1/audit?limit=1000&action={action}")).await.expect(200);
    log["items"].as_array().expect("items").len()
}

/// Copies a user's session, as if the user had logged in as often.
async fn copy_sessions(server: &Server, user: UserId, count: usize) {
    let copy = move |tx: &mut Tx<'_>| {
        let mut row: sessions::SessionRow = rows::table.filter(rows::user_id.eq(user)).first(&mut **tx)?;
        for _ in 0..count {
            row.id = tx.new_id::<SessionId>()?;
            diesel::insert_into(rows::table).values(row.clone()).execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(copy).await.expect("sessions");
}

#[tokio::test]
async fn the_hundred_and_first_session_ends_the_oldest() {
    let server = Server::start().await;
    given::user(&server, "ada", Role::Editor).await;
    let mut all = Vec::new();
    for _ in 0..100 {
        server.clock.advance(given::milliseconds(10));
        all.push(log_in(&server, "ada").await);
    }
    with_token(&server, &all[0]).get("/v1/me").await.is(200);
    server.clock.advance(given::milliseconds(10));
    let newest = log_in(&server, "ada").await;
    with_token(&server, &all[0]).get("/v1/me").await.problem(401, "session-ended");
    with_token(&server, &all[1]).get("/v1/me").await.is(200);
    let list = with_token(&server, &newest).get(SESSIONS).await.expect(200);
    assert_eq!(list["items"].as_array().expect("items").len(), 100);
    assert_eq!(list.get("next_cursor"), Some(&Value::Null));
    let admin = server.login(Role::Admin).await;
    assert_eq!(events(&admin, "session.ended").await, 1);
}

#[tokio::test]
async fn many_sessions_end_in_one_write_with_one_event() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = given::user(&server, "ada", Role::Editor).await;
    let session = log_in(&server, "ada").await;
    // More than a statement takes values.
    copy_sessions(&server, ada, 33_000).await;
    admin.patch(format!("/v1/users/{ada}")).json(json!({"disabled": true})).await.is(200);
    with_token(&server, &session).get("/v1/me").await.problem(401, "session-ended");
    assert_eq!((events(&admin, "session.ended").await, events(&admin, "session.many_ended").await), (0, 1));
    admin.delete(format!("/v1/users/{ada}")).await.is(204);
}

#[tokio::test]
async fn a_session_that_has_expired_is_none() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = given::user(&server, "ada", Role::Editor).await;
    let old = log_in(&server, "ada").await;
    server.clock.advance(days(8));
    let now = log_in(&server, "ada").await;
    let client = with_token(&server, &now);
    client.delete(format!("{SESSIONS}/{}", text(&old["session"], "id"))).await.problem(404, "not-found");
    let list = client.get(SESSIONS).await.expect(200);
    assert_eq!(list["items"].as_array().expect("items").len(), 1);
    admin.delete(format!("/v1/users/{ada}/sessions")).await.is(204);
    assert_eq!(events(&admin, "session.ended").await, 1);
    let living = log_in(&server, "ada").await;
    // That of the admin and the last one.
    assert_eq!(server.app.db.write(sessions::end_all).await.expect("a write"), 2);
    with_token(&server, &living).get("/v1/me").await.is(401);
}

async fn purge(server: &Server) {
    let mut turns = 0;
    while server.app.db.write(sessions::purge).await.expect("a purge") {
        turns += 1;
        assert!(turns < 100, "it does not end");
    }
}

/// A session that is refreshed all week, and one turn of the purge: few rows go at a time, and the used tokens go
/// before the session does.
#[tokio::test]
async fn used_refresh_tokens_are_deleted_after_a_week_some_at_a_time() {
    let server = Server::start().await;
    let user = given::user(&server, "ada", Role::Editor).await;
    let (database, client) = (server.database(), server.client());
    let mut session = log_in(&server, "ada").await;
    for _ in 0..600 {
        server.clock.advance(seconds(15));
        session = refresh(&client, text(&session, "refresh_token")).await.expect(200);
    }
    assert_eq!(database.count("refresh_tokens"), 601);
    server.clock.advance(days(6));
    session = refresh(&client, text(&session, "refresh_token")).await.expect(200);
    server.clock.advance(days(1));
    assert!(server.app.db.write(sessions::purge).await.expect("a purge"), "there is more");
    assert_eq!(database.count("refresh_tokens"), 102);
    purge(&server).await;
    assert_eq!((database.count("refresh_tokens"), database.count("sessions")), (2, 1));
    refresh(&client, text(&session, "refresh_token")).await.is(200);
    // An erased user's go with the next purge.
    let admin = server.login(Role::Admin).await;
    admin.delete(format!("/v1/users/{user}")).await.is(204);
    let mut conn = database.connect();
    let left = rows::table.filter(rows::user_id.eq(user)).select((rows::device, rows::network));
    let left: Vec<(String, String)> =
        left.load::<(String, String)>(&mut conn as &mut Connection).expect("rows");
    assert!(left.iter().all(|(device, network)| device.is_empty() && network.is_empty()), "{left:?}");
    purge(&server).await;
    assert_eq!(database.count("sessions"), 1);
}

#[tokio::test]
async fn a_session_is_refreshed_three_hundred_times_an_hour_at_most() {
    let server = Server::start_with(|config| config.limits.write = 300).await;
    given::user(&server, "ada", Role::Editor).await;
    let (client, mut session) = (server.client(), log_in(&server, "ada").await);
    let other = log_in(&server, "ada").await;
    for _ in 0..300 {
        session = refresh(&client, text(&session, "refresh_token")).await.expect(200);
    }
    refresh(&client, text(&session, "refresh_token")).await.problem(429, "too-many-requests");
    refresh(&client, text(&other, "refresh_token")).await.is(200);
    server.clock.advance(minutes(1));
    refresh(&client, text(&session, "refresh_token")).await.is(200);
    server.clock.advance(hours(1));
}

#[tokio::test]
async fn made_up_refresh_tokens_are_not_written_about_and_soon_refused() {
    let server = Server::start_with(|config| config.limits.write = 300).await;
    given::user(&server, "ada", Role::Editor).await;
    let (client, session) = (server.client(), log_in(&server, "ada").await);
    let made_up = |n: usize| format!("{:A>43}", format!("x{n}A"));
    let before = server.statements();
    refresh(&client, &made_up(1000)).await.problem(401, "token-invalid");
    assert_eq!(server.statements() - before, 1);
    let all = join_all((0..80).map(|n| {
        let (client, token) = (&client, made_up(n));
        async move { refresh(client, &token).await.status() }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 401).count(), 59, "{all:?}");
    assert!(all.iter().all(|status| [401, 429].contains(status)), "{all:?}");
    refresh(&client, text(&session, "refresh_token")).await.is(200);
}
