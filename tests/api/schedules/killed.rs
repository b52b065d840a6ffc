//! The real executable, killed with SIGKILL while it does what is due, on a clock that runs. `LEDE_TEST_ROUNDS` says how often,
//! `LEDE_TEST_DUE` how many articles are due at once; a night's run takes 200 and 1,000.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use lede::base::clock::{Clock, Timestamp};
use lede::base::db::Connection;
use lede::base::db::schema::{articles, editions, events, schedules};
use lede::base::ids::{ArticleId, IsId as _, SubjectId};
use serde_json::{Value, json};

use crate::executable::{Serving, add_user, lede_on};
use crate::given::{PASSWORD, seconds};
use crate::remote::Remote;
use crate::test_database::{TestDatabase, rounds, setting};

/// How many articles are due in a round.
const A_ROUND: usize = 6;

impl Remote {
    /// Creates an article and schedules it, for years from now.
    async fn schedule(&self, number: usize) -> ArticleId {
        let list = format!("{}/v1/articles", self.address);
        let sections: Vec<Value> = (0..8)
            .map(|n| json!({"heading": format!("Part {n}"), "body": "Some *words*. ".repeat(40)}))
            .collect();
        let article = json!({"title": format!("Article {number}"), "topics": ["sea"], "sections": sections});
        let made = self.http.post(&list).bearer_auth(&self.token).json(&article).send().await;
        let made: Value = made.expect("a response").json().await.expect("JSON");
        let id = made["id"].as_str().expect("an id");
        let later = json!({"revision": 1, "publish_at": "2099-01-01T00:00:00Z"});
        let set = self.http.put(format!("{list}/{id}/schedule")).bearer_auth(&self.token).json(&later);
        assert_eq!(set.send().await.expect("a response").status(), 200);
        ArticleId::from_uuid(id.parse().expect("a UUID"))
    }
}

/// A database with that many articles that are scheduled, and a server on it.
async fn prepared(number: usize) -> (TestDatabase, Serving, Vec<ArticleId>) {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let serving = Serving::start(&mut lede(&database));
    let server = Remote::login(&serving.address).await;
    let mut ids = Vec::new();
    for n in 0..number {
        ids.push(server.schedule(n).await);
    }
    (database, serving, ids)
}

/// The executable without a limit that a thousand articles would reach.
fn lede(database: &TestDatabase) -> std::process::Command {
    let mut command = lede_on(database);
    command.env("LEDE_WRITE_LIMIT", "0");
    command
}

/// Makes these articles due at that moment.
fn make_due(conn: &mut Connection, ids: &[ArticleId], at: Timestamp) {
    for some in ids.chunks(100) {
        diesel::update(schedules::table.filter(schedules::article_id.eq_any(some)))
            .set((schedules::at.eq(at), schedules::next_try_at.eq(Some(at))))
            .execute(conn)
            .expect("an update");
    }
}

/// How many of these are still to be done.
fn waiting(conn: &mut Connection, ids: &[ArticleId]) -> usize {
    let rows = schedules::table.filter(schedules::article_id.eq_any(ids)).count();
    usize::try_from(rows.get_result::<i64>(conn).expect("a count")).expect("a small number")
}

/// Whether a server has claimed one of these.
fn is_claimed(conn: &mut Connection, ids: &[ArticleId]) -> bool {
    let claimed = schedules::table
        .filter(schedules::article_id.eq_any(ids))
        .filter(schedules::next_try_at.gt(schedules::at.nullable()));
    diesel::select(diesel::dsl::exists(claimed)).get_result(conn).expect("a row")
}

/// Insists that each of these was published once.
fn check_once(conn: &mut Connection, ids: &[ArticleId]) {
    for id in ids {
        let made = editions::table.filter(editions::article_id.eq(id)).count();
        let told = events::table
            .filter(events::subject_id.eq(SubjectId::from_uuid(id.uuid())))
            .filter(events::kind.eq("article.published"))
            .count();
        let version: i64 = articles::table
            .filter(articles::id.eq(id))
            .select(articles::version)
            .get_result(conn)
            .expect("a row");
        let counts: (i64, i64) =
            (made.get_result(conn).expect("a count"), told.get_result(conn).expect("a count"));
        assert_eq!((counts, version), ((1, 1), 3), "{id}");
    }
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < seconds(60), "{what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_publication_whose_server_is_killed_at_any_step_happens_once() {
    let rounds = rounds(4);
    let (database, mut serving, ids) = prepared(rounds * A_ROUND).await;
    let mut conn = database.connect();
    let mut left = [0; A_ROUND + 1];
    for (round, due) in ids.chunks(A_ROUND).enumerate() {
        make_due(&mut conn, due, Clock::System.now());
        // Right after the claim, or after one of the publications, and a little later, which differs from round to round.
        match round % A_ROUND {
            0 => wait_until("nothing is claimed", || is_claimed(&mut conn, due)),
            n => wait_until("nothing is published", || waiting(&mut conn, due) <= A_ROUND - n),
        }
        let later = Instant::now();
        while later.elapsed() < Duration::from_micros(u64::try_from(round * 137 % 3000).expect("a number")) {
            std::hint::spin_loop();
        }
        serving.kill();
        database.settle();
        conn = database.connect();
        let undone = waiting(&mut conn, due);
        left[undone] += 1;
        // Its claims end at once.
        let end = diesel::update(schedules::table.filter(schedules::article_id.eq_any(due)));
        end.set(schedules::next_try_at.eq(schedules::at.nullable())).execute(&mut conn).expect("an update");
        serving = Serving::start(&mut lede(&database));
        wait_until("not all is done", || waiting(&mut conn, due) == 0);
        check_once(&mut conn, due);
    }
    println!("after {rounds} kills so often 0, 1, … were left to be done: {left:?}");
}

#[tokio::test]
async fn what_is_due_at_once_is_done_by_three_servers_though_one_is_killed() {
    let number = setting("LEDE_TEST_DUE").map_or(40, |n| n.parse().expect("a number"));
    let (database, first, ids) = prepared(number).await;
    let others = [(); 2].map(|()| Serving::start(&mut lede(&database)));
    let mut conn = database.connect();
    let due = Clock::System.now().plus(seconds(2));
    make_due(&mut conn, &ids, due);
    let after = move || Clock::System.now().as_micros() - due.as_micros();
    let scheduled = move |conn: &mut Connection| {
        let rows = schedules::table.count().get_result::<i64>(conn).expect("a count");
        usize::try_from(rows).expect("a small number")
    };
    wait_until("half of it is not done", || scheduled(&mut conn) <= number / 2);
    println!("half of {number} was done after {} ms", after() / 1000);
    first.kill();
    while scheduled(&mut conn) > 0 {
        assert!(after() < 60_000_000, "not all is done");
        tokio::task::yield_now().await;
    }
    println!("all of {number} was done after {} ms", after() / 1000);
    check_once(&mut conn, &ids);
    drop(others);
}

#[tokio::test]
async fn fifty_that_are_due_at_once_are_done_soon() {
    let (database, _serving, ids) = prepared(50).await;
    let mut conn = database.connect();
    let due = Clock::System.now().plus(seconds(1));
    make_due(&mut conn, &ids, due);
    wait_until("not all is done", || waiting(&mut conn, &ids) == 0);
    let took = Clock::System.now().as_micros() - due.as_micros();
    println!("50 were done {} ms after their moment", took / 1000);
    assert!(took < 10_000_000, "{took}");
    check_once(&mut conn, &ids);
}
