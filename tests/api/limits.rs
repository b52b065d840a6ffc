//! How often somebody may ask, and who counts as somebody.

use lede::auth::Role;
use serde_json::json;

use crate::client::Response;
use crate::given::minutes;
use crate::server::Server;

#[track_caller]
fn is_too_often(response: &Response) -> u64 {
    response.problem(429, "too-many-requests");
    let after = response.header("retry-after").expect("a time to come again").parse().expect("seconds");
    assert!(response.header("ratelimit").expect("what is left").contains("r=0;"));
    after
}

async fn sign_up(server: &Server, address: &str, email: &str) -> Response {
    let call = server.client().post("/v1/subscribers").header("x-forwarded-for", address);
    call.json(json!({"email": email})).await
}

#[tokio::test]
async fn an_ipv6_network_shares_a_budget() {
    let server = Server::behind_a_proxy(|config| config.limits.sign_up = 2).await;
    sign_up(&server, "2001:db8:1:1::1", "n1@reader.example").await.is(202);
    sign_up(&server, "2001:db8:1:1::2", "n2@reader.example").await.is(202);
    let third = sign_up(&server, "2001:db8:1:1:ffff::3", "n3@reader.example").await;
    assert_eq!(is_too_often(&third), 1800);
    sign_up(&server, "2001:db8:1:2::1", "n4@reader.example").await.is(202);
    let form = server.client().post("/subscribe").header("x-forwarded-for", "2001:db8:1:1::4");
    let page = form.form(&[("email", "n5@reader.example")]).await;
    assert!(page.is(429).text().contains("Please try again later"));
    assert_eq!(page.header("retry-after"), Some("1800"));
}

/// A stranger has ten sites, each with a hundred networks of its own, and signs a thousand addresses up in ten minutes.
#[tokio::test]
async fn a_stranger_with_many_networks_does_not_keep_people_from_signing_up() {
    let server = Server::behind_a_proxy(|config| config.limits.sign_up = 5).await;
    let (mut accepted, mut people) = (0, 0);
    for n in 0..1000u32 {
        let address = format!("2001:db8:{}:{}::1", n % 10, n / 10);
        let response = sign_up(&server, &address, &format!("stranger-{n}@reader.example")).await;
        match response.status() {
            202 => accepted += 1,
            _ => assert!(is_too_often(&response) >= 1),
        }
        if n % 20 == 0 {
            people += 1;
            let address = format!("198.51.{people}.20");
            sign_up(&server, &address, &format!("person-{people}@reader.example")).await.is(202);
        }
        server.clock.advance(minutes(10) / 1000);
    }
    // The budget of all: 250 at once and 42 refilled in ten minutes; and one more for each site.
    assert!((200..=250 + 42 + 10).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn the_spellings_of_a_gmail_address_are_one_mailbox() {
    let server = Server::behind_a_proxy(|config| config.limits.sign_up = 20).await;
    for n in 0..12 {
        let (name, domain) =
            (["adalove", "ada.love", "a.d.a.love"][n % 3], ["gmail.com", "GoogleMail.com"][n % 2]);
        sign_up(&server, &format!("198.51.{n}.20"), &format!("{name}+{n}@{domain}")).await.is(202);
    }
    sign_up(&server, "198.51.100.20", "a.d.a.l.o.v.e@reader.example").await.is(202);
    let editor = server.login(Role::Editor).await;
    let kept = editor.get("/v1/subscribers?include_total=true&sort=email&limit=1").await.expect(200);
    assert_eq!(kept["total"], 11, "ten of the mailbox and the other");
    assert_eq!(kept["items"][0]["email"], "a.d.a.l.o.v.e@reader.example");
    let typed = editor.get("/v1/subscribers?q=ada.love%2B1%40").await.expect(200);
    assert_eq!(typed["items"][0]["email"], "ada.love+1@googlemail.com", "stored as typed");
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
