//! Scheduled actions that fail: they are tried again, told once, and stay with what went wrong.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{TUESDAY, WEDNESDAY, by_hand, count, public, put, run, schedule, shown};
use crate::client::Client;
use crate::given::{self, days, hours, seconds};
use crate::server::Server;
use crate::writing::{at, create, publish};

const TAKEN: &str = "Another article in en has the slug tides.";

/// Gives the slug of one article to another, which nobody can do who does not change the tables.
fn steal(server: &Server, slug: &str, by: &str) {
    by_hand(
        server,
        &format!(
            "UPDATE slugs SET article_id = (SELECT id FROM articles WHERE slug = '{by}') WHERE slug = '{slug}'"
        ),
    );
}

/// An article of ada's whose scheduled publication is about to fail, and her client.
async fn doomed(server: &Server) -> (Value, Client) {
    let ada = server.login_as("ada", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    create(&ada, json!({"title": "Thief"})).await;
    schedule(&ada, &draft, TUESDAY).await;
    steal(server, "tides", "thief");
    server.clock.advance(days(1));
    (draft, ada)
}

#[tokio::test]
async fn a_failure_is_shown_and_told_once() {
    let server = Server::start().await;
    let (draft, ada) = doomed(&server).await;
    ada.patch("/v1/me").json(json!({"locale": "de"})).await.is(200);
    assert_eq!(run(&server).await, 1);
    let metrics = server.client().get("/metrics").await.text().to_owned();
    assert!(metrics.contains("\nlede_scheduler_lag_seconds 0\n"), "what has failed waits for its next try");
    let schedule = shown(&ada, &draft).await;
    assert_eq!((&schedule["last_error"], &schedule["publish_at"]), (&json!(TAKEN), &json!(TUESDAY)));
    assert_eq!(ada.get("/v1/schedule").await.expect(200)["items"][0]["last_error"], TAKEN);
    let mail = given::mail_to(&server, "ada@lede.example").await;
    assert_eq!(mail.subject, "Eine geplante Änderung bei Lede ist fehlgeschlagen");
    for part in ["„Tides“", "2026-01-06 09:00 UTC", TAKEN] {
        assert!(mail.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{}", mail.text);
        assert!(mail.html.contains(part), "{}", mail.html);
    }
    // With growing pauses.
    for pause in [10, 20, 40, 80] {
        server.clock.advance(seconds(pause - 1));
        assert_eq!(run(&server).await, 0);
        server.clock.advance(seconds(1));
        assert_eq!(run(&server).await, 1);
    }
    server.run_jobs().await;
    assert_eq!((count(&server, "schedule.failed").await, server.mail.all().len()), (1, 1));
    assert_eq!(public(&server, &draft).await, 404);
    assert_eq!(ada.get(at(&draft, "/draft")).await.version(), 2);
}

#[tokio::test]
async fn what_failed_happens_once_the_cause_is_gone() {
    let server = Server::start().await;
    let (draft, ada) = doomed(&server).await;
    run(&server).await;
    steal(&server, "tides", "tides");
    server.clock.advance(seconds(10));
    assert_eq!(run(&server).await, 1);
    assert_eq!(shown(&ada, &draft).await, Value::Null);
    let edition = server.client().get(at(&draft, "")).await.expect(200);
    assert_eq!(edition["published_at"], TUESDAY);
    assert_eq!(edition["updated_at"], json!(server.clock.now()));
}

#[tokio::test]
async fn what_fails_for_a_day_stays_until_somebody_decides() {
    let server = Server::start().await;
    let (draft, ada) = doomed(&server).await;
    let (mut tries, failed_at) = (0, server.clock.now());
    let mut last = failed_at;
    for _ in 0..30 * 360 {
        if run(&server).await > 0 {
            tries += 1;
            last = server.clock.now();
        }
        server.clock.advance(seconds(10));
    }
    assert!(last > failed_at.plus(hours(22)) && last <= failed_at.plus(hours(24)), "{last}");
    assert!((20..40).contains(&tries), "{tries}");
    steal(&server, "tides", "tides");
    server.clock.advance(days(7));
    assert_eq!((run(&server).await, public(&server, &draft).await), (0, 404));
    assert_eq!(shown(&ada, &draft).await["last_error"], TAKEN);
    assert_eq!(count(&server, "schedule.failed").await, 1);
    // Another time is another schedule.
    let later = server.clock.now().plus(hours(1));
    let again = put(&ada, &draft, json!({"revision": 1, "publish_at": later})).header("if-match", "*").await;
    assert_eq!(again.expect(200)["last_error"], Value::Null);
    server.clock.advance(hours(1));
    assert_eq!((run(&server).await, public(&server, &draft).await), (1, 200));
}

#[tokio::test]
async fn publishing_by_hand_ends_a_failure() {
    let server = Server::start().await;
    let (draft, ada) = doomed(&server).await;
    run(&server).await;
    steal(&server, "tides", "tides");
    assert_eq!(publish(&ada, &draft).await["schedule"], Value::Null);
    server.clock.advance(hours(1));
    assert_eq!(run(&server).await, 0);
}

#[tokio::test]
async fn nobody_is_written_to_who_cannot_log_in() {
    let server = Server::start().await;
    let (draft, _) = doomed(&server).await;
    given::disable(&server, "ada").await;
    run(&server).await;
    server.run_jobs().await;
    assert_eq!((count(&server, "schedule.failed").await, server.mail.all().len()), (1, 0));
    let editor = server.login(Role::Editor).await;
    assert_eq!(shown(&editor, &draft).await["last_error"], TAKEN);
}

#[tokio::test]
async fn a_failure_keeps_no_other_action_from_happening() {
    let server = Server::start().await;
    let (doomed, ada) = doomed(&server).await;
    let soon = server.clock.now().plus(hours(1));
    let mut drafts = Vec::new();
    for number in 0..20 {
        let draft = create(&ada, json!({"title": format!("{number}")})).await;
        put(&ada, &draft, json!({"revision": 1, "publish_at": soon})).await.is(200);
        drafts.push(draft);
    }
    server.clock.advance(hours(1));
    assert_eq!(run(&server).await, 21);
    for draft in &drafts {
        assert_eq!(public(&server, draft).await, 200);
    }
    assert_eq!(public(&server, &doomed).await, 404);
}

#[tokio::test]
async fn an_article_ends_in_time_whose_publication_has_failed() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let draft = publish(&ada, &create(&ada, json!({"title": "Tides"})).await).await;
    create(&ada, json!({"title": "Thief"})).await;
    let change = ada.patch(at(&draft, "/draft")).if_match(2).json(json!({"slug": "ebb"}));
    let ahead = change.await.expect(200);
    let plan = json!({"revision": ahead["revision"], "publish_at": TUESDAY, "unpublish_at": WEDNESDAY});
    put(&ada, &draft, plan).await.is(200);
    steal(&server, "ebb", "thief");
    server.clock.advance(days(1));
    assert_eq!(run(&server).await, 1);
    assert_eq!(public(&server, &draft).await, 200);
    server.clock.advance(days(1));
    run(&server).await;
    assert_eq!(public(&server, &draft).await, 404);
    ada.get(at(&draft, "/schedule")).await.problem(404, "not-found");
}

/// Whoever may not publish may not cancel a publication by way of the trash.
#[tokio::test]
async fn what_is_scheduled_goes_to_the_trash_only_by_who_may_publish() {
    let server = Server::start().await;
    let (editor, bo) = (server.login(Role::Editor).await, server.login_as("bo", Role::Contributor).await);
    let draft = create(&bo, json!({"title": "Tides"})).await;
    schedule(&editor, &draft, TUESDAY).await;
    bo.delete(at(&draft, "")).await.problem(403, "forbidden");
    editor.delete(at(&draft, "")).await.is(204);
}

#[tokio::test]
async fn servers_that_fail_at_the_same_try_tell_it_once() {
    let server = Server::start().await;
    let (draft, ada) = doomed(&server).await;
    let other = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    for _ in 0..8 {
        // The claim has ended too early.
        by_hand(&server, "UPDATE schedules SET next_try_at = at WHERE attempts = 0");
        futures_util::future::join(run(&server), run(&other)).await;
    }
    assert_eq!(count(&server, "schedule.failed").await, 1);
    assert_eq!(shown(&ada, &draft).await["last_error"], TAKEN);
}

/// Only PostgreSQL has locks on rows.
#[tokio::test]
async fn trouble_that_passes_is_told_only_if_it_lasts() {
    use diesel::connection::SimpleConnection as _;
    let server = Server::start().await;
    if server.is_embedded() {
        return;
    }
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    schedule(&editor, &draft, TUESDAY).await;
    server.clock.advance(days(1));
    let mut holding = server.database().connect();
    holding.batch_execute("BEGIN; SELECT id FROM articles FOR UPDATE").expect("a lock");
    assert_eq!(run(&server).await, 1);
    assert_eq!(shown(&editor, &draft).await["last_error"], Value::Null);
    server.clock.advance(seconds(60));
    assert_eq!(run(&server).await, 1);
    assert_eq!(shown(&editor, &draft).await["last_error"], "The server has failed. Its log says why.");
    holding.batch_execute("ROLLBACK").expect("released");
    server.clock.advance(seconds(10));
    assert_eq!((run(&server).await, public(&server, &draft).await), (1, 200));
    assert_eq!(count(&server, "schedule.failed").await, 1);
}

#[tokio::test]
async fn what_is_wrong_inside_the_server_is_not_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    schedule(&editor, &draft, TUESDAY).await;
    by_hand(&server, "ALTER TABLE renderings RENAME COLUMN etag TO tag");
    server.clock.advance(days(1));
    assert_eq!(run(&server).await, 1);
    by_hand(&server, "ALTER TABLE renderings RENAME COLUMN tag TO etag");
    assert_eq!(shown(&editor, &draft).await["last_error"], "The server has failed. Its log says why.");
    server.clock.advance(seconds(10));
    assert_eq!((run(&server).await, public(&server, &draft).await), (1, 200));
}
