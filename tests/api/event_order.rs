//! The log's order is the order of the commits: who reads it with a cursor, while many write, misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use lede::base::db::{Database, Tx, schema};
use lede::base::events::{self, Event, Recorded};
use lede::base::ids::{IsId as _, UserId};

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
    let numbers = schema::events::table.order(schema::events::id).select(schema::events::id);
    let all = db.read(move |conn| Ok(numbers.load::<i64>(conn)?)).await;
    let all = all.expect("events");
    assert_eq!(all.len(), WRITERS * WRITES * 2);
    assert_eq!(seen, all);
}

#[tokio::test]
async fn what_is_read_from_the_log_is_what_was_appended() {
    let server = Server::start().await;
    let db = &server.app.db;
    let work = |tx: &mut Tx<'_>| {
        let (article, topic, into) = (tx.new_id()?, tx.new_id()?, tx.new_id()?);
        let all = [
            Event::SiteUpdated,
            Event::ArticleEdited { article, version: 2, sections: vec![tx.new_id()?] },
            Event::TopicMerged { topic, into },
            Event::UserUpdated(tx.new_id()?),
        ];
        for event in &all {
            tx.append(event.clone());
        }
        Ok((all, tx.now()))
    };
    let user = UserId::from_uuid(uuid::Uuid::from_u128(1));
    let (appended, now) = db.write_as(user, work).await.expect("a write");
    let all = db.read(|conn| events::read(conn, 0, 100)).await.expect("a read");
    assert_eq!(all.iter().map(|one| one.event.clone()).collect::<Vec<_>>(), appended.clone().map(Some));
    for (one, event) in all.iter().zip(&appended) {
        assert_eq!((one.at, one.actor, one.kind.as_str()), (now, Some(user.into()), event.kind().as_str()));
        assert_eq!(one.subject, event.subject());
    }
    let (second, third) = (all[1].number, all[2].clone());
    assert_eq!(db.read(move |conn| events::read(conn, second, 1)).await.expect("a read"), [third]);
}

/// Writes whose events are made early and committed at quite different times.
async fn write(db: Database, writer: usize) {
    for n in 0..WRITES {
        let work = move |tx: &mut Tx<'_>| {
            let user: UserId = tx.new_id()?;
            tx.append(Event::UserCreated(user));
            for _ in 0..(writer * n) % 7 {
                let _: i64 = schema::events::table.count().get_result(&mut **tx)?;
            }
            tx.append(Event::UserUpdated(user));
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
        let next = db.read(move |conn| events::read(conn, cursor, 100)).await.expect("a read");
        let is_full = next.len() == 100;
        for Recorded { number, kind, event, actor, .. } in next {
            assert_eq!((event.map(|event| event.kind().as_str()), actor), (Some(kind.as_str()), None));
            seen.push(number);
        }
        if last && !is_full {
            return seen;
        }
    }
}
