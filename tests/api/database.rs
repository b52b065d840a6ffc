//! What a unit of work can rely on: all or nothing, whatever its neighbours do, and no response before it is durable.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use futures_util::future::{join, join_all};
use lede::auth::Role;
use lede::base::db::schema::idempotency_keys as kept;
use lede::base::db::types::Json;
use lede::base::db::{Connection, Database, DatabaseUrl, Tx};
use lede::base::error::{Error, Result};
use lede::base::ids::UserId;
use lede::base::random::Random;

use serde_json::json;

use crate::server::Server;
use crate::test_database::rounds;

/// Writes a row of that many bytes.
fn put(tx: &mut Tx<'_>, key: &str, bytes: usize) -> Result<()> {
    let now = tx.now();
    let user: UserId = Random::seeded(1).id(now)?;
    diesel::insert_into(kept::table)
        .values((
            kept::actor_id.eq(user),
            kept::key.eq(key),
            kept::fingerprint.eq(Vec::<u8>::new()),
            kept::status.eq(0),
            kept::headers.eq(Json::<Vec<String>>::default()),
            kept::body.eq(vec![7u8; bytes]),
            kept::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

async fn keys(db: &Database) -> BTreeSet<String> {
    let keys = db.read(|conn| Ok(kept::table.select(kept::key).load::<String>(conn)?)).await;
    keys.expect("keys").into_iter().collect()
}

/// Does all of it at once: while the first unit of work holds the writer, the others queue up behind it, so that on
/// SQLite they share a commit, and its fate.
async fn together<F>(db: &Database, work: Vec<F>) -> Vec<Result<()>>
where
    F: FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static,
{
    let (release, released) = mpsc::channel::<()>();
    let held = db.write(move |_| {
        let _ = released.recv();
        Ok(())
    });
    let all = join_all(work.into_iter().map(|work| db.write(work)));
    let ((_, outcomes), ()) = join(join(held, all), async move { drop(release) }).await;
    outcomes
}

#[tokio::test]
async fn a_unit_of_work_that_fails_leaves_its_neighbours_alone() {
    let server = Server::start().await;
    let work = (0..50).map(|n| {
        move |tx: &mut Tx<'_>| {
            put(tx, &format!("{n:02}"), 10)?;
            if n % 3 == 0 { Err(Error::conflict("no", "not this one")) } else { Ok(()) }
        }
    });
    let outcomes = together(&server.app.db, work.collect()).await;
    let wanted: BTreeSet<String> = (0..50).filter(|n| n % 3 != 0).map(|n| format!("{n:02}")).collect();
    assert_eq!(keys(&server.app.db).await, wanted);
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), n % 3 != 0, "{n}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_unit_of_work_that_breaks_a_constraint_halfway_leaves_nothing() {
    let server = Server::start().await;
    let work = (0..10).map(|n| {
        move |tx: &mut Tx<'_>| {
            put(tx, &format!("first {n}"), 10)?;
            put(tx, if n % 2 == 0 { "the same" } else { "another" }, 10)
        }
    });
    let outcomes = together(&server.app.db, work.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    assert_eq!(keys(&server.app.db).await.len(), 4);
}

#[tokio::test]
async fn a_unit_of_work_that_panics_is_answered_and_writing_goes_on() {
    let server = Server::start().await;
    let work = (0..10).map(|n| {
        move |tx: &mut Tx<'_>| {
            put(tx, &format!("{n}"), 10)?;
            assert!(n != 5, "a defect, on purpose");
            Ok(())
        }
    });
    let outcomes = together(&server.app.db, work.collect()).await;
    assert!(matches!(outcomes[5], Err(Error::Internal(_))), "{:?}", outcomes[5]);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 9);
    assert!(!keys(&server.app.db).await.contains("5"));
    for n in 10..30 {
        server.app.db.write(move |tx| put(tx, &format!("{n}"), 10)).await.expect("a write after the panic");
    }
    assert_eq!(keys(&server.app.db).await.len(), 29);
    assert!(server.app.db.is_writable());
}

#[tokio::test]
async fn a_unit_of_work_that_lost_a_race_runs_again_where_races_happen() {
    let server = Server::start().await;
    let mut runs = 0;
    let work = move |tx: &mut Tx<'_>| {
        runs += 1;
        put(tx, &format!("run {runs}"), 10)?;
        if runs < 3 { Err(Tx::retry()) } else { Ok(()) }
    };
    let outcome = server.app.db.write(work).await;
    if server.is_embedded() {
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
        assert!(keys(&server.app.db).await.is_empty());
    } else {
        outcome.expect("the third run");
        assert_eq!(keys(&server.app.db).await, BTreeSet::from(["run 3".to_owned()]));
    }
}

