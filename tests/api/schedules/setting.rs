//! How a schedule is set, replaced and cancelled, and who may do that.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{THURSDAY, TUESDAY, WEDNESDAY, put, schedule, shown};
use crate::given::hours;
use crate::server::Server;
use crate::writing::{at, create, publish, tides, version};

#[tokio::test]
async fn a_schedule_is_shown_everywhere_until_it_is_cancelled() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    assert_eq!(draft["schedule"], Value::Null);
    editor.get(at(&draft, "/schedule")).await.problem(404, "not-found");
    let body = json!({"revision": 1, "publish_at": "2026-01-06T10:00:00+01:00", "unpublish_at": WEDNESDAY});
    let set = put(&editor, &draft, body).await;
    let expected =
        json!({"publish_at": TUESDAY, "unpublish_at": WEDNESDAY, "revision": 1, "last_error": null});
    assert_eq!((set.expect(200), set.version()), (expected.clone(), 2));
    let read = editor.get(at(&draft, "/schedule")).await;
    assert_eq!((read.expect(200), read.version()), (expected.clone(), 2));
    let now = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((&now["schedule"], version(&now), &now["revision"]), (&expected, 2, &json!(1)));
    let other = create(&editor, json!({"title": "Other"})).await;
    let listed = async |scheduled: &str| {
        let list =
            editor.get(format!("/v1/drafts?include_total=true&scheduled={scheduled}")).await.expect(200);
        let items = list["items"].as_array().expect("items").clone();
        assert_eq!(list["total"], items.len());
        items
    };
    let items = listed("true").await;
    assert_eq!((items.len(), &items[0]["id"], &items[0]["schedule"]), (1, &draft["id"], &expected));
    let items = listed("false").await;
    assert_eq!((items.len(), &items[0]["id"], &items[0]["schedule"]), (1, &other["id"], &Value::Null));
    let cancelled = editor.delete(at(&draft, "/schedule")).if_match(2).await;
    assert_eq!(cancelled.is(204).version(), 3);
    editor.get(at(&draft, "/schedule")).await.problem(404, "not-found");
    assert_eq!(shown(&editor, &draft).await, Value::Null);
    assert_eq!(listed("true").await.len(), 0);
    editor.delete(at(&draft, "/schedule")).if_match(3).await.problem(404, "not-found");
    let kinds: Vec<String> = super::log(&server).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("schedule.")).count(), 2, "{kinds:?}");
}

#[tokio::test]
async fn either_time_may_be_missing() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (body, shown) in [
        (json!({"revision": 1, "publish_at": TUESDAY}), json!([TUESDAY, null, 1])),
        (json!({"revision": 1, "publish_at": TUESDAY, "unpublish_at": null}), json!([TUESDAY, null, 1])),
        (json!({"unpublish_at": TUESDAY}), json!([null, TUESDAY, null])),
        (
            json!({"revision": null, "publish_at": null, "unpublish_at": TUESDAY}),
            json!([null, TUESDAY, null]),
        ),
    ] {
        let draft = create(&editor, json!({"title": "T"})).await;
        let set = put(&editor, &draft, body).await.expect(200);
        assert_eq!(json!([set["publish_at"], set["unpublish_at"], set["revision"]]), shown);
    }
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let now = "2026-01-05T09:00:00Z";
    for (body, violations) in [
        (json!({}), &[" schedule-empty"][..]),
        (json!({"revision": 1}), &[" schedule-empty"]),
        (json!({"publish_at": TUESDAY}), &["/revision revision-missing"]),
        (json!({"revision": 2, "publish_at": TUESDAY}), &["/revision revision-unknown"]),
        (json!({"revision": 1, "publish_at": now}), &["/publish_at publish-at-in-past"]),
        (json!({"unpublish_at": now}), &["/unpublish_at unpublish-at-in-past"]),
        (json!({"unpublish_at": TUESDAY, "revision": 1}), &["/revision revision-without-publish-at"]),
        (
            json!({"revision": 1, "publish_at": TUESDAY, "unpublish_at": TUESDAY}),
            &["/unpublish_at unpublish-at-too-early"],
        ),
        (
            json!({"publish_at": "2020-01-01T00:00:00Z", "unpublish_at": now}),
            &[
                "/publish_at publish-at-in-past",
                "/unpublish_at unpublish-at-in-past",
                "/revision revision-missing",
            ],
        ),
    ] {
        let refused = put(&editor, &draft, body.clone()).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), violations, "{body}");
    }
    for at in ["2026-01-06T09:00:00", "2026-01-06", "tomorrow"] {
        put(&editor, &draft, json!({"revision": 1, "publish_at": at})).await.problem(422, "invalid");
    }
    assert_eq!(editor.get(at(&draft, "/draft")).await.version(), 1);
}

