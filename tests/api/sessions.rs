//! Sessions: refreshed, listed, ended, on every replica from the next request on.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::given::{self, PASSWORD, days, minutes, seconds};
use crate::logins::{REFRESH, SESSIONS, log_in, refresh, text, with_token};
use crate::server::Server;
use crate::test_database::rounds;

const LOGOUT: &str = "/v1/auth/logout";
const OWN_ORIGIN: &str = "https://cms.lede.example";

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_refreshed_and_thirty_days_at_most() {
    let server = Server::start().await;
    let mut session = log_in(&server, "ada").await;
    let id = session["session"]["id"].clone();
    for _ in 0..5 {
        server.clock.advance(days(6));
        with_token(&server, &session).get("/v1/me").await.problem(401, "token-expired");
        let next = refresh(&server.client(), text(&session, "refresh_token")).await;
        assert_eq!(next.header("cache-control"), Some("no-store"));
        let next = if server.clock.now() < given::moment().plus(days(30)) { next.expect(200) } else { break };
        assert_ne!(next["refresh_token"], session["refresh_token"]);
        assert_eq!((&next["session"]["id"], &next["user"]), (&id, &session["user"]));
        with_token(&server, &next).get("/v1/me").await.is(200);
        session = next;
    }
    refresh(&server.client(), text(&session, "refresh_token")).await.problem(401, "session-ended");
}

#[tokio::test]
async fn a_session_that_nobody_refreshes_ends_after_seven_days() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    server.clock.advance(days(7));
    refresh(&server.client(), text(&session, "refresh_token")).await.problem(401, "session-ended");
}

#[tokio::test]
async fn who_lost_the_response_asks_again_and_gets_the_same_token() {
    let server = Server::start().await;
    let first = log_in(&server, "ada").await;
    let client = server.client();
    let again = || refresh(&client, text(&first, "refresh_token"));
    let second = again().await.expect(200);
    server.clock.advance(seconds(9));
    assert_eq!(again().await.expect(200)["refresh_token"], second["refresh_token"]);
    let third = refresh(&server.client(), text(&second, "refresh_token")).await.expect(200);
    with_token(&server, &third).get("/v1/me").await.is(200);
}

#[tokio::test]
async fn a_token_that_is_used_twice_ends_its_session() {
    let server = Server::start().await;
    for (name, pause, use_next) in [("ada", 10, false), ("bo", 1, true)] {
        let first = log_in(&server, name).await;
        let second = refresh(&server.client(), text(&first, "refresh_token")).await.expect(200);
        let mut newest = second.clone();
        if use_next {
            newest = refresh(&server.client(), text(&second, "refresh_token")).await.expect(200);
        }
        server.clock.advance(seconds(pause));
        refresh(&server.client(), text(&first, "refresh_token")).await.problem(401, "session-ended");
        with_token(&server, &newest).get("/v1/me").await.problem(401, "session-ended");
        refresh(&server.client(), text(&newest, "refresh_token")).await.problem(401, "session-ended");
    }
}

#[tokio::test]
async fn an_unknown_token_ends_nothing() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    let token = text(&session, "refresh_token");
    for wrong in
        ["x", &token[1..], &format!("{token}x"), &token.to_uppercase(), text(&session, "access_token")]
    {
        let status = refresh(&server.client(), wrong).await.status();
        assert!(status == 401 || (status == 422 && wrong.len() > 100), "{wrong}: {status}");
    }
    server.client().post(REFRESH).await.problem(401, "token-missing");
    refresh(&server.client(), token).await.is(200);
}

/// Whichever of many equal requests comes first, one session remains and one token refreshes it.
#[tokio::test]
async fn parallel_refreshes_on_two_replicas_leave_one_session() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let clients = [one.client(), other.client()];
    for round in 0..rounds(4) {
        let session = log_in(&one, &format!("user-{round}")).await;
        let token = text(&session, "refresh_token");
        let all = join_all((0..50usize).map(|n| refresh(&clients[n % 2], token))).await;
        let next: Vec<Value> =
            all.iter().map(|response| response.expect(200)["refresh_token"].clone()).collect();
        assert!(next.iter().all(|token| *token == next[0]), "{next:?}");
        refresh(&clients[round % 2], next[0].as_str().expect("a token")).await.is(200);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let server = Server::start().await;
    let first = log_in(&server, "ada").await;
    server.clock.advance(seconds(1));
    let second = log_in(&server, "ada").await;
    let stranger = with_token(&server, &log_in(&server, "bo").await);
    let ada = with_token(&server, &second);
    let list = ada.get(SESSIONS).await.expect(200);
    let current: Vec<&Value> =
        list["items"].as_array().expect("a list").iter().map(|one| &one["current"]).collect();
    assert_eq!(current, [&json!(true), &json!(false)]);
    let path = format!("{SESSIONS}/{}", text(&first["session"], "id"));
    stranger.delete(&path).await.is(404);
    with_token(&server, &first).get("/v1/me").await.is(200);
    ada.delete(&path).await.is(204);
    ada.delete(&path).await.is(404);
    with_token(&server, &first).get("/v1/me").await.problem(401, "session-ended");
    refresh(&server.client(), text(&first, "refresh_token")).await.problem(401, "session-ended");
    ada.get("/v1/me").await.is(200);
}

