//! Authors.

use serde_json::json;

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
