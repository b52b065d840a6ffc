//! How often somebody may ask, and who counts as somebody.

use lede::auth::Role;
use lede::base::config::Config;
use serde_json::json;

use crate::client::{Client, Response};
use crate::given::{self, PASSWORD, hours, minutes, seconds};
use crate::server::Server;

/// A server behind a proxy on the same machine.
async fn behind_a_proxy(set: impl FnOnce(&mut Config)) -> Server {
    let proxied = |config: &mut Config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        set(config);
    };
    Server::start_with(proxied).await
}

async fn log_in(client: &Client, address: &str, email: &str, password: &str) -> Response {
    let call = client.post("/v1/auth/sessions").header("x-forwarded-for", address);
    call.json(json!({"email": email, "password": password})).await
}

#[track_caller]
fn is_too_often(answer: &Response) -> u64 {
    answer.problem(429, "too-many-requests");
    let after = answer.header("retry-after").expect("a time to come again").parse().expect("seconds");
    assert!(answer.header("ratelimit").expect("what is left").contains("r=0;"));
    after
}

#[tokio::test]
async fn a_network_may_try_to_log_in_only_so_often() {
    let server = behind_a_proxy(|config| config.limits.login = 5).await;
    let client = server.client();
    for n in 0..5 {
        let answer = log_in(&client, "203.0.113.7", &format!("nobody-{n}@lede.example"), "wrong").await;
        assert_eq!(answer.is(401).header("ratelimit-policy"), Some("\"account\";q=5;w=600"));
    }
    let refused = log_in(&client, "203.0.113.7", "nobody-6@lede.example", "wrong").await;
    assert_eq!(refused.header("ratelimit-policy"), Some("\"login\";q=5;w=60"));
    let after = is_too_often(&refused);
    log_in(&client, "203.0.113.8", "nobody-6@lede.example", "wrong").await.is(401);
    server.clock.advance(seconds(after));
    log_in(&client, "203.0.113.7", "nobody-6@lede.example", "wrong").await.is(401);
}

#[tokio::test]
async fn an_account_may_be_tried_only_so_often_from_wherever() {
    let server = behind_a_proxy(|config| config.limits.login = 10).await;
    given::user(&server, "ada", Role::Editor).await;
    for (email, other) in
        [("ada@lede.example", "ADA@lede.example"), ("nobody@lede.example", "nobody@LEDE.example")]
    {
        let mut verified = 0;
        for n in 0..1000u32 {
            let address = format!("198.51.{}.{}", n / 250, n % 250);
            let spelling = if n % 2 == 0 { email } else { other };
            match log_in(&server.client(), &address, spelling, "wrong").await.status() {
                401 => verified += 1,
                status => assert_eq!(status, 429),
            }
            server.clock.advance(hours(1) / 1000);
        }
        assert!((10..=100).contains(&verified), "{email}: {verified} in an hour");
    }
    server.clock.advance(hours(1));
    log_in(&server.client(), "192.0.2.1", "ada@lede.example", PASSWORD).await.is(201);
}

#[tokio::test]
async fn who_is_not_behind_a_trusted_proxy_cannot_say_who_they_are() {
    let server = Server::start_with(|config| config.limits.login = 2).await;
    for n in 0..2 {
        log_in(&server.client(), &format!("203.0.113.{n}"), &format!("n{n}@lede.example"), "wrong")
            .await
            .is(401);
    }
    is_too_often(&log_in(&server.client(), "203.0.113.99", "n99@lede.example", "wrong").await);
}

#[tokio::test]
async fn an_ipv6_network_shares_a_budget() {
    let server = behind_a_proxy(|config| config.limits.join = 2).await;
    let join = async |address: &str, n: u32| {
        let call = server.client().post("/v1/subscribers").header("x-forwarded-for", address);
        call.json(json!({"email": format!("n{n}@reader.example")})).await
    };
    join("2001:db8:1:1::1", 1).await.is(202);
    join("2001:db8:1:1::2", 2).await.is(202);
    assert_eq!(is_too_often(&join("2001:db8:1:1:ffff::3", 3).await), 1800);
    join("2001:db8:1:2::1", 4).await.is(202);
    let form = server.client().post("/subscribe").header("x-forwarded-for", "2001:db8:1:1::4");
    let page = form.form(&[("email", "n5@reader.example")]).await;
    assert!(page.is(429).text().contains("Please try again later"));
    assert_eq!(page.header("retry-after"), Some("1800"));
}

#[tokio::test]
async fn a_user_may_write_only_so_often_and_read_on() {
    let server = Server::start_with(|config| config.limits.write = 3).await;
    let editor = server.login(Role::Editor).await;
    for n in 0..3 {
        let made = editor.post("/v1/topics").json(json!({"name": format!("Topic {n}")})).await;
        assert_eq!(made.is(201).header("ratelimit-policy"), Some("\"write\";q=3;w=60"));
        assert_eq!(
            made.header("ratelimit"),
            Some(format!("\"write\";r={};t={}", 2 - n, 20 * (n + 1)).as_str())
        );
    }
    assert_eq!(is_too_often(&editor.post("/v1/topics").json(json!({"name": "One more"})).await), 20);
    editor.get("/v1/drafts").await.is(200);
    let admin = server.login(Role::Admin).await;
    admin.post("/v1/topics").json(json!({"name": "Another's"})).await.is(201);
    server.clock.advance(minutes(1));
    editor.post("/v1/topics").json(json!({"name": "One more"})).await.is(201);
}

#[tokio::test]
async fn readers_are_limited_only_if_the_settings_say_so() {
    let server = Server::start_with(|config| config.limits.read = 2).await;
    let reader = server.client();
    for _ in 0..2 {
        assert_eq!(reader.get("/v1/articles").await.is(200).header("ratelimit-policy"), None);
    }
    is_too_often(&reader.get("/v1/articles").await);
    reader.get("/health/live").await.is(200);
    reader.get("/metrics").await.is(200);
    let server = Server::start().await;
    for _ in 0..50 {
        server.client().get("/v1/articles").await.is(200);
    }
}
