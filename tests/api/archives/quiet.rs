//! A restored copy publishes nothing and writes to nobody until it is resumed.

use std::sync::Arc;

use lede::auth::Role;
use lede::base::db::quiet;
use lede::schedules::scheduler;
use serde_json::json;

use super::{Shelf, restore, restore_with, started_on};
use crate::client::Client;
use crate::given::days;
use crate::receiver::Receiver;
use crate::server::Server;
use crate::test_database::TestDatabase;
use crate::webhooks;
use crate::writing::{at, create};

/// Whether a server says that it is quiet, wherever it does.
async fn says_that_it_is_quiet(server: &Server, admin: &Client) -> bool {
    let ready = server.client().get("/health/ready").await.expect(200)["quiet"].as_bool().expect("a flag");
    let since = admin.get("/v1/site").await.expect(200)["quiet_since"].clone();
    let metric = format!("\nlede_quiet {}\n", u8::from(ready));
    assert!(server.client().get("/metrics").await.text().contains(&metric));
    assert_eq!(since.is_string(), ready);
    let readers = server.client().get("/v1/site").await;
    let varies = readers.header("vary").expect("what it depends on").contains("Authorization");
    assert!(varies || !ready, "caches keep what an admin gets apart");
    ready
}

#[tokio::test]
async fn an_overdue_schedule_and_mail_wait_until_a_copy_is_resumed() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let when = json!({"revision": 1, "publish_at": "2026-01-06T09:00:00Z"});
    editor.put(at(&draft, "/schedule")).json(when).await.is(200);
    let admin = server.login(Role::Admin).await;
    assert!(!says_that_it_is_quiet(&server, &admin).await);
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let copy = Arc::new(TestDatabase::empty());
    restore(&mut shelf.back_up(&database, "a.zip"), &copy, &app.config).expect("restored");
    clock.advance(days(2));
    let server = started_on(&copy, &app, &clock).await;
    let admin = server.login(Role::Admin).await;
    assert!(says_that_it_is_quiet(&server, &admin).await);
    assert_eq!(
        server.client().get("/v1/site").await.expect(200)["quiet_since"],
        json!(null),
        "not for readers"
    );
    let reset = json!({"email": admin.email()});
    server.client().post("/v1/auth/password-resets").json(reset).await.is(202);
    server.run_jobs().await;
    assert_eq!(scheduler::run_due(&server.app).await.expect("a look"), 0);
    let waiting = usize::try_from(copy.count("outbox_emails")).expect("a count");
    assert!(waiting > 0);
    assert_eq!((server.mail.all().len(), copy.count("editions")), (0, 0));

    assert!(server.app.db.write(quiet::end).await.expect("a write"));
    // The server looks a few times a second.
    while server.client().get("/health/ready").await.expect(200)["quiet"] == json!(true) {}
    assert!(!says_that_it_is_quiet(&server, &admin).await);
    assert_eq!(scheduler::run_due(&server.app).await.expect("a look"), 1);
    server.run_jobs().await;
    assert_eq!((server.mail.all().len(), copy.count("editions")), (waiting, 1));
}

#[tokio::test]
async fn a_copy_calls_no_webhook_until_it_is_resumed() {
    let (server, admin) = webhooks::with_admin().await;
    let receiver = Receiver::start();
    let webhook = webhooks::create(&admin, &receiver, &["topic.*"]).await;
    webhooks::topics(&admin, &["Sea"]).await;
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let copy = Arc::new(TestDatabase::empty());
    restore(&mut shelf.back_up(&database, "a.zip"), &copy, &app.config).expect("restored");
    let server = started_on(&copy, &app, &clock).await;
    let admin = server.login(Role::Admin).await;
    admin.post(webhooks::path(&webhook, "/test")).await.problem(409, "quiet");
    assert_eq!((server.run_webhooks().await, receiver.arrived().len()), (0, 0));

    assert!(server.app.db.write(quiet::end).await.expect("a write"));
    while server.app.db.generation().is_quiet() {
        tokio::task::yield_now().await;
    }
    assert_eq!(admin.post(webhooks::path(&webhook, "/test")).await.expect(200)["delivered"], true);
    server.run_webhooks().await;
    assert_eq!(receiver.types(), ["webhook.test", "topic.created"]);
}

#[tokio::test]
async fn a_copy_that_is_restored_to_be_live_is_not_quiet() {
    let server = Server::start().await;
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let copy = Arc::new(TestDatabase::empty());
    let mut archive = shelf.back_up(&database, "a.zip");
    restore_with(&mut archive, &copy, &app.config, |options| options.quiet = false).expect("restored");
    let server = started_on(&copy, &app, &clock).await;
    let admin = server.login(Role::Admin).await;
    assert!(!says_that_it_is_quiet(&server, &admin).await);
}
