//! What was acknowledged is there: the real executable is killed with SIGKILL while sixteen clients write, and started
//! again, over and over. `LEDE_TEST_CYCLES` says how often; a night's run takes 200.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use diesel::prelude::*;
use futures_util::future::join_all;
use lede::db::Connection;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::executable::{Serving, add_user, lede_on};
use crate::given::PASSWORD;
use crate::test_database::{TestDatabase, setting};

const CLIENTS: usize = 16;

/// What was acknowledged: id and name.
type Acknowledged = Arc<Mutex<BTreeMap<String, String>>>;

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let cycles = setting("LEDE_TEST_CYCLES").map_or(3, |n| n.parse().expect("a number"));
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let acknowledged = Acknowledged::default();
    for cycle in 0..cycles {
        let serving = Serving::start(&mut lede_on(&database));
        let token = login(&serving.address).await;
        assert_eq!(all(&serving.address).await, *acknowledged.lock().expect("a lock"), "cycle {cycle}");
        // Not after a time but after a number of writes, which differs from cycle to cycle.
        let enough = 30 + (cycle * 37) % 91;
        let (count, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let clients = (0..CLIENTS).map(|client| {
            let writes = Writes {
                address: serving.address.clone(),
                token: token.clone(),
                name: format!("{cycle}.{client}"),
                acknowledged: acknowledged.clone(),
                count: count.clone(),
                enough,
                reached: reached.clone(),
            };
            tokio::spawn(writes.until_the_server_is_gone())
        });
        let clients: Vec<_> = clients.collect();
        reached.notified().await;
        serving.kill();
        let unanswered: Vec<String> =
            join_all(clients).await.into_iter().map(|name| name.expect("a client")).collect();
        check_integrity(&database);
        forgive(&database, &acknowledged, &unanswered);
    }
    let serving = Serving::start(&mut lede_on(&database));
    assert_eq!(all(&serving.address).await, *acknowledged.lock().expect("a lock"));
}

struct Writes {
    address: String,
    token: String,
    name: String,
    acknowledged: Acknowledged,
    count: Arc<AtomicUsize>,
    enough: usize,
    reached: Arc<Notify>,
}

impl Writes {
    /// Writes one after the other and says which was not answered any more.
    async fn until_the_server_is_gone(self) -> String {
        let http = Client::builder().no_proxy().build().expect("a client");
        for n in 0.. {
            let name = format!("{}.{n}", self.name);
            let slug = format!("t-{}", name.replace('.', "-"));
            let ask = http.post(format!("{}/v1/topics", self.address)).bearer_auth(&self.token);
            let Ok(answer) = ask.json(&json!({"name": name, "slug": slug})).send().await else { return name };
            let status = answer.status();
            let Ok(body) = answer.json::<Value>().await else { return name };
            assert_eq!(status, 201, "{body}");
            let id = body["id"].as_str().expect("an id").to_owned();
            self.acknowledged.lock().expect("a lock").insert(id, name);
            if self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.enough {
                self.reached.notify_one();
            }
        }
        unreachable!("the server is killed")
    }
}

/// A write that was never answered may or may not have been done; one that was done counts from now on.
fn forgive(database: &TestDatabase, acknowledged: &Acknowledged, unanswered: &[String]) {
    use lede::db::schema::topics;
    let mut conn = database.connect();
    let done: Vec<(lede::topics::TopicId, String)> = topics::table
        .filter(topics::name.eq_any(unanswered))
        .select((topics::id, topics::name))
        .load(&mut conn)
        .expect("topics");
    let done = done.into_iter().map(|(id, name)| (id.to_string(), name));
    acknowledged.lock().expect("a lock").extend(done);
}

fn check_integrity(database: &TestDatabase) {
    #[derive(QueryableByName)]
    struct Check {
        #[diesel(sql_type = diesel::sql_types::Text)]
        integrity_check: String,
    }
    let mut conn = database.connect();
    if let Connection::Sqlite(conn) = &mut conn {
        let check: Check = diesel::sql_query("PRAGMA integrity_check").get_result(conn).expect("a check");
        assert_eq!(check.integrity_check, "ok");
    }
}

async fn login(address: &str) -> String {
    let ask =
        Client::builder().no_proxy().build().expect("a client").post(format!("{address}/v1/auth/sessions"));
    let answer = ask
        .json(&json!({"email": "ada@lede.example", "password": PASSWORD}))
        .send()
        .await
        .expect("an answer");
    let session: Value = answer.json().await.expect("JSON");
    session["access_token"].as_str().expect("a token").to_owned()
}

/// Every topic there is: id and name.
async fn all(address: &str) -> BTreeMap<String, String> {
    let http = Client::builder().no_proxy().build().expect("a client");
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let answer =
            http.get(format!("{address}/v1/topics?limit=100{cursor}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let page: Value = answer.json().await.expect("JSON");
        for item in page["items"].as_array().expect("items") {
            let text = |name: &str| item[name].as_str().expect("text").to_owned();
            found.insert(text("id"), text("name"));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}
