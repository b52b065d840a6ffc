//! Signing up, confirming and unsubscribing: who is asked, what is told to whom, and what editors see and change of it.

use lede::auth::Role;
use lede::base::text::Locale;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::{days, hours, link, mail_to, minutes};
use crate::server::Server;

pub const ADA: &str = "ada@reader.example";

pub async fn sign_up(server: &Server, email: &str) -> Response {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await
}

/// Joins and confirms; returns the link that leaves.
pub async fn subscribe(server: &Server, email: &str) -> String {
    sign_up(server, email).await.is(202);
    let mail = mail_to(server, email).await;
    server.client().post(link(&mail, "confirm")).await.is(200);
    link(&mail, "unsubscribe")
}

pub async fn only_one(editor: &Client) -> Value {
    let list = editor.get("/v1/subscribers").await.expect(200);
    assert_eq!(list["items"].as_array().expect("items").len(), 1, "{list:#}");
    list["items"][0].clone()
}

pub async fn status(server: &Server) -> String {
    only_one(&server.login(Role::Editor).await).await["status"].as_str().expect("a status").to_owned()
}

pub async fn mails(server: &Server) -> usize {
    server.run_jobs().await;
    server.mail.all().len()
}

#[tokio::test]
async fn who_joins_and_confirms_is_subscribed() {
    let server = Server::start().await;
    let body = json!({"email": "Ada@Reader.example", "name": "Ada", "locale": "de_at", "source": "footer"});
    assert_eq!(
        server.client().post("/v1/subscribers").json(body).await.expect(202),
        json!({"status": "pending"})
    );
    let mail = mail_to(&server, "Ada@reader.example").await;
    assert_eq!(status(&server).await, "pending");
    let page = server.client().post(link(&mail, "confirm")).await;
    assert!(page.is(200).text().contains("Sie haben unsere E-Mails abonniert"));
    let kept = only_one(&server.login(Role::Editor).await).await;
    for (member, value) in [
        ("email", json!("Ada@reader.example")),
        ("name", json!("Ada")),
        ("status", json!("confirmed")),
        ("locale", json!("de-AT")),
        ("topics", json!([])),
        ("source", json!("footer")),
        ("unsubscribed_at", Value::Null),
    ] {
        assert_eq!(kept[member], value, "{member}");
    }
}

#[tokio::test]
async fn the_mail_says_what_machines_and_people_need() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    let mail = mail_to(&server, ADA).await;
    let leave = format!("<https://cms.lede.example{}>", link(&mail, "unsubscribe"));
    for header in [
        ("List-Id", "<subscribers.localhost>"),
        ("List-Unsubscribe", leave.as_str()),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert!(mail.headers.contains(&(header.0.into(), header.1.into())), "{header:?}: {:?}", mail.headers);
    }
    assert_eq!(mail.subject, "Confirm your subscription to Lede");
    assert!(mail.html.contains(&link(&mail, "confirm")) && mail.html.contains(&link(&mail, "unsubscribe")));
    assert!(mail.raw.contains("Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n"), "{}", mail.raw);
    assert!(mail.raw.contains("Content-Type: multipart/alternative"), "{}", mail.raw);
}

#[tokio::test]
async fn the_answer_tells_nothing_of_who_is_known() {
    let server = Server::start().await;
    let anyone = server.client();
    let (mut answers, mut pages) = (Vec::new(), Vec::new());
    for stage in ["new", "pending", "confirmed", "unsubscribed"] {
        let response = sign_up(&server, ADA).await;
        answers.push((response.is(202).text().to_owned(), headers(&response)));
        let page =
            anyone.post("/subscribe").form(&[("email", ADA), ("form_token", &server.form_token())]).await;
        pages.push((page.is(200).text().to_owned(), headers(&page)));
        match stage {
            "pending" => anyone.post(link(&mail_to(&server, ADA).await, "confirm")).await.is(200).status(),
            "confirmed" => {
                anyone.post(link(&mail_to(&server, ADA).await, "unsubscribe")).await.is(200).status()
            }
            _ => 0,
        };
    }
    assert_eq!(status(&server).await, "unsubscribed");
    answers.dedup();
    pages.dedup();
    assert_eq!((answers.len(), pages.len()), (1, 1));
}

/// All headers but those that differ by request.
fn headers(response: &Response) -> Vec<(String, String)> {
    let all = response
        .exchange
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut all: Vec<_> = all.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    all.sort();
    all
}

#[tokio::test]
async fn an_address_is_asked_once_a_day_and_three_times_in_all() {
    let server = Server::start().await;
    let mut counts = Vec::new();
    for wait in [hours(0), hours(23), hours(1), hours(24), hours(24), hours(24)] {
        server.clock.advance(wait);
        sign_up(&server, ADA).await.is(202);
        counts.push(mails(&server).await);
    }
    assert_eq!(counts, [1, 1, 2, 3, 3, 3]);
}

