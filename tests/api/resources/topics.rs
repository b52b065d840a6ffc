//! Topics.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;

#[rustfmt::skip]
policy! {
    //              contributor author editor admin
    list_topics:    anyone            => |on| on.get("/v1/topics");
    get_topic:      anyone            => |on| on.get(on.topic().await);
    create_topic:   [403 403 any any] => |on| on.post("/v1/topics").json(json!({"name": on.name()}));
    update_topic:   [403 403 any any] => |on| on.patch(on.topic().await).json(json!({"name": on.name()}));
    delete_topic:   [403 403 any any] => |on| on.delete(on.topic().await);
    merge_topic:    [403 403 any any] => |on| on.post(on.topic().await + "/merge").json(json!({"into": on.slug("/v1/topics").await}));
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let sea = json!({"name": "The sea", "slug": "sea", "description": "Tides, harbours and those who live by them."});
    editor.post("/v1/topics").json(sea).await.is(201);
    editor.post("/v1/topics").json(json!({"name": "The ocean"})).await.is(201);
    editor.post("/v1/topics").json(json!({"name": "Oceans", "slug": "sea"})).await.is(409);
    editor.patch("/v1/topics/sea").json(json!({"name": "Sea"})).await.is(200);
    editor.post("/v1/topics/the-ocean/merge").json(json!({"into": "sea"})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/topics").await.is(200);
    anyone.get("/v1/topics/sea").await.is(200);
    anyone.get("/v1/topics/the-ocean").await.is(301);
    editor.delete("/v1/topics/sea").await.is(204);
}
