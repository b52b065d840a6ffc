//! The job that deletes what is no longer needed.

use diesel::prelude::*;
use lede::base::clock::Timestamp;
use lede::base::db::schema::jobs as kept;
use lede::base::jobs;
use lede::server::housekeeping::Housekeeping;
use serde_json::json;

use crate::given::minutes;
use crate::server::Server;

#[tokio::test]
async fn housekeeping_deletes_what_it_can_when_something_cannot_be_deleted() {
    let server = Server::start().await;
    server.client().post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    server.run_jobs().await;
    assert_eq!(server.database().count("outbox_emails"), 1);
    server.clock.advance(minutes(31 * 24 * 60));
    let mut conn = server.database().connect();
    diesel::sql_query("ALTER TABLE idempotency_keys RENAME TO away")
        .execute(&mut conn)
        .expect("a table less");
    server.keep_house().await;
    assert_eq!(server.database().count("outbox_emails"), 0);
    assert_eq!(server.database().count("jobs WHERE last_error LIKE 'idempotency keys: %'"), 1);
    assert_eq!(
        server.database().count("jobs WHERE kind = 'housekeeping' AND attempts = 0"),
        1,
        "the next run"
    );
}

#[tokio::test]
async fn two_runs_of_housekeeping_at_the_same_time_are_followed_by_one() {
    let server = Server::start().await;
    let twice = move |tx: &mut lede::base::db::Tx<'_>| {
        let now = tx.now();
        jobs::enqueue(tx, &Housekeeping, now)?;
        jobs::enqueue(tx, &Housekeeping, now)
    };
    server.app.db.write(twice).await.expect("two jobs");
    assert_eq!(server.run_jobs().await, 2);
    assert_eq!(server.database().count("jobs WHERE kind = 'housekeeping'"), 1);
    let waiting = "jobs WHERE kind = 'housekeeping' AND attempts = 0 AND last_error IS NULL AND dead_at IS NULL \
        AND claimed_until IS NULL";
    assert_eq!(server.database().count(waiting), 1);
    let own = kept::table.filter(kept::kind.eq("housekeeping")).select(kept::run_at);
    let due: Timestamp = own.get_result(&mut server.database().connect()).expect("a time");
    assert_eq!(due.as_seconds() - server.clock.now().as_seconds(), 3600);
}
