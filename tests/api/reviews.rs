//! Reviews: who requests and answers them, what an approval is worth after an edit, and what an assignee may do.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{articles, notes, reviews};
use lede::base::ids::{ArticleId, IsId as _};
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::contract;
use crate::given::{self, minutes};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, create, id, publish, tides, version};

/// Says something about the newest revision of a draft.
pub async fn say(client: &Client, draft: &Value, state: &str, more: Value) -> Response {
    let mut body = json!({"revision": draft["revision"], "state": state});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    client.post(at(draft, "/reviews")).json(body).await
}

async fn draft_of(client: &Client, draft: &Value) -> Value {
    client.get(at(draft, "/draft")).await.expect(200)
}

fn actor(client: &Client, name: &str) -> Value {
    json!({"kind": "user", "id": client.user(), "name": name})
}

fn user_path(client: &Client) -> String {
    format!("/v1/users/{}", client.user())
}

#[tokio::test]
async fn a_review_is_shown_in_the_draft_until_it_is_withdrawn() {
    let server = Server::start().await;
    let (ada, bo) =
        (server.login_as("ada", Role::Contributor).await, server.login_as("bo", Role::Author).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    assert_eq!(draft["review"], Value::Null);
    server.clock.advance(minutes(1));
    let more = json!({"message": " Is it clear? ", "assignee_id": bo.user()});
    let response = say(&ada, &draft, "requested", more).await;
    let review = response.expect(201);
    assert_eq!(
        review,
        json!({"id": review["id"], "state": "requested", "revision": 1, "message": "Is it clear?", "by": actor(&ada, "ada"),
            "assignee": actor(&bo, "bo"), "at": "2026-01-05T09:01:00.000000Z"})
    );
    let after = draft_of(&ada, &draft).await;
    assert_eq!((&after["review"], version(&after), &after["revision"]), (&review, 2, &json!(1)));
    assert_eq!(response.version(), 2);
    // The assignee stays unless another is named.
    server.clock.advance(minutes(1));
    let answer = say(&bo, &draft, "changes_requested", json!({})).await.expect(201);
    assert_eq!((&answer["assignee"], &answer["message"]), (&actor(&bo, "bo"), &Value::Null));
    let listed = ada.get(at(&draft, "/reviews?include_total=true")).await.expect(200);
    assert_eq!((&listed["items"], &listed["total"]), (&json!([answer, review]), &json!(2)));
    let page = ada.get(at(&draft, "/reviews?limit=1")).await.expect(200);
    let next = format!("/reviews?limit=1&cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    assert_eq!(ada.get(at(&draft, &next)).await.expect(200)["items"], json!([review]));
    let withdrawn = ada.delete(at(&draft, "/reviews/current")).await;
    assert_eq!(withdrawn.is(204).version(), 4);
    assert_eq!(draft_of(&ada, &draft).await["review"], Value::Null);
    ada.delete(at(&draft, "/reviews/current")).await.problem(404, "not-found");
    assert_eq!(ada.get(at(&draft, "/reviews")).await.expect(200)["items"], json!([answer, review]));
}

#[tokio::test]
async fn an_approval_counts_for_its_revision() {
    let server = Server::start().await;
    let (ada, editor) = (server.login_as("ada", Role::Author).await, server.login(Role::Editor).await);
    let draft = tides(&ada).await;
    let section = at(&draft, "/draft/sections/ebb");
    say(&editor, &draft, "approved", json!({})).await.is(201);
    let states = async || {
        let listed = async |state: &str| {
            let found = editor.get(format!("/v1/drafts?review={state}")).await.expect(200);
            found["items"].as_array().expect("items").len()
        };
        let shown = draft_of(&ada, &draft).await["review"]["state"].as_str().expect("a state").to_owned();
        (shown, listed("requested").await, listed("approved").await, listed("approved,requested").await)
    };
    assert_eq!(states().await, ("approved".to_owned(), 0, 1, 1));
    // Nothing changes.
    ada.patch(&section).header("if-match", "*").json(json!({"body": "Away."})).await.is(200);
    assert_eq!(states().await, ("approved".to_owned(), 0, 1, 1));
    let edit = ada.patch(&section).header("if-match", "*").json(json!({"body": "Far away."}));
    edit.await.is(200);
    assert_eq!(states().await, ("requested".to_owned(), 1, 0, 1));
    // As it was given.
    let listed = ada.get(at(&draft, "/reviews")).await.expect(200);
    assert_eq!(listed["items"][0]["state"], "approved");
    let stale = say(&editor, &draft, "approved", json!({})).await.problem(409, "stale-revision");
    let newest = draft_of(&ada, &draft).await;
    assert_eq!(stale["revision"], newest["revision"]);
    say(&editor, &newest, "approved", json!({})).await.is(201);
    assert_eq!(states().await, ("approved".to_owned(), 0, 1, 1));
    say(&editor, &newest, "changes_requested", json!({})).await.is(201);
    ada.patch(&section).header("if-match", "*").json(json!({"body": "Away."})).await.is(200);
    assert_eq!(states().await, ("changes_requested".to_owned(), 0, 0, 0));
}

#[tokio::test]
async fn owners_and_editors_request_and_editors_and_assignees_answer() {
    let server = Server::start().await;
    let (ada, bo) =
        (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Contributor).await);
    let (cy, editor) = (server.login_as("cy", Role::Author).await, server.login(Role::Editor).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    for state in ["requested", "changes_requested", "approved"] {
        say(&bo, &draft, state, json!({})).await.problem(404, "not-found");
    }
    for state in ["changes_requested", "approved"] {
        say(&ada, &draft, state, json!({})).await.problem(403, "forbidden");
    }
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    for state in ["changes_requested", "approved"] {
        say(&bo, &draft, state, json!({})).await.is(201);
        say(&editor, &draft, state, json!({})).await.is(201);
        say(&ada, &draft, state, json!({})).await.problem(403, "forbidden");
        say(&cy, &draft, state, json!({})).await.problem(404, "not-found");
    }
    say(&bo, &draft, "requested", json!({})).await.problem(403, "forbidden");
    // An assignee passes nothing on, and withdraws nothing.
    for assignee in [json!(cy.user()), Value::Null] {
        say(&bo, &draft, "approved", json!({"assignee_id": assignee})).await.problem(403, "forbidden");
    }
    bo.delete(at(&draft, "/reviews/current")).await.problem(403, "forbidden");
    let same = say(&bo, &draft, "approved", json!({"assignee_id": bo.user()})).await;
    assert_eq!(same.expect(201)["assignee"]["id"], json!(bo.user()));
    // A key has the rights of its user, within its scopes.
    let (_, reads) = given::api_key(&bo, &["articles:read"]).await;
    let (_, answers) = given::api_key(&bo, &["articles:review"]).await;
    reads.get(at(&draft, "/draft")).await.is(200);
    say(&reads, &draft, "approved", json!({})).await.problem(403, "forbidden");
    say(&answers, &draft, "approved", json!({})).await.is(201);
    answers.get(at(&draft, "/draft")).await.problem(403, "forbidden");
    // Whoever owns the article does not answer for it, assigned or not.
    let given = ada.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"owner_id": bo.user()}));
    given.await.is(200);
    say(&bo, &draft, "approved", json!({})).await.problem(403, "forbidden");
    say(&bo, &draft, "requested", json!({})).await.is(201);
}

