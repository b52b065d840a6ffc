//! The keys that sign access tokens, and the secret that seals them: both can be replaced while people work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lede::auth::Role;
use lede::base::config::Secret;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::executable::lede_on;
use crate::given::PASSWORD;
use crate::logins::{log_in, text};
use crate::server::Server;
use crate::test_database::rounds;

fn rotate(server: &Server, arguments: &[&str]) -> String {
    let mut command = lede_on(&server.database());
    let done = command.args(["signing-keys", "rotate"]).args(arguments).output().expect("the command");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

#[tokio::test]
async fn anyone_can_verify_a_token_with_the_public_keys() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    let (said, signature) = text(&session, "access_token").rsplit_once('.').expect("a signature");
    let header = BASE64_URL_SAFE_NO_PAD.decode(said.split('.').next().expect("a header")).expect("base64");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    let keys = server.client().get("/.well-known/jwks.json").await.expect(200);
    let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]);
    let key = key.expect("the key of the token");
    let public = BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().expect("a key")).expect("base64");
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
    UnparsedPublicKey::new(&ED25519, public).verify(said.as_bytes(), &signature).expect("a signature");
    assert!(key.get("d").is_none(), "{key}");
}

/// While keys are replaced, people log in, read and log out on two replicas, and are never refused.
#[tokio::test]
async fn keys_are_replaced_under_load_and_nobody_is_refused() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let first = log_in(&one, "ada").await;
    let (stop, read) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..4)
        .map(|n| {
            let (here, there) =
                if n % 2 == 0 { (one.client(), other.client()) } else { (other.client(), one.client()) };
            let (stop, read) = (stop.clone(), read.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
                    let session = here.post("/v1/auth/sessions").json(body).await.expect(201);
                    let there = there.clone().with_token(text(&session, "access_token"));
                    there.get("/v1/me").await.is(200);
                    there.post("/v1/auth/logout").await.is(204);
                    read.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for round in 0..rounds(3) {
        let before = read.load(Ordering::SeqCst);
        rotate(&one, &[]);
        one.app.tokens.keys().reload().await.expect("keys");
        while read.load(Ordering::SeqCst) < before + 8 {
            tokio::task::yield_now().await;
        }
        other.client().with_token(text(&first, "access_token")).get("/v1/me").await.is(200);
        println!("round {round}: {} reads", read.load(Ordering::SeqCst));
    }
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.expect("no refusal");
    }
    let keys = other.client().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys["keys"].as_array().expect("keys").len(), 1 + rounds(3));
}

#[tokio::test]
async fn an_emergency_ends_every_session_and_the_old_keys_sign_nothing_more() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    let said = rotate(&server, &["--end-sessions"]);
    // By the clock of the command, it has expired.
    assert!(said.contains("ended 0 sessions"), "{said}");
    server
        .client()
        .with_token(text(&session, "access_token"))
        .get("/v1/me")
        .await
        .problem(401, "session-ended");
    server.app.tokens.keys().reload().await.expect("keys");
    server
        .client()
        .with_token(text(&session, "access_token"))
        .get("/v1/me")
        .await
        .problem(401, "token-invalid");
    let keys = server.client().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys["keys"].as_array().expect("keys").len(), 1);
    let next = log_in(&server, "ada").await;
    server.client().with_token(text(&next, "access_token")).get("/v1/me").await.is(200);
    let mut list = lede_on(&server.database());
    let listed = list.args(["signing-keys", "list"]).output().expect("the command").stdout;
    assert_eq!(String::from_utf8_lossy(&listed).lines().count(), 1);
    let admin = server.login(Role::Admin).await;
    rotate(&server, &[]);
    let events = admin.get("/v1/audit?action=signing_keys.rotated").await.expect(200);
    let ended = |at: usize| events["items"][at]["data"]["ended_sessions"].clone();
    assert_eq!((ended(0), ended(1)), (Value::Null, json!(0)));
}

/// The secret is replaced in one start; what was sealed and signed before is still good.
#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_previous_one() {
    let new = || Secret::parse("another secret that is good enough for a test").expect("a secret");
    let first = Server::start().await;
    let session = log_in(&first, "ada").await;
    let (database, clock, old) =
        (first.database(), first.clock.clone(), first.app.config.secret.value.clone());
    drop(first);
    let changed = Server::start_on(database.clone(), clock.clone(), |config| {
        config.secret.value = Some(new());
        config.secret.previous = old;
    })
    .await;
    changed.client().with_token(text(&session, "access_token")).get("/v1/me").await.is(200);
    drop(changed);
    let after = Server::start_on(database, clock, |config| config.secret.value = Some(new())).await;
    after.client().with_token(text(&session, "access_token")).get("/v1/me").await.is(200);
    let refresh = json!({"refresh_token": session["refresh_token"]});
    after.client().post("/v1/auth/refresh").json(refresh).await.is(200);
}

/// A token of ours that names a key nobody has.
fn with_unknown_key(session: &Value) -> String {
    let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "019b8d62-7a80-7580-af26-1d10acb21f90"});
    let (_, rest) = text(session, "access_token").split_once('.').expect("a header");
    format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// Tokens that name made-up keys, in turn and at once, make the server look for new keys once a second.
#[tokio::test]
async fn unknown_keys_are_looked_for_once_a_second() {
    let server = Server::start().await;
    let session = log_in(&server, "ada").await;
    let stranger = server.client().with_token(&with_unknown_key(&session));
    let (before, began) = (server.statements(), std::time::Instant::now());
    for _ in 0..2 {
        let all = (0..20).map(|_| stranger.get("/v1/me").send());
        for response in futures_util::future::join_all(all).await {
            response.problem(401, "token-invalid");
        }
    }
    let loads = server.statements() - before;
    assert!(loads <= 2 + began.elapsed().as_secs(), "{loads} in {:?}", began.elapsed());
    server.client().with_token(text(&session, "access_token")).get("/v1/me").await.is(200);
}

/// Another replica was restarted with a new secret and has sealed the keys with it.
#[tokio::test]
async fn a_replica_with_the_old_secret_keeps_the_keys_that_it_has() {
    let old = Server::start().await;
    let session = log_in(&old, "ada").await;
    let new = Secret::parse("another secret that is good enough for a test").expect("a secret");
    let previous = old.app.config.secret.value.clone();
    let resealed = Server::start_on(old.database(), old.clock.clone(), |config| {
        config.secret.value = Some(new);
        config.secret.previous = previous;
    })
    .await;
    old.client().with_token(&with_unknown_key(&session)).get("/v1/me").await.problem(401, "token-invalid");
    let keys = old.client().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys["keys"].as_array().expect("keys").len(), 1);
    for server in [&old, &resealed] {
        server.client().with_token(text(&session, "access_token")).get("/v1/me").await.is(200);
    }
}
