//! Users, as admins manage them.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;

#[rustfmt::skip]
policy! {
    //                   contributor author editor admin
    list_users:           [any any any any] => |on| on.get("/v1/users");
    get_user:             [any any any any] => |on| on.get(on.user().await);
    create_user:          [403 403 403 any] => |on| on.post("/v1/users").json(json!({"email": on.email(), "name": on.name(), "role": "editor"}));
    update_user:          [403 403 403 any] => |on| on.patch(on.user().await).json(json!({"name": on.name(), "role": "editor"}));
    delete_user:          [403 403 403 any] => |on| on.delete(on.user().await);
    send_invitation:      [403 403 403 any] => |on| on.post(on.user().await + "/invitation");
    delete_user_sessions: [403 403 403 any] => |on| on.delete(on.user().await + "/sessions");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let ada = json!({"email": "ada@website.example", "name": "Ada Marsh", "role": "author"});
    let path = admin.post("/v1/users").json(&ada).await.is(201).location().to_owned();
    admin.post("/v1/users").json(&ada).await.problem(409, "email-taken");
    admin.get("/v1/users?state=invited").await.is(200);
    admin.get(&path).await.is(200);
    admin.patch(&path).json(json!({"role": "editor"})).await.is(200);
    let own = format!("/v1/users/{}", admin.user());
    admin.patch(&own).json(json!({"role": "editor"})).await.problem(409, "last-admin");
    admin.post(format!("{path}/invitation")).await.is(204);
    admin.post(format!("{own}/invitation")).await.problem(409, "not-invited");
    admin.delete(format!("{path}/sessions")).await.is(204);
    admin.delete(&path).await.is(204);
    let author = server.login(Role::Author).await;
    author.post("/v1/articles").json(json!({"title": "Tides"})).await.is(201);
    admin.delete(format!("/v1/users/{}", author.user())).await.problem(409, "successor-required");
}
