//! Guessing passwords: failures delay what follows, and nobody who has the right password is kept out by others.

use futures_util::future::join_all;
use lede::auth::Role;
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
