//! What a correction publishes, and what becomes of the draft.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{body_of, correct, edit, edit_section, harbours, live, texts};
use crate::following::{CHANGES, changes};
use crate::given::hours;
use crate::publishing::stories;
use crate::server::Server;
use crate::writing::{at, create, id, publish, section, version};

fn pair(heading: &str, body: &str) -> (String, String) {
    (heading.to_owned(), body.to_owned())
}

/// The revision of that number: its parent, title and texts.
async fn revision(editor: &crate::client::Client, draft: &Value, number: i64) -> (Value, Value, Vec<String>) {
    let found = editor.get(at(draft, &format!("/revisions/{number}"))).await.expect(200);
    let bodies = texts(&found["sections"], "body").into_iter().map(|(_, body)| body).collect();
    (found["parent"].clone(), found["title"].clone(), bodies)
}

/// The review is of the bigger change, which is still to come.
#[tokio::test]
async fn a_correction_beside_a_bigger_change_leaves_its_review() {
    let (_server, editor, _) = stories().await;
    let draft = harbours(&editor).await;
    edit(&editor, &draft, json!({"title": "Harbours of tomorrow"})).await;
    let ahead = editor.get(at(&draft, "/draft")).await.expect(200);
    let request = json!({"revision": ahead["revision"], "state": "requested"});
    editor.post(at(&draft, "/reviews")).json(request).await.is(201);
    let correction = json!({"sections": body_of(&draft, "Piers", "Very long.")});
    let after = correct(&editor, &draft, 1, correction).await.expect(200);
    assert_eq!(after["review"]["state"], "requested");
    publish(&editor, &after).await;
    assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200)["review"], Value::Null);
}

#[tokio::test]
async fn of_a_draft_that_is_ahead_nothing_but_the_correction_goes_out() {
    let (server, editor, reader) = stories().await;
    let draft = harbours(&editor).await;
    edit(&editor, &draft, json!({"title": "Harbours of tomorrow", "slug": "tomorrow"})).await;
    edit_section(&editor, &draft, "Lights", json!({"body": "Brighter."})).await;
    server.clock.advance(hours(1));
    let correction = json!({"sections": body_of(&draft, "Piers", "Very long."), "metadata": {"subtitle": "Very old ones"}});
    let response = correct(&editor, &draft, 1, correction).await;
    let after = response.expect(200);
    assert_eq!((&after["edition"], &after["not_in_draft"]), (&json!(2), &json!([])));
    // Readers.
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!(
        ["title", "slug", "subtitle", "edition", "updated_at"].map(|name| edition[name].clone()),
        [json!("Harbours"), json!("harbours"), json!("Very old ones"), json!(2), json!(server.clock.now())]
    );
    let expected = [pair("Piers", "Very long."), pair("Lights", "Bright."), pair("Lenses", "Ground.")];
    assert_eq!(live(&reader, &draft).await, expected);
    // The draft: what it had and the correction, under the version after that of the live revision.
    assert_eq!((version(&after), &after["revision"], response.version()), (6, &json!(6), 6));
    assert_eq!((&after["published_revision"], &after["has_unpublished_changes"]), (&json!(5), &json!(true)));
    assert_eq!(
        ["title", "slug", "subtitle"].map(|name| after[name].clone()),
        [json!("Harbours of tomorrow"), json!("tomorrow"), json!("Very old ones")]
    );
    let expected = [pair("Piers", "Very long."), pair("Lights", "Brighter."), pair("Lenses", "Ground.")];
    assert_eq!(texts(&after["sections"], "body"), expected);
    assert_eq!((&section(&after, "Piers")["revision"], &after["metadata_revision"]), (&json!(6), &json!(6)));
    let read = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((&read["sections"], &read["version"]), (&after["sections"], &json!(6)));
    // The history: the live revision was made from the live one, the draft's from the draft's.
    let bodies = |second: &str| ["Very long.", second, "Ground."].map(str::to_owned).to_vec();
    assert_eq!(revision(&editor, &draft, 5).await, (json!(1), json!("Harbours"), bodies("Bright.")));
    assert_eq!(
        revision(&editor, &draft, 6).await,
        (json!(4), json!("Harbours of tomorrow"), bodies("Brighter."))
    );
    let list = editor.get(at(&draft, "/revisions")).await.expect(200);
    let parents: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| (&item["revision"], &item["parent"])).collect();
    let numbers = [(6, json!(4)), (5, json!(1)), (4, json!(3)), (3, json!(1)), (1, Value::Null)];
    let numbers: Vec<(Value, Value)> = numbers.into_iter().map(|(n, parent)| (json!(n), parent)).collect();
    assert_eq!(parents, numbers.iter().map(|(n, parent)| (n, parent)).collect::<Vec<_>>());
    // Publishing the draft goes out as ever.
    publish(&editor, &after).await;
    let expected = [pair("Piers", "Very long."), pair("Lights", "Brighter."), pair("Lenses", "Ground.")];
    assert_eq!(live(&reader, &draft).await, expected);
}

