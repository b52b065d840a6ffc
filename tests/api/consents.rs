//! Consent as evidence: what is written down of each step, what ends somebody's mail, what outlives their erasure, and
//! that nothing tells the known from the unknown.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::sql_query;
use lede::auth::Role;
use lede::base::text::Locale;
use lede::base::text::email::EmailAddress;
use lede::base::text::slug::Slug;
use lede::subscribers::evidence::{Evidence, Kind, Via};
use lede::subscribers::{self, SignUp, erasure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{days, link, mail_to, minutes};
use crate::server::Server;

pub const ADA: &str = "ada@reader.example";

/// Signs up as a browser on a page of the website does.
pub async fn sign_up(server: &Server, email: &str) {
    let body = json!({"email": email, "source": "footer", "consent_text": "Yes, send me the almanac."});
    let call = server.client().post("/v1/subscribers").json(body).header("user-agent", "Browser/1.0");
    call.header("referer", "https://website.example/tides").await.is(202);
}

/// Signs up and confirms; returns the unsubscribe link.
pub async fn subscribe(server: &Server, email: &str) -> String {
    sign_up(server, email).await;
    server.clock.advance(minutes(1));
    let mail = mail_to(server, email).await;
    server.clock.advance(minutes(1));
    server.client().post(link(&mail, "confirm")).header("user-agent", "Phone/2.0").await.is(200);
    link(&mail, "unsubscribe")
}

async fn tidy(server: &Server) {
    while server.app.db.write(erasure::purge).await.expect("a purge") {}
}

pub async fn path(editor: &Client, email: &str) -> String {
    let list = editor.get("/v1/subscribers").query(&[("q", email)]).await.expect(200);
    format!("/v1/subscribers/{}", list["items"][0]["id"].as_str().expect("an id"))
}

async fn status(editor: &Client, email: &str) -> Value {
    editor.get(path(editor, email).await).await.expect(200)["status"].clone()
}

async fn reason(editor: &Client, email: &str) -> Value {
    let found = editor.get("/v1/suppressions").query(&[("email", email)]).await.expect(200);
    found["items"][0]["reason"].clone()
}

#[tokio::test]
async fn each_step_leaves_evidence_of_what_was_shown_and_done() {
    let server = Server::start().await;
    let leave = subscribe(&server, ADA).await;
    server.clock.advance(days(1));
    server.client().post(&leave).form(&[("List-Unsubscribe", "One-Click")]).await.is(200);
    server.client().post(&leave).form(&[("List-Unsubscribe", "One-Click")]).await.is(200);
    let editor = server.login(Role::Editor).await;
    let consents = editor.get(path(&editor, ADA).await + "/consents").await.expect(200);
    let told: Vec<String> = consents["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["via"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        ["signed-up api", "confirmation-requested mail", "confirmed mail", "withdrawn one-click"]
    );
    let (requested, confirmed) = (&consents["items"][0], &consents["items"][2]);
    for (member, value) in [
        ("text", json!("Yes, send me the almanac.")),
        ("source", json!("footer")),
        ("locale", json!("en")),
        ("form_url", json!("https://website.example/tides")),
        ("user_agent", json!("Browser/1.0")),
        ("at", json!("2026-01-05T09:00:00.000000Z")),
        ("actor", Value::Null),
    ] {
        assert_eq!(requested[member], value, "{member}");
    }
    assert_eq!(requested["text_version"].as_str().expect("a version").len(), 64);
    assert_eq!(confirmed["user_agent"], "Phone/2.0");
    // The same network, and nothing that names it.
    assert_eq!(requested["network_hash"], confirmed["network_hash"]);
    assert!(!consents.to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn evidence_is_only_added_to() {
    let server = Server::start().await;
    sign_up(&server, ADA).await;
    let mut conn = server.database().connect();
    let changed = sql_query("UPDATE consents SET via = 'editor'").execute(&mut conn);
    assert!(changed.expect_err("refused").to_string().contains("evidence is only added to"));
}

#[tokio::test]
async fn a_website_speaks_for_its_visitors_with_the_right_alone() {
    let server = Server::start_with(|config| config.limits.sign_up = 2).await;
    let speaking = |ip: &str| json!({"email": ADA, "ip": ip, "user_agent": "Browser/1.0", "form_url": "https://website.example/"});
    let post = |client: &Client, body: Value| client.post("/v1/subscribers").json(body);
    post(&server.client(), speaking("192.0.2.1")).await.problem(401, "token-missing");
    let author = server.login(Role::Author).await;
    post(&author, speaking("192.0.2.1")).await.problem(403, "forbidden");
    let editor = server.login(Role::Editor).await;
    assert_eq!(post(&editor, speaking("nowhere")).await.is(422).violations(), ["/ip ip-malformed"]);
    // The budget is the visitor's, not the website's.
    for ip in ["192.0.2.1", "192.0.2.2", "2001:db8::1"] {
        let body = json!({"email": format!("reader-{}@reader.example", ip.replace(':', "-")), "ip": ip});
        post(&editor, body.clone()).await.is(202);
        post(&editor, body).await.is(202);
    }
    let body = json!({"email": "more@reader.example", "ip": "192.0.2.1"});
    post(&editor, body).await.problem(429, "too-many-requests");
    let one = path(&editor, "reader-192.0.2.1").await;
    let consents = editor.get(one + "/consents").await.expect(200);
    assert_eq!(consents["items"][0]["via"], "server");
}

#[tokio::test]
async fn one_address_and_all_together_have_budgets_of_their_own() {
    let server = Server::start_with(|config| config.limits.sign_up = 20).await;
    let anyone = server.client();
    for number in 0..12 {
        // The same mailbox, whatever stands behind the plus.
        let email = format!("Ada+{}@reader.example", number % 3);
        anyone.post("/v1/subscribers").json(json!({"email": email})).await.is(202);
    }
    let editor = server.login(Role::Editor).await;
    let one = path(&editor, "ada+0@").await;
    let heard = editor.get(one + "/consents").await.expect(200)["items"].as_array().expect("items").len();
    assert_eq!(heard, 4, "the eleventh and twelfth are answered alike and not heard");
    let other = anyone.post("/v1/subscribers").json(json!({"email": "bo@reader.example"})).await;
    assert!(other.is(202).header("ratelimit").expect("a budget").starts_with("\"sign-up\";"));
}

#[tokio::test]
async fn known_and_unknown_addresses_run_the_same_statements() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    subscribe(&server, "confirmed@reader.example").await;
    let leave = subscribe(&server, "left@reader.example").await;
    server.client().post(&leave).await.is(200);
    let bounced = json!({"email": "bounced@reader.example", "reason": "bounced"});
    editor.post("/v1/suppressions").json(bounced).await.is(200);
    sign_up(&server, "pending@reader.example").await;
    subscribe(&server, "erased@reader.example").await;
    let admin = server.login(Role::Admin).await;
    admin.delete(path(&admin, "erased@").await).await.is(204);
    server.run_jobs().await;
    let (mut told, mut counts) = (Vec::new(), Vec::new());
    for who in ["new", "confirmed", "left", "bounced", "pending", "erased"] {
        told.push(statements_of_joining(&server, &format!("{who}@reader.example")).await);
        let before = server.statements();
        sign_up(&server, &format!("{who}-too@reader.example").replace("new-too", "newer")).await;
        counts.push(server.statements() - before);
    }
    assert!(told[0].len() > 6, "{:#?}", told[0]);
    for other in &told[1..] {
        assert_eq!(&told[0], other);
    }
    counts.dedup();
    assert_eq!(counts.len(), 1, "{counts:?}");
}

/// The texts of the statements that a sign-up with topics runs.
async fn statements_of_joining(server: &Server, email: &str) -> Vec<String> {
    let email = EmailAddress::parse(email).expect("an address");
    let write = move |tx: &mut lede::base::db::Tx<'_>| {
        let texts = Arc::new(Mutex::new(Vec::new()));
        let kept = texts.clone();
        tx.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                kept.lock()
                    .expect("a lock")
                    .push(text.split(" -- binds").next().unwrap_or_default().to_owned());
            }
        });
        let evidence = Evidence { text: Some("Yes.".into()), ..Evidence::new(Kind::SignedUp, Via::Api) };
        let given = SignUp {
            email: email.clone(),
            name: None,
            locale: Locale::parse("en").expect("a locale"),
            topics: vec![Slug::parse("sea").expect("a slug")],
            evidence,
        };
        subscribers::sign_up(tx, &given)?;
        tx.set_instrumentation(None::<Box<dyn diesel::connection::Instrumentation>>);
        Ok(texts.lock().expect("a lock").clone())
    };
    server.app.db.write(write).await.expect("a sign-up")
}

