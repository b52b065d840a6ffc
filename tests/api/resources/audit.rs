//! Who did what, and what was refused.

use lede::auth::Role;
use serde_json::json;

use crate::given::PASSWORD;
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //                 contributor author editor admin
    list_audit_events: [403 403 403 any] => |on| on.get("/v1/audit");
    list_refusals:     [403 403 403 any] => |on| on.get("/v1/audit/refusals");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    editor.post("/v1/articles").json(json!({"title": "Tides", "sections": []})).await.is(201);
    editor.post("/v1/articles/tides/publish").json(json!({"revision": 1})).await.is(200);
    admin.get("/v1/audit?limit=3").await.is(200);
    let wrong = json!({"email": "editor@lede.example", "password": PASSWORD.to_uppercase()});
    server.client().post("/v1/auth/sessions").json(wrong).await.is(401);
    editor.get("/v1/audit").await.is(403);
    server.store_refusals().await;
    admin.get("/v1/audit/refusals").await.is(200);
}
