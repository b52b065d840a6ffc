//! Pages while others write: what was there throughout is seen exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::json;

use crate::client::Client;
use crate::given::{milliseconds, minutes};
use crate::server::Server;
use crate::writing::{ARTICLES, at, id, publish, published};

const LASTING: usize = 30;
const WRITERS: usize = 8;
const WALKS: usize = 4;

/// When an article was first published: all over the list, and several at the same moment.
fn moment(number: usize) -> String {
    format!("2025-{:02}-01T00:00:00Z", 1 + number % 12)
}

/// Publishes and withdraws articles of its own, over and over, and remakes everybody's by renaming their topic.
async fn write(editor: Client, server: Arc<Server>, number: usize, done: Arc<AtomicBool>) {
    let mut round = 0;
    while !done.load(Ordering::SeqCst) {
        round += 1;
        server.clock.advance(milliseconds(100));
        let title = format!("Passing {number} {round}");
        let at_once = json!({"title": title, "topics": ["sea"], "published_at": moment(number + round)});
        let draft = published(&editor, at_once).await;
        if round % 3 == 0 {
            let edit =
                editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": "More."}));
            publish(&editor, &edit.await.expect(200)).await;
        }
        if round % 2 == 0 {
            editor.post(at(&draft, "/unpublish")).await.is(200);
            publish(&editor, &editor.get(at(&draft, "/draft")).await.expect(200)).await;
        }
        if number == 0 {
            editor.patch("/v1/topics/sea").json(json!({"name": format!("Sea {round}")})).await.is(200);
        }
        editor.delete(at(&draft, "")).await.is(204);
    }
}

/// How often each article was seen on the way through all pages.
async fn walk(reader: &Client, order: &str) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    let mut next = format!("{ARTICLES}?limit=7&fields=id{order}");
    loop {
        let page = reader.get(&next).await.expect(200);
        for item in page["items"].as_array().expect("items") {
            *seen.entry(id(item)).or_insert(0) += 1;
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return seen };
        next = format!("{ARTICLES}?limit=7&fields=id{order}&cursor={cursor}");
    }
}

#[tokio::test]
async fn whoever_walks_all_pages_while_eight_write_sees_what_lasts_exactly_once() {
    let server = Arc::new(Server::start().await);
    let editor = server.login(Role::Editor).await;
    let mut lasting = Vec::new();
    for number in 0..LASTING {
        server.clock.advance(minutes(1));
        lasting.push(id(&published(
            &editor,
            json!({"title": format!("Lasting {number}"), "topics": ["sea"], "published_at": moment(number)}),
        )
        .await));
    }
    let done = Arc::new(AtomicBool::new(false));
    let writers =
        (0..WRITERS).map(|number| tokio::spawn(write(editor.clone(), server.clone(), number, done.clone())));
    let writers: Vec<_> = writers.collect();
    let mut passing = 0;
    for turn in 0..WALKS {
        let order = ["", "&sort=published_at"][turn % 2];
        // Two at once share what is made.
        let reader = server.client();
        for seen in join_all([walk(&reader, order), walk(&reader, order)]).await {
            for article in &lasting {
                assert_eq!(seen.get(article), Some(&1), "{article} in {seen:#?}");
            }
            assert!(seen.values().all(|times| *times == 1), "{seen:#?}");
            passing += seen.len() - LASTING;
        }
    }
    done.store(true, Ordering::SeqCst);
    for writer in join_all(writers).await {
        writer.expect("a writer");
    }
    assert!(passing > WALKS, "{passing} that did not last were met");
}
