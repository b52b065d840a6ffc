//! Subscribers, their consents, and addresses that get no mail.

use serde_json::json;

#[rustfmt::skip]
policy! {
    //                      contributor author editor admin
    subscribe_address:       anyone            => |on| on.post("/v1/subscribers").json(json!({"email": on.email()}));
    list_subscribers:       [403 403 any any] => |on| on.get("/v1/subscribers");
    get_subscriber_stats:   [403 403 any any] => |on| on.get("/v1/subscribers/stats");
    export_subscribers:     [403 403 403 any] => |on| on.get("/v1/subscribers/export");

    get_subscriber:         [403 403 any any] => |on| on.get(on.subscriber().await);
    update_subscriber:      [403 403 any any] => |on| on.patch(on.subscriber().await).json(json!({"name": "Ada"}));
    erase_subscriber:       [403 403 403 any] => |on| on.delete(on.subscriber().await);
    unsubscribe_subscriber: [403 403 any any] => |on| on.post(on.subscriber().await + "/unsubscribe");
    export_subscriber:      [403 403 403 any] => |on| on.get(on.subscriber().await + "/export");
    list_consents:          [403 403 any any] => |on| on.get(on.subscriber().await + "/consents");

    list_suppressions:      [403 403 any any] => |on| on.get("/v1/suppressions");
    suppress_address:       [403 403 any any] => |on| on.post("/v1/suppressions").json(json!({"email": on.email(), "reason": "bounced"}));
}
