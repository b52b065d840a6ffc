//! The list as a file: whole, harmless to spreadsheets, and taken back in as it went out.

use std::collections::BTreeMap;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::{events, subscribers};
use lede::base::ids::UserId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::Client;
use crate::given::minutes;
use crate::server::Server;

const EXPORT: &str = "/v1/subscribers/export";

/// Takes a file in.
async fn import(server: &Server, file: &str) -> Value {
    let admin = server.login(Role::Admin).await;
    let terms = [("dry_run", "false"), ("source", "The old letter"), ("statement", "They signed up.")];
    let sent = admin.post("/v1/subscriber-imports").query(&terms).body("text/csv", file).await;
    sent.is(202);
    server.run_jobs().await;
    admin.get(sent.location()).await.expect(200)
}

async fn export(server: &Server, query: &str) -> String {
    server.login(Role::Admin).await.get(format!("{EXPORT}{query}")).await.is(200).text().to_owned()
}

/// The rows of a file without the columns that say when and as what it was kept here.
fn rows(file: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let rows = reader.deserialize().collect::<Result<Vec<BTreeMap<String, String>>, _>>().expect("CSV");
    let own = |(column, _): &(String, String)| !["id", "updated_at"].contains(&column.as_str());
    rows.into_iter().map(|row| row.into_iter().filter(own).collect()).collect()
}

const PEOPLE: &str = "email,name,status,locale,tags,source,created_at,confirmed_at,unsubscribed_at,Motto\n\
    ada@reader.example,=HYPERLINK(\"\"),active,de,\"@vip,\"\"a, b\"\"\",+49,2020-01-01T08:00:00.123456Z,2020-01-02,,-2+3\n\
    '+bo@reader.example,\"O'Brien, Bo\",unsubscribed,en,,,2020-02-01,2020-02-02,2021-03-04,\n\
    cy@reader.example,''=x,bounced,pt-BR,'quoted',footer,2020-03-01,,,\"two\nlines\"\n\
    dee@reader.example,,complained,en,,,2020-04-01,2020-04-01,,\n";

#[tokio::test]
async fn the_list_goes_out_and_comes_in_again_as_it_was() {
    let server = Server::start().await;
    assert_eq!(import(&server, PEOPLE).await["counts"]["created"], 4);
    let file = export(&server, "").await;
    let other = Server::start().await;
    other.clock.advance(minutes(5));
    let taken = import(&other, &file).await;
    assert_eq!((&taken["format"], &taken["counts"]["created"]), (&json!("lede"), &json!(4)));
    let again = export(&other, "").await;
    assert_eq!(rows(&again), rows(&file));
    assert_eq!(rows(&file).len(), 4);
    // Suppression has moved along.
    let admin = other.login(Role::Admin).await;
    assert_eq!(admin.get("/v1/suppressions?include_total=true").await.expect(200)["total"], 3);
    // And into the list it came from it changes nothing.
    let taken = import(&server, &file).await;
    assert_eq!((&taken["counts"]["unchanged"], export(&server, "").await), (&json!(4), file));
}