#[tokio::test]
async fn a_draft_that_is_not_ahead_becomes_what_is_live() {
    let (_server, editor, reader) = stories().await;
    let draft = harbours(&editor).await;
    let correction = json!({"sections": body_of(&draft, "Lenses", "Cut.")});
    let after = correct(&editor, &draft, 1, correction.clone()).await.expect(200);
    assert_eq!(
        ["version", "revision", "published_revision", "has_unpublished_changes", "edition"]
            .map(|name| after[name].clone()),
        [json!(3), json!(3), json!(3), json!(false), json!(2)]
    );
    assert_eq!(live(&reader, &draft).await[2], pair("Lenses", "Cut."));
    assert_eq!(texts(&after["sections"], "body")[2], pair("Lenses", "Cut."));
    assert_eq!(revision(&editor, &draft, 3).await.0, 1);
    // What readers see already is no new edition.
    let again = correct(&editor, &draft, 2, correction).await.expect(200);
    assert_eq!((&again["edition"], version(&again), &again["not_in_draft"]), (&json!(2), 3, &json!([])));
    // A draft that had the same correction and nothing else is not ahead any more.
    edit_section(&editor, &draft, "Piers", json!({"body": "Short."})).await;
    let correction = json!({"sections": body_of(&draft, "Piers", "Short.")});
    let after = correct(&editor, &draft, 2, correction).await.expect(200);
    assert_eq!(
        ["revision", "published_revision", "has_unpublished_changes", "edition", "not_in_draft"]
            .map(|name| after[name].clone()),
        [json!(5), json!(5), json!(false), json!(3), json!([])]
    );
}

#[tokio::test]
async fn what_the_draft_has_changed_is_not_touched_and_listed() {
    let (_server, editor, reader) = stories().await;
    let draft = harbours(&editor).await;
    let new = json!({"title": "Harbours now", "subtitle": "Old ones", "custom": {"a": 1}});
    edit(&editor, &draft, new).await;
    edit_section(&editor, &draft, "Piers", json!({"heading": "Quays"})).await;
    edit_section(&editor, &draft, "Lenses", json!({"body": "Cut."})).await;
    let (piers, lights, lenses) =
        (section(&draft, "Piers"), section(&draft, "Lights"), section(&draft, "Lenses"));
    let correction = json!({
        "metadata": {"title": "Harbour", "subtitle": null, "custom": {"b": 2}},
        "sections": [{"id": lenses["id"], "body": "Cut."}, {"id": lights["id"], "body": "Very bright."},
            {"id": piers["id"], "body": "Very long."}]});
    let after = correct(&editor, &draft, 1, correction).await.expect(200);
    let missing = json!([
        {"kind": "metadata", "id": draft["id"], "fields": ["title", "custom"]},
        {"kind": "section", "id": piers["id"], "fields": ["body"]}]);
    assert_eq!(after["not_in_draft"], missing);
    assert_eq!(
        ["title", "subtitle", "custom"].map(|name| after[name].clone()),
        [json!("Harbours now"), Value::Null, json!({"a": 1})]
    );
    let expected = [pair("Quays", "Long."), pair("Lights", "Very bright."), pair("Lenses", "Cut.")];
    assert_eq!(texts(&after["sections"], "body"), expected);
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!((&edition["title"], &edition["custom"]), (&json!("Harbour"), &json!({"b": 2})));
    let expected = [pair("Piers", "Very long."), pair("Lights", "Very bright."), pair("Lenses", "Cut.")];
    assert_eq!(live(&reader, &draft).await, expected);
    // Removed with what stands below it; what was moved is still the same text.
    editor.delete(at(&draft, "/draft/sections/lights")).header("if-match", "*").await.is(204);
    let correction = json!({"sections": body_of(&draft, "Lenses", "Polished.")});
    let after = correct(&editor, &draft, 2, correction).await.expect(200);
    assert_eq!(after["not_in_draft"], json!([{"kind": "section", "id": lenses["id"], "fields": ["body"]}]));
    assert_eq!(texts(&after["sections"], "body"), [pair("Quays", "Long.")]);
}

