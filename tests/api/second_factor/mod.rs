//! Second factors: set up, replaced, disabled, lost.

mod codes;
mod required;

use std::collections::BTreeSet;
use std::sync::Arc;

use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::db::DatabaseUrl;
use lede::base::db::schema::events;
use serde_json::{Value, json};

use crate::authenticator::{Authenticator, base32, codes, enrol};
use crate::client::{Client, Response};
use crate::executable::{Serving, add_user, lede_on};
use crate::given::{self, Factor, PASSWORD, minutes, seconds};
use crate::server::Server;
use crate::test_database::TestDatabase;

const SESSIONS: &str = "/v1/auth/sessions";
const TOTP: &str = "/v1/me/totp";
const CONFIRM: &str = "/v1/me/totp/confirm";
const DISABLE: &str = "/v1/me/totp/disable";
const RECOVERY: &str = "/v1/me/totp/recovery-codes";

async fn ada(server: &Server) -> Client {
    server.login_as("ada", Role::Editor).await
}

fn log_in(client: &Client, code: impl serde::Serialize) -> crate::client::Call {
    client.post(SESSIONS).json(json!({"email": "ada@lede.example", "password": PASSWORD, "code": code}))
}

async fn change(client: &Client, path: &str, code: impl serde::Serialize) -> Response {
    client.post(path).json(json!({"current_password": PASSWORD, "code": code})).await
}

async fn begin(client: &Client) -> Authenticator {
    let begun = client.post(TOTP).json(json!({"current_password": PASSWORD})).await.expect(201);
    Authenticator::scan(begun["otpauth_url"].as_str().expect("a URL"))
}

/// The kinds of the events about second factors, in order.
async fn told(server: &Server) -> Vec<String> {
    use diesel::prelude::*;
    let read = |conn: &mut lede::base::db::Connection| {
        let of_factors = events::kind.like("user.second_factor%").or(events::kind.like("user.recovery%"));
        Ok(events::table.filter(of_factors).order(events::id).select(events::kind).load(conn)?)
    };
    server.app.db.read(read).await.expect("events")
}

#[tokio::test]
async fn a_second_factor_is_set_up_confirmed_and_then_required() {
    let server = Server::start_with(|config| config.site.title = "Tides: A Journal".to_owned()).await;
    let (ada, anyone) = (ada(&server).await, server.client());
    let response = ada.post(TOTP).json(json!({"current_password": PASSWORD})).await;
    let begun = response.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let url = begun["otpauth_url"].as_str().expect("a URL");
    assert!(url.starts_with("otpauth://totp/Tides%20A%20Journal:ada%40lede.example?secret="), "{url}");
    assert!(url.ends_with("&issuer=Tides%20A%20Journal"), "{url}");
    let app = Authenticator::scan(url);
    assert_eq!(app.secret, base32(begun["secret"].as_str().expect("a secret")));
    assert_eq!(app.secret.len(), 20);
    log_in(&anyone, Value::Null).await.is(201);

    let now = server.clock.now();
    for wrong in ["", "12345", "not a code", &app.code(now.plus(minutes(2)))] {
        let refused = change(&ada, CONFIRM, wrong).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), ["/code code-wrong"]);
    }
    let response = change(&ada, CONFIRM, app.code(now)).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let recovery = codes(&response.expect(200));
    assert_eq!(recovery.iter().collect::<BTreeSet<_>>().len(), 10);
    change(&ada, CONFIRM, app.code(now)).await.problem(409, "second-factor-not-begun");

    log_in(&anyone, Value::Null).await.problem(401, "second-factor-required");
    log_in(&anyone, "").await.problem(401, "second-factor-required");
    anyone
        .post(SESSIONS)
        .json(json!({"email": "ada@lede.example", "password": "wrong", "code": app.code(now)}))
        .await
        .problem(401, "invalid-credentials");
    log_in(&anyone, app.code(now)).await.problem(401, "invalid-credentials");
    server.clock.advance(seconds(30));
    log_in(&anyone, app.code(server.clock.now())).await.is(201);
    assert_eq!(told(&server).await, ["user.second_factor_enabled"]);
}