#[tokio::test]
async fn a_schedule_that_exists_is_replaced_by_who_has_seen_it() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Editor).await, server.login_as("bo", Role::Editor).await);
    let draft = tides(&ada).await;
    schedule(&ada, &draft, TUESDAY).await;
    let later = || put(&bo, &draft, json!({"revision": 1, "publish_at": WEDNESDAY}));
    later().await.problem(428, "if-match-required");
    bo.delete(at(&draft, "/schedule")).await.problem(428, "if-match-required");
    let stale = later().if_match(1).await.problem(412, "changed-since");
    assert_eq!(stale["version"], 2);
    let change = &stale["changed"][0];
    assert_eq!(
        (&change["kind"], &change["id"], &change["fields"], &change["by"]["id"]),
        (&json!("schedule"), &draft["id"], &json!(["publish_at", "revision"]), &json!(ada.user()))
    );
    bo.delete(at(&draft, "/schedule")).if_match(1).await.problem(412, "changed-since");
    later().header("if-match", "x").await.problem(412, "if-match-malformed");
    assert_eq!(later().if_match(2).await.is(200).version(), 3);
    // The same again changes nothing.
    assert_eq!(later().if_match(3).await.is(200).version(), 3);
    let both = put(&ada, &draft, json!({"revision": 1, "publish_at": WEDNESDAY, "unpublish_at": THURSDAY}));
    both.clone().if_match(2).await.problem(412, "changed-since");
    assert_eq!(both.header("if-match", "*").await.is(200).version(), 4);
    let stale = later().if_match(3).await.problem(412, "changed-since");
    assert_eq!(stale["changed"][0]["fields"], json!(["unpublish_at"]));
    ada.delete(at(&draft, "/schedule")).if_match(4).await.is(204);
    // Who has seen the old one learns that it was cancelled.
    let stale = later().if_match(4).await.problem(412, "changed-since");
    assert_eq!(stale["changed"][0]["fields"], json!(["publish_at", "unpublish_at", "revision"]));
    later().await.is(200);
}

#[tokio::test]
async fn edits_and_schedules_do_not_stand_in_each_others_way() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    schedule(&editor, &draft, TUESDAY).await;
    editor.patch(at(&draft, "/draft")).if_match(1).json(json!({"title": "Other"})).await.is(200);
    editor.put(at(&draft, "/draft/sections")).if_match(1).json(json!({"sections": []})).await.is(200);
    let body = json!({"revision": 1, "publish_at": WEDNESDAY});
    put(&editor, &draft, body).if_match(2).await.is(200);
    let document = editor.put(at(&draft, "/draft/markdown")).if_match(4);
    document.body("text/markdown", "# Tides\n").await.is(200);
    editor.post(at(&draft, "/revisions/1/restore")).if_match(6).await.is(200);
    assert_eq!(shown(&editor, &draft).await["publish_at"], WEDNESDAY);
}

#[tokio::test]
async fn scheduling_takes_the_right_to_publish() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let contributor = server.login(Role::Contributor).await;
    let body = || json!({"revision": 1, "publish_at": TUESDAY});
    let own = create(&contributor, json!({"title": "Own"})).await;
    put(&contributor, &own, body()).await.problem(403, "forbidden");
    put(&author, &own, body()).await.problem(404, "not-found");
    put(&editor, &own, body()).await.is(200);
    contributor.get(at(&own, "/schedule")).await.is(200);
    contributor.delete(at(&own, "/schedule")).if_match(2).await.problem(403, "forbidden");
    let own = create(&author, json!({"title": "Own"})).await;
    put(&author, &own, body()).await.is(200);
}

#[tokio::test]
async fn publishing_by_hand_keeps_the_end_and_what_takes_down_cancels_everything() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let both = json!({"revision": 1, "publish_at": TUESDAY, "unpublish_at": WEDNESDAY});
    let draft = tides(&editor).await;
    put(&editor, &draft, both.clone()).await.is(200);
    let after = publish(&editor, &draft).await;
    let kept = json!({"publish_at": null, "unpublish_at": WEDNESDAY, "revision": null, "last_error": null});
    assert_eq!((&after["schedule"], version(&after)), (&kept, 3));
    // What is live already is not published again, and not later either.
    put(&editor, &draft, both.clone()).if_match(3).await.is(200);
    let after = publish(&editor, &draft).await;
    assert_eq!((&after["schedule"], version(&after)), (&kept, 5));
    let after = publish(&editor, &draft).await;
    assert_eq!((&after["schedule"], version(&after)), (&kept, 5));
    let after = editor.post(at(&draft, "/unpublish")).await.expect(200);
    assert_eq!((&after["schedule"], version(&after)), (&Value::Null, 6));
    put(&editor, &draft, both).await.is(200);
    editor.delete(at(&draft, "")).await.is(204);
    assert_eq!(shown(&editor, &draft).await, Value::Null);
    for call in [
        put(&editor, &draft, json!({"unpublish_at": WEDNESDAY})),
        editor.delete(at(&draft, "/schedule")).if_match(8),
    ] {
        call.await.problem(409, "in-trash");
    }
    editor.post(at(&draft, "/restore")).await.is(200);
    assert_eq!(shown(&editor, &draft).await, Value::Null);
    server.clock.advance(hours(24 * 7));
    assert_eq!(super::run(&server).await, 0);
}
