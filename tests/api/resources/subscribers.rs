//! Subscribers, their consents, and addresses that get no mail.

use lede::auth::Role;
use serde_json::json;

use crate::given;
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //                      contributor author editor admin
    subscribe_address:       anyone            => |on| on.post("/v1/subscribers").json(json!({"email": on.email()}));
    list_subscribers:       [403 403 any any] => |on| on.get("/v1/subscribers");
    get_subscriber_stats:   [403 403 any any] => |on| on.get("/v1/subscribers/stats");
    export_subscribers:     [403 403 403 any] => |on| on.get("/v1/subscribers/export");

    get_subscriber:         [403 403 any any] => |on| on.get(on.subscriber().await);
    update_subscriber:      [403 403 any any] => |on| on.patch(on.subscriber().await).json(json!({"name": "Ada"}));
    delete_subscriber:       [403 403 403 any] => |on| on.delete(on.subscriber().await);
    unsubscribe_subscriber: [403 403 any any] => |on| on.post(on.subscriber().await + "/unsubscribe");
    export_subscriber:      [403 403 403 any] => |on| on.get(on.subscriber().await + "/export");
    list_consents:          [403 403 any any] => |on| on.get(on.subscriber().await + "/consents");

    list_suppressions:      [403 403 any any] => |on| on.get("/v1/suppressions");
    create_suppression:       [403 403 any any] => |on| on.post("/v1/suppressions").json(json!({"email": on.email(), "reason": "bounced"}));
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let anyone = server.client();
    let join = json!({"email": "ada@reader.example", "name": "Ada", "source": "footer"});
    anyone.post("/v1/subscribers").json(join).await.is(202);
    let mail = given::mail_to(server, "ada@reader.example").await;
    anyone.post(given::link(&mail, "confirm")).await.is(200);
    let admin = server.login(Role::Admin).await;
    let list = admin.get("/v1/subscribers?status=confirmed").await.expect(200);
    let one = format!("/v1/subscribers/{}", list["items"][0]["id"].as_str().expect("an id"));
    admin.get(&one).await.is(200);
    admin.patch(&one).json(json!({"labels": ["patron"], "custom": {"city": "Uppsala"}})).await.is(200);
    admin.get(format!("{one}/consents")).await.is(200);
    admin.get(format!("{one}/export")).await.is(200);
    admin.get("/v1/subscribers/stats?days=2").await.is(200);
    let bounced = json!({"email": "bo@reader.example", "reason": "bounced"});
    admin.post("/v1/suppressions").json(bounced).await.is(200);
    admin.get("/v1/suppressions").await.is(200);
    admin.get("/v1/subscribers/export?status=confirmed").await.is(200);
    admin.post(format!("{one}/unsubscribe")).await.is(204);
    admin.delete(&one).await.is(204);
}
