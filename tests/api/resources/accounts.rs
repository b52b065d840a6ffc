//! Sessions and users.

use lede::auth::Role;
use serde_json::json;

use crate::given::PASSWORD;
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //                contributor author editor admin
    create_session:   anyone            => |on| on.post("/v1/auth/sessions").json(json!({"email": "somebody@lede.example", "password": PASSWORD}));
    refresh_session:  anyone            => |on| on.post("/v1/auth/refresh").json(json!({"refresh_token": on.refresh_token().await}));
    delete_session:   [own own own own] => |on| on.delete(on.session().await);
    log_out:          [any any any any] => |on| on.post("/v1/auth/logout").json(json!({"scope": "others"}));
    list_sessions:    [any any any any] => |on| on.get("/v1/auth/sessions");
    get_signing_keys: anyone           => |on| on.get("/.well-known/jwks.json");
    get_me:           [any any any any] => |on| on.get("/v1/me");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.get("/v1/me").await.is(200);
    let wrong = json!({"email": "editor@lede.example", "password": PASSWORD.to_uppercase()});
    let anyone = server.client();
    anyone.post("/v1/auth/sessions").json(wrong).await.is(401);
    let right = json!({"email": "editor@lede.example", "password": PASSWORD});
    let session = anyone.post("/v1/auth/sessions").json(right).await.expect(201);
    let token = json!({"refresh_token": session["refresh_token"]});
    anyone.post("/v1/auth/refresh").json(token).await.is(200);
    anyone.post("/v1/auth/refresh").await.is(401);
    editor.get("/v1/auth/sessions").await.is(200);
    editor
        .delete(format!("/v1/auth/sessions/{}", session["session"]["id"].as_str().expect("an id")))
        .await
        .is(204);
    editor.post("/v1/auth/logout").json(json!({"scope": "others"})).await.is(204);
    anyone.get("/.well-known/jwks.json").await.is(200);
}
