//! Sessions and users.

use lede::auth::Role;
use serde_json::json;

use crate::given::{self, PASSWORD};
use crate::server::Server;

const NEW: &str = "slack water comes between tides";

#[rustfmt::skip]
policy! {
    //                contributor author editor admin
    create_session:   anyone            => |on| on.post("/v1/auth/sessions").json(json!({"email": "somebody@lede.example", "password": PASSWORD}));
    refresh_session:  anyone            => |on| on.post("/v1/auth/refresh").json(json!({"refresh_token": on.refresh_token().await}));
    delete_session:   [own own own own] => |on| on.delete(on.session().await);
    log_out:          [any any any any] => |on| on.post("/v1/auth/logout").json(json!({"scope": "others"}));
    list_sessions:    [any any any any] => |on| on.get("/v1/auth/sessions");
    create_password_reset: anyone      => |on| on.post("/v1/auth/password-resets").json(json!({"email": on.email()}));
    set_password:     anyone           => |on| on.post("/v1/auth/passwords").json(json!({"token": given::token(&on.invitation().await), "new_password": NEW}));
    change_password:  [any any any any] => |on| on.post("/v1/me/password").json(json!({"current_password": PASSWORD, "new_password": PASSWORD}));
    get_signing_keys: anyone           => |on| on.get("/.well-known/jwks.json");
    get_me:           [any any any any] => |on| on.get("/v1/me");
    update_me:        [any any any any] => |on| on.patch("/v1/me").json(json!({"locale": "de"}));
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
    editor.patch("/v1/me").json(json!({"name": "Ada Marsh", "locale": "en"})).await.is(200);
    anyone.post("/v1/auth/password-resets").json(json!({"email": "editor@lede.example"})).await.is(202);
    let reset = given::account_link(&given::mail_to(server, "editor@lede.example").await);
    let password = json!({"token": given::token(&reset), "new_password": NEW});
    anyone.post("/v1/auth/passwords").json(&password).await.is(204);
    anyone.post("/v1/auth/passwords").json(&password).await.problem(409, "link-invalid");
    let author = server.login(Role::Author).await;
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    author.post("/v1/me/password").json(change).await.is(204);
    anyone.get("/.well-known/jwks.json").await.is(200);
}
