//! The report of an import.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{import_parts, import_rows};

use super::{at, everybody, imported, report, tidy};
use crate::given::days;
use crate::server::Server;

#[tokio::test]
async fn the_report_names_nobody_and_is_gone_after_a_month() {
    let server = Server::start().await;
    let secret = "secret@reader.example";
    let file = format!("email,name\n{secret},Secret Name\n{secret}x@,Secret Name\n\"{secret}\n");
    let import = imported(&server, &file).await;
    assert_eq!(
        report(&server, &import, "").await,
        ["2 created -", "3 refused email-malformed", "4 refused cells-mismatched"]
    );
    let admin = server.login(Role::Admin).await;
    let rows = admin.get(at(&import) + "/rows").await;
    assert!(!rows.text().contains("ecret") && !import.to_string().contains("ecret"), "{}", rows.text());
    let subscriber = rows.json()["items"][0]["subscriber_id"].clone();
    assert_eq!(everybody(&server).await[secret]["id"], subscriber);
    let parts = |server: &Server| {
        let db = server.app.db.clone();
        async move {
            db.read(|conn| Ok(import_parts::table.count().get_result::<i64>(conn)?)).await.expect("a count")
        }
    };
    assert_eq!(parts(&server).await, 0);
    assert_eq!(admin.get("/v1/subscriber-imports?include_total=true").await.expect(200)["total"], 1);
    server.clock.advance(days(31));
    tidy(&server).await;
    admin.get(at(&import)).await.problem(404, "not-found");
    let rows = server.app.db.read(|conn| Ok(import_rows::table.count().get_result::<i64>(conn)?));
    assert_eq!(rows.await.expect("a count"), 0);
}
