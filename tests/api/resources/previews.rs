//! Previews of drafts, and the links that open them to others.

use lede::auth::Role;
use serde_json::json;

use crate::given::days;
use crate::server::Server;
use crate::writing::tides_and_harbours;

#[rustfmt::skip]
policy! {
    //                     contributor author editor admin
    get_preview:           [own own any any] => |on| on.get(on.article().await + "/preview");
    list_preview_links:    [own own any any] => |on| on.get(on.article().await + "/preview-links");
    create_preview_link:   [own own any any] => |on| on.post(on.article().await + "/preview-links").json(json!({}));
    delete_preview_link:   [own own any any] => |on| on.delete(on.preview_link().await);
    get_preview_page:      anyone            => |on| on.get(on.preview_page().await);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let (editor, anyone) = (server.login(Role::Editor).await, server.client());
    editor.post("/v1/articles").json(tides_and_harbours()).await.is(201);
    let article = "/v1/articles/tides-and-harbours";
    editor.get(format!("{article}/preview")).await.is(200);
    let links = format!("{article}/preview-links");
    let body = json!({"expires_at": "2026-01-12T18:00:00Z", "revision": 1});
    let made = editor.post(&links).json(body).await.expect(201);
    editor.get(&links).await.is(200);
    let page = format!("/preview/{}", made["token"].as_str().expect("a token"));
    anyone.get(&page).await.is(200);
    anyone.get("/preview/cut-off").await.is(404);
    let other = editor.post(&links).json(json!({})).await.expect(201);
    editor.delete(format!("{links}/{}", other["id"].as_str().expect("an id"))).await.is(204);
    server.clock.advance(days(8));
    anyone.get(&page).await.is(410);
}