#[tokio::test]
async fn a_read_that_panics_is_answered_and_reading_goes_on() {
    let server = Server::start().await;
    for _ in 0..20 {
        let outcome: Result<()> = server.app.db.read(|_| panic!("a defect, on purpose")).await;
        assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    }
    server.login(Role::Editor).await.get("/v1/me").await.is(200);
}

#[tokio::test]
async fn a_snapshot_sees_one_moment_and_changes_nothing() {
    let server = Server::start().await;
    let db = server.app.db.clone();
    let inside = db.clone();
    let runtime = tokio::runtime::Handle::current();
    let (before, after) = db
        .snapshot(move |conn| {
            let before: i64 = kept::table.count().get_result(conn)?;
            let inside = inside.clone();
            let write = runtime.spawn(async move { inside.write(|tx| put(tx, "meanwhile", 10)).await });
            runtime.block_on(write).expect("a task")?;
            let after: i64 = kept::table.count().get_result(conn)?;
            Ok((before, after))
        })
        .await
        .expect("a snapshot");
    assert_eq!((before, after), (0, 0));
    assert_eq!(keys(&db).await.len(), 1);
}

/// Ends the transaction behind its owner's back, so that it cannot be rolled back, and leaves a mark on the connection.
fn end_transaction(conn: &mut Connection) -> Result<()> {
    match conn {
        Connection::Sqlite(conn) => conn.batch_execute("ROLLBACK; CREATE TEMP TABLE mark (n)")?,
        Connection::Postgres(conn) => {
            let _ = conn.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())");
        }
    }
    Err(Error::conflict("no", "not this one"))
}

#[tokio::test]
async fn a_failure_is_told_even_if_it_cannot_be_rolled_back_and_the_connection_is_discarded() {
    let server = Server::start().await;
    let db = &server.app.db;
    let outcome = db.snapshot(end_transaction).await;
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    if server.is_embedded() {
        // The pool hands out first what it got back last.
        let mark = db.read(|conn| Ok(conn.batch_execute("CREATE TEMP TABLE mark (n)")?)).await;
        mark.expect("a new connection");
    } else {
        let outcome = db.write(|tx| end_transaction(tx)).await;
        assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    }
    db.write(|tx| put(tx, "after", 10)).await.expect("writing goes on");
    assert_eq!(keys(db).await, BTreeSet::from(["after".to_owned()]));
}

#[tokio::test]
async fn nobody_is_told_what_a_neighbour_wrote_that_is_gone() {
    let server = Server::start().await;
    let DatabaseUrl::Sqlite(path) = server.database().url.clone() else { return };
    let aside = format!("{path}.aside");
    let work = (0..3).map(|n| {
        let (path, aside) = (path.clone(), aside.clone());
        move |tx: &mut Tx<'_>| match n {
            0 => put(tx, "first", 10),
            1 => match kept::table.filter(kept::key.eq("first")).count().get_result::<i64>(&mut **tx)? {
                0 => Err(Error::internal("they share no transaction")),
                _ => Err(Error::conflict("taken", "another has it")),
            },
            // Whatever makes the commit of the group fail.
            _ => std::fs::rename(&path, &aside).map_err(Error::internal),
        }
    });
    let outcomes = together(&server.app.db, work.collect()).await;
    std::fs::rename(&aside, &path).expect("moved back");
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    assert!(keys(&server.app.db).await.is_empty());
    server.app.db.write(|tx| put(tx, "after", 10)).await.expect("writing goes on");
}

