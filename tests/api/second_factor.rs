//! Second factors: set up, asked for at logins, used once, replaced, lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::config::Config;
use lede::base::db::DatabaseUrl;
use lede::base::db::schema::events;
use serde_json::{Value, json};

use crate::authenticator::{Authenticator, base32, codes, enrol};
use crate::client::{Client, Response};
use crate::executable::{Serving, add_user, lede_on};
use crate::given::{self, Factor, PASSWORD, hours, minutes, seconds};
use crate::policy::fixtures::Fixtures;
use crate::policy::{self, Access};
use crate::server::Server;
use crate::test_database::{TestDatabase, rounds};

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
async fn a_code_is_good_in_its_step_and_in_those_beside_it() {
    let server = Server::start().await;
    let (app, _) = enrol(&server, &ada(&server).await).await;
    let client = server.client();
    server.clock.advance(minutes(5));
    let now = server.clock.now();
    let code = |step: u64| app.code(now.minus(minutes(5)).plus(seconds(step * 30)));
    for (step, status) in
        [(8, 401), (12, 401), (9, 201), (9, 401), (10, 201), (11, 201), (10, 401), (13, 401)]
    {
        assert_eq!(log_in(&client, code(step)).await.status(), status, "step {step} in step 10");
    }
}

/// Of many requests with one code on two servers, one gets a session, whether the code is of the app or for recovery.
#[tokio::test]
async fn a_code_works_once_on_two_replicas_at_once() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let (app, recovery) = enrol(&one, &ada(&one).await).await;
    let clients = [one.client(), other.client()];
    for round in 0..rounds(8).min(16) {
        one.clock.advance(minutes(5));
        let code = if round % 2 == 0 { app.code(one.clock.now()) } else { recovery[round / 2].clone() };
        let all = join_all((0..10usize).map(|n| log_in(&clients[n % 2], &code).send())).await;
        let statuses: Vec<u16> = all.iter().map(Response::status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 401, 429].contains(status)), "{statuses:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once() {
    let server = Server::start().await;
    let (ada, anyone) = (ada(&server).await, server.client());
    let (app, old) = enrol(&server, &ada).await;
    log_in(&anyone, &old[3]).await.is(201);
    log_in(&anyone, &old[3]).await.problem(401, "invalid-credentials");
    log_in(&anyone, format!(" {} ", old[4].to_uppercase().replace('-', " "))).await.is(201);
    // Those of somebody else are no use.
    let (_, others) = enrol(&server, &server.login_as("bo", Role::Editor).await).await;
    log_in(&anyone, &others[0]).await.problem(401, "invalid-credentials");

    ada.post(RECOVERY)
        .json(json!({"current_password": PASSWORD}))
        .await
        .problem(401, "second-factor-required");
    let new = codes(&change(&ada, RECOVERY, &old[5]).await.expect(201));
    assert!(new.iter().all(|code| !old.contains(code)) && new.len() == 10, "{new:?}");
    log_in(&anyone, &old[6]).await.problem(401, "invalid-credentials");
    log_in(&anyone, &new[6]).await.is(201);
    server.clock.advance(minutes(1));
    change(&ada, RECOVERY, app.code(server.clock.now())).await.is(201);
    let used = "user.recovery_code_used".to_owned();
    let told = told(&server).await;
    assert_eq!(told.iter().filter(|kind| **kind == used).count(), 4, "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("user.recovery_codes_created"));
}

#[tokio::test]
async fn a_missing_code_is_no_failure_and_a_wrong_one_is() {
    let server = Server::start().await;
    let (app, _) = enrol(&server, &ada(&server).await).await;
    server.clock.advance(minutes(1));
    let client = server.client();
    for _ in 0..20 {
        log_in(&client, Value::Null).await.problem(401, "second-factor-required");
    }
    for wrong in ["000000", "x", "000001", "aaaaaa-aaaaaa-aaaaaa-aaaaaa", "000002"] {
        log_in(&client, wrong).await.problem(401, "invalid-credentials");
    }
    log_in(&client, app.code(server.clock.now())).await.problem(429, "too-many-requests");
    server.clock.advance(minutes(1));
    log_in(&client, app.code(server.clock.now())).await.is(201);
}