#[tokio::test]
async fn reports_of_another_tool_end_the_mail() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    subscribe(&server, ADA).await;
    let report = |email: &str, reason: &str| {
        editor.post("/v1/suppressions").json(json!({"email": email, "reason": reason}))
    };
    report("Ada@reader.example", "bounced").await.is(200);
    assert_eq!(status(&editor, ADA).await, "bounced");
    assert_eq!(report(ADA, "complained").await.expect(200)["reason"], "complained");
    assert_eq!(status(&editor, ADA).await, "complained");
    // What is graver stands.
    assert_eq!(report(ADA, "bounced").await.expect(200)["reason"], "complained");
    assert_eq!(status(&editor, ADA).await, "complained");
    report("nobody@reader.example", "unsubscribed").await.is(200);
    assert_eq!(reason(&editor, "nobody@reader.example").await, "unsubscribed");
    assert_eq!(reason(&editor, "somebody@reader.example").await, Value::Null);
    let list = editor.get("/v1/suppressions?reason=complained&include_total=true").await.expect(200);
    assert_eq!((&list["total"], list["items"].as_array().expect("items").len()), (&json!(1), 1));
    assert!(!list.to_string().contains('@'), "no address is kept: {list}");
    let wrong = report("nobody", "erased").await;
    assert_eq!(wrong.is(422).violations(), ["/email email-malformed", "/reason reason-unknown"]);
}

