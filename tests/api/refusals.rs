//! What is logged of requests that are refused: a line each, up to a bound, and nothing that is secret.

use lede::auth::Role;
use lede::base::error::Error;
use serde_json::json;

use crate::client::Call;
use crate::given::seconds;
use crate::log::refusals;
use crate::server::Server;

/// A server that takes the ids of requests from the test.
async fn logged() -> Server {
    Server::behind_a_proxy(|_| {}).await
}

fn with_id(call: Call, id: &str) -> Call {
    call.header("x-request-id", id)
}

#[tokio::test]
async fn a_refusal_is_logged_with_its_reason_and_nothing_secret() {
    let server = logged().await;
    let contributor = server.login(Role::Contributor).await;
    let sessions = |password: &str| {
        let body = json!({"email": "contributor@lede.example", "password": password});
        server.client().post("/v1/auth/sessions").json(body)
    };
    with_id(sessions("a wrong password"), "refused-login").await.is(401);
    let malformed = server.client().with_token("malformed").get("/v1/me");
    with_id(malformed, "refused-token").await.is(401);
    with_id(contributor.get("/v1/jobs"), "refused-right").await.is(403);
    assert_eq!(refusals("refused-login"), ["POST /v1/auth/sessions refused-login: wrong-password"]);
    assert_eq!(refusals("refused-token"), ["GET /v1/me refused-token: invalid-token"]);
    assert_eq!(refusals("refused-right"), ["GET /v1/jobs refused-right: forbidden"]);
}

#[tokio::test]
async fn a_flood_of_refusals_is_ten_lines_a_second_and_a_count() {
    let server = logged().await;
    for n in 0..25 {
        with_id(server.client().get("/v1/me"), &format!("flooding-{n}")).await.is(401);
    }
    assert_eq!(refusals("flooding-").len(), 10);
    server.clock.advance(seconds(1));
    for n in 25..27 {
        with_id(server.client().get("/v1/me"), &format!("flooding-{n}")).await.is(401);
    }
    assert_eq!(
        refusals("flooding-")[10..],
        [
            "GET /v1/me flooding-25: missing-token (15 similar lines before this one were left out)",
            "GET /v1/me flooding-26: missing-token",
        ]
    );
}

#[tokio::test]
async fn overload_is_one_line_a_second_and_a_count() {
    let server = logged().await;
    let record = |n: u32| {
        server.app.refusals.record(&Error::unavailable("busy"), format_args!("GET /v1/site overload-{n}"));
    };
    (0..50).for_each(record);
    server.clock.advance(seconds(1));
    (50..60).for_each(record);
    assert_eq!(
        refusals("overload-"),
        [
            "GET /v1/site overload-0: busy",
            "GET /v1/site overload-50: busy (49 similar lines before this one were left out)",
        ]
    );
}