#[tokio::test]
async fn an_assignee_is_an_active_user_who_does_not_own_the_article() {
    let server = Server::start().await;
    let (admin, ada) = (server.login(Role::Admin).await, server.login_as("ada", Role::Author).await);
    let (off, gone) =
        (server.login_as("off", Role::Editor).await, server.login_as("gone", Role::Editor).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    admin.patch(user_path(&off)).json(json!({"disabled": true})).await.is(200);
    admin.delete(user_path(&gone)).await.is(204);
    let body = json!({"email": "new@website.example", "name": "New", "role": "editor"});
    let invited = admin.post("/v1/users").json(body).await.expect(201)["id"].clone();
    let nobody = json!("019b8d62-7a80-7580-af26-1d10acb21f90");
    for assignee in [json!(ada.user()), json!(off.user()), json!(gone.user()), invited, nobody] {
        let response = say(&ada, &draft, "requested", json!({"assignee_id": assignee})).await;
        assert_eq!(response.is(422).violations(), ["/assignee_id assignee-unknown"], "{assignee}");
    }
    let long = say(&ada, &draft, "requested", json!({"message": "x".repeat(2001)})).await;
    assert_eq!(long.is(422).violations(), ["/message message-too-long"]);
    let unknown = say(&ada, &draft, "liked", json!({})).await;
    assert_eq!(unknown.is(422).violations(), ["/state value-unknown"]);
    assert_eq!(draft_of(&ada, &draft).await, draft);
    let bo = server.login_as("bo", Role::Author).await;
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    let cleared =
        say(&ada, &draft, "requested", json!({"assignee_id": null, "message": " "})).await.expect(201);
    assert_eq!((&cleared["assignee"], &cleared["message"]), (&Value::Null, &Value::Null));
    bo.get(at(&draft, "/draft")).await.problem(404, "not-found");
}

/// The status of each read of a draft and of what belongs to it, by operation.
async fn reads(client: &Client, draft: &Value) -> Vec<(&'static str, u16)> {
    let mut found = Vec::new();
    for operation in contract::operations() {
        let is_read = operation.method == "get" && operation.value["x-right"] == "articles:read";
        if is_read && operation.path.contains("{article}") {
            let path = operation.path.replace("{article}", &id(draft)).replace("{section}", "ebb");
            let path = path.replace("{revision}", "1").replace("{edition}", "1");
            found.push((operation.id, client.get(path).await.status()));
        }
    }
    assert!(found.len() > 8, "{found:?}");
    found
}

#[track_caller]
fn all(found: &[(&'static str, u16)], status: u16) {
    let others: Vec<_> = found.iter().filter(|(_, got)| *got != status).collect();
    assert!(others.is_empty(), "not {status}: {others:?}");
}

#[tokio::test]
async fn an_assignee_reads_the_draft_and_writes_notes_for_as_long_as_they_are_assigned() {
    let server = Server::start().await;
    let (ada, bo) =
        (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Contributor).await);
    let cy = server.login_as("cy", Role::Contributor).await;
    let draft = tides(&ada).await;
    publish(&ada, &draft).await;
    ada.put(at(&draft, "/schedule")).json(json!({"unpublish_at": "2030-01-01T00:00:00Z"})).await.is(200);
    let is_shut_out = async || {
        all(&reads(&bo, &draft).await, 404);
        bo.post(at(&draft, "/notes")).json(json!({"text": "Why?"})).await.problem(404, "not-found");
        say(&bo, &draft, "approved", json!({})).await.problem(404, "not-found");
        assert_eq!(bo.get("/v1/drafts?assignee=me").await.expect(200)["items"], json!([]));
    };
    let assign =
        async || say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201).version();
    is_shut_out().await;
    assign().await;
    all(&reads(&bo, &draft).await, 200);
    all(&reads(&cy, &draft).await, 404);
    let note = bo.post(at(&draft, "/notes")).json(json!({"text": "Why?"})).await.expect(201);
    let listed = bo.get("/v1/drafts?assignee=me").await.expect(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["can"]), (&draft["id"], &json!([])));
    assert_eq!(bo.get("/v1/drafts").await.expect(200)["items"], json!([]));
    // What they may not do they are forbidden: they know of the article.
    let over = |call: crate::client::Call| call.header("if-match", "*");
    for call in [
        over(bo.patch(at(&draft, "/draft")).json(json!({"title": "Ebb"}))),
        over(bo.patch(at(&draft, "/draft")).json(json!({"owner_id": bo.user()}))),
        over(bo.delete(at(&draft, "/draft/sections/ebb"))),
        bo.post(at(&draft, "/draft/sections")).json(json!({"heading": "Neaps"})),
        over(bo.post(at(&draft, "/revisions/1/restore"))),
        bo.delete(at(&draft, "")),
        bo.post(at(&draft, "/restore")),
    ] {
        call.await.problem(403, "forbidden");
    }
    // Another assignee.
    say(&ada, &draft, "requested", json!({"assignee_id": cy.user()})).await.is(201);
    is_shut_out().await;
    bo.patch(at(&draft, &format!("/notes/{}", id(&note)))).json(json!({"resolved": true})).await.is(404);
    all(&reads(&cy, &draft).await, 200);
    // Withdrawn.
    assign().await;
    ada.delete(at(&draft, "/reviews/current")).await.is(204);
    is_shut_out().await;
    // In the trash, and back from there.
    assign().await;
    ada.delete(at(&draft, "")).await.is(204);
    is_shut_out().await;
    assert_eq!(bo.get("/v1/drafts?assignee=me&trashed=true").await.expect(200)["items"], json!([]));
    say(&ada, &draft, "requested", json!({})).await.problem(409, "in-trash");
    ada.delete(at(&draft, "/reviews/current")).await.problem(409, "in-trash");
    ada.post(at(&draft, "/restore")).await.is(200);
    bo.get(at(&draft, "/draft")).await.is(200);
    // Published.
    let edit = over(ada.patch(at(&draft, "/draft"))).json(json!({"subtitle": "By the sea"}));
    let edited = edit.await.expect(200);
    assert_eq!(publish(&ada, &edited).await["review"], Value::Null);
    is_shut_out().await;
}

