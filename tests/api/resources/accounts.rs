//! Sessions and users.

use lede::auth::Role;
use serde_json::json;

use crate::authenticator::Authenticator;
use crate::given::{Factor, PASSWORD, seconds};
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
    create_totp:      [any any any any] => |on| on.post("/v1/me/totp").json(json!({"current_password": PASSWORD, "code": on.second_factor(Factor::Active).await}));
    confirm_totp:     [any any any any] => |on| on.post("/v1/me/totp/confirm").json(json!({"current_password": PASSWORD, "code": on.second_factor(Factor::Begun).await}));
    disable_totp:     [any any any any] => |on| on.post("/v1/me/totp/disable").json(json!({"current_password": PASSWORD, "code": on.second_factor(Factor::Active).await}));
    create_recovery_codes: [any any any any] => |on| on.post("/v1/me/totp/recovery-codes").json(json!({"current_password": PASSWORD, "code": on.second_factor(Factor::Active).await}));
    delete_user_totp: [403 403 403 any] => |on| on.delete(on.lost_second_factor().await);
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
    second_factor(server).await;
}

async fn second_factor(server: &Server) {
    let (author, admin) = (server.login(Role::Author).await, server.login(Role::Admin).await);
    let begun = author.post("/v1/me/totp").json(json!({"current_password": PASSWORD})).await.expect(201);
    let app = Authenticator::scan(begun["otpauth_url"].as_str().expect("a URL"));
    let proof = |code: &str| json!({"current_password": PASSWORD, "code": code});
    let code = app.code(server.clock.now());
    author.post("/v1/me/totp/confirm").json(proof(&code)).await.is(200);
    author.post("/v1/me/totp").json(json!({"current_password": PASSWORD})).await.is(401);
    author.post("/v1/me/totp/confirm").json(json!({"current_password": "wrong", "code": code})).await.is(401);
    author.post("/v1/me/totp/confirm").json(proof(&code)).await.is(409);
    server.clock.advance(seconds(30));
    let code = app.code(server.clock.now());
    let log_in = json!({"email": "author@lede.example", "password": PASSWORD, "code": code});
    server.client().post("/v1/auth/sessions").json(log_in).await.is(201);
    author.post("/v1/me/totp/recovery-codes").json(json!({"current_password": PASSWORD})).await.is(401);
    author.post("/v1/me/totp/disable").json(json!({"current_password": PASSWORD})).await.is(401);
    server.clock.advance(seconds(30));
    author.post("/v1/me/totp/recovery-codes").json(proof(&app.code(server.clock.now()))).await.is(201);
    server.clock.advance(seconds(30));
    author.post("/v1/me/totp/disable").json(proof(&app.code(server.clock.now()))).await.is(204);
    author.post("/v1/me/totp/recovery-codes").json(json!({"current_password": PASSWORD})).await.is(409);
    author.post("/v1/me/totp/disable").json(json!({"current_password": PASSWORD})).await.is(409);
    crate::authenticator::enrol(server, &author).await;
    admin.delete(format!("/v1/users/{}/totp", author.user())).await.is(204);
    admin.delete(format!("/v1/users/{}/totp", author.user())).await.is(404);
    admin.delete(format!("/v1/users/{}/totp", admin.user())).await.is(409);
}
