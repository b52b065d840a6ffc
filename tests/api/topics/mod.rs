//! Topics and authors: both do the same, so most stories are told of both.

mod ending;
mod looking;
mod making;
mod naming;
mod renaming;

use lede::base::db::Connection;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;

const BOTH: [&str; 2] = ["topics", "authors"];

fn path(of: &Value, resource: &str) -> String {
    format!("/v1/{resource}/{}", of["id"].as_str().expect("an id"))
}

async fn make(editor: &Client, resource: &str, name: &str) -> Value {
    editor.post(format!("/v1/{resource}")).json(json!({"name": name})).await.expect(201)
}

async fn names(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

fn execute(server: &Server, sql: &str) {
    use diesel::connection::SimpleConnection as _;
    server.database().connect().batch_execute(sql).expect(sql);
}

fn literal(server: &Server, id: &Value) -> String {
    let id = id.as_str().expect("an id");
    if server.is_embedded() { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") }
}

/// Puts an article into the database that carries these, in its draft and live.
fn carry(server: &Server, article: u8, owner: &Value, carried: &[&Value]) {
    let article_id = json!(format!("019b8d00-0000-7000-8000-0000000000{article:02x}"));
    let (id, owner) = (literal(server, &article_id), literal(server, owner));
    let (at, no, yes, bytes) = if server.is_embedded() {
        ("1", "0", "1", "x'00'")
    } else {
        ("'2026-01-01T00:00:00Z'", "false", "true", "'\\x00'")
    };
    let mut sql = format!(
        "INSERT INTO articles (id, owner_id, version, revision, metadata_revision, last_edition, locale, slug, title, \
         created_at, updated_at) VALUES ({id}, {owner}, 1, 1, 1, 1, 'en', 'a{article}', 'A', {at}, {at});\
         INSERT INTO article_metadata (article_id, featured, listed, intro, seo, custom, aliases) VALUES \
         ({id}, {no}, {yes}, '', '{{}}', '{{}}', '[]');\
         INSERT INTO renderings (article_id, epoch, locale, slug, listed, featured, published_at, updated_at, title, \
         etag, input_hash, item, body, sources) VALUES ({id}, 1, 'en', 'a{article}', {yes}, {no}, {at}, {at}, 'A', '', \
         {bytes}, {bytes}, {bytes}, {bytes});"
    );
    for (position, carried) in carried.iter().enumerate() {
        let other = literal(server, &carried["id"]);
        sql += &format!(
            "INSERT INTO article_terms (article_id, term_id, position) VALUES ({id}, {other}, {position});\
             INSERT INTO rendering_terms (article_id, published_at, term_id) \
             SELECT article_id, published_at, {other} FROM renderings WHERE article_id = {id};"
        );
    }
    execute(server, &sql);
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(server: &Server, from: &str) -> i64 {
    use diesel::RunQueryDsl as _;
    let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {from}"));
    let counted: Count = match &mut server.database().connect() {
        Connection::Sqlite(conn) => query.get_result(conn).expect(from),
        Connection::Postgres(conn) => query.get_result(conn).expect(from),
    };
    counted.n
}
