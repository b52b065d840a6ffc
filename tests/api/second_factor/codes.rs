//! The codes of second factors: when they are good, and how often one may guess.

use futures_util::future::join_all;
use lede::auth::Role;
use lede::base::config::Config;
use serde_json::{Value, json};

use crate::authenticator::{codes, enrol};
use crate::client::Response;
use crate::given::{PASSWORD, hours, minutes, seconds};
use crate::server::Server;
use crate::test_database::rounds;

use super::{CONFIRM, DISABLE, RECOVERY, TOTP, ada, change, log_in, told};

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

/// A stolen access token and a password are not enough for a key that outlives both.
#[tokio::test]
async fn keys_are_created_rotated_and_widened_with_a_code() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Editor).await;
    let (app, _) = enrol(&server, &ada).await;
    let code = || {
        server.clock.advance(seconds(30));
        app.code(server.clock.now())
    };
    let with = |body: &Value, code: &str| {
        let mut body = body.clone();
        body["code"] = json!(code);
        body
    };
    let create = json!({"current_password": PASSWORD, "name": "x", "scopes": ["articles:read"]});
    ada.post("/v1/api-keys").json(create.clone()).await.problem(401, "second-factor-required");
    ada.post("/v1/api-keys").json(with(&create, "000000")).await.problem(401, "invalid-credentials");
    let good = code();
    let made = ada.post("/v1/api-keys").json(with(&create, &good)).await;
    made.is(201);
    ada.post("/v1/api-keys").json(with(&create, &good)).await.problem(401, "invalid-credentials");

    let rotate = format!("{}/rotate", made.location());
    let body = json!({"current_password": PASSWORD});
    ada.post(&rotate).json(body.clone()).await.problem(401, "second-factor-required");
    ada.post(&rotate).json(with(&body, &code())).await.is(200);

    let widen = json!({"current_password": PASSWORD, "scopes": ["articles:read", "articles:write"]});
    ada.patch(made.location()).json(widen.clone()).await.problem(401, "second-factor-required");
    ada.patch(made.location()).json(with(&widen, &code())).await.is(200);
}
