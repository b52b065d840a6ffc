//! A server whose database a command has alone. It can only come to that when the server loses its connection, because
//! commands refuse a database that servers are at work on.

use lede::auth::Role;
use lede::base::db::presence::Alone;
use serde_json::json;

use crate::server::Server;
use crate::test_database::setting;
use crate::writing::{ARTICLES, create};

#[tokio::test]
async fn a_server_writes_nothing_while_a_command_has_its_database_alone() {
    let Some(admin) = setting("LEDE_TEST_POSTGRES_URL") else { return };
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    create(&editor, json!({"title": "Before"})).await;
    let database = server.database();
    assert!(Alone::with(&database.url).is_err(), "the server is at work");
    let alone = loop {
        drop(database.cut(&admin));
        if let Ok(alone) = Alone::with(&database.url) {
            break alone;
        }
    };
    while server.app.db.is_writable() {}
    assert!(server.app.db.generation().is_taken());
    editor.post(ARTICLES).json(json!({"title": "Meanwhile"})).await.problem(503, "unavailable");
    server.client().get("/health/ready").await.problem(503, "unavailable");
    drop(alone);
    while !server.app.db.is_writable() {}
    create(&editor, json!({"title": "Afterwards"})).await;
    assert_eq!(database.count("articles"), 2);
}
