//! Sessions and users.

use lede::auth::Role;
use serde_json::json;

use crate::given::PASSWORD;
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //               contributor author editor admin
    create_session:  anyone            => |on| on.post("/v1/auth/sessions").json(json!({"email": "somebody@lede.example", "password": PASSWORD}));
    get_me:          [any any any any] => |on| on.get("/v1/me");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.get("/v1/me").await.is(200);
    let wrong = json!({"email": "editor@lede.example", "password": PASSWORD.to_uppercase()});
    server.client().post("/v1/auth/sessions").json(wrong).await.is(401);
}