#[tokio::test]
async fn connections_that_the_database_has_closed_are_replaced_before_anybody_notices() {
    let server = Server::start().await;
    if server.is_embedded() {
        return;
    }
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for round in 0..rounds(3) {
        let reads = (1..=8).map(|n| reader.get(format!("/v1/topics?limit={n}")).send());
        for read in join_all(reads).await {
            read.is(200);
        }
        server.database().settle();
        editor.post("/v1/topics").json(json!({"name": format!("Topic {round}")})).await.is(201);
        let reads = (11..=18).map(|n| reader.get(format!("/v1/topics?limit={n}")).send());
        for read in join_all(reads).await {
            read.is(200);
        }
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_fails_honestly_and_loses_nothing() {
    let server = Server::start().await;
    if !server.is_embedded() {
        return;
    }
    let db = &server.app.db;
    let mut acknowledged = BTreeSet::new();
    for round in 0..6 {
        let pages =
            db.read(|conn| Ok(diesel::sql_query("PRAGMA page_count").get_result::<Pages>(conn)?.page_count));
        let most = pages.await.expect("pages") + 40;
        let limit = move |tx: &mut Tx<'_>| Ok(tx.batch_execute(&format!("PRAGMA max_page_count = {most}"))?);
        db.write(limit).await.expect("a limit");
        let name = move |n: usize| format!("{round} {n:02}");
        // Some are small and some do not fit: what was done in the group before the disk was full is lost with it.
        let work =
            (0..40).map(|n| move |tx: &mut Tx<'_>| put(tx, &name(n), if n % 4 == 3 { 60_000 } else { 100 }));
        let outcomes = together(db, work.collect()).await;
        assert!(outcomes.iter().any(Result::is_err), "the disk was not full");
        for (n, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Ok(()) => drop(acknowledged.insert(name(n))),
                Err(error) => assert!(matches!(error, Error::NoSpace(_)), "{error:?}"),
            }
        }
        let mut next = 40..;
        let refusal = loop {
            let n = next.next().expect("a number");
            match db.write(move |tx| put(tx, &name(n), 20_000)).await {
                Ok(()) => drop(acknowledged.insert(name(n))),
                Err(error) => break error,
            }
        };
        assert!(matches!(refusal, Error::NoSpace(_)), "{refusal:?}");
        assert_eq!(keys(db).await, acknowledged, "round {round}");
        db.write(|tx| Ok(tx.batch_execute("PRAGMA max_page_count = 1000000")?)).await.expect("space");
        let after = format!("{round} after");
        let key = after.clone();
        db.write(move |tx| put(tx, &key, 60_000)).await.expect("writing goes on");
        acknowledged.insert(after);
    }
    assert_eq!(keys(db).await, acknowledged);
    assert!(db.is_writable());
}

#[derive(QueryableByName)]
struct Pages {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    page_count: i64,
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_run_once_more_on_another() {
    let server = Server::start().await;
    let db = &server.app.db;
    for (breaks, runs) in if server.is_embedded() { [(0, 1), (0, 1)] } else { [(1, 2), (2, 2)] } {
        for is_snapshot in [false, true] {
            let run = Arc::new(AtomicU32::new(0));
            let counted = run.clone();
            let work = move |conn: &mut Connection| {
                if counted.fetch_add(1, Ordering::SeqCst) < breaks {
                    diesel::sql_query("SELECT pg_terminate_backend(pg_backend_pid())").execute(conn)?;
                }
                Ok(kept::table.count().get_result::<i64>(conn)?)
            };
            let outcome = if is_snapshot { db.snapshot(work).await } else { db.read(work).await };
            match outcome {
                Ok(count) => assert_eq!((count, breaks < 2), (0, true)),
                Err(error) => assert!(breaks == 2 && matches!(error, Error::Unavailable(_)), "{error:?}"),
            }
            assert_eq!(run.load(Ordering::SeqCst), runs);
        }
    }
}

#[tokio::test]
async fn a_read_that_fails_on_a_sound_connection_is_not_run_again() {
    let server = Server::start().await;
    let run = Arc::new(AtomicU32::new(0));
    let counted = run.clone();
    let work = move |conn: &mut Connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(diesel::sql_query("SELECT nothing FROM nowhere").execute(conn)?)
    };
    assert!(server.app.db.read(work).await.is_err());
    assert_eq!(run.load(Ordering::SeqCst), 1);
}

/// Deadlocks, among others, are known by their English texts.
#[tokio::test]
async fn postgresql_sends_its_messages_in_english() {
    let server = Server::start().await;
    if server.is_embedded() {
        return;
    }
    let name = server.database().url_text();
    let name = name.rsplit('/').next().expect("a name");
    let other = format!("ALTER DATABASE {name} SET lc_messages = 'POSIX'");
    server.database().connect().batch_execute(&other).expect("set");
    let english = "SELECT current_setting('lc_messages') WHERE current_setting('lc_messages') = 'C'";
    let found = diesel::sql_query(english).execute(&mut server.database().connect());
    assert_eq!(found, Ok(1));
}
