//! Imports of subscribers.

use lede::auth::Role;

use crate::server::Server;

#[rustfmt::skip]
policy! {
    //                           contributor author editor admin
    create_subscriber_import:          [403 403 403 any] => |on| on.import();
    list_subscriber_imports:     [403 403 403 any] => |on| on.get("/v1/subscriber-imports");
    get_subscriber_import:       [403 403 403 any] => |on| on.get(on.imported().await);
    list_subscriber_import_rows: [403 403 403 any] => |on| on.get(on.imported().await + "/rows");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let file = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID,TAGS\nbea@reader.example,Bea,4,2024-05-01 08:00:00,1,e1,patron\n,Cy,2,,2,e2,\n";
    let sent = admin.post("/v1/subscriber-imports?dry_run=true").body("text/csv", file).await;
    server.run_jobs().await;
    admin.get(sent.location()).await.is(200);
    admin.get(format!("{}/rows", sent.location())).await.is(200);
    admin.get("/v1/subscriber-imports").await.is(200);
}
