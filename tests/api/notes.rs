//! Notes on drafts and their sections: who changes them, and what becomes of them when the draft changes.

use diesel::prelude::*;
use lede::articles::notes::MAX_NOTES;
use lede::auth::Role;
use lede::base::db::Tx;
use lede::base::db::schema::notes;
use lede::base::ids::{ActorId, ArticleId, IsId as _, NoteId};
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, minutes};
use crate::reviews::say;
use crate::server::Server;
use crate::writing::{at, create, id, section, tides, version};

async fn write(client: &Client, draft: &Value, body: Value) -> Value {
    client.post(at(draft, "/notes")).json(body).await.expect(201)
}

fn path(draft: &Value, note: &Value) -> String {
    at(draft, &format!("/notes/{}", id(note)))
}

async fn listed(client: &Client, draft: &Value, query: &str) -> Value {
    client.get(at(draft, &format!("/notes{query}"))).await.expect(200)["items"].clone()
}

/// Gives an article as many notes as it may have.
pub async fn fill(server: &Server, draft: &Value) {
    let article = ArticleId::from_uuid(id(draft).parse().expect("an id"));
    let nobody = ActorId::from_uuid(uuid::Uuid::from_u128(7));
    let fill = move |tx: &mut Tx<'_>| {
        for _ in 0..MAX_NOTES {
            let (id, now) = (tx.new_id::<NoteId>()?, tx.now());
            diesel::insert_into(notes::table)
                .values((
                    notes::id.eq(id),
                    notes::article_id.eq(article),
                    notes::text.eq("Why?"),
                    notes::resolved.eq(false),
                    notes::actor_id.eq(nobody),
                    notes::created_at.eq(now),
                    notes::updated_at.eq(now),
                ))
                .execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(fill).await.expect("notes");
}

#[tokio::test]
async fn a_note_is_about_the_article_or_a_section_and_raises_no_version() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Contributor).await;
    let draft = tides(&ada).await;
    let ebb = section(&draft, "Ebb");
    server.clock.advance(minutes(1));
    let whole = write(&ada, &draft, json!({"text": " Too short? "})).await;
    let by = json!({"kind": "user", "id": ada.user(), "name": "ada"});
    let at_one = "2026-01-05T09:01:00.000000Z";
    assert_eq!(
        whole,
        json!({"id": whole["id"], "section_id": null, "section_heading": null, "section_removed": false, "text": "Too short?",
            "resolved": false, "by": by, "created_at": at_one, "updated_at": at_one})
    );
    server.clock.advance(minutes(1));
    let part = write(&ada, &draft, json!({"section_id": ebb["id"], "text": "Why?", "resolved": true})).await;
    assert_eq!((&part["section_heading"], &part["resolved"]), (&json!("Ebb"), &json!(true)));
    assert_eq!(listed(&ada, &draft, "").await, json!([whole, part]));
    assert_eq!(listed(&ada, &draft, "?resolved=true").await, json!([part]));
    assert_eq!(listed(&ada, &draft, "?resolved=false").await, json!([whole]));
    let page = ada.get(at(&draft, "/notes?limit=1&include_total=true")).await.expect(200);
    assert_eq!((&page["items"], &page["total"]), (&json!([whole]), &json!(2)));
    let next = format!("/notes?limit=1&cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    assert_eq!(ada.get(at(&draft, &next)).await.expect(200)["items"], json!([part]));
    assert_eq!(ada.get("/v1/drafts").await.expect(200)["items"][0]["open_notes"], 1);
    let moved = json!({"section_id": ebb["id"], "text": "Longer!", "resolved": true});
    let moved = ada.patch(path(&draft, &whole)).json(moved).await.expect(200);
    assert_eq!((&moved["section_heading"], &moved["text"]), (&json!("Ebb"), &json!("Longer!")));
    assert_eq!((&moved["created_at"], &moved["updated_at"]), (&json!(at_one), &part["updated_at"]));
    assert_eq!(ada.patch(path(&draft, &whole)).json(json!({})).await.expect(200), moved);
    let back = ada.patch(path(&draft, &whole)).json(json!({"section_id": null})).await.expect(200);
    assert_eq!((&back["section_id"], &back["section_heading"]), (&Value::Null, &Value::Null));
    assert_eq!(ada.get("/v1/drafts").await.expect(200)["items"][0]["open_notes"], 0);
    ada.delete(path(&draft, &whole)).await.is(204);
    ada.delete(path(&draft, &whole)).await.problem(404, "not-found");
    ada.patch(path(&draft, &whole)).json(json!({"resolved": true})).await.problem(404, "not-found");
    let after = ada.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((version(&after), &after), (1, &draft));
}

