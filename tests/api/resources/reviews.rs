//! Reviews of drafts, and notes on them.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;
use crate::writing::{id, tides_and_harbours};

#[rustfmt::skip]
policy! {
    //               contributor author editor admin
    create_review:   [own own any any] => |on| on.post(on.article().await + "/reviews").json(json!({"revision": 1, "state": "requested"}));
    list_reviews:    [own own any any] => |on| on.get(on.in_review().await + "/reviews");
    delete_review:   [own own any any] => |on| on.delete(on.in_review().await + "/reviews/current");
    list_notes:      [own own any any] => |on| on.get(on.article().await + "/notes");
    create_note:     [own own any any] => |on| on.post(on.article().await + "/notes").json(json!({"text": "Who says so?"}));
    update_note:     [own own any any] => |on| on.patch(on.note().await).json(json!({"text": "Says who?", "resolved": true}));
    delete_note:     [own own any any] => |on| on.delete(on.note().await);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let (author, editor) = (server.login(Role::Author).await, server.login(Role::Editor).await);
    for (list, name) in [("topics", "Sea"), ("authors", "Ada Marsh")] {
        editor.post(format!("/v1/{list}")).json(json!({"name": name})).await.is(201);
    }
    let made = author.post("/v1/articles").json(tides_and_harbours()).await.expect(201);
    let article = "/v1/articles/tides-and-harbours";
    let request = json!({"revision": 1, "state": "requested", "message": "Is the end too short?", "assignee_id": editor.user()});
    author.post(format!("{article}/reviews")).json(&request).await.is(201);
    let note = json!({"section_id": made["sections"][1]["id"], "text": "Say when: the ebb begins at different hours."});
    let note = id(&editor.post(format!("{article}/notes")).json(note).await.expect(201));
    let answer = json!({"revision": 1, "state": "changes_requested", "message": "See the note."});
    editor.post(format!("{article}/reviews")).json(answer).await.is(201);
    let edit = author.patch(format!("{article}/draft/sections/leaving")).header("if-match", "*");
    edit.json(json!({"body": "Go with the ebb, an hour after high water."})).await.is(200);
    author.post(format!("{article}/reviews")).json(request).await.problem(409, "stale-revision");
    author.patch(format!("{article}/notes/{note}")).json(json!({"resolved": true})).await.is(200);
    author.get(format!("{article}/notes")).await.is(200);
    author.get(format!("{article}/reviews")).await.is(200);
    editor.get("/v1/drafts?review=changes_requested").await.is(200);
    author.delete(format!("{article}/reviews/current")).await.is(204);
    editor.delete(format!("{article}/notes/{note}")).await.is(204);
}
