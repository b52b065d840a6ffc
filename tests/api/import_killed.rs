//! An import whose server is killed: it goes on where it was, and nobody is taken in twice.

use diesel::prelude::*;
use lede::base::db::Connection;
use lede::base::db::schema::jobs;
use reqwest::StatusCode;
use serde_json::Value;

use crate::executable::{Serving, add_user, lede_on};
use crate::given::PASSWORD;
use crate::import::{IMPORT, check_many, counts, many};
use crate::remote::Remote;
use crate::test_database::TestDatabase;

#[tokio::test]
async fn an_import_whose_server_is_killed_goes_on_where_it_was() {
    const PEOPLE: i64 = 2_400;
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let mut serving = Serving::start(&mut lede_on(&database));
    let file = many(PEOPLE.try_into().expect("a number"));
    let mut server = Remote::login(&serving.address).await;
    let sent = server.send(file).await;
    let (mut before, mut kills) = (-1, 0);
    loop {
        let import = server.get(&sent).await;
        let rows = import["progress"]["rows"].as_i64().expect("a number");
        match import["status"].as_str().expect("a status") {
            "done" => break assert_eq!(counts(&import), [PEOPLE, 0, 0, 0, PEOPLE / 10]),
            // Some way further on than at the last time, so that it comes to its end.
            "running" | "waiting" if rows > before + PEOPLE / 6 || before < 0 => {
                before = rows;
                kills += 1;
                serving.kill();
                give_back(&database);
                serving = Serving::start(&mut lede_on(&database));
                server = Remote::login(&serving.address).await;
            }
            "running" | "waiting" => {}
            other => panic!("{other}: {import:#}"),
        }
    }
    assert!(kills >= 2, "killed {kills} times");
    println!("killed {kills} times");
    drop(serving);
    check_many(&mut database.connect(), PEOPLE);
}

/// On PostgreSQL others may be at work, so a claim has to grow old; here it does at once.
fn give_back(database: &TestDatabase) {
    database.settle();
    let mut conn = database.connect();
    if matches!(conn, Connection::Postgres(_)) {
        let none = None::<lede::base::clock::Timestamp>;
        diesel::update(jobs::table).set(jobs::claimed_until.eq(none)).execute(&mut conn).expect("an update");
    }
}

impl Remote {
    /// Sends a file and returns where to see how far it is.
    async fn send(&self, file: String) -> String {
        let url = format!("{}{IMPORT}?dry_run=false&source=old&statement=They+said+so.", self.address);
        let sent = self.http.post(url).bearer_auth(&self.token).header("content-type", "text/csv").body(file);
        let response = sent.send().await.expect("a response");
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        response.headers()["location"].to_str().expect("ASCII").to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.token).send().await;
        response.expect("a response").json().await.expect("JSON")
    }
}