#[tokio::test]
async fn a_note_keeps_the_last_heading_of_a_section_that_is_gone() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let (ebb, harbours) = (section(&draft, "Ebb"), section(&draft, "Harbours"));
    let on_ebb = write(&editor, &draft, json!({"section_id": ebb["id"], "text": "Why?"})).await;
    server.clock.advance(minutes(1));
    let on_harbours = write(&editor, &draft, json!({"section_id": harbours["id"], "text": "Which?"})).await;
    let over = |call: crate::client::Call| call.header("if-match", "*");
    let shown = async || {
        let notes = listed(&editor, &draft, "").await;
        let one = |note: &Value| {
            let heading = note["section_heading"].as_str().unwrap_or("-").to_owned();
            (heading, note["section_removed"].as_bool().expect("a flag"))
        };
        notes.as_array().expect("notes").iter().map(one).collect::<Vec<_>>()
    };
    let named = |heading: &str, removed: bool| (heading.to_owned(), removed);
    let renamed = over(editor.patch(at(&draft, "/draft/sections/ebb"))).json(json!({"heading": "Low water"}));
    renamed.await.is(200);
    assert_eq!(shown().await, [named("Low water", false), named("Harbours", false)]);
    // With the one above it.
    over(editor.delete(at(&draft, "/draft/sections/tides"))).await.is(204);
    assert_eq!(shown().await, [named("Low water", true), named("Harbours", false)]);
    over(editor.put(at(&draft, "/draft/sections"))).json(json!({"sections": []})).await.is(200);
    assert_eq!(shown().await, [named("Low water", true), named("Harbours", true)]);
    let refused = json!({"section_id": ebb["id"], "text": "Again?"});
    let refused = editor.post(at(&draft, "/notes")).json(refused).await;
    assert_eq!(refused.is(422).violations(), ["/section_id section-unknown"]);
    // What they have is not asked again.
    let done = json!({"section_id": ebb["id"], "resolved": true});
    let done = editor.patch(path(&draft, &on_ebb)).json(done).await.expect(200);
    assert_eq!((&done["section_heading"], &done["resolved"]), (&json!("Low water"), &json!(true)));
    // The sections come back, with the headings that they had.
    over(editor.post(at(&draft, "/revisions/1/restore"))).await.is(200);
    assert_eq!(shown().await, [named("Ebb", false), named("Harbours", false)]);
    over(editor.patch(at(&draft, "/draft/sections/harbours"))).json(json!({"heading": null})).await.is(200);
    over(editor.put(at(&draft, "/draft/markdown"))).body("text/markdown", "# Tides\n").await.is(200);
    assert_eq!(shown().await, [named("Ebb", true), named("-", true)]);
    editor.delete(path(&draft, &on_harbours)).await.is(204);
}

#[tokio::test]
async fn a_user_changes_what_an_api_key_of_theirs_wrote_and_nobody_elses() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let request = json!({"revision": 1, "state": "requested", "assignee_id": bo.user()});
    ada.post(at(&draft, "/reviews")).json(request).await.is(201);
    let (location, key) = given::api_key(&ada, &["articles:review"]).await;
    let (_, other) = given::api_key(&ada, &["articles:review"]).await;
    let (first, second) = (
        write(&key, &draft, json!({"text": "One"})).await,
        write(&key, &draft, json!({"text": "Two"})).await,
    );
    let text = json!({"text": "Else"});
    bo.patch(path(&draft, &first)).json(&text).await.problem(403, "forbidden");
    bo.delete(path(&draft, &first)).await.problem(403, "forbidden");
    other.patch(path(&draft, &first)).json(&text).await.is(200);
    ada.delete(location).await.is(204);
    ada.patch(path(&draft, &first)).json(&text).await.is(200);
    ada.delete(path(&draft, &second)).await.is(204);
}