#[tokio::test]
async fn another_app_replaces_the_active_one_only_with_its_code() {
    let server = Server::start().await;
    let (ada, anyone) = (ada(&server).await, server.client());
    let (old, old_codes) = enrol(&server, &ada).await;
    server.clock.advance(seconds(30));
    change(&ada, TOTP, Value::Null).await.problem(401, "second-factor-required");
    change(&ada, TOTP, "000000").await.problem(401, "invalid-credentials");
    let begun = change(&ada, TOTP, old.code(server.clock.now())).await.expect(201);
    let new = Authenticator::scan(begun["otpauth_url"].as_str().expect("a URL"));
    server.clock.advance(seconds(30));
    log_in(&anyone, new.code(server.clock.now())).await.problem(401, "invalid-credentials");
    log_in(&anyone, old.code(server.clock.now())).await.is(201);
    let recovery = codes(&change(&ada, CONFIRM, new.code(server.clock.now())).await.expect(200));
    server.clock.advance(seconds(30));
    log_in(&anyone, old.code(server.clock.now())).await.problem(401, "invalid-credentials");
    log_in(&anyone, &old_codes[0]).await.problem(401, "invalid-credentials");
    log_in(&anyone, new.code(server.clock.now())).await.is(201);
    log_in(&anyone, &recovery[0]).await.is(201);
}

#[tokio::test]
async fn a_setup_that_nobody_confirms_within_an_hour_is_void() {
    let server = Server::start().await;
    let ada = ada(&server).await;
    let first = begin(&ada).await;
    let second = begin(&ada).await;
    change(&ada, CONFIRM, first.code(server.clock.now())).await.problem(422, "invalid");
    server.clock.advance(minutes(60));
    change(&ada, CONFIRM, second.code(server.clock.now())).await.problem(409, "second-factor-not-begun");
    log_in(&server.client(), Value::Null).await.is(201);
    let third = begin(&ada).await;
    server.clock.advance(minutes(59));
    change(&ada, CONFIRM, third.code(server.clock.now())).await.is(200);
}

#[tokio::test]
async fn confirming_ends_the_sessions_that_were_started_without_a_second_factor() {
    let server = Server::start().await;
    let (here, elsewhere) = (ada(&server).await, ada(&server).await);
    enrol(&server, &here).await;
    here.get("/v1/me").await.is(200);
    elsewhere.get("/v1/me").await.problem(401, "session-ended");
}

#[tokio::test]
async fn a_second_factor_is_disabled_with_the_password_and_a_code() {
    let server = Server::start().await;
    let (ada, anyone) = (ada(&server).await, server.client());
    change(&ada, DISABLE, Value::Null).await.problem(409, "second-factor-inactive");
    change(&ada, RECOVERY, Value::Null).await.problem(409, "second-factor-inactive");
    begin(&ada).await;
    change(&ada, DISABLE, Value::Null).await.is(204);
    change(&ada, DISABLE, Value::Null).await.problem(409, "second-factor-inactive");
    let (app, recovery) = enrol(&server, &ada).await;
    server.clock.advance(seconds(30));
    change(&ada, DISABLE, Value::Null).await.problem(401, "second-factor-required");
    change(&ada, DISABLE, "000000").await.problem(401, "invalid-credentials");
    log_in(&anyone, Value::Null).await.problem(401, "second-factor-required");
    change(&ada, DISABLE, app.code(server.clock.now())).await.is(204);
    log_in(&anyone, Value::Null).await.is(201);
    log_in(&anyone, &recovery[0]).await.is(201);
    let told = told(&server).await;
    assert_eq!(told, ["user.second_factor_enabled", "user.second_factor_disabled"]);
}

