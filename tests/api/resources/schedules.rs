//! What is to happen to articles, and when.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;
use crate::writing::tides_and_harbours;

#[rustfmt::skip]
policy! {
    //                      contributor author editor admin
    list_scheduled_actions: [any any any any] => |on| on.get("/v1/schedule");
    get_schedule:           [own own any any] => |on| on.get(on.scheduled().await + "/schedule");
    schedule_article:       [403 own any any] => |on| on.put(on.article().await + "/schedule").json(json!({"unpublish_at": "2030-01-01T00:00:00Z"}));
    delete_schedule:        [403 own any any] => |on| on.delete(on.scheduled().await + "/schedule").if_match(2);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.post("/v1/articles").json(tides_and_harbours()).await.is(201);
    let schedule = "/v1/articles/tides-and-harbours/schedule";
    let body = json!({"revision": 1, "publish_at": "2026-01-06T07:00:00+01:00", "unpublish_at": "2026-02-01T00:00:00Z"});
    editor.put(schedule).json(body.clone()).await.is(200);
    let other = json!({"unpublish_at": "2026-03-01T00:00:00Z"});
    editor.put(schedule).json(other).await.is(428);
    editor.put(schedule).if_match(1).json(body).await.is(412);
    editor.get(schedule).await.is(200);
    editor.get("/v1/schedule").await.is(200);
    editor.delete(schedule).if_match(2).await.is(204);
    editor.get(schedule).await.is(404);
}