/// Somebody knows the password and tries codes from a thousand networks for an hour.
#[tokio::test]
async fn guesses_at_codes_with_the_right_password_are_few() {
    let trusting = |config: &mut Config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    let server = Server::start_with(trusting).await;
    let (app, _) = enrol(&server, &ada(&server).await).await;
    let client = server.client();
    let guesses = u32::try_from(rounds(500)).expect("few");
    let mut tried = 0;
    for n in 0..guesses {
        let address = format!("198.51.{}.{}", n / 256 % 256, n % 256);
        let guess = log_in(&client, format!("{n:06}")).header("x-forwarded-for", &address);
        match guess.await.status() {
            401 => tried += 1,
            status => assert_eq!(status, 429),
        }
        server.clock.advance(hours(1) / guesses);
    }
    assert!((5..=50).contains(&tried), "{tried}");
    // From where she has logged in before, she still can.
    log_in(&client, app.code(server.clock.now())).await.is(201);
}

#[tokio::test]
async fn wrong_passwords_at_the_account_count_like_those_at_a_login() {
    let server = Server::start().await;
    let ada = ada(&server).await;
    for path in [TOTP, CONFIRM, DISABLE, RECOVERY, TOTP] {
        let body = json!({"current_password": "wrong", "code": "123456"});
        ada.post(path).json(body).await.problem(401, "invalid-credentials");
    }
    change(&ada, TOTP, Value::Null).await.problem(429, "too-many-requests");
    log_in(&server.client(), Value::Null).await.problem(429, "too-many-requests");
    server.clock.advance(minutes(1));
    ada.get("/v1/me").await.is(200);
    for _ in 0..10 {
        change(&ada, TOTP, Value::Null).await.is(201);
    }
    let too_long = ada.post(TOTP).json(json!({"current_password": "x".repeat(257)})).await;
    assert_eq!(too_long.violations(), ["/current_password password-too-long"]);
}

#[tokio::test]
async fn parallel_guesses_at_a_code_are_no_more_than_guesses_in_turn() {
    let server = Server::start().await;
    let ada = ada(&server).await;
    enrol(&server, &ada).await;
    server.clock.advance(minutes(1));
    let guesses = (0..30).map(|n| {
        let ada = &ada;
        async move { change(ada, DISABLE, format!("{n:06}")).await.status() }
    });
    let statuses = join_all(guesses).await;
    assert!(statuses.iter().filter(|status| **status == 401).count() <= 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
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
async fn who_must_have_a_second_factor_can_replace_but_not_disable_it() {
    let require = |config: &mut Config| config.accounts.require_second_factor = vec!["editor".to_owned()];
    let server = Server::start_with(require).await;
    let ada = ada(&server).await;
    let (app, recovery) = enrol(&server, &ada).await;
    ada.get("/v1/drafts").await.is(200);
    server.clock.advance(seconds(30));
    change(&ada, DISABLE, app.code(server.clock.now())).await.problem(409, "second-factor-mandatory");
    // The code was not used up.
    change(&ada, TOTP, app.code(server.clock.now())).await.is(201);
    change(&ada, RECOVERY, &recovery[0]).await.is(201);
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

/// What a server that requires a second factor lets a user do who has none yet. It needs the right `account:use`.
const ALLOWED: &[&str] = &[
    "log_out",
    "list_sessions",
    "delete_session",
    "get_me",
    "create_totp",
    "confirm_totp",
    "disable_totp",
    "create_recovery_codes",
];

/// Every operation is tried on a server that requires a second factor, beside one that does not and makes what they are about.
#[tokio::test]
async fn who_must_have_a_second_factor_can_do_nothing_else_until_then() {
    let mut on = Fixtures::start().await;
    let require = |config: &mut Config| config.accounts.require_second_factor = vec!["admin".to_owned()];
    let strict = Server::start_on(on.server.database(), on.server.clock.clone(), require).await;
    let admin = strict.login(Role::Admin).await;
    let key = given::stored_api_key(&on.server, admin.user()).await;
    let (by_key, lenient) = (strict.client().with_token(&key), on.server.client().with_token(&key));
    lenient.get("/v1/drafts").await.is(200);
    for line in policy::lines().filter(|line| line.access != Access::Anyone) {
        // Some of the operations end sessions and set up second factors.
        on.second_factor(Factor::None).await;
        on.owner = on.server.login(Role::Admin).await;
        let call = (line.call)(&on).await;
        let refused = call.clone().by(&by_key).await;
        assert_eq!(refused.status(), 403, "{} with an API key", line.operation);
        let response = call.by(&admin).await;
        if ALLOWED.contains(&line.operation) {
            // Of what only users with a second factor have, there is none to disable.
            let is_allowed = response.status() < 300 || response.status() == 409;
            assert!(is_allowed, "{}: {}", line.operation, response.text());
        } else {
            response.problem(403, "second-factor-missing");
        }
    }
    on.second_factor(Factor::None).await;
    enrol(&strict, &admin).await;
    for client in [admin, by_key] {
        client.get("/v1/drafts").await.is(200);
    }
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
