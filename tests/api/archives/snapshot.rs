//! A backup beside writers, readers and erasures.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use futures_util::future::join_all;
use lede::archive::{self, Progress, Source as _, Value};
use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::db::DatabaseUrl;
use serde_json::json;

use super::{Shelf, open, restore, rows};
use crate::server::Server;
use crate::test_database::{TestDatabase, rounds};
use crate::writing::ARTICLES;

const BEFORE: u8 = 0;
const RUNNING: u8 = 1;
const AFTER: u8 = 2;

/// Calls a function whenever the backup gets on.
pub struct Told<F: FnMut()>(pub F);

impl<F: FnMut()> Progress for Told<F> {
    fn begin(&mut self, _: &str, _: u64) {
        (self.0)();
    }
    fn advance(&mut self, _: u64) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_is_in_it_and_nothing_that_began_afterwards() {
    for round in 1..=rounds(1) {
        let articles = back_up_beside_writers().await;
        println!("backup {round}: {articles} articles");
    }
}

/// Backs up while 16 clients write, checks what is in the archive, and restores it. Returns how many articles it has.
async fn back_up_beside_writers() -> u64 {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (stage, written) = (Arc::new(AtomicU8::new(BEFORE)), Arc::new(AtomicUsize::new(0)));
    let shelf = Shelf::new();
    let (path, url) = (shelf.path("a.zip"), server.database().url.clone());
    let backup = {
        let (stage, written, path) = (stage.clone(), written.clone(), path.clone());
        tokio::task::spawn_blocking(move || {
            while written.load(Ordering::SeqCst) < 2 * 16 {
                std::thread::yield_now();
            }
            stage.store(RUNNING, Ordering::SeqCst);
            // Each table waits for another write, so that all kinds of moments are met.
            let mut told = Told(|| {
                let seen = written.load(Ordering::SeqCst);
                while written.load(Ordering::SeqCst) == seen {
                    std::thread::yield_now();
                }
            });
            archive::write(&url, &path, &Clock::System, &mut told).expect("an archive");
            stage.store(AFTER, Ordering::SeqCst);
        })
    };
    let write = async |who: usize| {
        let (mut must, mut must_not) = (Vec::new(), Vec::new());
        for number in 0.. {
            let began = stage.load(Ordering::SeqCst);
            let title = format!("{who} {number}");
            let made = editor.post(ARTICLES).json(json!({"title": title, "intro": title})).await;
            let title = made.expect(201)["title"].as_str().expect("a title").to_owned();
            written.fetch_add(1, Ordering::SeqCst);
            match (began, stage.load(Ordering::SeqCst)) {
                (_, BEFORE) => must.push(title),
                (AFTER, _) => must_not.push(title),
                _ => {}
            }
            if must_not.len() > 1 {
                break;
            }
        }
        (must, must_not)
    };
    let all = join_all((0..16).map(write)).await;
    backup.await.expect("a thread");
    let mut archive = open(&path);
    let texts = |rows: Vec<Vec<Value>>| -> BTreeSet<String> {
        let is_text = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
        rows.iter().flatten().filter_map(is_text).collect()
    };
    let (titles, intros) =
        (texts(rows(&mut archive, "articles")), texts(rows(&mut archive, "article_metadata")));
    for (must, must_not) in &all {
        assert!(must.iter().all(|title| titles.contains(title) && intros.contains(title)), "{must:?}");
        assert!(!must_not.iter().any(|title| titles.contains(title)), "{must_not:?}");
    }
    assert!(all.iter().any(|(must, _)| !must.is_empty()));
    // One moment for all tables.
    assert!(titles.iter().all(|title| intros.contains(title) || title == "en" || !title.contains(' ')));
    let copy = TestDatabase::empty();
    let articles = archive.manifest().rows("articles");
    restore(&mut archive, &copy, &server.app.config).expect("restored");
    copy.settle();
    assert_eq!(u64::try_from(copy.count("articles")).expect("a count"), articles);
    articles
}

#[tokio::test]
async fn the_log_of_the_embedded_database_is_emptied_after_the_snapshot() {
    let server = Server::start().await;
    let database = server.database();
    let DatabaseUrl::Sqlite(file) = &database.url else { return };
    let editor = server.login(Role::Editor).await;
    let shelf = Shelf::new();
    let written = std::cell::Cell::new(false);
    let log = std::path::PathBuf::from(format!("{file}-wal"));
    let size = || std::fs::metadata(&log).map_or(0, |file| file.len());
    // A write that the snapshot does not see, and keeps in the log.
    let mut told = Told(|| {
        if !written.replace(true) {
            let mut conn = database.connect();
            let sql = "INSERT INTO consent_texts (hash, text, created_at) VALUES (x'01', 'erased soon', 0); \
                       DELETE FROM consent_texts";
            diesel::connection::SimpleConnection::batch_execute(&mut conn, sql).expect("a write");
            assert!(size() > 0);
        }
    });
    archive::write(&database.url, &shelf.path("a.zip"), &Clock::System, &mut told).expect("an archive");
    assert_eq!(size(), 0);
    editor.get("/v1/me").await.is(200);
}