#[tokio::test]
async fn a_section_that_was_only_moved_is_corrected_where_it_is() {
    let (_server, editor, reader) = stories().await;
    let draft = harbours(&editor).await;
    edit_section(&editor, &draft, "Lenses", json!({"before": section(&draft, "Piers")["id"]})).await;
    let correction = json!({"sections": body_of(&draft, "Lenses", "Cut.")});
    let after = correct(&editor, &draft, 1, correction).await.expect(200);
    let expected = [pair("Lenses", "Cut."), pair("Piers", "Long."), pair("Lights", "Bright.")];
    assert_eq!((texts(&after["sections"], "body"), &after["not_in_draft"]), (expected.to_vec(), &json!([])));
    assert_eq!(live(&reader, &draft).await[2], pair("Lenses", "Cut."));
}

#[tokio::test]
async fn the_sections_that_are_touched_are_among_what_changed_and_no_others() {
    let (_server, editor, _) = stories().await;
    let draft = harbours(&editor).await;
    let ahead = edit(&editor, &draft, json!({"title": "Harbours of tomorrow"})).await;
    correct(&editor, &draft, 1, json!({"sections": body_of(&draft, "Piers", "Very long.")})).await.is(200);
    let seen = version(&ahead);
    let mine = json!({"body": "Mine."});
    editor.patch(at(&draft, "/draft/sections/lights")).if_match(seen).json(&mine).await.is(200);
    editor.patch(at(&draft, "/draft")).if_match(seen).json(json!({"summary": "S"})).await.is(200);
    let late = editor.patch(at(&draft, "/draft/sections/piers")).if_match(seen).json(&mine).await;
    let problem = late.problem(412, "changed-since");
    assert_eq!(
        ["kind", "id", "fields"].map(|name| problem["changed"][0][name].clone()),
        [json!("section"), section(&draft, "Piers")["id"].clone(), json!(["body"])]
    );
}

#[tokio::test]
async fn a_revision_that_is_scheduled_without_the_correction_is_warned_of() {
    let (_server, editor, _) = stories().await;
    let draft = harbours(&editor).await;
    let ahead = edit(&editor, &draft, json!({"title": "Harbours of tomorrow"})).await;
    let correction = |body: &str| json!({"sections": body_of(&draft, "Piers", body)});
    let codes = |corrected: &Value| {
        let warnings = corrected["warnings"].as_array().expect("warnings").clone();
        warnings.iter().map(|warning| warning["code"].clone()).collect::<Vec<_>>()
    };
    let first = correct(&editor, &draft, 1, correction("Very long.")).await.expect(200);
    assert_eq!(codes(&first), [""; 0]);
    let plan = json!({"revision": ahead["revision"], "publish_at": "2026-01-06T09:00:00Z"});
    editor.put(at(&draft, "/schedule")).json(plan).await.is(200);
    let second = correct(&editor, &draft, 2, correction("Longer.")).await.expect(200);
    assert_eq!(codes(&second), ["scheduled-without-correction"]);
    let again = correct(&editor, &draft, 3, correction("Longer.")).await.expect(200);
    assert_eq!(codes(&again), [""; 0], "nothing was corrected");
}

