//! When an API key works: rotated, expired, revoked, with its owner disabled, and when it was last used.

use diesel::prelude::*;
use futures_util::future::join_all;
use lede::api_keys::NewApiKey;
use lede::auth::Role;
use lede::base::clock::Timestamp;
use lede::base::config::Config;
use lede::base::db::schema::{api_keys, users};
use lede::base::ids::UserId;
use serde_json::{Value, json};

use crate::given::{self, PASSWORD, hours, seconds};
use crate::server::Server;

use super::{KEYS, READ, with_key};

async fn enable(server: &Server, user: UserId) {
    let enable = move |tx: &mut lede::base::db::Tx<'_>| {
        diesel::update(users::table.filter(users::id.eq(user)))
            .set(users::disabled_at.eq(None::<lede::base::clock::Timestamp>))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(enable).await.expect("a write");
}

#[tokio::test]
async fn a_rotated_key_works_beside_the_new_one_for_a_while() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (path, first) = given::api_key(&editor, READ).await;
    let rotate = |grace: Option<i64>| {
        let mut body = json!({"current_password": PASSWORD});
        if let Some(grace) = grace {
            body["grace_seconds"] = json!(grace);
        }
        editor.post(format!("{path}/rotate")).json(body)
    };
    let shown = rotate(None).await.expect(200);
    let second = with_key(&server, &shown);
    assert_eq!(shown["previous_until"], "2026-01-06T09:00:00.000000Z", "a day");
    assert_eq!(shown["key"].as_str().expect("a key")[..13], first.token().expect("a key")[..13]);
    server.clock.advance(hours(23) + seconds(3599));
    for key in [&first, &second] {
        key.get("/v1/drafts").await.is(200);
    }
    server.clock.advance(seconds(1));
    first.get("/v1/drafts").await.problem(401, "token-invalid");
    assert_eq!(editor.get(&path).await.expect(200)["previous_until"], Value::Null);
    let third = with_key(&server, &rotate(Some(60)).await.expect(200));
    second.get("/v1/drafts").await.is(200);
    let fourth = with_key(&server, &rotate(None).await.expect(200));
    second.get("/v1/drafts").await.problem(401, "token-invalid");
    third.get("/v1/drafts").await.is(200);
    let last = with_key(&server, &rotate(Some(0)).await.expect(200));
    for key in [&first, &second, &third, &fourth] {
        key.get("/v1/drafts").await.problem(401, "token-invalid");
    }
    last.get("/v1/drafts").await.is(200);
    editor.delete(&path).await.is(204);
    last.get("/v1/drafts").await.problem(401, "token-invalid");
}

#[tokio::test]
async fn a_key_expires_and_its_owner_may_extend_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = json!({"current_password": PASSWORD, "name": "x", "scopes": READ, "expires_at": "2026-01-05T10:00:00Z"});
    let made = editor.post(KEYS).json(body).await;
    let program = with_key(&server, &made.expect(201));
    program.get("/v1/drafts").await.is(200);
    server.clock.advance(hours(1));
    let refused = program.get("/v1/drafts").await;
    refused.problem(401, "key-expired");
    assert!(refused.header("www-authenticate").is_some_and(|value| value.contains("invalid_token")));
    // Only a key that is right is told that it has expired.
    let other = format!("{}{}", &program.token().expect("a key")[..62], "x");
    server.client().with_token(&other).get("/v1/drafts").await.problem(401, "token-invalid");
    assert_eq!(editor.get(made.location()).await.expect(200)["expires_at"], "2026-01-05T10:00:00.000000Z");
    let change =
        editor.patch(made.location()).json(json!({"expires_at": null, "current_password": PASSWORD}));
    assert_eq!(change.await.expect(200)["expires_at"], Value::Null);
    program.get("/v1/drafts").await.is(200);
}

#[tokio::test]
async fn a_key_rests_while_its_owner_is_disabled() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Editor).await;
    let (_, program) = given::api_key(&user, READ).await;
    given::disable(&server, "ada").await;
    program.get("/v1/drafts").await.problem(401, "token-invalid");
    enable(&server, user.user()).await;
    program.get("/v1/drafts").await.is(200);
}

