//! What is counted and timed.

use lede::auth::Role;
use serde_json::json;

use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, published};

/// The value of a metric with these labels.
async fn value(server: &Server, metric: &str) -> Option<f64> {
    let text = server.client().get("/metrics").await.is(200).text().to_owned();
    let line = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' ').map(str::to_owned));
    line.map(|value| value.parse().expect("a number"))
}

#[tokio::test]
async fn every_metric_has_the_name_that_operators_know() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = published(&editor, json!({"title": "Tides"})).await;
    server.client().get(at(&draft, "")).await.is(200);
    server.client().get("/v1/me").await.is(401);
    let response = server.client().get("/metrics").await;
    let text = response.is(200).text();
    for name in [
        "lede_http_requests_total{",
        "lede_http_request_duration_seconds_bucket{",
        "lede_http_requests_in_flight ",
        "lede_db_pool_connections{state=\"busy\"} ",
        "lede_db_pool_connections{state=\"idle\"} ",
        "lede_db_query_duration_seconds_count ",
        "lede_outbox_pending 0",
        "lede_outbox_oldest_age_seconds 0",
        "lede_scheduler_lag_seconds 0",
        "lede_auth_failures_total{reason=\"missing-token\"} 1",
        "lede_build_info{version=\"",
        "# EOF",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    for bound in ["0.005", "0.01", "0.075", "0.25", "2.5", "10.0", "+Inf"] {
        assert!(text.contains(&format!("le=\"{bound}\"")), "{bound}");
    }
    let id = draft["id"].as_str().expect("an id");
    assert!(!text.contains(id) && !text.contains("tides") && !text.contains("lede.example"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn requests_are_counted_by_route_wherever_the_answer_comes_from() {
    let server = Server::start().await;
    let draft = published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    for _ in 0..3 {
        server.client().get(at(&draft, "")).await.is(200);
    }
    server.client().head(format!("{ARTICLES}/tides")).await.is(200);
    server.client().get(format!("{ARTICLES}/nothing")).await.is(404);
    server.client().get("/wp-login.php").await.is(404);
    let route = "route=\"/v1/articles/{article}\"";
    let count = async |labels: String| value(&server, &format!("lede_http_requests_total{{{labels}}}")).await;
    assert_eq!(count(format!("method=\"GET\",{route},status=\"200\"")).await, Some(3.0));
    assert_eq!(count(format!("method=\"HEAD\",{route},status=\"200\"")).await, Some(1.0));
    assert_eq!(count(format!("method=\"GET\",{route},status=\"404\"")).await, Some(1.0));
    assert_eq!(count("method=\"GET\",route=\"none\",status=\"404\"".to_owned()).await, Some(1.0));
}

#[tokio::test]
async fn what_is_refused_is_counted_by_its_reason() {
    let server = Server::start().await;
    let draft = published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    let contributor = server.login(Role::Contributor).await;
    let token = contributor.token().expect("a token");
    let anyone = server.client();
    let log_in = |email: &str, password: &str| {
        anyone.post("/v1/auth/sessions").json(json!({"email": email, "password": password}))
    };
    log_in("contributor@lede.example", "wrong").await.is(401);
    log_in("nobody@lede.example", "wrong").await.is(401);
    log_in("no address", "wrong").await.is(401);
    anyone.get("/v1/me").await.is(401);
    anyone.clone().with_token("malformed").get("/v1/me").await.is(401);
    contributor.get("/v1/jobs").await.is(403);
    contributor.get(at(&draft, "/draft")).await.is(404);
    contributor.get(format!("{ARTICLES}/nothing/draft")).await.is(404);
    server.clock.advance(given::hours(1));
    anyone.clone().with_token(&token).get("/v1/me").await.is(401);
    for (counter, times) in [
        ("auth_failures_total{reason=\"wrong-password\"}", 1.0),
        ("auth_failures_total{reason=\"unknown-account\"}", 2.0),
        ("auth_failures_total{reason=\"missing-token\"}", 1.0),
        ("auth_failures_total{reason=\"invalid-token\"}", 1.0),
        ("auth_failures_total{reason=\"expired-token\"}", 1.0),
        ("denied_total{status=\"403\"}", 1.0),
        ("denied_total{status=\"404\"}", 1.0),
    ] {
        assert_eq!(value(&server, &format!("lede_{counter}")).await, Some(times), "{counter}");
    }
}

#[tokio::test]
async fn mail_that_waits_and_mail_that_was_sent_are_told() {
    let server = Server::start().await;
    server.client().post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    server.clock.advance(given::minutes(1));
    assert_eq!(value(&server, "lede_scheduler_lag_seconds").await, Some(60.0));
    server.run_jobs().await;
    assert_eq!(value(&server, "lede_outbox_pending").await, Some(0.0));
    assert_eq!(value(&server, "lede_scheduler_lag_seconds").await, Some(0.0));
    assert_eq!(value(&server, "lede_mail_sent_total{result=\"sent\"}").await, Some(1.0));
}
