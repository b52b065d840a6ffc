//! The harness itself: what the other tests rest on.

use lede::auth::Role;
use serde_json::json;

use crate::given::hours;
use crate::server::Server;

#[tokio::test]
async fn a_client_is_who_it_logged_in_as() {
    let server = Server::start().await;
    for role in Role::ALL {
        let me = server.login(role).await.get("/v1/me").await.expect(200);
        assert_eq!(me["role"], role.as_str());
    }
}

#[tokio::test]
async fn a_client_stays_logged_in_while_hours_pass() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    server.clock.advance(hours(2));
    editor.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn the_same_story_is_told_with_the_same_bytes() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let server = Server::start().await;
        let editor = server.login(Role::Editor).await;
        editor.get("/v1/me").await.expect(200);
        let exchanges = server.exchanges.lock().expect("a lock").clone();
        told.push(exchanges.into_iter().map(|e| (e.operation, e.status, e.body)).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_server_that_was_stopped_goes_on_where_it_was() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let token = editor.token().expect("a token");
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let server = Server::start_on(database, clock, |_| {}).await;
    server.client().with_token(&token).get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn jobs_run_when_they_are_asked_to() {
    let server = Server::start().await;
    assert_eq!(server.run_jobs().await, 0);
    server.clock.advance(hours(48));
    assert_eq!(server.run_jobs().await, 0);
}

#[tokio::test]
#[should_panic(expected = "the parameter x was accepted and is not documented")]
async fn an_answer_that_is_not_documented_is_noticed() {
    let server = Server::start().await;
    let mut exchange = {
        server.login(Role::Editor).await.get("/v1/me").await.expect(200);
        server.exchanges.lock().expect("a lock").last().cloned().expect("an exchange")
    };
    exchange.path.push_str("?x=1");
    crate::contract::check(&exchange);
}

#[tokio::test]
#[should_panic(expected = "not as documented")]
async fn a_member_that_is_not_documented_is_noticed() {
    let server = Server::start().await;
    let me = server.login(Role::Editor).await.get("/v1/me").await;
    let mut exchange = me.exchange.clone();
    let mut body = me.json();
    body["secret"] = json!(1);
    exchange.body = body.to_string().into_bytes();
    crate::contract::check(&exchange);
}