#[tokio::test]
async fn who_complained_is_asked_once_and_comes_back_by_their_own_confirmation() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    subscribe(&server, ADA).await;
    let complained = json!({"email": ADA, "reason": "complained"});
    editor.post("/v1/suppressions").json(complained).await.is(200);
    server.mail.clear();
    for _ in 0..3 {
        server.clock.advance(days(2));
        sign_up(&server, ADA).await;
        server.run_jobs().await;
    }
    assert_eq!(server.mail.all().len(), 1);
    server.clock.advance(days(31));
    tidy(&server).await;
    sign_up(&server, ADA).await;
    server.client().post(link(&mail_to(&server, ADA).await, "confirm")).await.is(200);
    assert_eq!(status(&editor, ADA).await, "confirmed");
    assert_eq!(reason(&editor, ADA).await, Value::Null);
}

#[tokio::test]
async fn who_is_erased_leaves_a_hash_and_nothing_else() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    subscribe(&server, ADA).await;
    let one = path(&admin, ADA).await;
    admin.patch(&one).json(json!({"labels": ["patron", "Berlin"]})).await.is(200);
    admin.delete(&one).await.is(204);
    admin.get(one.clone() + "/consents").await.is(404);
    assert_eq!(reason(&admin, ADA).await, "erased");
    tidy(&server).await;
    for table in [
        "consents",
        "consent_texts",
        "confirmation_requests",
        "outbox_emails",
        "subscriber_labels",
        "subscribers",
    ] {
        assert_eq!(server.database().count(table), 0, "{table}");
    }
    // Their own new double opt-in lifts it; who was asked today is asked tomorrow.
    server.clock.advance(days(1));
    subscribe(&server, ADA).await;
    assert_eq!(reason(&admin, ADA).await, Value::Null);
}

#[tokio::test]
async fn a_person_is_told_everything_that_is_kept() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let admin = server.login(Role::Admin).await;
    let one = path(&admin, ADA).await;
    let export = admin.get(one.clone() + "/export").await.expect(200);
    assert_eq!(export["subscriber"], admin.get(one).await.expect(200));
    assert_eq!(export["consents"].as_array().expect("consents").len(), 3);
}

#[tokio::test]
async fn an_editor_unsubscribes_for_somebody() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let one = path(&editor, ADA).await;
    server.clock.advance(minutes(1));
    for _ in 0..2 {
        editor.post(one.clone() + "/unsubscribe").await.is(204);
        assert_eq!(status(&editor, ADA).await, "unsubscribed");
    }
    let consents = editor.get(one + "/consents").await.expect(200);
    let last = consents["items"].as_array().expect("items").last().expect("one").clone();
    assert_eq!((&last["via"], &last["actor"]["id"]), (&json!("editor"), &json!(editor.user())));
    assert_eq!(consents["items"].as_array().expect("items").len(), 4);
}
