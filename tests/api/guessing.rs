//! Guessing passwords: failures delay what follows, and nobody who has the right password is kept out by others.

use diesel::RunQueryDsl as _;
use futures_util::future::join_all;
use lede::accounts::attempts;
use lede::auth::{HashCost, Role};
use lede::base::db::{Connection, Tx};
use lede::users::store;
use serde_json::json;

use crate::client::{Client, Response};
use crate::given::{self, PASSWORD, days, hours, seconds};
use crate::server::Server;
use crate::test_database::rounds;

const ADA: &str = "ada@lede.example";

/// A server behind a proxy, where one network may fail so often before it waits.
async fn allowing(failures: u32) -> Server {
    Server::behind_a_proxy(|config| config.limits.login = failures).await
}

async fn log_in(client: &Client, address: &str, email: &str, password: &str) -> Response {
    let call = client.post("/v1/auth/sessions").header("x-forwarded-for", address);
    call.json(json!({"email": email, "password": password})).await
}

/// Seconds after which the next attempt is taken.
#[track_caller]
fn wait(response: &Response) -> u64 {
    response.problem(429, "too-many-requests");
    response.header("retry-after").expect("a time to come again").parse().expect("seconds")
}

#[tokio::test]
async fn each_failure_from_one_network_doubles_the_wait() {
    let server = allowing(3).await;
    let client = server.client();
    let fail = |n: u32| {
        let client = &client;
        async move { log_in(client, "203.0.113.7", &format!("nobody-{n}@lede.example"), "wrong").await }
    };
    for n in 0..3 {
        fail(n).await.is(401);
    }
    for seconds_to_wait in [1, 2, 4, 8] {
        assert_eq!(wait(&fail(9).await), seconds_to_wait);
        log_in(&client, "203.0.113.8", "nobody-9@lede.example", "wrong").await.is(401);
        server.clock.advance(seconds(seconds_to_wait));
        fail(100 + u32::try_from(seconds_to_wait).expect("few")).await.is(401);
    }
    server.clock.advance(days(1));
    fail(10).await.is(401);
}

#[tokio::test]
async fn those_who_log_in_behind_one_address_use_nothing_up() {
    let server = allowing(3).await;
    let names = ["ada", "bo", "cy", "dee"];
    for name in names {
        given::user(&server, name, Role::Editor).await;
    }
    let client = server.client();
    for round in 0..5 {
        let logins = names.map(|name| {
            let email = format!("{name}@lede.example");
            let client = &client;
            async move { log_in(client, "203.0.113.7", &email, PASSWORD).await }
        });
        for response in join_all(logins).await {
            response.is(201);
        }
        if round < 2 {
            log_in(&client, "203.0.113.7", ADA, "mistyped").await.is(401);
        }
    }
}

/// Guesses from a thousand networks, in turn with a flood from one: few are verified, and the owner logs in all the while.
#[tokio::test]
async fn guesses_at_one_account_are_few_and_do_not_lock_its_owner_out() {
    let server = allowing(10).await;
    given::user(&server, "ada", Role::Editor).await;
    let client = server.client();
    log_in(&client, "192.0.2.1", ADA, PASSWORD).await.is(201);
    let guesses = u32::try_from(rounds(1000)).expect("few");
    let mut verified = 0;
    for n in 0..guesses {
        let address = if n % 2 == 0 {
            "198.51.100.1".to_owned()
        } else {
            format!("198.51.{}.{}", n / 256 % 256, n % 256)
        };
        match log_in(&client, &address, ADA, "wrong").await.status() {
            401 => verified += 1,
            status => assert_eq!(status, 429),
        }
        if n % 50 == 0 {
            log_in(&client, "192.0.2.1", "ADA@lede.example", PASSWORD).await.is(201);
        }
        server.clock.advance(hours(1) / guesses);
    }
    assert!((5..=100).contains(&verified), "{verified}");
}

