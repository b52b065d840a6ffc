//! API keys.

use lede::auth::Role;
use serde_json::json;

use crate::given::{self, PASSWORD, hours};
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //              contributor author editor admin
    list_api_keys:  [any any any any]  => |on| on.get("/v1/api-keys");
    create_api_key: [any any any any]  => |on| on.post("/v1/api-keys").json(json!({"current_password": PASSWORD, "name": on.name(), "scopes": ["articles:read"]}));
    get_api_key:    [own own own any]  => |on| on.get(on.api_key().await);
    update_api_key: [own own own sole] => |on| on.patch(on.api_key().await).json(json!({"name": on.name()}));
    delete_api_key: [own own own any]  => |on| on.delete(on.api_key().await);
    rotate_api_key: [own own own sole] => |on| on.post(on.api_key().await + "/rotate").json(json!({"current_password": PASSWORD}));
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let build = json!({"current_password": PASSWORD, "name": "Website build", "scopes": ["articles:read", "articles:publish"], "expires_at": "2027-01-31T00:00:00Z"});
    let made = editor.post("/v1/api-keys").json(build).await;
    let (key, path) = (made.expect(201)["key"].clone(), made.location().to_owned());
    let program = editor.clone().with_token(key.as_str().expect("a key"));
    program.get("/v1/drafts").await.is(200);
    given::recorded_use(server).await;
    server.clock.advance(hours(1));
    editor.get("/v1/api-keys").await.is(200);
    editor.get(&path).await.is(200);
    editor.patch(&path).json(json!({"scopes": ["articles:read"]})).await.is(200);
    editor
        .post(format!("{path}/rotate"))
        .json(json!({"current_password": PASSWORD, "grace_seconds": 3600}))
        .await
        .is(200);
    editor.delete(&path).await.is(204);
}
