//! What happens at the moments of a schedule.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{THURSDAY, TUESDAY, WEDNESDAY, count, log, public, put, run, schedule, shown};
use crate::given::{self, days, hours, minutes, seconds};
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, publish, published, tides, version};

#[tokio::test]
async fn the_revision_that_was_named_goes_out_at_its_moment() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Editor).await, server.login_as("bo", Role::Editor).await);
    let draft = create(&bo, json!({"title": "Tides", "intro": "First."})).await;
    schedule(&ada, &draft, TUESDAY).await;
    bo.patch(at(&draft, "/draft")).if_match(2).json(json!({"title": "Ebb", "slug": "ebb"})).await.is(200);
    server.clock.advance(seconds(24 * 3600 - 1));
    assert_eq!((run(&server).await, public(&server, &draft).await), (0, 404));
    server.clock.advance(seconds(3));
    assert_eq!((run(&server).await, run(&server).await), (1, 0));
    let edition = server.client().get(format!("{ARTICLES}/tides")).await.expect(200);
    assert_eq!((&edition["title"], &edition["published_at"]), (&json!("Tides"), &json!(TUESDAY)));
    let now = server.clock.now();
    assert_eq!(edition["updated_at"], json!(now));
    let after = bo.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!(
        (version(&after), &after["schedule"], &after["published_revision"], &after["title"]),
        (4, &Value::Null, &json!(1), &json!("Ebb"))
    );
    let events = log(&server).await;
    let event = events.iter().find(|event| event.kind == "article.published").expect("an event");
    assert_eq!((event.at, event.actor), (now, Some(ada.user().into())));
    let editions = bo.get(at(&draft, "/editions")).await.expect(200);
    assert_eq!(editions["items"].as_array().expect("items").len(), 1);
    assert_eq!(editions["items"][0]["by"]["id"], json!(ada.user()));
    assert_eq!(count(&server, "schedule.cancelled").await, 0);
}

#[tokio::test]
async fn an_article_is_unpublished_at_its_moment() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    put(&editor, &draft, json!({"revision": 1, "publish_at": TUESDAY, "unpublish_at": WEDNESDAY}))
        .await
        .is(200);
    server.clock.advance(days(1));
    run(&server).await;
    let kept = json!({"publish_at": null, "unpublish_at": WEDNESDAY, "revision": null, "last_error": null});
    assert_eq!((public(&server, &draft).await, shown(&editor, &draft).await), (200, kept));
    server.clock.advance(seconds(24 * 3600 - 1));
    assert_eq!((run(&server).await, public(&server, &draft).await), (0, 200));
    server.clock.advance(seconds(1));
    assert_eq!((run(&server).await, public(&server, &draft).await), (1, 404));
    let after = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!(
        (&after["status"], &after["schedule"], version(&after)),
        (&json!("unpublished"), &Value::Null, 4)
    );
    let events = log(&server).await;
    let event = events.iter().find(|event| event.kind == "article.unpublished").expect("an event");
    assert_eq!(event.actor, Some(editor.user().into()));
}

#[tokio::test]
async fn a_date_that_was_given_or_that_readers_know_stays() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let moved = create(&editor, json!({"title": "Moved", "published_at": "2018-01-01T00:00:00Z"})).await;
    let live = published(&editor, json!({"title": "Live"})).await;
    let edit = editor.patch(at(&live, "/draft")).if_match(2).json(json!({"title": "Newer"}));
    let newer = edit.await.expect(200);
    for draft in [&moved, &newer] {
        schedule(&editor, draft, TUESDAY).await;
    }
    server.clock.advance(days(1));
    run(&server).await;
    let of = async |draft: &Value| {
        let edition = server.client().get(at(draft, "")).await.expect(200);
        (edition["edition"].clone(), edition["published_at"].clone(), edition["updated_at"].clone())
    };
    assert_eq!(of(&moved).await, (json!(1), json!("2018-01-01T00:00:00.000000Z"), json!(TUESDAY)));
    assert_eq!(of(&newer).await, (json!(2), json!("2026-01-05T09:00:00.000000Z"), json!(TUESDAY)));
}

#[tokio::test]
async fn what_is_scheduled_happens_whatever_became_of_who_scheduled_it() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let mut drafts = Vec::new();
    for fate in ["disabled", "demoted", "erased", "revoked"] {
        let user = server.login_as(fate, Role::Editor).await;
        let (path, key) = given::api_key(&user, &["articles:publish"]).await;
        let draft = create(&admin, json!({"title": fate})).await;
        schedule(if fate == "revoked" { &key } else { &user }, &draft, TUESDAY).await;
        let of_user = format!("/v1/users/{}", user.user());
        match fate {
            "disabled" => _ = admin.patch(of_user).json(json!({"disabled": true})).await.is(200),
            "demoted" => _ = admin.patch(of_user).json(json!({"role": "contributor"})).await.is(200),
            "erased" => _ = admin.delete(of_user).await.is(204),
            _ => _ = user.delete(path).await.is(204),
        }
        let by = if fate == "revoked" { "api_key" } else { "user" };
        drafts.push((draft, by));
    }
    server.clock.advance(days(1));
    assert_eq!(run(&server).await, 4);
    for (draft, by) in drafts {
        assert_eq!(public(&server, &draft).await, 200, "{}", draft["title"]);
        let editions = admin.get(at(&draft, "/editions")).await.expect(200);
        assert_eq!(editions["items"][0]["by"]["kind"], by, "{}", draft["title"]);
    }
}

