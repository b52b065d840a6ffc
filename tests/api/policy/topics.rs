//! Topics.

use serde_json::json;

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
