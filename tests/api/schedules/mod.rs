//! Schedules: how they are set and cancelled, what happens at their moments, and that it happens once.

mod failing;
mod killed;
mod listing;
mod races;
mod running;
mod setting;
mod slugs;

use lede::base::events::{self, Recorded};
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::server::Server;
use crate::writing::at;

/// Tomorrow, the day after and the day after that, as tests begin on 2026-01-05 at 09:00.
const TUESDAY: &str = "2026-01-06T09:00:00.000000Z";
const WEDNESDAY: &str = "2026-01-07T09:00:00.000000Z";
const THURSDAY: &str = "2026-01-08T09:00:00.000000Z";

/// A request that schedules an article.
fn put(client: &Client, draft: &Value, body: Value) -> Call {
    client.put(at(draft, "/schedule")).json(body)
}

/// Schedules the revision that a draft shows.
async fn schedule(client: &Client, draft: &Value, publish_at: &str) {
    put(client, draft, json!({"revision": draft["revision"], "publish_at": publish_at})).await.is(200);
}

/// Does what is due. Returns how many actions were tried.
async fn run(server: &Server) -> usize {
    lede::schedules::scheduler::run_due(&server.app).await.expect("the database")
}

/// The schedule that a draft shows.
async fn shown(client: &Client, draft: &Value) -> Value {
    client.get(at(draft, "/draft")).await.expect(200)["schedule"].clone()
}

/// The status of the response that readers get.
async fn public(server: &Server, draft: &Value) -> u16 {
    server.client().get(at(draft, "")).await.status()
}

/// The log of events from its beginning.
async fn log(server: &Server) -> Vec<Recorded> {
    server.app.db.read(|conn| events::read(conn, 0, 10_000)).await.expect("events")
}

/// How many events of that kind there are.
async fn count(server: &Server, kind: &str) -> usize {
    log(server).await.iter().filter(|event| event.kind == kind).count()
}

/// Runs SQL beside the server.
fn by_hand(server: &Server, sql: &str) {
    use diesel::connection::SimpleConnection as _;
    server.database().connect().batch_execute(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
}