#[tokio::test]
async fn after_a_downtime_everything_happens_in_its_order() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let mut drafts = Vec::new();
    for number in 0..40_u64 {
        let draft = create(&editor, json!({"title": format!("{number}")})).await;
        // Not in the order in which they were scheduled.
        let at = server.clock.now().plus(minutes(1 + number * 7 % 40));
        put(&editor, &draft, json!({"revision": 1, "publish_at": at})).await.is(200);
        drafts.push((at, draft["id"].as_str().expect("an id").to_owned()));
    }
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    clock.advance(days(3));
    let server = Server::start_on(database, clock, |_| {}).await;
    let metrics = server.client().get("/metrics").await.text().to_owned();
    assert!(metrics.contains(&format!("\nlede_scheduler_lag_seconds {}\n", 3 * 24 * 3600 - 60)), "{metrics}");
    run(&server).await;
    drafts.sort();
    let wanted: Vec<String> = drafts.into_iter().map(|(_, id)| id).collect();
    let events = log(&server).await.into_iter().filter(|event| event.kind == "article.published");
    assert_eq!(events.map(|event| event.subject.to_string()).collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn an_article_whose_end_has_passed_too_does_not_appear() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let both =
        |revision: i64| json!({"revision": revision, "publish_at": TUESDAY, "unpublish_at": WEDNESDAY});
    let new = create(&editor, json!({"title": "New"})).await;
    put(&editor, &new, both(1)).await.is(200);
    let live = published(&editor, json!({"title": "Live"})).await;
    editor.patch(at(&live, "/draft")).if_match(2).json(json!({"title": "Newer"})).await.is(200);
    put(&editor, &live, both(3)).await.is(200);
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    clock.advance(days(3));
    let server = Server::start_on(database, clock, |_| {}).await;
    let editor = server.login(Role::Editor).await;
    assert_eq!(run(&server).await, 4);
    for (draft, status, published) in [(&new, "draft", 0), (&live, "unpublished", 1)] {
        assert_eq!(public(&server, draft).await, 404);
        let after = editor.get(at(draft, "/draft")).await.expect(200);
        assert_eq!((&after["status"], &after["schedule"]), (&json!(status), &Value::Null));
        let editions = editor.get(at(draft, "/editions")).await.expect(200);
        assert_eq!(editions["items"].as_array().expect("items").len(), published);
    }
    assert_eq!(
        (count(&server, "article.published").await, count(&server, "article.unpublished").await),
        (1, 1)
    );
    assert_eq!(run(&server).await, 0);
}

#[tokio::test]
async fn what_there_is_nothing_to_do_for_is_cancelled() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let never = create(&editor, json!({"title": "Never"})).await;
    put(&editor, &never, json!({"unpublish_at": TUESDAY})).await.is(200);
    let live = create(&editor, json!({"title": "Live"})).await;
    publish(&editor, &live).await;
    schedule(&editor, &live, TUESDAY).await;
    server.clock.advance(days(1));
    assert_eq!(run(&server).await, 2);
    for (draft, expected) in [(&never, 3), (&live, 4)] {
        let after = editor.get(at(draft, "/draft")).await.expect(200);
        assert_eq!((&after["schedule"], version(&after)), (&Value::Null, expected));
    }
    assert_eq!(
        (count(&server, "article.published").await, count(&server, "schedule.cancelled").await),
        (1, 2)
    );
}

#[tokio::test]
async fn the_hour_that_comes_twice_in_a_night_is_two_hours() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    // In Berlin the clocks go back from three to two on 25 October 2026.
    server.clock.advance(days(292));
    let draft = tides(&editor).await;
    let (first, second) = ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00");
    let reversed = json!({"revision": 1, "publish_at": second, "unpublish_at": first});
    let refused = put(&editor, &draft, reversed).await;
    assert_eq!(refused.is(422).violations(), ["/unpublish_at unpublish-at-too-early"]);
    let set = put(&editor, &draft, json!({"revision": 1, "publish_at": first, "unpublish_at": second})).await;
    let set = set.expect(200);
    assert_eq!(
        (&set["publish_at"], &set["unpublish_at"]),
        (&json!("2026-10-25T00:30:00.000000Z"), &json!("2026-10-25T01:30:00.000000Z"))
    );
    server.clock.advance(hours(15) + minutes(30));
    for (step, status) in [(0, 200), (59, 200), (1, 404)] {
        server.clock.advance(minutes(step));
        run(&server).await;
        assert_eq!(public(&server, &draft).await, status, "{}", server.clock.now());
    }
}

#[tokio::test]
async fn an_end_alone_is_enough() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = published(&editor, json!({"title": "Tides"})).await;
    put(&editor, &draft, json!({"unpublish_at": THURSDAY})).await.is(200);
    server.clock.advance(days(3));
    run(&server).await;
    assert_eq!(public(&server, &draft).await, 404);
}
