//! The session cookie: which sessions a request with one ends, and when the cookie goes.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::{self, PASSWORD, minutes, seconds};
use crate::logins::{REFRESH, SESSIONS};
use crate::server::Server;

const LOGOUT: &str = "/v1/auth/logout";
const OWN_ORIGIN: &str = "https://cms.lede.example";

/// A session in a cookie: a client with its access token, the cookie, and the id.
async fn log_in(server: &Server) -> (Client, String, Value) {
    given::user(server, "ada", Role::Editor).await;
    let body = json!({"email": "ada@lede.example", "password": PASSWORD, "cookie": true});
    let response = server.client().post(SESSIONS).header("origin", OWN_ORIGIN).json(body).await;
    let session = response.expect(201);
    let cookie = response.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let client = server.client().with_token(session["access_token"].as_str().expect("a token"));
    (client, cookie, session["session"]["id"].clone())
}

#[track_caller]
fn is_cleared(response: &Response) -> bool {
    response.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0"))
}

async fn refresh(server: &Server, cookie: &str) -> Response {
    server.client().post(REFRESH).header("cookie", cookie).header("origin", OWN_ORIGIN).await
}

#[tokio::test]
async fn a_cookie_that_is_refused_is_deleted() {
    let server = Server::start().await;
    let (client, cookie, _) = log_in(&server).await;
    for malformed in ["__Host-lede-refresh=x", "__Host-lede-refresh="] {
        let response = refresh(&server, malformed).await;
        response.problem(401, "token-invalid");
        assert!(is_cleared(&response), "{malformed}");
    }
    let unknown = refresh(&server, &format!("__Host-lede-refresh={}", "A".repeat(43))).await;
    unknown.problem(401, "token-invalid");
    assert!(is_cleared(&unknown));
    client.post(LOGOUT).await.is(204);
    let ended = refresh(&server, &cookie).await;
    ended.problem(401, "session-ended");
    assert!(is_cleared(&ended));
    let elsewhere = server.client().post(REFRESH).header("cookie", &cookie).await;
    elsewhere.problem(403, "origin-not-allowed");
    assert!(!is_cleared(&elsewhere));
}

#[tokio::test]
async fn the_session_in_the_cookie_takes_it_along_when_it_is_ended() {
    let server = Server::start().await;
    let (_, other, other_id) = log_in(&server).await;
    let (client, cookie, id) = log_in(&server).await;
    let end = |id: &Value| client.delete(format!("{SESSIONS}/{}", id.as_str().expect("an id")));
    assert!(!is_cleared(end(&other_id).header("cookie", &cookie).await.is(204)));
    refresh(&server, &other).await.problem(401, "session-ended");
    assert!(is_cleared(end(&id).header("cookie", &cookie).await.is(204)));
}

#[tokio::test]
async fn a_logout_ends_the_session_of_the_token_and_that_in_the_cookie() {
    let server = Server::start().await;
    for (origin, scope, ends) in [
        (Some(OWN_ORIGIN), "current", true),
        (None, "current", false),
        (Some("https://evil.example"), "current", false),
    ] {
        let ((client, ..), (_, cookie, _)) = (log_in(&server).await, log_in(&server).await);
        let mut call = client.post(LOGOUT).json(json!({"scope": scope})).header("cookie", &cookie);
        if let Some(origin) = origin {
            call = call.header("origin", origin);
        }
        assert_eq!(is_cleared(call.await.is(204)), ends, "{origin:?}");
        client.get("/v1/me").await.problem(401, "session-ended");
        assert_eq!(refresh(&server, &cookie).await.status(), if ends { 401 } else { 200 }, "{origin:?}");
    }
    // The others of the user: that in the cookie, too, unless it is this one.
    let ((client, own, _), (_, cookie, _)) = (log_in(&server).await, log_in(&server).await);
    let others = |cookie: &str| client.post(LOGOUT).json(json!({"scope": "others"})).header("cookie", cookie);
    assert!(!is_cleared(others(&own).await.is(204)));
    let (_, again, _) = log_in(&server).await;
    refresh(&server, &cookie).await.problem(401, "session-ended");
    assert!(is_cleared(others(&again).await.is(204)));
    client.get("/v1/me").await.is(200);
}

#[tokio::test]
async fn a_browser_logs_out_with_the_cookie_alone() {
    let server = Server::start().await;
    let out = |client: Client, cookie: &str, scope: &str| {
        let call = client.post(LOGOUT).json(json!({"scope": scope}));
        call.header("cookie", cookie).header("origin", OWN_ORIGIN)
    };
    let ((first, ..), (_, cookie, _)) = (log_in(&server).await, log_in(&server).await);
    server.client().post(LOGOUT).header("cookie", &cookie).await.problem(403, "origin-not-allowed");
    let others = out(server.client(), &cookie, "others").await;
    assert!(!is_cleared(others.is(204)));
    first.get("/v1/me").await.problem(401, "session-ended");
    // Also when its access token has expired.
    let (stale, cookie, _) = log_in(&server).await;
    server.clock.advance(minutes(11));
    stale.post(LOGOUT).await.problem(401, "token-expired");
    let done = out(stale, &cookie, "current").await;
    assert!(is_cleared(done.is(204)));
    refresh(&server, &cookie).await.problem(401, "session-ended");
    server.client().post(LOGOUT).await.problem(401, "token-missing");
    let unknown = out(server.client(), "__Host-lede-refresh=x", "all").await;
    unknown.problem(401, "token-invalid");
    assert!(is_cleared(&unknown));
}

#[tokio::test]
async fn a_cookie_that_refreshes_nothing_ends_no_session() {
    let server = Server::start().await;
    let (_, used, _) = log_in(&server).await;
    refresh(&server, &used).await.is(200);
    let (ended, dead, _) = log_in(&server).await;
    ended.post(LOGOUT).await.is(204);
    let (other, ..) = log_in(&server).await;
    server.clock.advance(seconds(11));
    for cookie in [&used, &dead] {
        for scope in ["current", "others", "all"] {
            let call = server.client().post(LOGOUT).json(json!({"scope": scope}));
            let refused = call.header("cookie", cookie).header("origin", OWN_ORIGIN).await;
            refused.problem(401, "session-ended");
            assert!(is_cleared(&refused), "{scope}");
        }
    }
    other.get("/v1/me").await.is(200);
}
