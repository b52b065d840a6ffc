//! Webhooks, and the list of events.

use lede::auth::Role;
use serde_json::json;

use crate::policy::fixtures::Fixtures;
use crate::server::Server;
use crate::writing::{self, id, tides_and_harbours};

#[rustfmt::skip]
policy! {
    //                       contributor author editor admin
    list_webhooks:           [403 403 403 any] => |on| on.get("/v1/webhooks");
    create_webhook:          [403 403 403 any] => |on| on.post("/v1/webhooks").json(json!({"url": "https://hooks.website.example", "events": ["article.*"]}));
    get_webhook:             [403 403 403 any] => |on| on.get(on.webhook().await);
    update_webhook:          [403 403 403 any] => |on| on.patch(on.webhook().await).json(json!({"description": on.name()}));
    delete_webhook:          [403 403 403 any] => |on| on.delete(on.webhook().await);
    rotate_webhook:          [403 403 403 any] => |on| on.post(on.webhook().await + "/rotate");
    test_webhook:            [403 403 403 any] => |on| on.post(on.webhook().await + "/test");
    replay_webhook:          [403 403 403 any] => |on| on.post(on.webhook().await + "/replay").json(json!({"after": on.event().await}));
    list_webhook_deliveries: [403 403 403 any] => |on| on.get(on.webhook().await + "/deliveries");
    retry_webhook_delivery:  [403 403 403 any] => |on| on.post(on.dead_delivery().await + "/retry");
    list_events:             [any any any any] => |on| on.get("/v1/events");
}

impl Fixtures {
    /// The path of a new webhook.
    async fn webhook(&self) -> String {
        let body = json!({"url": "https://hooks.website.example", "events": ["topic.created"]});
        format!("/v1/webhooks/{}", id(&self.post("/v1/webhooks").json(body).await.expect(201)))
    }

    /// The id of an event.
    async fn event(&self) -> String {
        self.topic().await;
        let page = self.get("/v1/events?limit=1").await.expect(200);
        page["items"][0]["id"].as_str().expect("an id").to_owned()
    }

    /// The path of a delivery that has failed too often.
    async fn dead_delivery(&self) -> String {
        let webhook = self.webhook().await;
        self.topic().await;
        self.server.run_webhooks().await;
        make_dead(&self.server);
        let page = self.get(format!("{webhook}/deliveries")).await.expect(200);
        format!("{webhook}/deliveries/{}", id(&page["items"][0]))
    }
}

/// Turns every delivery into one that has failed too often.
fn make_dead(server: &Server) {
    use diesel::prelude::*;
    use lede::base::db::schema::webhook_deliveries as table;
    let mut conn = server.database().connect();
    diesel::update(table::table)
        .set((table::state.eq("dead"), table::body.eq(Some("{}"))))
        .execute(&mut conn)
        .expect("an update");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let body = json!({"url": "https://hooks.website.example/lede", "events": ["article.*"], "description": "Rebuilds the website",
        "headers": {"Authorization": "Bearer of-the-receiver"}, "coalesce_seconds": 0});
    let made = admin.post("/v1/webhooks").json(body).await;
    let path = made.location().to_owned();
    let draft = writing::create(&admin, tides_and_harbours()).await;
    writing::publish(&admin, &draft).await;
    server.run_webhooks().await;
    admin.get("/v1/webhooks").await.is(200);
    admin.get(&path).await.is(200);
    admin.patch(&path).json(json!({"events": ["article.*", "topic.*"]})).await.is(200);
    admin.post(format!("{path}/test")).await.is(200);
    admin.post(format!("{path}/rotate")).await.is(200);
    let events = admin.get("/v1/events?limit=3").await.expect(200);
    admin.get(format!("{path}/deliveries")).await.is(200);
    let after = events["items"][0]["id"].clone();
    admin.post(format!("{path}/replay")).json(json!({"after": after})).await.is(202);
    make_dead(server);
    let deliveries = admin.get(format!("{path}/deliveries?status=dead")).await.expect(200);
    let delivery = id(&deliveries["items"][0]);
    admin.post(format!("{path}/deliveries/{delivery}/retry")).await.is(200);
    admin.delete(&path).await.is(204);
}
