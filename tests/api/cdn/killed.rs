//! Servers that are killed while they purge: none of what changed is left out.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use lede::base::clock::{Clock, Timestamp};
use lede::base::db::schema::leases;
use reqwest::Client as Http;
use serde_json::{Value, json};

use super::fake::{Cdn, Kind, Purge, TOKEN};
use crate::executable::{Serving, add_user, lede_on};
use crate::following::Dice;
use crate::given::PASSWORD;
use crate::test_database::{TestDatabase, rounds};

/// Somebody who writes, on a server that runs as a process of its own.
pub struct Editor {
    http: Http,
    address: String,
    token: String,
}

impl Editor {
    pub async fn log_in(address: &str) -> Self {
        let http = Http::builder().no_proxy().build().expect("a client");
        let login = json!({"email": "ada@lede.example", "password": PASSWORD});
        let session = http.post(format!("{address}/v1/auth/sessions")).json(&login).send().await;
        let session: Value = session.expect("a response").json().await.expect("JSON");
        let token = session["access_token"].as_str().expect("a token").to_owned();
        Self { http, address: address.to_owned(), token }
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let ask = self.http.post(format!("{}{path}", self.address)).bearer_auth(&self.token).json(&body);
        let response = ask.send().await.expect("a response");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.expect("JSON")
    }

    /// Publishes an article and returns its id.
    async fn publish(&self, title: &str) -> String {
        self.publish_with(json!({ "title": title })).await
    }

    pub async fn publish_with(&self, article: Value) -> String {
        let draft = self.post("/v1/articles", article).await;
        let id = draft["id"].as_str().expect("an id").to_owned();
        self.post(&format!("/v1/articles/{id}/publish"), json!({"revision": 1})).await;
        id
    }

    pub async fn rename(&self, topic: &str, name: &str) {
        let ask = self.http.patch(format!("{}/v1/topics/{topic}", self.address)).bearer_auth(&self.token);
        let response = ask.json(&json!({ "name": name })).send().await.expect("a response");
        assert!(response.status().is_success(), "{}", response.status());
    }
}

#[tokio::test]
async fn what_a_killed_server_has_not_purged_twice_the_next_one_purges() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let cdn = Cdn::start(Kind::Http, &Clock::System);
    let mut dice = Dice(7);
    let mut published = BTreeMap::new();
    let serve = || {
        let mut command = lede_on(&database);
        command.env("LEDE_CDN", cdn.name()).env("LEDE_CDN_URL", &cdn.url).env("LEDE_CDN_TOKEN", TOKEN);
        Serving::start(&mut command)
    };
    for round in 0..rounds(3) {
        let serving = serve();
        let editor = Editor::log_in(&serving.address).await;
        for number in 0..3 {
            let id = editor.publish(&format!("Article {round}.{number}")).await;
            published.insert(id, Clock::System.now());
            let enough = cdn.purges().len() + usize::from(dice.below(2) == 1);
            cdn.until(|purges| purges.len() >= enough).await;
        }
        serving.kill();
        database.settle();
        // The next one does not wait for its end.
        diesel::delete(leases::table).execute(&mut database.connect()).expect("a deletion");
    }
    let serving = serve();
    let last = Editor::log_in(&serving.address).await.publish("Last").await;
    // A server that begins does not know what the cache has: it purges everything, and what is new along with that.
    let times = |purges: &[Purge], id: &String, since: Timestamp| {
        let is_of = |purge: &&Purge| purge.keys.contains(id) || purge.keys == ["all"] && purge.at >= since;
        purges.iter().filter(is_of).count()
    };
    let begun = Clock::System.now();
    cdn.until(|purges| times(purges, &last, begun) >= 2).await;
    let purges = cdn.purges();
    let missing: BTreeSet<&String> =
        published.iter().filter(|(id, at)| times(&purges, id, **at) < 2).map(|(id, _)| id).collect();
    assert!(missing.is_empty(), "{missing:?} of {purges:#?}");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}