#[tokio::test]
async fn a_key_of_a_user_who_must_have_a_second_factor_waits_for_it() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Editor).await;
    let (_, program) = given::api_key(&user, READ).await;
    let strict = Server::start_on(server.database(), server.clock.clone(), |config: &mut Config| {
        config.accounts.require_second_factor = vec!["editor".to_owned()];
    })
    .await;
    program.get("/v1/drafts").await.is(200);
    let there = strict.client().with_token(&program.token().expect("a key"));
    there.get("/v1/drafts").await.problem(403, "second-factor-missing");
}

#[tokio::test]
async fn a_key_is_revoked_on_every_server_at_once() {
    let server = Server::start().await;
    let other = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let editor = server.login(Role::Editor).await;
    let (path, program) = given::api_key(&editor, READ).await;
    let there = other.client().with_token(&program.token().expect("a key"));
    there.get("/v1/drafts").await.is(200);
    editor.delete(&path).await.is(204);
    there.get("/v1/drafts").await.problem(401, "token-invalid");
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (path, program) = given::api_key(&editor, READ).await;
    let mut seen = Vec::new();
    for wait in [0, 59, 1, 3600] {
        server.clock.advance(seconds(wait));
        program.get("/v1/drafts").await.is(200);
        // It is written beside the request.
        let mut used = editor.get(&path).await.expect(200)["last_used_at"].clone();
        let is_written = |used: &Value| used.is_string() && (wait == 59 || seen.last() != Some(used));
        while !is_written(&used) {
            used = editor.get(&path).await.expect(200)["last_used_at"].clone();
        }
        seen.push(used);
    }
    let [first, minute, hour] =
        ["09:00:00", "09:01:00", "10:01:00"].map(|time| json!(format!("2026-01-05T{time}.000000Z")));
    assert_eq!(seen, [first.clone(), first, minute, hour.clone()]);
    // A refused request is no use.
    server.clock.advance(hours(1));
    program.get("/v1/me").await.is(403);
    let other = format!("{}x", &program.token().expect("a key")[..62]);
    server.client().with_token(&other).get("/v1/drafts").await.is(401);
    editor.delete(&path).await.is(204);
}

/// Forty requests with a key at once, a minute after its last use, write that once.
#[tokio::test]
async fn the_last_use_is_written_once_a_minute_however_many_requests_there_are() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (_, program) = given::api_key(&editor, READ).await;
    let mut conn = server.database().connect();
    let mut wait = |at: Timestamp| {
        let used = || api_keys::table.select(api_keys::last_used_at);
        while used().first::<Option<Timestamp>>(&mut conn).expect("a key") != Some(at) {}
    };
    program.get("/v1/drafts").await.is(200);
    wait(server.clock.now());
    let before = server.statements();
    program.get("/v1/drafts").await.is(200);
    let quiet = server.statements() - before;
    server.clock.advance(seconds(60));
    let before = server.statements();
    let all = join_all((0..40).map(|_| program.get("/v1/drafts").send())).await;
    assert!(all.iter().all(|response| response.status() == 200));
    wait(server.clock.now());
    server.answer_others().await;
    let wrote = server.statements() - before - 40 * quiet;
    assert!((1..=5).contains(&wrote), "{wrote} statements more than forty readings");
}

#[tokio::test]
async fn who_never_accepted_an_invitation_has_no_keys() {
    let server = Server::start().await;
    given::invited(&server, "ada", Role::Author).await;
    let now = server.clock.now();
    let create = move |tx: &mut lede::base::db::Tx<'_>| {
        let ada = users::table.filter(users::email_key.eq("ada@lede.example")).select(users::id);
        let ada = ada.get_result::<UserId>(&mut **tx)?;
        let new = NewApiKey::parse("x", &["articles:read".to_owned()], None, now)?;
        lede::api_keys::store::create(tx, ada, &new).map(drop)
    };
    let refused = server.app.db.write(create).await.expect_err("refused");
    assert!(matches!(refused, lede::base::error::Error::NotFound("user")), "{refused:?}");
}