#[tokio::test]
async fn publishing_what_is_live_already_ends_no_review() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    publish(&ada, &draft).await;
    say(&ada, &draft, "requested", json!({})).await.is(201);
    assert_eq!(publish(&ada, &draft).await["review"]["state"], "requested");
    ada.post(at(&draft, "/unpublish")).await.is(200);
    assert_eq!(draft_of(&ada, &draft).await["review"]["state"], "requested");
    assert_eq!(publish(&ada, &draft).await["review"], Value::Null);
}

#[tokio::test]
async fn a_disabled_assignee_waits_and_an_erased_one_has_no_name() {
    let server = Server::start().await;
    let (admin, ada) = (server.login(Role::Admin).await, server.login_as("ada", Role::Author).await);
    let bo = server.login_as("bo", Role::Contributor).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    let (_, key) = given::api_key(&bo, &["articles:read"]).await;
    let token = bo.token().expect("a token");
    admin.patch(user_path(&bo)).json(json!({"disabled": true})).await.is(200);
    server.client().with_token(&token).get(at(&draft, "/draft")).await.problem(401, "session-ended");
    key.get(at(&draft, "/draft")).await.problem(401, "token-invalid");
    assert_eq!(draft_of(&ada, &draft).await["review"]["assignee"], actor(&bo, "bo"));
    admin.patch(user_path(&bo)).json(json!({"disabled": false})).await.is(200);
    key.get(at(&draft, "/draft")).await.is(200);
    let bo = server.login_as("bo", Role::Contributor).await;
    say(&bo, &draft, "changes_requested", json!({"message": "Longer."})).await.is(201);
    admin.delete(user_path(&bo)).await.is(204);
    server.run_jobs().await;
    key.get(at(&draft, "/draft")).await.is(401);
    let review = draft_of(&ada, &draft).await["review"].clone();
    let nobody = json!({"kind": "user", "id": bo.user(), "name": null});
    assert_eq!(
        (&review["assignee"], &review["by"], &review["message"]),
        (&nobody, &nobody, &json!("Longer."))
    );
    // The one who is gone stays assigned until somebody else is.
    let found = admin.get(format!("/v1/drafts?assignee={}", bo.user())).await.expect(200);
    assert_eq!(found["items"].as_array().expect("items").len(), 1);
    say(&ada, &draft, "requested", json!({})).await.is(201);
    say(&ada, &draft, "requested", json!({"assignee_id": admin.user()})).await.is(201);
}

