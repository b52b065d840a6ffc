//! The log's order is the order of the commits: who reads it with a cursor, while many write, misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use lede::base::db::Database;
use lede::base::db::schema::events;
use lede::base::events::{Event, Recorded};
use lede::base::ids::UserId;

use crate::server::Server;

const WRITERS: usize = 8;
const WRITES: usize = 40;

#[tokio::test]
async fn a_reader_with_a_cursor_misses_nothing() {
    let server = Server::start().await;
    let db = server.app.db.clone();
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(read_along(db.clone(), done.clone()));
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(db.clone(), writer))).collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.expect("the reader");
    let all = db.read(|conn| Ok(events::table.order(events::id).select(events::id).load::<i64>(conn)?)).await;
    let all = all.expect("events");
    assert_eq!(all.len(), WRITERS * WRITES * 2);
    assert_eq!(seen, all);
}

/// Writes whose events are made early and committed at quite different times.
async fn write(db: Database, writer: usize) {
    for n in 0..WRITES {
        let work = move |tx: &mut lede::base::db::Tx<'_>| {
            let user: UserId = tx.new_id()?;
            tx.append(Event::UserCreated(user));
            for _ in 0..(writer * n) % 7 {
                let _: i64 = events::table.count().get_result(&mut **tx)?;
            }
            tx.append(Event::SessionCreated(user));
            Ok(())
        };
        db.write(work).await.expect("a write");
    }
}

/// Follows the log as a cache or a replica does: always from where it was.
async fn read_along(db: Database, done: Arc<AtomicBool>) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    loop {
        // Asked before the read: what is there by then is found by it.
        let last = done.load(Ordering::SeqCst);
        let cursor = seen.last().copied().unwrap_or(0);
        let next = db.read(move |conn| lede::base::events::read(conn, cursor, 100)).await.expect("a read");
        let is_full = next.len() == 100;
        for Recorded { number, kind, event, actor, .. } in next {
            assert_eq!((event.map(|event| event.kind()), actor), (Some(kind.as_str()), None));
            seen.push(number);
        }
        if last && !is_full {
            return seen;
        }
    }
}
