//! Lists from elsewhere: what each service's file becomes, what a second run changes, and who is not brought back.

mod consent;
mod door;
mod known;
mod many;
mod report;
mod services;

use std::collections::BTreeMap;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::{consents, events};
use lede::subscribers::erasure;
use lede::subscribers::import;
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::given::{link, mail_to};
use crate::server::Server;

pub use many::{check_many, many};

pub const IMPORT: &str = "/v1/subscriber-imports";
const ADA: &str = "ada@reader.example";

/// Sends a file as one that is to be taken.
fn send(admin: &Client, file: impl Into<Vec<u8>>) -> Call {
    let terms = [
        ("dry_run", "false"),
        ("source", "The old letter"),
        ("statement", "They signed up by double opt-in."),
    ];
    admin.post(IMPORT).query(&terms).body("text/csv", file)
}

fn try_out(admin: &Client, file: impl Into<Vec<u8>>) -> Call {
    admin.post(IMPORT).query(&[("dry_run", "true")]).body("text/csv", file)
}

/// Sends a file, waits until it is read and returns what came of it.
async fn done(server: &Server, call: Call) -> Value {
    let admin = server.login(Role::Admin).await;
    let sent = call.await;
    assert_eq!(sent.is(202).json()["status"], "waiting");
    server.run_jobs().await;
    let import = admin.get(sent.location()).await.expect(200);
    assert_eq!(import["status"], "done", "{import:#}");
    assert_eq!(import["progress"]["bytes"], import["progress"]["total_bytes"]);
    import
}

async fn imported(server: &Server, file: &str) -> Value {
    let admin = server.login(Role::Admin).await;
    done(server, send(&admin, file)).await
}

/// Created, updated, unchanged, suppressed and refused.
pub fn counts(import: &Value) -> [i64; 5] {
    ["created", "updated", "unchanged", "suppressed", "refused"]
        .map(|name| import["counts"][name].as_i64().expect("a count"))
}

/// Everybody, by address.
async fn everybody(server: &Server) -> BTreeMap<String, Value> {
    let admin = server.login(Role::Admin).await;
    let list = admin.get("/v1/subscribers?limit=100&sort=email").await.expect(200);
    let items = list["items"].as_array().expect("items").clone();
    items.into_iter().map(|item| (item["email"].as_str().expect("an address").to_owned(), item)).collect()
}

/// Everybody in a line each: address, status, name, labels.
async fn lines(server: &Server) -> Vec<String> {
    let line = |(email, item): (String, Value)| {
        let labels: Vec<&str> =
            item["labels"].as_array().expect("labels").iter().filter_map(Value::as_str).collect();
        let email = email.replace("@reader.example", "");
        format!(
            "{email} {} {} [{}]",
            item["status"].as_str().unwrap(),
            item["name"].as_str().unwrap_or("-"),
            labels.join(",")
        )
    };
    everybody(server).await.into_iter().map(line).collect()
}

/// The report: line, outcome and code.
async fn report(server: &Server, import: &Value, query: &str) -> Vec<String> {
    let admin = server.login(Role::Admin).await;
    let (mut rows, mut next) = (Vec::new(), Some(format!("{}/rows?limit=3{query}", at(import))));
    while let Some(path) = next.take() {
        let page = admin.get(&path).await;
        for row in page.expect(200)["items"].as_array().expect("items") {
            let code = row["code"].as_str().unwrap_or("-");
            rows.push(format!("{} {} {code}", row["line"], row["outcome"].as_str().unwrap()));
        }
        next = page.header("link").map(|link| link[1..link.find('>').expect("a link")].to_owned());
    }
    rows
}

fn at(import: &Value) -> String {
    format!("/v1/subscriber-imports/{}", import["id"].as_str().expect("an id"))
}

/// How many events of each kind about subscribers there are.
async fn told(server: &Server) -> BTreeMap<String, i64> {
    let read = |conn: &mut Connection| {
        let kinds: Vec<String> = events::table.select(events::kind).load(conn)?;
        Ok(kinds)
    };
    let mut told = BTreeMap::new();
    for kind in server.app.db.read(read).await.expect("events") {
        if kind.starts_with("subscriber") {
            *told.entry(kind).or_insert(0) += 1;
        }
    }
    told
}

async fn count_consents(server: &Server) -> i64 {
    server.app.db.read(|conn| Ok(consents::table.count().get_result(conn)?)).await.expect("a count")
}

/// Joins and confirms; returns the link that leaves.
async fn subscribe(server: &Server, email: &str) -> String {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
    let mail = mail_to(server, email).await;
    server.client().post(link(&mail, "confirm")).await.is(200);
    link(&mail, "unsubscribe")
}

async fn tidy(server: &Server) {
    while server.app.db.write(import::purge::purge).await.expect("a purge") {}
    while server.app.db.write(erasure::purge).await.expect("a purge") {}
}