#[tokio::test]
async fn a_logout_ends_this_the_others_or_all() {
    let server = Server::start().await;
    for (scope, alive) in [("current", [false, true]), ("others", [true, false]), ("all", [false, false])] {
        let sessions = [log_in(&server, "ada").await, log_in(&server, "ada").await];
        with_token(&server, &sessions[0]).post(LOGOUT).json(json!({"scope": scope})).await.is(204);
        for (session, alive) in sessions.iter().zip(alive) {
            let status = with_token(&server, session).get("/v1/me").await.status();
            assert_eq!(status, if alive { 200 } else { 401 }, "{scope}");
        }
    }
    let session = log_in(&server, "ada").await;
    with_token(&server, &session).post(LOGOUT).await.is(204);
    with_token(&server, &session).get("/v1/me").await.problem(401, "session-ended");
}

#[tokio::test]
async fn what_ends_on_one_replica_is_refused_by_the_other_at_once() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    for _ in 0..rounds(20) {
        let session = log_in(&one, "ada").await;
        with_token(&other, &session).get("/v1/me").await.is(200);
        with_token(&one, &session).post(LOGOUT).await.is(204);
        with_token(&other, &session).get("/v1/me").await.problem(401, "session-ended");
    }
}

#[tokio::test]
async fn a_browser_keeps_the_token_in_a_cookie() {
    let server = Server::start_with(|config| {
        config.server.cors_origins = vec!["https://console.example".to_owned()];
    })
    .await;
    given::user(&server, "ada", Role::Editor).await;
    let body = json!({"email": "ada@lede.example", "password": PASSWORD, "cookie": true});
    let log_in = |origin: &'static str| server.client().post(SESSIONS).header("origin", origin).json(&body);
    log_in("https://evil.example").await.problem(403, "origin-not-allowed");
    server.client().post(SESSIONS).json(&body).await.problem(403, "origin-not-allowed");
    for origin in [OWN_ORIGIN, "https://console.example"] {
        let response = log_in(origin).await;
        let session = response.expect(201);
        assert!(session.get("refresh_token").is_none(), "{session}");
        let cookie = response.header("set-cookie").expect("a cookie").to_owned();
        assert!(cookie.starts_with("__Host-lede-refresh="), "{cookie}");
        assert!(cookie.ends_with("; Max-Age=604800; Secure; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        let pair = cookie.split(';').next().expect("a pair");
        let refresh = || server.client().post(REFRESH).header("cookie", pair);
        refresh().await.problem(403, "origin-not-allowed");
        refresh().header("origin", "https://evil.example").await.problem(403, "origin-not-allowed");
        refresh().header("origin", "null").await.problem(403, "origin-not-allowed");
        refresh().header("sec-fetch-site", "cross-site").await.problem(403, "origin-not-allowed");
        refresh().header("sec-fetch-site", "same-origin").await.is(200);
        let again = refresh().header("origin", origin).await;
        assert!(again.is(200).header("set-cookie").is_some());
        let allowed = again.header("access-control-allow-credentials");
        assert_eq!(allowed, (origin != OWN_ORIGIN).then_some("true"), "{origin}");
        let ada = server.client().with_token(text(&again.json(), "access_token"));
        ada.get("/v1/me").header("cookie", pair).await.is(200);
        server.client().get("/v1/me").header("cookie", pair).await.problem(401, "token-missing");
        let out = ada.post(LOGOUT).header("cookie", pair).await;
        assert!(out.is(204).header("set-cookie").expect("a cookie").contains("Max-Age=0"));
        refresh().header("origin", origin).await.problem(401, "session-ended");
    }
}

#[tokio::test]
async fn a_cookie_needs_https_except_on_this_machine() {
    for (base_url, status) in
        [("http://cms.lede.example", 422), ("http://127.0.0.1:8143", 201), ("http://localhost:8143", 201)]
    {
        let server = Server::start_with(|config| config.server.base_url = Some(base_url.to_owned())).await;
        given::user(&server, "ada", Role::Editor).await;
        let body = json!({"email": "ada@lede.example", "password": PASSWORD, "cookie": true});
        let response = server.client().post(SESSIONS).header("origin", base_url).json(body).await;
        assert_eq!(response.status(), status, "{base_url}");
        if status == 422 {
            assert_eq!(response.violations(), ["/cookie cookie-needs-https"]);
        } else {
            let cookie = response.header("set-cookie").expect("a cookie");
            assert!(cookie.starts_with("lede-refresh=") && !cookie.contains("Secure"), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_disabled_user_is_out_everywhere() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    given::disable(&server, "ada").await;
    with_token(&server, &session).get("/v1/me").await.problem(401, "session-ended");
    refresh(&server.client(), text(&session, "refresh_token")).await.problem(401, "session-ended");
    server.clock.advance(minutes(1));
    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
    server.client().post(SESSIONS).json(body).await.problem(401, "invalid-credentials");
}