#[tokio::test]
async fn an_admin_removes_a_lost_second_factor_and_ends_the_sessions() {
    let server = Server::start().await;
    let (ada, admin, anyone) = (ada(&server).await, server.login(Role::Admin).await, server.client());
    let path = format!("/v1/users/{}/totp", ada.user());
    admin.delete(&path).await.problem(404, "not-found");
    let (app, recovery) = enrol(&server, &ada).await;
    server.login_as("bo", Role::Editor).await.delete(&path).await.problem(403, "forbidden");
    admin.delete(&path).await.is(204);
    ada.get("/v1/me").await.problem(401, "session-ended");
    log_in(&anyone, Value::Null).await.is(201);
    admin.delete(&path).await.problem(404, "not-found");
    admin.delete("/v1/users/019c1234-5678-7abc-8def-0123456789ab/totp").await.problem(404, "not-found");
    let own = format!("/v1/users/{}/totp", admin.user());
    admin.delete(&own).await.problem(409, "second-factor-own");
    // What was removed is no use any more, should she set up another.
    let ada = self::ada(&server).await;
    enrol(&server, &ada).await;
    server.clock.advance(seconds(30));
    log_in(&anyone, app.code(server.clock.now())).await.problem(401, "invalid-credentials");
    log_in(&anyone, &recovery[0]).await.problem(401, "invalid-credentials");
}

/// Whoever makes a change to the second factor: the user learns of it, and cannot turn that off.
#[tokio::test]
async fn what_happens_to_a_second_factor_is_told_by_mail() {
    let server = Server::start().await;
    let (ada, admin) = (ada(&server).await, server.login(Role::Admin).await);
    ada.patch("/v1/me").json(json!({"notifications": {"new_device": false}})).await.is(200);
    let told = async |text: &str| {
        let mail = given::mail_to(&server, "ada@lede.example").await;
        assert_eq!(mail.subject, "Your account at Lede was changed", "{text}");
        let said = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(text) && mail.html.contains(text), "{text}: {said}");
        server.mail.clear();
    };
    let quiet = async || {
        server.run_jobs().await;
        assert!(server.mail.all().is_empty(), "{:?}", server.mail.all());
    };
    begin(&ada).await;
    change(&ada, DISABLE, Value::Null).await.is(204);
    quiet().await;
    let (_, recovery) = enrol(&server, &ada).await;
    told("A second factor was set up").await;
    change(&ada, RECOVERY, &recovery[0]).await.is(201);
    told("New recovery codes were created").await;
    given::second_factor(&server, &["ada"], Factor::Active).await;
    server.run_jobs().await;
    server.mail.clear();
    server.clock.advance(seconds(60));
    let present = Authenticator { secret: given::TOTP_SECRET.to_vec() };
    let begun = change(&ada, TOTP, present.code(server.clock.now())).await.expect(201);
    let next = Authenticator::scan(begun["otpauth_url"].as_str().expect("a URL"));
    quiet().await;
    change(&ada, CONFIRM, next.code(server.clock.now())).await.is(200);
    told("The second factor of your account at Lede was replaced").await;
    server.clock.advance(seconds(30));
    change(&ada, DISABLE, next.code(server.clock.now())).await.is(204);
    told("The second factor of your account at Lede was removed").await;
    enrol(&server, &ada).await;
    told("A second factor was set up").await;
    admin.delete(format!("/v1/users/{}/totp", ada.user())).await.is(204);
    told("The second factor of your account at Lede was removed").await;
    let ada = self::ada(&server).await;
    ada.patch("/v1/me").json(json!({"locale": "de"})).await.is(200);
    enrol(&server, &ada).await;
    let mail = given::mail_to(&server, "ada@lede.example").await;
    assert_eq!(mail.subject, "Ihr Konto bei Lede wurde geändert");
    let database = server.database();
    let before = database.count("outbox_emails");
    let mut remove = lede_on(&database);
    let done = remove.args(["user", "totp", "ada@lede.example", "--remove"]).output().expect("the command");
    assert!(done.status.success());
    assert_eq!(database.count("outbox_emails"), before + 1, "the command line tells, too");
}

