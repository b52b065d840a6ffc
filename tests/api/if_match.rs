//! Never lose an edit: what names a version, what conflicts with what, and what never does.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Call, Client, Response};
use crate::given::minutes;
use crate::server::Server;
use crate::writing::{at, create, id, publish, section, shape, tides, version};

/// Every write that replaces or removes something, ready to be sent but for its `If-Match`.
fn guarded(client: &Client, draft: &Value) -> Vec<(&'static str, Call)> {
    let ebb = at(draft, &format!("/draft/sections/{}", id(&section(draft, "Ebb"))));
    let tides = at(draft, &format!("/draft/sections/{}", id(&section(draft, "Tides"))));
    vec![
        ("metadata", client.patch(at(draft, "/draft")).json(json!({"subtitle": "Mine"}))),
        ("Ebb", client.patch(ebb).json(json!({"body": "Mine."}))),
        ("Tides and below", client.delete(tides)),
        ("tree", client.put(at(draft, "/draft/sections")).json(json!({"sections": []}))),
        (
            "markdown",
            client.put(at(draft, "/draft/markdown")).body("text/markdown", "---\ntitle: Mine\n---\n"),
        ),
        ("restore", client.post(at(draft, "/revisions/1/restore"))),
    ]
}

/// Writes by somebody else, each changing one thing.
async fn meddle(other: &Client, draft: &Value, what: &str) -> Response {
    let of = |heading: &str| at(draft, &format!("/draft/sections/{}", id(&section(draft, heading))));
    let call = match what {
        "metadata" => other.patch(at(draft, "/draft")).json(json!({"summary": "Theirs"})),
        "intro" => other.patch(at(draft, "/draft")).json(json!({"intro": "Theirs"})),
        "body of Ebb" => other.patch(of("Ebb")).json(json!({"body": "Theirs."})),
        "place of Ebb" => other.patch(of("Ebb")).json(json!({"parent_id": null})),
        "heading of Tides" => other.patch(of("Tides")).json(json!({"heading": "Theirs"})),
        "body of Harbours" => other.patch(of("Harbours")).json(json!({"body": "Theirs."})),
        "Ebb removed" => other.delete(of("Ebb")),
        "added below Ebb" => other
            .post(at(draft, "/draft/sections"))
            .json(json!({"heading": "N", "parent_id": id(&section(draft, "Ebb"))})),
        "added at the end" => other.post(at(draft, "/draft/sections")).json(json!({"heading": "N"})),
        "published" => other.post(at(draft, "/publish")).json(json!({"revision": 1})),
        other => panic!("{other}"),
    };
    let call = if matches!(what, "added below Ebb" | "added at the end" | "published") {
        call
    } else {
        call.if_match(1)
    };
    call.await
}

#[tokio::test]
async fn a_write_that_replaces_something_names_the_version_it_has_seen() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let edition = {
        publish(&editor, &draft).await;
        server.client().get(at(&draft, "")).await.etag().to_owned()
    };
    for (what, call) in guarded(&editor, &draft) {
        call.await.problem(428, "if-match-required");
        for tag in [edition.as_str(), "2", "W/2", "\"1\", \"2\"", "\"x\""] {
            let (_, call) = guarded(&editor, &draft).into_iter().find(|(name, _)| *name == what).unwrap();
            call.header("if-match", tag).await.problem(412, "if-match-malformed");
        }
        let (_, call) = guarded(&editor, &draft).into_iter().find(|(name, _)| *name == what).unwrap();
        let ahead = call.if_match(99).await.problem(412, "changed-since");
        assert_eq!((&ahead["version"], &ahead["changed"]), (&json!(2), &json!([])));
    }
    assert_eq!(editor.get(at(&draft, "/draft")).await.version(), 2);
}

#[tokio::test]
async fn a_missing_version_is_told_before_the_body_is_judged() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    for (what, call) in guarded(&editor, &draft) {
        if ["Tides and below", "restore"].contains(&what) {
            continue;
        }
        for body in ["{", "{\"x\": 1}", "{\"body\": \"# x\"}", "{\"sections\": [{\"heading\": \"\"}]}"] {
            let media = call.media();
            call.clone().body(&media, body).await.problem(428, "if-match-required");
            server
                .client()
                .call(call.method(), call.path())
                .body(&media, body)
                .await
                .problem(401, "token-missing");
        }
        call.body("text/csv", "x").await.problem(428, "if-match-required");
    }
}

#[tokio::test]
async fn a_tag_that_a_proxy_made_weak_names_the_same_version() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let patch = |title: &str| editor.patch(at(&draft, "/draft")).json(json!({"title": title}));
    patch("Ebb").header("if-match", "W/\"1\"").await.is(200);
    patch("Flood").header("if-match", "W/\"1\"").await.problem(412, "changed-since");
}

