//! Authors.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;

#[rustfmt::skip]
policy! {
    //              contributor author editor admin
    list_authors:    anyone            => |on| on.get("/v1/authors");
    get_author:      anyone            => |on| on.get(on.author().await);
    create_author:   [403 403 any any] => |on| on.post("/v1/authors").json(json!({"name": on.name()}));
    update_author:   [403 403 any any] => |on| on.patch(on.author().await).json(json!({"name": on.name()}));
    delete_author:   [403 403 any any] => |on| on.delete(on.author().await);
    merge_author:    [403 403 any any] => |on| on.post(on.author().await + "/merge").json(json!({"into": on.slug("/v1/authors").await}));
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let ada = json!({"name": "Ada Marsh", "slug": "ada-marsh", "bio": "Writes about water.",
        "website_url": "https://marsh.example", "image_url": "https://marsh.example/ada.jpg"});
    editor.post("/v1/authors").json(ada).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "A. Marsh"})).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "Ada", "slug": "ada-marsh"})).await.is(409);
    editor.patch("/v1/authors/ada-marsh").json(json!({"bio": "Writes about water and wind."})).await.is(200);
    editor.post("/v1/authors/a-marsh/merge").json(json!({"into": "ada-marsh"})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/authors").await.is(200);
    anyone.get("/v1/authors/ada-marsh").await.is(200);
    anyone.get("/v1/authors/a-marsh").await.is(301);
    editor.delete("/v1/authors/ada-marsh").await.is(204);
}
