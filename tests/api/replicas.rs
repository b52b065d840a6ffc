//! Several servers, or a command beside a server, on one database: what one writes, readers of the other soon see.

use std::time::Instant;

use lede::auth::Role;
use serde_json::json;

use crate::executable::{add_user, lede_on};
use crate::given::{PASSWORD, milliseconds, seconds};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, publish, published};

#[tokio::test]
async fn what_one_server_publishes_the_other_serves_within_a_second() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let editor = one.login(Role::Editor).await;
    let mut draft = published(&editor, json!({"title": "Tides", "intro": "Round."})).await;
    let (reader, path) = (other.client(), at(&draft, "?fields=intro&formats=markdown"));
    let mut longest = milliseconds(0);
    for round in 0..rounds(8) {
        let text = format!("Round {round}.");
        let edit = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": text}));
        draft = publish(&editor, &edit.await.expect(200)).await;
        let published = Instant::now();
        while reader.get(&path).await.json()["intro"]["markdown"] != text {
            assert!(published.elapsed() < seconds(1), "round {round} is not seen");
        }
        longest = longest.max(published.elapsed());
    }
    println!("the longest took {longest:?}");
}

#[tokio::test]
async fn what_is_imported_beside_a_server_is_served_within_a_second() {
    let server = Server::start().await;
    add_user(&server.database(), "ada@lede.example", "editor", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tides.md");
    let reader = server.client();
    let path = "/v1/articles/tides/markdown";
    for round in 0..rounds(3) {
        reader.get(path).await;
        std::fs::write(&file, format!("---\ntitle: Tides\n---\n\nRound {round}.\n")).expect("a file");
        let mut import = lede_on(&server.database());
        import.args(["import", "--publish", "--owner", "ada@lede.example"]).arg(&file);
        let done = import.output().expect("the command");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let imported = Instant::now();
        while !reader.get(path).await.text().contains(&format!("Round {round}.")) {
            assert!(imported.elapsed() < seconds(1), "round {round} is not seen");
        }
    }
}
