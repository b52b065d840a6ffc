//! Streams that break off and continue: their clients hold what a full read gives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lede::auth::Role;
use serde_json::json;

use super::Stream;
use crate::client::Client;
use crate::following::{Dice, Follower, changes, compare, edit, full_read, something, write};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, id, published};

/// The cursor after the last change.
async fn end(reader: &Client) -> String {
    let mut follower = Follower::default();
    follower.catch_up(reader, 100).await;
    follower.cursor.expect("a cursor")
}

impl Stream {
    /// Whether nothing has changed after the last event.
    pub async fn event_is_last(&self, server: &Server) -> bool {
        changes(&server.client(), &format!("?cursor={}", self.last)).await.is_empty()
    }
}

#[tokio::test]
async fn what_changed_twice_while_a_client_was_away_comes_once() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let [one, two] = [
        published(&editor, json!({"title": "One"})).await,
        published(&editor, json!({"title": "Two"})).await,
    ];
    // Another keeps the newest changes in memory; without it they come from the database.
    for other in [true, false] {
        let mut other = if other { Some(Stream::open(&server, "", None).await) } else { None };
        let stream = Stream::open(&server, "", None).await;
        let last = stream.last.clone();
        drop(stream);
        for title in ["Three", "Four"] {
            edit(&editor, &one, json!({"title": title})).await;
            edit(&editor, &two, json!({"title": title})).await;
        }
        editor.post(at(&two, "/unpublish")).await.is(200);
        if let Some(other) = &mut other {
            // What is kept in memory has come that far.
            while other.told(1).await != [("unpublished".to_owned(), id(&two))] {}
        }
        let mut again = Stream::open(&server, "", Some(&last)).await;
        let told = [("updated".to_owned(), id(&one)), ("unpublished".to_owned(), id(&two))];
        assert_eq!(again.told(2).await, told);
        assert!(again.event_is_last(&server).await);
        // The address of the first connection, and what the browser sends with it later.
        let mut browser = Stream::open(&server, &format!("?cursor={last}"), Some(&again.last)).await;
        let back = editor.get(at(&two, "/draft")).await.expect(200);
        crate::writing::publish(&editor, &back).await;
        assert_eq!(browser.told(1).await, [("published".to_owned(), id(&two))]);
        assert_eq!(again.told(1).await, [("published".to_owned(), id(&two))]);
    }
}

#[tokio::test]
async fn whoever_follows_by_streams_that_break_off_holds_what_a_full_read_gives() {
    for seed in 1..=u64::try_from(rounds(1)).expect("a small number") {
        let server = crate::following::multilingual().await;
        let (editor, reader) = (server.login(Role::Admin).await, server.client());
        let (mut dice, mut drafts, mut story) = (Dice(seed), Vec::new(), Vec::new());
        let filters = ["", "&topic=sea", "&locale=de,fr", "&topic=land,ice&locale=en"];
        let mut followers = filters.map(|filter| (filter, Follower::default(), None::<Stream>));
        for (_, follower, _) in &mut followers {
            follower.catch_up(&reader, 100).await;
        }
        for step in 1..=100 {
            story.push(something(&mut dice, &server, &editor, &mut drafts).await);
            let done = step % 25 == 0;
            if done {
                server.run_jobs().await;
                end(&reader).await;
                // Everyone is told of topics.
                editor.post("/v1/topics").json(json!({"name": format!("After {step}")})).await.is(201);
            }
            let end = end(&reader).await;
            for (filter, follower, stream) in &mut followers {
                if dice.below(3) == 0 {
                    *stream = None;
                }
                let mut left = dice.below(4);
                // Those with filters are not told of every change, but of the last one when all is done.
                while follower.cursor.as_ref() != Some(&end) && (done || (left > 0 && filter.is_empty())) {
                    left = left.saturating_sub(1);
                    let query = filter.replacen('&', "?", 1);
                    let open = match stream.take() {
                        Some(open) => open,
                        None => Stream::open(&server, &query, follower.cursor.as_deref()).await,
                    };
                    let open = stream.insert(open);
                    let event = open.event().await;
                    follower.take(&reader, event.change()).await;
                    follower.cursor = event.id;
                }
                if !done {
                    continue;
                }
                let told = format!("seed {seed}, {filter}, after {}", story.join("\n"));
                if filter.is_empty() {
                    compare(follower, &editor, &reader, &told).await;
                } else {
                    assert_eq!(follower.listed(true), full_read(&reader, filter).await, "{told}");
                }
            }
        }
    }
}

const WRITERS: usize = 4;

#[tokio::test]
async fn whoever_follows_two_replicas_beside_writers_and_rerendering_misses_nothing() {
    for seed in 1..=u64::try_from(rounds(1)).expect("a small number") {
        let one = crate::following::multilingual().await;
        let other = Server::start_on(one.database(), one.clock.clone(), |config| {
            config.site.article_path = "/{locale}/{slug}".into();
        })
        .await;
        let (editor, reader) = (one.login(Role::Editor).await, one.client());
        let beginning = end(&reader).await;
        for number in 0..30 {
            published(&editor, json!({"title": format!("Early {number}"), "topics": ["sea"]})).await;
        }
        let done = Arc::new(AtomicBool::new(false));
        let writers = (0..WRITERS).map(|writer| tokio::spawn(write(editor.clone(), writer)));
        let work = async {
            let names = async {
                for round in 0..3 {
                    let name = json!({"name": format!("Sea {round}")});
                    editor.patch("/v1/topics/sea").json(name).await.is(200);
                    one.run_jobs().await;
                }
            };
            let (written, ()) = tokio::join!(futures_util::future::join_all(writers), names);
            for writer in written {
                writer.expect("a writer");
            }
            done.store(true, Ordering::SeqCst);
        };
        let follow = async {
            let (mut follower, mut dice, mut cuts) = (Follower::default(), Dice(seed), 0);
            follower.cursor = Some(beginning);
            loop {
                // Asked before the read: what is there by then is found by it.
                let last = if done.load(Ordering::SeqCst) { Some(end(&reader).await) } else { None };
                if last.is_some() && last == follower.cursor {
                    println!("seed {seed}: {cuts} cuts");
                    return follower;
                }
                let server = if dice.below(2) == 0 { &one } else { &other };
                let mut stream = Stream::open(server, "", follower.cursor.as_deref()).await;
                cuts += 1;
                for _ in 0..dice.below(12) {
                    if last.is_some() && last == follower.cursor {
                        break;
                    }
                    let Ok(event) =
                        tokio::time::timeout(crate::given::milliseconds(50), stream.event()).await
                    else {
                        break;
                    };
                    follower.take(&reader, event.change()).await;
                    follower.cursor = event.id;
                }
            }
        };
        let ((), mut follower) = tokio::join!(work, follow);
        // Read once by who begins.
        follower.catch_up(&reader, 100).await;
        compare(&follower, &editor, &reader, "").await;
    }
}