#[tokio::test]
async fn each_write_conflicts_with_what_it_touches_and_with_nothing_else() {
    let server = Server::start().await;
    let (ada, bob) = (server.login_as("ada", Role::Editor).await, server.login_as("bob", Role::Editor).await);
    // What the other did, and which of the writes of `guarded` it stands in the way of.
    for (meddling, blocked) in [
        ("metadata", &["metadata", "markdown", "restore"][..]),
        ("intro", &["metadata", "markdown", "restore"]),
        ("body of Ebb", &["Ebb", "Tides and below", "tree", "markdown", "restore"]),
        ("place of Ebb", &["Ebb", "tree", "markdown", "restore"]),
        ("heading of Tides", &["Tides and below", "tree", "markdown", "restore"]),
        ("body of Harbours", &["tree", "markdown", "restore"]),
        ("Ebb removed", &["Ebb", "tree", "markdown", "restore"]),
        ("added below Ebb", &["Tides and below", "tree", "markdown", "restore"]),
        ("added at the end", &["tree", "markdown", "restore"]),
        ("published", &[]),
    ] {
        for at_hand in 0..6 {
            let draft = tides(&ada).await;
            server.clock.advance(minutes(1));
            let theirs = meddle(&bob, &draft, meddling).await;
            assert!(theirs.status() < 300 && theirs.version() == 2, "{meddling}: {}", theirs.text());
            let (what, call) = guarded(&ada, &draft).swap_remove(at_hand);
            let response = call.if_match(1).await;
            if !blocked.contains(&what) {
                assert!(response.status() < 300, "{what} after {meddling}: {}", response.text());
                continue;
            }
            let problem = response.problem(412, "changed-since");
            assert_eq!(problem["version"], 2, "{what} after {meddling}");
            let changed = &problem["changed"][0];
            let is_metadata = matches!(meddling, "metadata" | "intro");
            assert_eq!(changed["kind"], if is_metadata { "metadata" } else { "section" });
            assert_eq!(changed["by"]["id"], json!(bob.user()));
            assert_eq!(changed["at"], json!(server.clock.now()));
            let expected = match meddling {
                "metadata" => (id(&draft), json!(["summary"])),
                "intro" => (id(&draft), json!(["intro"])),
                "body of Ebb" => (id(&section(&draft, "Ebb")), json!(["body"])),
                "place of Ebb" => (id(&section(&draft, "Ebb")), json!(["place"])),
                "heading of Tides" => (id(&section(&draft, "Tides")), json!(["heading"])),
                "body of Harbours" => (id(&section(&draft, "Harbours")), json!(["body"])),
                "Ebb removed" => (id(&section(&draft, "Ebb")), Value::Null),
                _ => (id(&theirs.json()["section"]), json!(["heading", "anchor", "body", "custom", "place"])),
            };
            assert_eq!(
                (changed["id"].as_str().unwrap(), &changed["fields"]),
                (expected.0.as_str(), &expected.1)
            );
            assert_eq!(problem["changed"].as_array().unwrap().len(), 1, "{problem:#}");
            // Having looked, or on purpose, the same write goes through.
            let (_, call) = guarded(&ada, &draft).swap_remove(at_hand);
            let again = if at_hand % 2 == 0 { call.if_match(2) } else { call.header("if-match", "*") };
            let again = again.await;
            let gone = meddling == "Ebb removed" && what == "Ebb";
            assert!(
                if gone { again.status() == 404 } else { again.status() < 300 },
                "{what} after {meddling}: {}",
                again.text()
            );
        }
    }
}

#[tokio::test]
async fn two_people_in_different_sections_both_succeed_with_what_they_first_saw() {
    let server = Server::start().await;
    let (ada, bob) = (server.login_as("ada", Role::Editor).await, server.login_as("bob", Role::Editor).await);
    let draft = tides(&ada).await;
    let patch = |who: &Client, section: &str, body: String| {
        who.patch(at(&draft, &format!("/draft/sections/{section}"))).json(json!({"body": body}))
    };
    let (mut of_ada, mut of_bob) = (1, 1);
    for round in 0..3 {
        of_ada = patch(&ada, "ebb", format!("Ada {round}")).if_match(of_ada).await.is(200).version();
        of_bob = patch(&bob, "flow", format!("Bob {round}")).if_match(of_bob).await.is(200).version();
    }
    assert_eq!((of_ada, of_bob), (6, 7));
    // Each has only seen their own: in the other's section they lose.
    let lost = patch(&ada, "flow", "Ada".to_owned()).if_match(of_ada).await.problem(412, "changed-since");
    assert_eq!(lost["changed"].as_array().unwrap().len(), 1);
    let body = |section: &str| at(&draft, &format!("/draft/sections/{section}"));
    assert_eq!(ada.get(body("ebb")).await.json()["body"], "Ada 2");
    assert_eq!(ada.get(body("flow")).await.json()["body"], "Bob 2");
}