#[tokio::test]
async fn reviews_and_notes_go_with_their_article() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    say(&ada, &draft, "requested", json!({})).await.is(201);
    ada.post(at(&draft, "/notes")).json(json!({"text": "Why?"})).await.is(201);
    ada.delete(at(&draft, "")).await.is(204);
    let trashed = ada.get("/v1/drafts?trashed=true&review=requested").await.expect(200);
    assert_eq!(trashed["items"][0]["open_notes"], 1);
    assert_eq!(ada.get("/v1/drafts?review=requested").await.expect(200)["items"], json!([]));
    let article = ArticleId::from_uuid(id(&draft).parse().expect("an id"));
    let left = server.app.db.write(move |tx| {
        diesel::delete(articles::table.filter(articles::id.eq(article))).execute(&mut **tx)?;
        let left: (i64, i64) =
            (reviews::table.count().get_result(&mut **tx)?, notes::table.count().get_result(&mut **tx)?);
        Ok(left)
    });
    assert_eq!(left.await.expect("a write"), (0, 0));
}

#[tokio::test]
async fn a_repeated_request_says_it_once() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let body = json!({"revision": 1, "state": "requested"});
    let ask = || ada.post(at(&draft, "/reviews")).json(&body).once("a-review");
    let (first, again) = (ask().await, ask().await);
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(
        ada.get(at(&draft, "/reviews")).await.expect(200)["items"].as_array().expect("items").len(),
        1
    );
}

#[tokio::test]
async fn no_edit_hides_behind_an_approval_that_is_given_at_the_same_moment() {
    let server = Server::start().await;
    let (ada, editor) = (server.login_as("ada", Role::Author).await, server.login(Role::Editor).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    for round in 0..rounds(20) {
        // An article has 30 reviews an hour at most.
        server.clock.advance(minutes(2));
        let before = draft_of(&ada, &draft).await;
        let edit = ada.patch(at(&draft, "/draft")).header("if-match", "*");
        let edit = edit.json(json!({"summary": format!("Round {round}")}));
        let (edited, approved) = tokio::join!(edit.send(), say(&editor, &before, "approved", json!({})));
        edited.is(200);
        let after = draft_of(&ada, &draft).await;
        match approved.status() {
            201 => assert_eq!(after["review"]["revision"], before["revision"]),
            _ => drop(approved.problem(409, "stale-revision")),
        }
        assert!(after["review"].is_null() || after["review"]["state"] == "requested", "{after}");
    }
}
