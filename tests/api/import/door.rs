//! Which files are taken, and from whom.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{import_parts, imports};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{IMPORT, counts, imported, lines, send, tidy};
use crate::client::{Client, Response};
use crate::given::days;
use crate::server::Server;

#[tokio::test]
async fn what_is_no_list_is_refused_at_the_door_by_name() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let latin = b"email,name\nada@reader.example,J\xf6rg\n".to_vec();
    let wide = vec!["email"; 201].join(",");
    for (file, status, code) in [
        (b"\xff\xfee\0m\0a\0i\0l\0".to_vec(), 400, "file-not-utf-8"),
        (b"e\0m\0a\0i\0l\0\n\0".to_vec(), 400, "file-not-csv"),
        (b"PK\x03\x04\x14\0".to_vec(), 400, "file-not-csv"),
        (latin, 400, "file-not-utf-8"),
        (b"\n\n".to_vec(), 422, "file-empty"),
        (b"name,city\nAda,Kiel\n".to_vec(), 422, "email-column-missing"),
        (wide.into_bytes(), 422, "columns-too-many"),
    ] {
        let response = send(&admin, file).await;
        assert_eq!(response.is(status).violations(), [format!(" {code}")]);
    }
    admin.post(IMPORT).query(&[("dry_run", "true")]).json(json!({})).await.is(415);
    let rules = admin
        .post(IMPORT)
        .query(&[("dry_run", "false"), ("labels", &"x".repeat(61))])
        .body("text/csv", "email\n")
        .await;
    let wanted = ["source parameter-missing", "statement parameter-missing", "labels label-too-long"];
    assert_eq!(rules.is(400).violations(), wanted);
    let without = admin.post(IMPORT).body("text/csv", "email\n").await;
    assert_eq!(without.is(400).violations(), ["dry_run parameter-missing"]);
    assert_eq!(admin.get("/v1/subscriber-imports").await.expect(200)["items"], json!([]));
    let kept = server.app.db.read(|conn| Ok(imports::table.count().get_result::<i64>(conn)?));
    assert_eq!(kept.await.expect("a count"), 0);
    // A file without a row is an import that comes to nothing.
    assert_eq!(counts(&imported(&server, "email").await), [0; 5]);
}

/// Sends the head of an import.
async fn begin(server: &Server, admin: &Client, length: u64) -> TcpStream {
    let address = server.address().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let token = admin.token().expect("a token");
    let head = format!(
        "POST {IMPORT}?dry_run=true HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/csv\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream
}

/// Sends the head of an import and some of its body, and returns what is answered, if anything.
async fn raw(server: &Server, admin: &Client, length: u64, body: &[u8]) -> String {
    let mut stream = begin(server, admin, length).await;
    stream.write_all(body).await.expect("a body");
    stream.shutdown().await.expect("an end");
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_and_one_that_breaks_off_is_forgotten() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    assert!(raw(&server, &admin, 200_000_001, b"").await.starts_with("HTTP/1.1 413 "));
    let some = format!("email\n{}", "ada@reader.example\n".repeat(40_000));
    raw(&server, &admin, some.len() as u64 + 1, some.as_bytes()).await;
    assert_eq!(admin.get("/v1/subscriber-imports").await.expect(200)["items"], json!([]));
    server.clock.advance(days(1));
    tidy(&server).await;
    let left = server.app.db.read(|conn| {
        Ok((
            imports::table.count().get_result::<i64>(conn)?,
            import_parts::table.count().get_result::<i64>(conn)?,
        ))
    });
    assert_eq!(left.await.expect("counts"), (0, 0));
}

#[tokio::test]
async fn a_file_whose_connection_is_reset_is_forgotten() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let becomes = async |wanted: bool| {
        for _ in 0..500 {
            let count = server.app.db.read(|conn| Ok(imports::table.count().get_result::<i64>(conn)?)).await;
            if (count.expect("a count") > 0) == wanted {
                return;
            }
            server.client().get("/health/live").await.is(200);
        }
        panic!("an import is {}", if wanted { "not begun" } else { "left" });
    };
    let some = format!("email\n{}", "ada@reader.example\n".repeat(100_000));
    let mut stream = begin(&server, &admin, some.len() as u64 + 1).await;
    stream.write_all(some.as_bytes()).await.expect("a part of the file");
    becomes(true).await;
    stream.set_zero_linger().expect("a reset");
    drop(stream);
    becomes(false).await;
}

#[tokio::test]
async fn a_repeated_request_is_one_import() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let file = "email\nada@reader.example\n";
    let (first, again) = (send(&admin, file).once("one").await, send(&admin, file).once("one").await);
    assert_eq!(first.is(202).location(), again.is(202).location());
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    send(&admin, "email\nbo@reader.example\n").once("one").await.problem(422, "invalid");
    server.run_jobs().await;
    let imports = server.app.db.read(|conn| Ok(imports::table.count().get_result::<i64>(conn)?));
    assert_eq!(imports.await.expect("a count"), 1);
    assert_eq!(lines(&server).await, ["ada confirmed - []"]);
}

#[tokio::test]
async fn an_import_is_an_admins_work() {
    let server = Server::start().await;
    for role in [Role::Contributor, Role::Author, Role::Editor] {
        let somebody: Client = server.login(role).await;
        let refused: Response = send(&somebody, "email\n").await;
        refused.problem(403, "forbidden");
        somebody.get("/v1/subscriber-imports").await.problem(403, "forbidden");
    }
    send(&server.client(), "email\n").await.problem(401, "token-missing");
    let admin = server.login(Role::Admin).await;
    admin.get("/v1/subscriber-imports/019b8d1c-0000-7000-8000-000000000000").await.problem(404, "not-found");
    admin
        .get("/v1/subscriber-imports/019b8d1c-0000-7000-8000-000000000000/rows")
        .await
        .problem(404, "not-found");
}