#[tokio::test]
async fn inserting_a_section_does_not_conflict_with_edits_of_others() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let kept = |heading: &str| {
        let section = section(&draft, heading);
        json!({"id": section["id"], "heading": heading, "body": section["body"]})
    };
    let mut tides = kept("Tides");
    tides["sections"] = json!([kept("Flow"), kept("Ebb")]);
    let tree = json!({"sections": [{"heading": "First"}, tides, kept("Harbours")]});
    let after = editor.put(at(&draft, "/draft/sections")).if_match(1).json(tree).await.expect(200);
    assert_eq!(shape(&after["sections"]), "First Tides(Flow Ebb) Harbours");
    for heading in ["Tides", "Harbours"] {
        let path = at(&draft, &format!("/draft/sections/{}", id(&section(&draft, heading))));
        editor.patch(path).if_match(1).json(json!({"body": "Mine."})).await.is(200);
    }
    // Two that change places: one of them has moved.
    let moved = ["Ebb", "Flow"].map(|heading| section(&after, heading)["revision"].as_i64().unwrap());
    assert_eq!(moved.iter().sum::<i64>(), 3, "{moved:?}");
}

#[tokio::test]
async fn publishing_raises_the_version_and_touches_nothing() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let after = publish(&editor, &draft).await;
    assert_eq!((version(&after), &after["revision"], &after["metadata_revision"]), (2, &json!(1), &json!(1)));
    let after = editor.post(at(&draft, "/unpublish")).await.expect(200);
    assert_eq!((version(&after), &after["revision"]), (3, &json!(1)));
    let tree = editor.put(at(&draft, "/draft/sections")).if_match(1).json(json!({"sections": []})).await;
    assert_eq!(tree.expect(200)["revision"], 4);
}

#[tokio::test]
async fn a_write_without_a_difference_makes_no_version() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    editor
        .patch(at(&draft, "/draft"))
        .if_match(1)
        .json(json!({"title": "Tides and harbours", "slug": "tides-and-harbours"}))
        .await
        .is(200);
    editor.post(at(&draft, "/revisions/1/restore")).if_match(1).await.is(200);
    assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200), draft);
}

#[tokio::test]
async fn a_write_by_slug_changes_the_article_that_has_it_in_the_language_asked_for() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let article = |locale: &str| {
        let sections = json!([{"heading": "Ebb", "body": "Here."}]);
        json!({"title": "Tide", "slug": "tide", "locale": locale, "sections": sections})
    };
    let english = create(&editor, article("en")).await;
    let german = create(&editor, article("de")).await;
    let named = |rest: &str| format!("/v1/articles/tide{rest}?locale=de");
    let replaced = json!({"sections": [{"heading": "Ebb"}, {"heading": "Neap"}]});
    let writes = [
        editor.patch(named("/draft")).json(json!({"subtitle": "Mine"})),
        editor.post(named("/draft/sections")).json(json!({"heading": "Flow"})),
        editor.patch(named("/draft/sections/ebb")).json(json!({"body": "There."})),
        editor.put(named("/draft/sections")).json(replaced),
        editor.delete(named("/draft/sections/ebb")),
        editor.put(named("/draft/markdown")).body("text/markdown", "---\ntitle: Mine\n---\n\n## Moon\n"),
        editor.post(named("/revisions/1/restore")),
        editor.post(named("/publish")).json(json!({"revision": 8})),
        editor.post(named("/unpublish")),
        editor.delete(named("")),
        editor.post(named("/restore")),
    ];
    for (call, expected) in writes.into_iter().zip(2..) {
        // Only those that replace something look at it.
        let response = call.if_match(expected - 1).await;
        assert!(response.status() < 300, "{expected}: {}", response.text());
        assert_eq!(version(&editor.get(at(&german, "/draft")).await.expect(200)), expected);
    }
    assert_eq!(editor.get(at(&english, "/draft")).await.expect(200), english);
}

/// However long the article's log of changes is, a stale version costs the same.
#[tokio::test]
async fn of_many_changes_the_newest_thousand_are_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let tree: Value = (0..700).map(|n| json!({"heading": format!("{n}")})).collect();
    let put = |version: i64| {
        editor.put(at(&draft, "/draft/sections")).if_match(version).json(json!({"sections": tree}))
    };
    put(1).await.is(200);
    server.clock.advance(minutes(1));
    put(2).await.is(200);
    let problem = put(1).await.problem(412, "changed-since");
    let changed = problem["changed"].as_array().expect("changes");
    assert_eq!(changed.len(), 1000);
    assert!(changed.iter().all(|part| part["at"] == json!(server.clock.now())));
    // None of them is of the metadata.
    editor.patch(at(&draft, "/draft")).if_match(1).json(json!({"subtitle": "Mine"})).await.is(200);
}
