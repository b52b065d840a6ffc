//! What is counted and timed.

use lede::auth::Role;
use serde_json::json;

use crate::executable::{Serving, lede_on};
use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, published};

/// The value of a metric with these labels.
pub async fn value(server: &Server, metric: &str) -> Option<f64> {
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
        "lede_streams_open 0",
        "lede_db_pool_connections{state=\"busy\"} ",
        "lede_db_pool_connections{state=\"idle\"} ",
        "lede_db_query_duration_seconds_count ",
        "lede_outbox_pending 0",
        "lede_outbox_oldest_age_seconds 0",
        "lede_scheduler_lag_seconds 0",
        "lede_backup_last_success_timestamp_seconds 0",
        "lede_quiet 0",
        "lede_auth_failures_total{reason=\"missing-token\"} 1",
        "lede_build_info{version=\"",
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
async fn metrics_are_in_the_format_that_the_scraper_asks_for() {
    let server = Server::start().await;
    let get = async |accept: Option<&str>| {
        let call = server.client().get("/metrics");
        let response = match accept {
            Some(accept) => call.header("accept", accept).await,
            None => call.await,
        };
        let media = response.is(200).header("content-type").expect("a media type").to_owned();
        (media, response.text().to_owned())
    };
    // As Prometheus 2 and 3 ask by default, with and without OpenMetrics.
    let prometheus_2 = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    for accept in
        [Some(prometheus_2), Some("application/openmetrics-text"), Some("text/plain;q=0.5, application/*")]
    {
        let (media, text) = get(accept).await;
        assert_eq!(media, "application/openmetrics-text; version=1.0.0; charset=utf-8", "{accept:?}");
        assert!(text.ends_with("# EOF\n") && text.contains("# TYPE lede_http_requests counter\n"), "{text}");
    }
    for accept in [
        None,
        Some("*/*"),
        Some("text/plain"),
        Some("text/html, */*;q=0.1"),
        Some("image/png"),
        Some("application/openmetrics-text;q=0"),
        Some("text/plain, application/openmetrics-text"),
    ] {
        let (media, text) = get(accept).await;
        assert_eq!(media, "text/plain; version=0.0.4; charset=utf-8", "{accept:?}");
        assert!(text.contains("# TYPE lede_http_requests_total counter\n"), "{text}");
        assert!(text.contains("# TYPE lede_build_info gauge\n"), "{text}");
        assert!(text.contains("# HELP lede_http_requests_total HTTP responses.\n"), "{text}");
        assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
    }
}

/// Every sample belongs to the metric that was declared last before it, under the name that its kind allows.
#[tokio::test]
async fn in_the_older_format_every_sample_has_the_name_that_was_declared() {
    let server = Server::start().await;
    server.client().get("/v1/me").await.is(401);
    let text = server.client().get("/metrics").await.is(200).text().to_owned();
    let (mut declared, mut kind) = ("", "");
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("# TYPE ") {
            (declared, kind) = line.split_once(' ').expect("a kind");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let name = line.split(['{', ' ']).next().expect("a name");
        let rest = name.strip_prefix(declared).unwrap_or_else(|| panic!("{name} is not {declared}"));
        let allowed: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(allowed.contains(&rest), "{name} of the {kind} {declared}");
    }
}

#[tokio::test]
async fn with_a_port_of_their_own_metrics_are_nowhere_else() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let server = Server::start_with(|config| config.server.metrics_bind = Some(free)).await;
    server.client().get("/metrics").await.problem(404, "not-found");
    server.client().get("/v1/articles").await.is(200);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let apart = async |path: &str| http.get(format!("http://{free}{path}")).send().await.expect("a response");
    let metrics = apart("/metrics").await.text().await.expect("a text");
    assert!(metrics.contains("route=\"/v1/articles\",status=\"200\""), "{metrics}");
    // Not even what is cached.
    for path in ["/v1/articles", "/", "/docs", "/health/live", "/v1/me"] {
        assert_eq!(apart(path).await.status(), 404, "{path}");
    }
}

/// The counters of statements and emails rise when a reset is asked for that somebody gets.
#[tokio::test]
async fn metrics_are_for_clients_on_this_machine_only() {
    let server = Server::start().await;
    let get = |name: &str, value: &str| server.client().get("/metrics").header(name, value);
    server.client().get("/metrics").await.is(200);
    get("x-forwarded-for", "203.0.113.7").await.problem(404, "not-found");
    get("x-forwarded-for", "127.0.0.1").await.problem(404, "not-found");
    get("forwarded", "for=203.0.113.7").await.problem(404, "not-found");
    let Some(own) = own_address() else { return };
    let database = server.database();
    server.stop().await;
    let mut lede = lede_on(&database);
    let serving = Serving::start(lede.env("LEDE_BIND", format!("{own}:0")));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let status = async |path: &str| {
        http.get(format!("{}{path}", serving.address)).send().await.expect("a response").status()
    };
    assert_eq!(status("/metrics").await, 404);
    assert_eq!(status("/v1/articles").await, 200);
}

/// An address of this machine that is not the loopback's.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
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
    for detail in ["wrong-password", "unknown-account", "wrong-code"] {
        let counter = format!("lede_auth_failures_total{{reason=\"{detail}\"}}");
        assert_eq!(value(&server, &counter).await, None, "{detail} would tell which accounts there are");
    }
    for (counter, times) in [
        ("auth_failures_total{reason=\"failed-login\"}", 3.0),
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