#[tokio::test]
async fn no_cell_is_run_by_a_spreadsheet() {
    let server = Server::start().await;
    import(&server, PEOPLE).await;
    let file = export(&server, "").await;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_bytes());
    for row in reader.records() {
        for cell in &row.expect("CSV") {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    let cells = &rows(&file)[0];
    assert_eq!((cells["name"].as_str(), cells["source"].as_str()), ("'=HYPERLINK(\"\")", "'+49"));
    assert_eq!(cells["labels"], "'@vip,\"a, b\"");
}

#[tokio::test]
async fn an_export_is_a_file_that_says_who_took_it() {
    let server = Server::start().await;
    import(&server, PEOPLE).await;
    let admin = server.login(Role::Admin).await;
    let response = admin.get(EXPORT).await;
    assert_eq!(response.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        response.header("content-disposition"),
        Some("attachment; filename=\"subscribers-2026-01-05.csv\"")
    );
    assert_eq!(response.header("cache-control"), Some("private, no-store, no-transform"));
    assert!(response.text().starts_with("id,email,name,status,locale,topics,labels,source,created_at,"));
    let told = server.app.db.read(|conn| {
        let own = events::table.filter(events::kind.eq("subscribers.exported"));
        Ok(own.select(events::actor_id).load::<Option<UserId>>(conn)?)
    });
    assert_eq!(told.await.expect("events"), [Some(admin.user())]);
    server.login(Role::Editor).await.get(EXPORT).await.problem(403, "forbidden");
    server.client().get(EXPORT).await.problem(401, "token-missing");
}

#[tokio::test]
async fn an_export_takes_the_filters_of_the_list() {
    let server = Server::start().await;
    import(&server, PEOPLE).await;
    for (query, wanted) in [
        ("?status=bounced,complained", "cy dee"),
        ("?q=BRIEN", "+bo"),
        ("?label=@vip", "ada"),
        ("?source=footer", "cy"),
        ("?topic=sea", ""),
        ("?updated_at_gte=2027-01-01T00:00:00Z", ""),
    ] {
        let found: Vec<String> = rows(&export(&server, query).await)
            .iter()
            .map(|row| row["email"].trim_start_matches('\'').replace("@reader.example", ""))
            .collect();
        assert_eq!(found.join(" "), wanted, "{query}");
    }
    let admin = server.login(Role::Admin).await;
    admin.get(format!("{EXPORT}?sort=email")).await.is(400);
    admin.get(format!("{EXPORT}?status=gone")).await.is(400);
}

#[tokio::test]
async fn a_long_list_goes_out_whole_and_in_order() {
    let server = Server::start().await;
    let people: Vec<String> = (0..1_250).map(|number| format!("reader-{number}@reader.example")).collect();
    import(&server, &format!("email\n{}\n", people.join("\n"))).await;
    let mut found: Vec<String> =
        rows(&export(&server, "").await).iter().map(|row| row["email"].clone()).collect();
    assert_eq!(found.len(), 1_250);
    found.sort();
    let mut wanted = people;
    wanted.sort();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn an_export_that_fails_on_the_way_does_not_look_whole() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let (stream, response) = begin_long_export(&server, &admin).await;
    rename(&mut server.database().connect(), "subscribers", "gone");
    is_cut_off(stream, response).await;
    let mut conn = server.database().connect();
    rename(&mut conn, "gone", "subscribers");
    assert_eq!(subscribers::table.count().get_result::<i64>(&mut conn).expect("a count"), 600);
}

#[tokio::test]
async fn an_export_ends_with_the_session_and_with_the_right() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let other = server.login_as("mal", Role::Admin).await;
    let (stream, response) = begin_long_export(&server, &other).await;
    admin.patch(format!("/v1/users/{}", other.user())).json(json!({"role": "editor"})).await.is(200);
    is_cut_off(stream, response).await;
    let third = server.login_as("mel", Role::Admin).await;
    let (stream, response) = begin_export(&server, &third).await;
    third.post("/v1/auth/logout").await.is(204);
    is_cut_off(stream, response).await;
}

/// Takes in a list that is longer than what the network holds between here and there, and begins its export.
async fn begin_long_export(server: &Server, admin: &Client) -> (TcpStream, Vec<u8>) {
    let note = "x".repeat(7_000);
    let mut file = "email,Note\n".to_owned();
    for number in 0..600 {
        file += &format!("reader-{number}@reader.example,{note}\n");
    }
    import(server, &file).await;
    begin_export(server, admin).await
}

async fn begin_export(server: &Server, admin: &Client) -> (TcpStream, Vec<u8>) {
    let mut stream = ask(server, admin, "GET").await;
    let mut response = vec![0; 100];
    stream.read_exact(&mut response).await.expect("a beginning");
    assert!(response.starts_with(b"HTTP/1.1 200 OK\r\n"));
    (stream, response)
}

async fn is_cut_off(mut stream: TcpStream, mut response: Vec<u8>) {
    // Either the connection is cut off or it ends; what it never has is the chunk that ends a body.
    let _ = stream.read_to_end(&mut response).await;
    assert!(!response.ends_with(b"\r\n0\r\n\r\n"), "{} bytes look like the whole list", response.len());
    assert!(response.len() > 100_000 && response.len() < 600 * 7_000, "{}", response.len());
}

/// Asks for the list on a connection that is closed after it.
async fn ask(server: &Server, admin: &Client, method: &str) -> TcpStream {
    let address = server.address().trim_start_matches("http://").to_owned();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address.parse().expect("an address")).await.expect("a connection");
    let token = admin.get("/v1/me").await.exchange.request_headers["authorization"].clone();
    let token = token.to_str().expect("ASCII");
    let ask = format!(
        "{method} {EXPORT} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(ask.as_bytes()).await.expect("a request");
    stream
}

#[tokio::test]
async fn head_does_not_read_the_list() {
    let server = Server::start().await;
    let people: Vec<String> = (0..1_250).map(|number| format!("reader-{number}@reader.example")).collect();
    import(&server, &format!("email\n{}\n", people.join("\n"))).await;
    let admin = server.login(Role::Admin).await;
    let mut statements = Vec::new();
    for method in ["GET", "HEAD"] {
        let before = server.statements();
        let mut response = Vec::new();
        ask(&server, &admin, method).await.read_to_end(&mut response).await.expect("a response");
        statements.push(server.statements() - before);
        let head = String::from_utf8_lossy(&response);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-type: text/csv"), "{head}");
        assert_eq!(head.ends_with("\r\n\r\n") && head.len() < 2_000, method == "HEAD");
    }
    // The first piece is read, so that an error is a problem; the whole list has three.
    assert!(statements[1] * 3 < statements[0] * 2, "{statements:?}");
}

fn rename(conn: &mut Connection, from: &str, to: &str) {
    use diesel::connection::SimpleConnection as _;
    conn.batch_execute(&format!("ALTER TABLE {from} RENAME TO {to}")).expect("another name");
}