#[tokio::test]
async fn the_command_line_removes_a_second_factor_beside_a_running_server() {
    let server = Server::start().await;
    let ada = ada(&server).await;
    let database = server.database();
    let run = |arguments: &[&str]| {
        let done = lede_on(&database).args(["user", "totp"]).args(arguments).output().expect("the command");
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(said).expect("UTF-8"))
    };
    let (status, said) = run(&["ada@lede.example"]);
    assert_eq!((status, said.as_str()), (Some(0), "ada@lede.example has no second factor\n"));
    enrol(&server, &ada).await;
    let (status, said) = run(&["ADA@lede.example"]);
    assert!(
        status == Some(0) && said.starts_with("ADA@lede.example has had a second factor since "),
        "{said}"
    );
    let (status, said) = run(&["ada@lede.example", "--remove"]);
    // By the clock of the command, the session has expired.
    let expected = "removed the second factor of ada@lede.example and ended 0 sessions\n";
    assert_eq!((status, said.as_str()), (Some(0), expected));
    ada.get("/v1/me").await.problem(401, "session-ended");
    log_in(&server.client(), Value::Null).await.is(201);
    let (status, said) = run(&["nobody@lede.example", "--remove"]);
    assert_eq!((status, said.lines().count()), (Some(2), 1), "{said}");
}

/// A second factor from its setup to a login with a recovery code, on a server that logs all it can: of the secret, the codes and
/// the password, nothing is in its log, and of secret and recovery codes nothing in the files of the database.
#[tokio::test]
async fn secrets_and_codes_are_neither_logged_nor_stored_as_they_are() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let serving = Serving::start(lede_on(&database).env("LEDE_LOG", "trace"));
    let client = Client::new(&serving.address, &Clock::System, &Arc::default());
    let session = log_in(&client, Value::Null).await.expect(201);
    let ada = client.clone().with_token(session["access_token"].as_str().expect("a token"));
    let begun = ada.post(TOTP).json(json!({"current_password": PASSWORD})).await.expect(201);
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    let code = Authenticator { secret: base32(&secret) }.code(Clock::System.now());
    let recovery = codes(&change(&ada, CONFIRM, &code).await.expect(200));
    log_in(&client, &code).await.problem(401, "invalid-credentials");
    log_in(&client, "no such code").await.problem(401, "invalid-credentials");
    log_in(&client, &recovery[0]).await.is(201);
    change(&ada, DISABLE, &recovery[0]).await.problem(401, "invalid-credentials");
    serving.terminate();
    let (_, log) = serving.ended();
    assert!(log.iter().any(|line| line.contains("wrong-code")), "{log:#?}");
    let plain = |code: &String| code.replace('-', "");
    let mut kept = vec![secret.clone(), secret.to_lowercase()];
    kept.extend(recovery.iter().cloned().chain(recovery.iter().map(plain)));
    for line in &log {
        for canary in kept.iter().map(String::as_str).chain([PASSWORD, "no such code"]) {
            assert!(!line.contains(canary), "{line}");
        }
        // The time in a line has digits, too.
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        assert!(!words.any(|word| word == code), "{line}");
    }
    let DatabaseUrl::Sqlite(path) = &database.url else { return };
    let files = ["", "-wal"].map(|end| std::fs::read(format!("{path}{end}")).unwrap_or_default()).concat();
    assert!(files.windows(8).any(|bytes| bytes == b"ada@lede"), "the files are those of the database");
    let raw = std::iter::once(base32(&secret)).chain(kept.into_iter().map(String::into_bytes));
    for canary in raw {
        assert!(!files.windows(canary.len()).any(|bytes| bytes == canary), "{canary:?}");
    }
}
