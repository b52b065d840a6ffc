//! The real executable, killed with SIGKILL while it writes and sends deliveries to a receiver that fails three times in
//! ten. `LEDE_TEST_EVENTS` says how many events there are; a night's run takes 10,000. `LEDE_TEST_ROUNDS` says how often
//! the server is killed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use lede::base::clock::Timestamp;
use lede::base::db::Connection;
use lede::base::db::schema::{leases, webhook_deliveries, webhook_progress};
use serde_json::{Value, json};

use crate::executable::{Serving, add_user, lede_on};
use crate::given::{PASSWORD, seconds};
use crate::receiver::{Receiver, Reply};
use crate::remote::Remote;
use crate::test_database::{TestDatabase, rounds, setting};

/// The executable, whose webhooks may lead to this machine. Proxies of the environment are not used.
fn lede(database: &TestDatabase) -> std::process::Command {
    let mut command = lede_on(database);
    command.env("LEDE_WRITE_LIMIT", "0").env("LEDE_WEBHOOK_NETWORKS", "127.0.0.0/8");
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command
}

impl Remote {
    async fn create(&self, list: &str, body: &Value) -> Value {
        let made =
            self.http.post(format!("{}{list}", self.address)).bearer_auth(&self.token).json(body).send();
        let made = made.await.expect("a response");
        assert_eq!(made.status(), 201);
        made.json().await.expect("JSON")
    }
}

/// Makes everything that waits due now, as if the pauses were over, and ends the lease of a server that was killed.
fn hasten(conn: &mut Connection) {
    diesel::update(webhook_progress::table)
        .set(webhook_progress::waits_until.eq(None::<Timestamp>))
        .execute(conn)
        .expect("an update");
}

/// How many deliveries there are, and how many of them were accepted.
fn counts(conn: &mut Connection) -> (i64, i64) {
    let all = webhook_deliveries::table.count().get_result(conn).expect("a count");
    let delivered = webhook_deliveries::table.filter(webhook_deliveries::state.eq("delivered")).count();
    (all, delivered.get_result(conn).expect("a count"))
}

#[tokio::test]
async fn whenever_the_server_is_killed_no_event_is_lost_and_the_order_is_kept() {
    let (events, rounds) =
        (setting("LEDE_TEST_EVENTS").map_or(60, |n| n.parse().expect("a number")), rounds(4));
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let mut serving = Serving::start(&mut lede(&database));
    let server = Remote::login(&serving.address).await;
    // Three of ten requests fail, in an order that is the same each time.
    let dice = AtomicU64::new(7);
    let receiver = Receiver::answering(move |_, _| {
        let thrown = dice.fetch_add(1, Ordering::SeqCst).wrapping_mul(6_364_136_223_846_793_005) >> 33;
        match thrown % 10 {
            0 => Reply::HangUp,
            1 | 2 => Reply::status(503),
            _ => Reply::status(204),
        }
    });
    let mut conn = database.connect();
    server.create("/v1/webhooks", &json!({"url": receiver.url(), "events": ["topic.created"]})).await;
    let mut made = Vec::new();
    for n in 0..events {
        let topic = server.create("/v1/topics", &json!({"name": format!("Topic {n}")})).await;
        made.push(topic["slug"].as_str().expect("a slug").to_owned());
    }
    let share = i64::try_from(events / (rounds + 1)).expect("a number");
    for round in 0..rounds {
        let target = share * i64::try_from(round + 1).expect("a number");
        wait_until("nothing is delivered", || {
            hasten(&mut conn);
            counts(&mut conn).1 >= target
        });
        let later = Instant::now();
        while later.elapsed() < Duration::from_micros(u64::try_from(round * 137 % 3000).expect("a number")) {
            std::hint::spin_loop();
        }
        serving.kill();
        database.settle();
        conn = database.connect();
        diesel::delete(leases::table).execute(&mut conn).expect("a deletion");
        serving = Serving::start(&mut lede(&database));
    }
    wait_until("not everything is delivered", || {
        hasten(&mut conn);
        let (all, delivered) = counts(&mut conn);
        all == delivered && usize::try_from(all).expect("a number") == made.len()
    });
    // None is lost; what came twice has the same id and body; first arrivals are in order.
    let (mut first, mut known, mut bodies) = (Vec::new(), HashSet::new(), HashSet::new());
    for request in receiver.accepted() {
        bodies.insert((request.id().to_owned(), request.body.clone()));
        if known.insert(request.id().to_owned()) {
            first.push(request.json()["data"]["slug"].as_str().expect("a slug").to_owned());
        }
    }
    assert_eq!(first, made);
    assert_eq!(bodies.len(), made.len());
    println!(
        "{} events, {rounds} kills: {} requests, {} accepted",
        made.len(),
        receiver.arrived().len(),
        receiver.accepted().len()
    );
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < seconds(600), "{what}");
        std::thread::yield_now();
    }
}
