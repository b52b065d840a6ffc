//! The list of drafts by owner, review and assignee, and what its items carry.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::reviews::say;
use crate::server::Server;
use crate::writing::{at, create};

/// The titles of the drafts that a query finds.
async fn titles(client: &Client, query: &str) -> Vec<String> {
    let found = client.get(format!("/v1/drafts?sort=title&include_total=true&{query}")).await.expect(200);
    let items = found["items"].as_array().expect("items");
    assert_eq!(found["total"], items.len(), "{query}");
    items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test]
async fn drafts_are_found_by_owner_review_and_assignee() {
    let server = Server::start().await;
    let (ada, bo) =
        (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Contributor).await);
    let editor = server.login(Role::Editor).await;
    for title in ["A", "B", "C", "D", "E"] {
        create(&ada, json!({"title": title})).await;
    }
    create(&bo, json!({"title": "F"})).await;
    create(&editor, json!({"title": "G"})).await;
    let drafts = editor.get("/v1/drafts?sort=title").await.expect(200)["items"].clone();
    let to_bo = json!({"assignee_id": bo.user()});
    say(&ada, &drafts[0], "requested", to_bo.clone()).await.is(201);
    say(&editor, &drafts[1], "approved", json!({})).await.is(201);
    say(&editor, &drafts[2], "approved", to_bo.clone()).await.is(201);
    let edit = ada.patch(at(&drafts[2], "/draft")).header("if-match", "*");
    edit.json(json!({"summary": "Later."})).await.is(200);
    say(&editor, &drafts[3], "changes_requested", json!({"assignee_id": editor.user()})).await.is(201);
    say(&bo, &drafts[5], "requested", json!({"assignee_id": ada.user()})).await.is(201);
    say(&editor, &drafts[6], "requested", to_bo).await.is(201);
    let (of_ada, of_bo) = (format!("owner={}", ada.user()), format!("assignee={}", bo.user()));
    for (client, query, expected) in [
        (&editor, "owner=me", "G"),
        (&editor, of_ada.as_str(), "ABCDE"),
        (&editor, "review=requested", "ACFG"),
        (&editor, "review=approved", "B"),
        (&editor, "review=changes_requested", "D"),
        (&editor, "review=approved,changes_requested", "BD"),
        (&editor, "review=requested,approved,changes_requested", "ABCDFG"),
        (&editor, "assignee=me", "D"),
        (&editor, of_bo.as_str(), "ACG"),
        (&editor, &format!("{of_bo}&review=approved"), ""),
        (&editor, &format!("{of_ada}&review=requested&assignee={}", editor.user()), ""),
        // Their own, and with `assignee=me` those that they are asked to review.
        (&ada, "", "ABCDE"),
        (&ada, "owner=me", "ABCDE"),
        (&ada, of_bo.as_str(), "AC"),
        (&ada, &format!("owner={}", bo.user()), ""),
        (&ada, "assignee=me", "F"),
        (&ada, &format!("owner={}&assignee=me", bo.user()), "F"),
        (&ada, "owner=me&assignee=me", ""),
        (&ada, &format!("assignee={}", editor.user()), "D"),
        (&bo, "", "F"),
        (&bo, of_ada.as_str(), ""),
        (&bo, "assignee=me", "ACG"),
        (&bo, of_bo.as_str(), "ACG"),
        (&bo, &format!("assignee={}", ada.user()), "F"),
        (&bo, "assignee=me&review=requested", "ACG"),
    ] {
        assert_eq!(titles(client, query).await.concat(), expected, "{} {query}", client.email());
    }
    for (query, place) in [
        ("owner=ada", "owner id-malformed"),
        ("owner=", "owner id-malformed"),
        ("assignee=ME", "assignee id-malformed"),
        ("assignee=019b8d627a807580af261d10acb21f90", "assignee id-malformed"),
        ("review=liked", "review state-unknown"),
        ("review=approved,", "review list-malformed"),
    ] {
        let response = editor.get(format!("/v1/drafts?{query}")).await;
        assert_eq!(response.is(400).violations(), [place]);
    }
}

#[tokio::test]
async fn the_items_of_the_list_of_drafts_carry_what_a_newsroom_looks_at() {
    let server = Server::start().await;
    let (editor, bo) = (server.login(Role::Editor).await, server.login_as("bo", Role::Author).await);
    let body = json!({"title": "Tides", "topics": ["sea", "rope"], "authors": ["bo", "ada"]});
    let draft = create(&editor, body).await;
    create(&editor, json!({"title": "Bare"})).await;
    let review =
        say(&editor, &draft, "requested", json!({"assignee_id": bo.user(), "message": "Soon?"})).await;
    for resolved in [false, true, false] {
        let note = json!({"text": "Why?", "resolved": resolved});
        bo.post(at(&draft, "/notes")).json(note).await.is(201);
    }
    let items = editor.get("/v1/drafts?sort=-title").await.expect(200)["items"].clone();
    assert_eq!((&items[0]["topics"], &items[0]["authors"]), (&draft["topics"], &draft["authors"]));
    assert_eq!((&items[0]["review"], &items[0]["open_notes"]), (&review.expect(201), &json!(2)));
    assert_eq!(items[0]["owner"]["name"], "editor");
    assert_eq!((&items[1]["topics"], &items[1]["authors"]), (&json!([]), &json!([])));
    assert_eq!((&items[1]["review"], &items[1]["open_notes"]), (&Value::Null, &json!(0)));
    // As the draft has them.
    editor.post("/v1/topics/rope/merge").json(json!({"into": "sea"})).await.is(200);
    editor.delete("/v1/authors/ada").await.is(204);
    let merged = editor.get(at(&draft, "/draft")).await.expect(200);
    let items = editor.get("/v1/drafts?sort=-title").await.expect(200)["items"].clone();
    assert_eq!((&items[0]["topics"], &items[0]["authors"]), (&merged["topics"], &merged["authors"]));
    assert_eq!(items[0]["topics"].as_array().expect("topics").len(), 1);
}
