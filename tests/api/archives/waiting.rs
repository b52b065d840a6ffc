//! What waits in a server that is backed up goes on in the copy, and nothing else does.

use std::sync::Arc;

use lede::auth::Role;
use lede::base::config::Secret;
use lede::base::config::cdn::Cdn as Name;
use lede::base::db::{Tx, quiet};
use lede::base::ids::ArticleId;
use lede::base::jobs;
use lede::cdn::Purger;
use lede::editions::purge::PurgeArticle;

use super::{Shelf, restore, restore_with, rows, secret, started_on};
use crate::cdn::fake::{Cdn, Kind, TOKEN};
use crate::given::{hours, seconds};
use crate::receiver::{Receiver, Reply};
use crate::server::Server;
use crate::test_database::TestDatabase;
use crate::webhooks::{create, slugs, topics, with_admin};

#[tokio::test]
async fn a_delivery_that_waits_is_sent_once_the_copy_is_resumed_and_nobody_is_called_before() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::answering(|before, _| Reply::status(if before == 1 { 500 } else { 204 }));
    create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Ebb", "Flow"]).await;
    server.run_webhooks().await;
    assert_eq!((slugs(&receiver), receiver.arrived().len()), (vec!["ebb".to_owned()], 2));
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    assert_eq!(database.count("webhook_deliveries"), 2);
    let mut archive = shelf.back_up(&database, "a.zip");
    assert_eq!(rows(&mut archive, "webhook_deliveries").len(), 1);
    let copy = Arc::new(TestDatabase::empty());
    restore(&mut archive, &copy, &app.config).expect("restored");
    let server = started_on(&copy, &app, &clock).await;
    let admin = server.login(Role::Admin).await;
    topics(&admin, &["Tide"]).await;
    server.run_jobs().await;
    assert_eq!((server.run_webhooks_after(hours(1)).await, receiver.arrived().len()), (0, 2));

    server.app.db.write(quiet::end).await.expect("a write");
    while server.app.db.generation().is_quiet() {}
    server.run_webhooks().await;
    assert_eq!(slugs(&receiver), ["ebb", "flow", "tide"]);
}

#[tokio::test]
async fn the_cache_in_front_of_the_original_is_not_purged_by_a_copy() {
    let server = Server::start().await;
    let cdn = Cdn::start(Kind::Http, &server.clock);
    let url = cdn.url.parse().expect("a URL");
    let server = Server::start_on(server.database(), server.clock.clone(), |config| {
        config.cdn.cdn = Some(Name::Http);
        config.cdn.url = Some(url);
        config.cdn.token = Some(Secret::opaque(TOKEN.to_owned()));
    })
    .await;
    let mut purger = Purger::open(&server.app).expect("settings").expect("a cache");
    server.app.db.write(quiet::begin).await.expect("a write");
    while !server.app.db.generation().is_quiet() {}
    topics(&server.login(Role::Admin).await, &["Tide"]).await;
    for _ in 0..5 {
        purger.turn(&server.app).await.expect("a turn");
        server.clock.advance(seconds(1));
    }
    assert_eq!(cdn.take().len(), 0);
    server.app.db.write(quiet::end).await.expect("a write");
    while server.app.db.generation().is_quiet() {}
    for _ in 0..5 {
        purger.turn(&server.app).await.expect("a turn");
        server.clock.advance(seconds(1));
    }
    assert!(!cdn.take().is_empty());
}

#[tokio::test]
async fn webhooks_are_deleted_with_a_new_secret_which_says_so() {
    let (server, admin) = with_admin().await;
    let receiver = Receiver::answering(|_, _| Reply::status(500));
    create(&admin, &receiver, &["topic.*"]).await;
    topics(&admin, &["Ebb"]).await;
    server.run_webhooks().await;
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let mut archive = shelf.back_up(&database, "a.zip");
    let copy = Arc::new(TestDatabase::empty());
    let tables = ["webhooks", "webhook_progress", "webhook_deliveries"];
    assert_eq!(tables.map(|table| rows(&mut archive, table).len()), [1; 3]);
    let other = secret("the secret of another installation, long enough");
    let refused = restore_with(&mut archive, &copy, &app.config, |options| options.seal = Some(&other));
    let told = refused.expect_err("a refusal").to_string();
    assert!(told.contains("webhooks are deleted"), "{told}");
    restore_with(&mut archive, &copy, &app.config, |options| {
        (options.new_secret, options.quiet) = (true, false);
    })
    .expect("restored");
    assert_eq!(tables.map(|table| copy.count(table)), [0; 3]);
    let server = started_on(&copy, &app, &clock).await;
    topics(&server.login(Role::Admin).await, &["Flow"]).await;
    assert_eq!((server.run_webhooks_after(hours(1)).await, receiver.arrived().len()), (0, 1));
}

#[tokio::test]
async fn a_job_is_in_archives_if_it_finishes_what_was_begun() {
    let server = Server::start().await;
    let article: ArticleId = server.app.random.id(server.clock.now()).expect("an id");
    let due = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        jobs::enqueue(tx, &PurgeArticle { article }, now)?;
        jobs::enqueue(tx, &lede::outbox::DeleteTraces, now)
    };
    server.app.db.write(due).await.expect("jobs");
    let (shelf, app, database) = (Shelf::new(), server.app.clone(), server.database());
    server.stop().await;
    let mut archive = shelf.back_up(&database, "a.zip");
    assert_eq!((database.count("jobs"), rows(&mut archive, "jobs").len()), (2, 1));
    let copy = TestDatabase::empty();
    restore(&mut archive, &copy, &app.config).expect("restored");
    assert_eq!(copy.count("jobs WHERE kind = 'purge-article'"), 1);
}
