//! Imports of subscribers.

#[rustfmt::skip]
policy! {
    //                           contributor author editor admin
    import_subscribers:          [403 403 403 any] => |on| on.import();
    list_subscriber_imports:     [403 403 403 any] => |on| on.get("/v1/subscriber-imports");
    get_subscriber_import:       [403 403 403 any] => |on| on.get(on.imported().await);
    list_subscriber_import_rows: [403 403 403 any] => |on| on.get(on.imported().await + "/rows");
}