#[tokio::test]
async fn unpublished_changes_are_told_by_contents_not_by_numbers() {
    let (_server, editor, _) = stories().await;
    let draft = harbours(&editor).await;
    let ahead = |draft: &Value| draft["has_unpublished_changes"].clone();
    let listed = async |flag: bool| {
        let list = editor.get(format!("/v1/drafts?has_unpublished_changes={flag}")).await.expect(200);
        let items = list["items"].as_array().expect("items").clone();
        assert!(items.iter().all(|item| ahead(item) == flag));
        items.len()
    };
    assert_eq!((ahead(&draft), listed(false).await), (json!(false), 1));
    assert_eq!(ahead(&edit(&editor, &draft, json!({"title": "Other"})).await), true);
    assert_eq!((listed(false).await, listed(true).await), (0, 1));
    let back = edit(&editor, &draft, json!({"title": "Harbours"})).await;
    assert_eq!(
        (ahead(&back), &back["revision"], &back["published_revision"]),
        (json!(false), &json!(4), &json!(1))
    );
    assert_eq!((listed(false).await, listed(true).await), (1, 0));
    assert_eq!(ahead(&editor.get(at(&draft, "/draft")).await.expect(200)), false);
    // Also after a correction of that.
    let correction = json!({"metadata": {"subtitle": "New ones"}});
    let after = correct(&editor, &draft, 1, correction).await.expect(200);
    assert_eq!((ahead(&after), &after["revision"], listed(true).await), (json!(false), &json!(5), 0));
    let restored = editor.post(at(&draft, "/revisions/1/restore")).if_match(5).await.expect(200);
    assert_eq!(ahead(&restored), true);
    // An older revision of the same content goes out.
    let publish = editor.post(at(&draft, "/publish")).json(json!({"revision": 1})).await.expect(200);
    assert_eq!((ahead(&publish), &publish["published_revision"]), (json!(false), &json!(1)));
    assert_eq!(ahead(&editor.post(at(&draft, "/unpublish")).await.expect(200)), true);
    assert_eq!((listed(false).await, listed(true).await), (0, 1));
    create(&editor, json!({"title": "New"})).await;
    assert_eq!((listed(false).await, listed(true).await), (0, 2));
}

#[tokio::test]
async fn everything_that_follows_a_publication_follows_a_correction() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let draft = harbours(&editor).await;
    let soon = server.clock.now().plus(hours(48));
    let plan = json!({"revision": 1, "publish_at": soon});
    editor.put(at(&draft, "/schedule")).json(plan).await.is(200);
    let schedule = editor.get(at(&draft, "/schedule")).await.expect(200);
    let first = reader.get(at(&draft, "")).await.expect(200)["updated_at"].clone();
    let cursor = reader.get(CHANGES).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    server.clock.advance(hours(1));
    let correction = json!({"minor": true, "sections": body_of(&draft, "Piers", "Breakwaters.")});
    correct(&editor, &draft, 1, correction).await.is(200);
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!((&edition["updated_at"], &edition["edition"]), (&first, &json!(2)), "it is minor");
    let found = reader.get("/v1/search?q=breakwaters").await.expect(200);
    assert_eq!(found["items"][0]["article"]["id"], draft["id"]);
    assert_eq!(changes(&reader, &format!("?cursor={cursor}")).await, [("updated".to_owned(), id(&draft))]);
    let feed = reader.get("/feeds/feed.json").await.expect(200);
    assert!(feed.to_string().contains("Breakwaters."));
    assert!(reader.get(at(&draft, "/markdown")).await.is(200).text().contains("Breakwaters."));
    let editions = editor.get(at(&draft, "/editions")).await.expect(200)["items"].clone();
    assert_eq!((&editions[0]["minor"], &editions[0]["revision"]), (&json!(true), &json!(4)));
    assert_eq!(editor.get(at(&draft, "/schedule")).await.expect(200), schedule, "it stays");
    // A major one counts.
    let correction = json!({"metadata": {"summary": "Where ships rest."}});
    correct(&editor, &draft, 2, correction).await.is(200);
    let edition = reader.get(at(&draft, "")).await.expect(200);
    assert_eq!(edition["updated_at"], json!(server.clock.now()));
    // The terms are those of today, though the live revision names a merged one.
    editor.post("/v1/topics").json(json!({"name": "Ocean"})).await.is(201);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    let after = correct(&editor, &draft, 3, json!({"metadata": {"topics": []}})).await.expect(200);
    assert_eq!((&after["topics"], &after["not_in_draft"]), (&json!([]), &json!([])));
    assert_eq!(after["has_unpublished_changes"], false);
}