#[tokio::test]
async fn all_who_read_a_draft_resolve_notes_and_authors_and_editors_change_them() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let (cy, editor) = (server.login_as("cy", Role::Author).await, server.login(Role::Editor).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    let (of_ada, of_bo) = (
        write(&ada, &draft, json!({"text": "Ada's"})).await,
        write(&bo, &draft, json!({"text": "Bo's"})).await,
    );
    let of_editor = write(&editor, &draft, json!({"text": "The editor's"})).await;
    let (_, key) = given::api_key(&bo, &["articles:review"]).await;
    let of_key = write(&key, &draft, json!({"text": "The key's"})).await;
    assert_eq!(of_key["by"]["kind"], "api_key");
    for (client, note, may_change) in [
        (&ada, &of_ada, true),
        (&ada, &of_bo, false),
        (&ada, &of_editor, false),
        (&bo, &of_bo, true),
        (&bo, &of_ada, false),
        (&key, &of_key, true),
        (&key, &of_bo, true),
        (&key, &of_ada, false),
        (&editor, &of_ada, true),
        (&editor, &of_key, true),
    ] {
        let told = format!("{:?} {note}", client.token());
        for resolved in [true, false] {
            let change = client.patch(path(&draft, note)).json(json!({"resolved": resolved})).await;
            assert_eq!(change.expect(200)["resolved"], resolved, "{told}");
        }
        let status = if may_change { 200 } else { 403 };
        for change in
            [json!({"text": "Another"}), json!({"section_id": null}), json!({"text": "A", "resolved": true})]
        {
            assert_eq!(client.patch(path(&draft, note)).json(change).await.status(), status, "{told}");
        }
        if !may_change {
            client.delete(path(&draft, note)).await.problem(403, "forbidden");
        }
    }
    for call in [
        cy.get(at(&draft, "/notes")),
        cy.post(at(&draft, "/notes")).json(json!({"text": "Why?"})),
        cy.patch(path(&draft, &of_ada)).json(json!({"resolved": true})),
        cy.delete(path(&draft, &of_ada)),
    ] {
        call.await.problem(404, "not-found");
    }
    // A note is found below its own article only.
    let other = create(&ada, json!({"title": "Ebb"})).await;
    ada.patch(path(&other, &of_ada)).json(json!({"resolved": true})).await.problem(404, "not-found");
    ada.delete(path(&other, &of_ada)).await.problem(404, "not-found");
    ada.delete(path(&draft, &of_ada)).await.is(204);
    bo.delete(path(&draft, &of_bo)).await.is(204);
    editor.delete(path(&draft, &of_key)).await.is(204);
}

#[tokio::test]
async fn notes_keep_to_their_bounds() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let draft = tides(&ada).await;
    let foreign = section(&tides(&ada).await, "Ebb");
    let nowhere = json!("019b8d62-7a80-7580-af26-1d10acb21f90");
    for (body, place) in [
        (json!({"text": " "}), "/text text-empty"),
        (json!({"text": "x".repeat(5001)}), "/text text-too-long"),
        (json!({"text": "a\u{0}b"}), "/text text-contains-nul"),
        (json!({}), " field-missing"),
        (json!({"text": "Why?", "section_id": foreign["id"]}), "/section_id section-unknown"),
        (json!({"text": "Why?", "section_id": nowhere}), "/section_id section-unknown"),
        (json!({"text": "Why?", "by": "ada"}), "/by field-unknown"),
    ] {
        let response = ada.post(at(&draft, "/notes")).json(body).await;
        assert_eq!(response.is(422).violations(), [place]);
    }
    let note = write(&ada, &draft, json!({"text": "x".repeat(5000)})).await;
    for (body, place) in [
        (json!({"text": ""}), "/text text-empty"),
        (json!({"text": null}), "/text type-mismatch"),
        (json!({"resolved": null}), "/resolved type-mismatch"),
        (json!({"section_id": foreign["id"]}), "/section_id section-unknown"),
    ] {
        let response = ada.patch(path(&draft, &note)).json(body).await;
        assert_eq!(response.is(422).violations(), [place]);
    }
    ada.delete(path(&draft, &note)).await.is(204);
    fill(&server, &draft).await;
    let one_more = ada.post(at(&draft, "/notes")).json(json!({"text": "One more."})).await;
    one_more.problem(409, "notes-too-many");
    ada.delete(at(&draft, "")).await.is(204);
    ada.post(at(&draft, "/notes")).json(json!({"text": "Why?"})).await.problem(409, "in-trash");
}

#[tokio::test]
async fn what_erased_users_wrote_stays_without_their_names() {
    let server = Server::start().await;
    let (admin, ada) = (server.login(Role::Admin).await, server.login_as("ada", Role::Editor).await);
    let draft = create(&admin, json!({"title": "Tides"})).await;
    let repeatable = ada.post(at(&draft, "/notes")).json(json!({"text": "Why?"})).once("a-note").await;
    repeatable.is(201);
    admin.delete(format!("/v1/users/{}", ada.user())).await.is(204);
    server.run_jobs().await;
    let notes = listed(&admin, &draft, "").await;
    assert_eq!((&notes[0]["text"], &notes[0]["by"]["name"]), (&json!("Why?"), &Value::Null));
}