#[tokio::test]
async fn two_servers_send_each_mail_once() {
    let server = Server::start().await;
    let replica = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    for number in 0..20 {
        let email = format!("reader-{}@reader.example", number / 2);
        let asked = if number % 2 == 0 { &server } else { &replica };
        sign_up(asked, &email).await.is(202);
    }
    for _ in 0..3 {
        tokio::join!(server.run_jobs(), replica.run_jobs());
    }
    let mut sent: Vec<String> = server.mail.all().into_iter().map(|mail| mail.to).collect();
    sent.extend(replica.mail.all().into_iter().map(|mail| mail.to));
    sent.sort();
    let wanted: Vec<String> = (0..10).map(|number| format!("reader-{number}@reader.example")).collect();
    assert_eq!(sent, wanted);
}

#[tokio::test]
async fn who_is_subscribed_is_sent_nothing_and_stays_as_they_are() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let before = only_one(&server.login(Role::Editor).await).await;
    server.clock.advance(days(2));
    let other = json!({"email": ADA, "name": "Eve", "locale": "fr", "source": "elsewhere"});
    server.client().post("/v1/subscribers").json(other).await.is(202);
    assert_eq!(mails(&server).await, 1);
    assert_eq!(only_one(&server.login(Role::Editor).await).await, before);
}

#[tokio::test]
async fn who_left_can_come_back_by_a_new_confirmation_only() {
    let server = Server::start().await;
    let leave = subscribe(&server, ADA).await;
    server.client().post(&leave).await.is(200);
    let old = link(&mail_to(&server, ADA).await, "confirm");
    assert!(server.client().post(&old).await.is(410).text().contains("no longer valid"));
    server.clock.advance(minutes(1));
    sign_up(&server, ADA).await.is(202);
    assert_eq!(mails(&server).await, 2);
    assert_eq!(status(&server).await, "unsubscribed");
    server.client().post(link(&mail_to(&server, ADA).await, "confirm")).await.is(200);
    assert_eq!(status(&server).await, "confirmed");
}

#[tokio::test]
async fn a_subscriber_is_written_to_in_the_nearest_language_there_is() {
    let server =
        Server::start_with(|config| config.site.locale = Locale::parse("de").expect("a locale")).await;
    for (email, locale, subject) in [
        ("a@reader.example", "de-AT", "Bitte bestätigen Sie Ihr Abonnement von Lede"),
        ("b@reader.example", "en-GB", "Confirm your subscription to Lede"),
        ("c@reader.example", "fr", "Bitte bestätigen Sie Ihr Abonnement von Lede"),
    ] {
        let body = json!({"email": email, "locale": locale});
        server.client().post("/v1/subscribers").json(body).await.is(202);
        assert_eq!(mail_to(&server, email).await.subject, subject, "{locale}");
    }
}

#[tokio::test]
async fn every_broken_rule_of_a_sign_up_is_named() {
    let server = Server::start().await;
    let bad = json!({"email": "a@b@", "name": "a\nb", "locale": "zzzz", "source": ""});
    let response = server.client().post("/v1/subscribers").json(bad).await;
    response.problem(422, "invalid");
    let rules = [
        "/email email-malformed",
        "/name name-malformed",
        "/locale locale-malformed",
        "/source source-empty",
    ];
    assert_eq!(response.violations(), rules);
    let unknown = json!({"email": ADA, "status": "confirmed"});
    let response = server.client().post("/v1/subscribers").json(unknown).await;
    assert_eq!(response.is(422).violations(), ["/status field-unknown"]);
    assert_eq!(mails(&server).await, 0);
}

#[tokio::test]
async fn the_link_that_leaves_is_told_on_request_and_works() {
    let server = Server::start().await;
    let leave = subscribe(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let one = editor.get("/v1/subscribers?fields=id,unsubscribe_url").await.expect(200)["items"][0].clone();
    assert_eq!(one.as_object().expect("an object").len(), 2);
    assert_eq!(one["unsubscribe_url"], format!("https://cms.lede.example{leave}"));
    let path = format!("/v1/subscribers/{}", one["id"].as_str().expect("an id"));
    assert_eq!(editor.get(&path).await.expect(200).get("unsubscribe_url"), None);
}

#[tokio::test]
async fn editors_change_what_is_kept_and_nothing_else() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let path = format!("/v1/subscribers/{}", only_one(&editor).await["id"].as_str().expect("an id"));
    let first = json!({"name": "Ada", "locale": "sv", "labels": ["patron", "patron"], "custom": {"a": {"b": 1}, "c": 2}});
    editor.patch(&path).json(first).await.is(200);
    let second = json!({"name": null, "custom": {"a": {"d": 3}, "c": null}});
    let kept = editor.patch(&path).json(second).await.expect(200);
    assert_eq!(kept["name"], Value::Null);
    assert_eq!((&kept["locale"], &kept["labels"]), (&json!("sv"), &json!(["patron"])));
    assert_eq!(kept["custom"], json!({"a": {"b": 1, "d": 3}}));
    assert_eq!(editor.get(&path).await.expect(200), kept);
    for (body, rule) in [
        (json!({"email": "b@reader.example"}), "/email field-unknown"),
        (json!({"status": "confirmed"}), "/status field-unknown"),
        (json!({"locale": null}), "/locale type-mismatch"),
        (json!({"labels": ["x".repeat(61)]}), "/labels label-too-long"),
        (json!({"custom": {"a": "x".repeat(9000)}}), "/custom custom-too-long"),
    ] {
        assert_eq!(editor.patch(&path).json(&body).await.is(422).violations(), [rule], "{body}");
    }
}
