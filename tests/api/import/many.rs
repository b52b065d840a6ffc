//! Long files.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::{consents, events, import_parts, import_rows, subscribers};
use lede::subscribers::import::ImportSubscribers;
use serde_json::json;

use super::{counts, imported, report, send};
use crate::given::minutes;
use crate::server::Server;

/// A list of that many people, of whom every tenth row is one that is refused.
pub fn many(people: usize) -> String {
    let mut file = "email,name,tags,City\n".to_owned();
    for number in 0..people {
        file +=
            &format!("reader-{number}@reader.example,\"Reader, {number}\",\"news,x{}\",Kiel\n", number % 7);
        if number % 10 == 9 {
            file += &format!("reader {number},,,\n");
        }
    }
    file
}

/// What has come of an import of [`many`]: that everybody is there once, with evidence and an event.
pub fn check_many(conn: &mut Connection, people: i64) {
    let confirmed = subscribers::table.filter(subscribers::status.eq(lede::subscribers::Status::Confirmed));
    assert_eq!(confirmed.count().get_result::<i64>(conn).expect("a count"), people);
    assert_eq!(consents::table.count().get_result::<i64>(conn).expect("a count"), people);
    let told = events::table.filter(events::kind.eq("subscriber.imported")).count().get_result::<i64>(conn);
    assert_eq!(told.expect("a count"), people);
    assert_eq!(import_rows::table.count().get_result::<i64>(conn).expect("a count"), people + people / 10);
    assert_eq!(import_parts::table.count().get_result::<i64>(conn).expect("a count"), 0);
}

#[tokio::test]
async fn a_long_file_is_read_in_many_small_writes_by_jobs_that_take_turns() {
    let server = Server::start().await;
    let import = imported(&server, &many(2_500)).await;
    assert_eq!(counts(&import), [2_500, 0, 0, 0, 250]);
    assert_eq!(report(&server, &import, "&outcome=refused").await.len(), 250);
    check_many(&mut server.database().connect(), 2_500);
}

#[tokio::test]
async fn two_servers_take_each_row_once() {
    let server = Server::start().await;
    let replica = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let admin = server.login(Role::Admin).await;
    let sent = send(&admin, many(1_500)).await;
    sent.is(202);
    // Two jobs for one import, as when a claim has grown old under a worker that lives.
    let id = sent.json()["id"].clone();
    let job: ImportSubscribers = serde_json::from_value(json!({"import": id})).expect("a job");
    let twice = server.app.db.write(move |tx| {
        let now = tx.now();
        lede::base::jobs::enqueue(tx, &job, now)
    });
    twice.await.expect("a job");
    tokio::join!(server.run_jobs(), replica.run_jobs());
    // What one left to the other when it lost its place.
    server.clock.advance(minutes(10));
    tokio::join!(server.run_jobs(), replica.run_jobs());
    let import = admin.get(sent.location()).await.expect(200);
    assert_eq!((&import["status"], counts(&import)), (&json!("done"), [1_500, 0, 0, 0, 150]));
    check_many(&mut server.database().connect(), 1_500);
}