#[tokio::test]
async fn parallel_guesses_are_no_more_than_guesses_in_turn() {
    let one = allowing(0).await;
    let other = Server::start_on(one.database(), one.clock.clone(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    given::user(&one, "ada", Role::Editor).await;
    let clients = [one.client(), other.client()];
    let guesses = (0..40usize).map(|n| {
        let client = &clients[n % 2];
        async move { log_in(client, &format!("198.51.100.{n}"), ADA, "wrong").await.status() }
    });
    let statuses = join_all(guesses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn who_is_not_behind_a_trusted_proxy_cannot_say_who_they_are() {
    let server = Server::start_with(|config| config.limits.login = 2).await;
    for n in 0..2 {
        let email = format!("n{n}@lede.example");
        log_in(&server.client(), &format!("203.0.113.{n}"), &email, "wrong").await.is(401);
    }
    wait(&log_in(&server.client(), "203.0.113.99", "n99@lede.example", "wrong").await);
}

/// An office logs in at once; a stranger who tries as many addresses at once gets a few more guesses than one by one.
#[tokio::test]
async fn addresses_that_are_tried_at_once_count_against_their_network() {
    let server = allowing(10).await;
    let client = server.client();
    let guesses =
        (0..66).map(|n| {
            let client = &client;
            async move {
                log_in(client, "203.0.113.7", &format!("nobody-{n}@lede.example"), "wrong").await.status()
            }
        });
    let statuses = join_all(guesses).await;
    let verified = statuses.iter().filter(|status| **status == 401).count();
    assert!((10..=20).contains(&verified), "{verified}: {statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
}

/// Attempts of a process that was killed before it could tell what came of them.
#[tokio::test]
async fn an_attempt_that_nobody_ended_counts_for_a_minute() {
    let server = allowing(0).await;
    given::user(&server, "ada", Role::Editor).await;
    let attempt = attempts::Attempt {
        account: server.app.keys.mac("account", ADA),
        network: server.app.keys.network("198.51.100.1".parse().expect("an address")),
        user: None,
    };
    for _ in 0..5 {
        let begin = move |tx: &mut Tx<'_>| attempts::begin(tx, &attempt, None);
        server.app.db.write(begin).await.expect("an attempt");
    }
    let client = server.client();
    wait(&log_in(&client, "203.0.113.7", ADA, PASSWORD).await);
    server.clock.advance(seconds(59));
    log_in(&client, "203.0.113.7", ADA, "wrong").await.is(401);
    server.clock.advance(seconds(1));
    for _ in 0..4 {
        log_in(&client, "203.0.113.7", ADA, "wrong").await.is(401);
    }
    wait(&log_in(&client, "203.0.113.7", ADA, PASSWORD).await);
}

/// A client that resets its connection while its password is verified, which takes a while, has guessed all the same.
#[tokio::test]
async fn who_does_not_wait_for_the_answer_has_guessed_all_the_same() {
    use tokio::io::AsyncWriteExt as _;
    let server = allowing(0).await;
    let ada = given::user(&server, "ada", Role::Editor).await;
    let slow = given::password_hash_at(HashCost { kibibytes: 8192, passes: 60 });
    let set = move |tx: &mut Tx<'_>| store::set_password_hash(tx, ada, &slow);
    server.app.db.write(set).await.expect("a write");
    let call = server.client().post("/v1/auth/sessions").json(json!({"email": ADA, "password": "a guess"}));
    let (most, last) = call.in_two("");
    let mut stream = crate::sockets::connect(&server).await;
    stream.write_all(&[most, last].concat()).await.expect("a request");
    while server.database().count("login_attempts") == 0 {
        server.answer_others().await;
    }
    assert_eq!(server.database().count("login_attempts WHERE failed"), 0, "it is verified already");
    stream.set_zero_linger().expect("a reset");
    drop(stream);
    let began = std::time::Instant::now();
    while server.database().count("login_attempts WHERE failed") == 0 {
        assert!(began.elapsed() < seconds(20), "nothing came of it");
        server.answer_others().await;
    }
}

/// In an office where others log in, an unknown address and a colleague's are refused alike.
#[tokio::test]
async fn a_network_that_is_known_to_some_tells_nothing_of_accounts() {
    let server = allowing(3).await;
    for name in ["ada", "bo"] {
        given::user(&server, name, Role::Editor).await;
        log_in(&server.client(), "203.0.113.7", &format!("{name}@lede.example"), PASSWORD).await.is(201);
    }
    given::user(&server, "cy", Role::Editor).await;
    let client = server.client();
    let mut verified = 0;
    loop {
        let unknown = log_in(&client, "203.0.113.7", &format!("n{verified}@lede.example"), "wrong").await;
        if unknown.status() == 429 {
            break;
        }
        verified += 1;
    }
    // Five times what others may.
    assert_eq!(verified, 15);
    for email in [ADA, "bo@lede.example", "cy@lede.example", "nobody@lede.example"] {
        wait(&log_in(&client, "203.0.113.7", email, "wrong").await);
    }
    server.clock.advance(seconds(1));
    log_in(&client, "203.0.113.7", ADA, PASSWORD).await.is(201);
}

/// One guess an hour, for days, from ever new networks: after a hundred nobody may guess from an unknown one.
#[tokio::test]
async fn after_a_hundred_failures_only_known_networks_may_try() {
    let server = allowing(0).await;
    given::user(&server, "ada", Role::Editor).await;
    let client = server.client();
    log_in(&client, "192.0.2.1", ADA, PASSWORD).await.is(201);
    for account in [ADA, "nobody@lede.example"] {
        for n in 0..100 {
            server.clock.advance(hours(1));
            log_in(&client, &format!("198.51.{n}.1"), account, "wrong").await.is(401);
        }
        server.clock.advance(hours(1));
        let left = wait(&log_in(&client, "198.51.200.1", account, PASSWORD).await);
        assert!(left > 3600 * 24 * 20, "{left}");
    }
    log_in(&client, "192.0.2.1", ADA, PASSWORD).await.is(201);
    // The owner has logged in: what lies long back counts no longer.
    server.clock.advance(hours(1));
    log_in(&client, "198.51.200.1", ADA, PASSWORD).await.is(201);
}

#[tokio::test]
async fn who_has_to_wait_is_refused_without_the_database() {
    let server = allowing(3).await;
    let client = server.client();
    for n in 0..3 {
        log_in(&client, "203.0.113.7", &format!("n{n}@lede.example"), "wrong").await.is(401);
    }
    wait(&log_in(&client, "203.0.113.7", "n9@lede.example", "wrong").await);
    let before = server.statements();
    for n in 10..20 {
        assert_eq!(wait(&log_in(&client, "203.0.113.7", &format!("n{n}@lede.example"), "wrong").await), 1);
    }
    assert_eq!(server.statements() - before, 0);
    server.clock.advance(seconds(1));
    log_in(&client, "203.0.113.7", "n9@lede.example", "wrong").await.is(401);
}

/// Whoever makes up a hundred thousand addresses does not make the failures at a user's account forgotten.
#[tokio::test]
async fn made_up_addresses_push_out_no_failure_at_a_user() {
    let server = allowing(0).await;
    given::user(&server, "ada", Role::Editor).await;
    let client = server.client();
    for n in 0..5 {
        log_in(&client, &format!("198.51.100.{n}"), ADA, "wrong").await.is(401);
    }
    let mut conn = server.database().connect();
    let id = match conn {
        Connection::Sqlite(_) => "randomblob(16)",
        Connection::Postgres(_) => "gen_random_uuid()",
    };
    let flood = format!(
        "INSERT INTO login_attempts (id, account_hash, network_hash, at, failed, is_user)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100500)
         SELECT {id}, network_hash, network_hash, at, failed, account_hash = network_hash
         FROM n, (SELECT * FROM login_attempts LIMIT 1) AS one"
    );
    diesel::sql_query(flood).execute(&mut conn).expect("a flood");
    while server.app.db.write(attempts::purge).await.expect("a purge") {}
    assert_eq!(server.database().count("login_attempts"), 100_005);
    wait(&log_in(&client, "198.51.100.99", ADA, PASSWORD).await);
}
