//! What reads cost the database: a number of statements that does not grow with the rows they find.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use super::over;
use crate::client::{Call, Client};
use crate::contract::{self, Operation, resolve};
use crate::given::{self, minutes};
use crate::reviews::say;
use crate::server::Server;
use crate::writing::{at, flat, id, publish, published};

/// The most statements that a read takes, with every filter at once: those that begin and end its transaction and check
/// its token included.
const MAX_OF_A_READ: u64 = 15;

/// A server that works for every response, and who asks it.
struct Stage {
    server: Server,
    admin: Client,
    /// The article that has as much of everything as there is of anything.
    large: Value,
    /// What stands in the place of a path's parameters.
    names: Vec<(&'static str, String)>,
    /// The links of a mail to somebody who has joined.
    links: Vec<String>,
    /// The list of subscribers that was sent last, as long as everything else.
    import: Mutex<String>,
    /// A job that waits.
    job: Mutex<String>,
}

impl Stage {
    async fn new() -> Self {
        let server = Server::start_with(|config| config.cache.megabytes = 0).await;
        let admin = server.login(Role::Admin).await;
        let body = json!({"title": "Large", "topics": ["sea"], "authors": ["ada"], "sections": [{"heading": "Part"}]});
        let large = published(&admin, body).await;
        // It stays the oldest, with one neighbour.
        server.clock.advance(given::minutes(1));
        admin.patch("/v1/topics/sea").json(json!({"followable": true})).await.is(200);
        sign_up(&admin, "ada".to_owned()).await;
        let mail = given::mail_to(&server, "ada@reader.example").await;
        let schedule = admin.put(at(&large, "/schedule"));
        schedule.json(json!({"unpublish_at": "2030-01-01T00:00:00Z"})).await.is(200);
        let subscriber = id(&admin.get("/v1/subscribers").await.expect(200)["items"][0]);
        let names = vec![
            ("{article}", id(&large)),
            ("{section}", "part".to_owned()),
            ("{revision}", "1".to_owned()),
            ("{edition}", "1".to_owned()),
            ("{topic}", "sea".to_owned()),
            ("{author}", "ada".to_owned()),
            ("{format}", "netlify".to_owned()),
            ("/v1/api-keys/{id}", given::api_key(&admin, &["articles:read"]).await.0),
            ("{id}", subscriber),
            ("{user}", admin.user().to_string()),
            ("{webhook}", add_webhook(&admin).await),
        ];
        let [confirm, leave] = ["confirm", "unsubscribe"].map(|what| given::link(&mail, what));
        let moving = given::user(&server, "moving", Role::Author).await;
        let preview = admin.post(at(&large, "/preview-links")).await.expect(201);
        let links = vec![
            leave.replace("/unsubscribe/", "/preferences/"),
            confirm,
            leave,
            given::invited(&server, "invited", Role::Author).await,
            given::new_email(&server, moving, "moved@lede.example").await,
            format!("/preview/{}", preview["token"].as_str().expect("a token")),
        ];
        Self { server, admin, large, names, links, import: Mutex::default(), job: Mutex::default() }
    }

    /// Makes there be `to` of everything, where there were `from`.
    async fn grow(&self, from: usize, to: usize) {
        let admin = &self.admin;
        join_all((from..to).map(|n| sign_up(admin, format!("reader-{n}")))).await;
        join_all((from..to).map(|n| self.add_article(n))).await;
        let named = |n: usize, first: &str, other: &str| {
            if n == 0 { first.to_owned() } else { format!("{other}-{n}") }
        };
        let names = |count: usize, first: &str, other: &str| {
            (0..count).map(|n| named(n, first, other)).collect::<Vec<_>>()
        };
        for n in from..to {
            let sections: Vec<Value> = names(n + 1, "part", "part")
                .iter()
                .map(|name| json!({"heading": name, "body": "Here."}))
                .collect();
            let replace = over(admin.put(at(&self.large, "/draft/sections")));
            replace.json(json!({"sections": sections})).await.is(200);
            // As much as an article may have.
            let change = json!({
                "slug": format!("large-{n}"), "aliases": names((n + 1).min(100), "/large", "/large"),
                "topics": names((n + 1).min(50), "sea", "topic"), "authors": names((n + 1).min(20), "ada", "author"),
            });
            let change = over(admin.patch(at(&self.large, "/draft"))).json(change);
            let live = publish(admin, &change.await.expect(200)).await;
            // An article has 30 reviews an hour at most.
            self.server.clock.advance(minutes(2));
            say(admin, &live, "requested", json!({})).await.is(201);
            admin.post(at(&live, "/notes")).json(json!({"text": "Why?"})).await.is(201);
        }
        for n in from..to {
            let gone = json!({"email": format!("gone-{n}@reader.example"), "reason": "bounced"});
            admin.post("/v1/suppressions").json(gone).await.is(200);
            let list = format!("email\n{}", "nobody\n".repeat(n + 1));
            let sent = admin.post("/v1/subscriber-imports?dry_run=true").body("text/csv", list).await;
            *self.import.lock().expect("a lock") = id(&sent.expect(202));
        }
        self.server.run_jobs().await;
        for n in from..to {
            let bounced = json!({"email": format!("bounced-{n}@reader.example"), "reason": "bounced"});
            admin.post("/v1/suppressions").json(bounced).await.is(200);
        }
        for n in from..to {
            given::user(&self.server, &format!("user-{n}"), Role::Author).await;
            given::api_key(admin, &["articles:read"]).await;
            self.server.client().with_token(&format!("wrong-{n}")).get("/v1/me").await.is(401);
        }
        for _ in from..to {
            add_webhook(admin).await;
        }
        self.server.run_webhooks().await;
        self.server.store_refusals().await;
        // The emails about the keys, so that only those jobs wait that nobody who is named has caused.
        self.server.run_jobs().await;
        // Jobs that wait.
        join_all((from..to).map(|n| sign_up(admin, format!("late-{n}")))).await;
        *self.job.lock().expect("a lock") = id(&admin.get("/v1/jobs").await.expect(200)["items"][0]);
    }

    /// An article that is linked to the large one and has had another slug, and a translation of the large one.
    async fn add_article(&self, n: usize) {
        let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).expect("a letter"));
        let translation = json!({
            "title": format!("Translation {n}"), "translation_of": id(&self.large),
            "locale": format!("q{}{}", letter(n / 26), letter(n)),
        });
        published(&self.admin, translation).await;
        let body = json!({
            "title": format!("Article {n}"), "slug": format!("was-{n}"), "aliases": [format!("/old/{n}")],
            "topics": ["sea", format!("topic-{n}")], "authors": ["ada", format!("author-{n}")],
            "intro": "About [all](/large).",
            "sections": [{"heading": "One", "body": "Here.", "sections": [{"heading": "Two", "body": "There."}]}],
        });
        let draft = published(&self.admin, body).await;
        let moved = over(self.admin.patch(at(&draft, "/draft"))).json(json!({"slug": format!("is-{n}")}));
        let live = publish(&self.admin, &moved.await.expect(200)).await;
        say(&self.admin, &live, "requested", json!({})).await.is(201);
        let noted = flat(&live["sections"]).pop().expect("a section");
        let note = json!({"section_id": noted["id"], "text": "Why?"});
        self.admin.post(at(&live, "/notes")).json(note).await.is(201);
        let schedule = self.admin.put(at(&draft, "/schedule"));
        schedule.json(json!({"unpublish_at": "2030-01-01T00:00:00Z"})).await.is(200);
    }

    /// Every read there is, plain and at its most expensive.
    fn reads(&self) -> Vec<Call> {
        let reads = contract::operations().iter().filter(|operation| operation.method == "get");
        // Public ones do not look at the token.
        let ask = |operation: &Operation| {
            let (path, query) = (self.path(operation), full_query(operation));
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let plain = (operation.id != "search_articles").then(|| self.admin.get(path.clone()));
            plain.into_iter().chain([self.admin.get(path).query(&query)])
        };
        reads.flat_map(ask).collect()
    }

    fn path(&self, operation: &Operation) -> String {
        let page = operation.path.strip_suffix("{token}");
        if let Some(link) = page.and_then(|page| self.links.iter().find(|link| link.starts_with(page))) {
            return link.clone();
        }
        let fill = |path: String, (name, value): &(&str, String)| path.replace(name, value);
        for (list, newest) in [("/v1/jobs/", &self.job), ("/v1/subscriber-imports/", &self.import)] {
            if let Some(rest) = operation.path.strip_prefix(list).and_then(|rest| rest.strip_prefix("{id}")) {
                return format!("{list}{}{rest}", newest.lock().expect("a lock"));
            }
        }
        let path = self.names.iter().fold(operation.path.to_owned(), fill);
        assert!(!path.contains('{'), "{}: nothing is known to stand in {path}", operation.id);
        path
    }

    /// How many statements each read takes, and how many items it gives if it is a list.
    async fn costs(&self) -> BTreeMap<String, (u64, Option<usize>)> {
        self.admin.get("/v1/me").await.is(200);
        let mut costs = BTreeMap::new();
        for call in self.reads() {
            let before = self.server.statements();
            let response = call.await;
            let cost = self.server.statements() - before;
            response.is(200);
            let path = response.exchange.path.replace(&*self.import.lock().expect("a lock"), "{import}");
            let path = path.replace(&*self.job.lock().expect("a lock"), "{job}");
            let is_list = path.contains("limit=");
            let items = is_list.then(|| response.json()["items"].as_array().expect("items").len());
            costs.insert(path, (cost, items));
        }
        costs
    }
}

/// The query that asks for all there is.
fn full_query(operation: &Operation) -> Vec<(&'static str, String)> {
    let asked = |parameter: &'static Value| {
        let (name, schema) = (parameter["name"].as_str()?, resolve(&parameter["schema"]));
        let value = match name {
            "limit" => schema["maximum"].to_string(),
            "include_total" => "true".to_owned(),
            "fields" | "formats" | "include" => {
                let known = resolve(&schema["items"])["enum"].as_array()?;
                known.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            "q" if operation.id == "search_articles" => "here".to_owned(),
            // Nobody who subscribes has chosen one.
            "topic" if operation.id.ends_with("_subscribers") => return None,
            "topic" | "topic_all" => "sea".to_owned(),
            "author" => "ada".to_owned(),
            "owner" if operation.id == "list_drafts" => "me".to_owned(),
            "review" => "requested,changes_requested,approved".to_owned(),
            _ => return None,
        };
        Some((name, value))
    };
    operation.parameters().filter(|parameter| parameter["in"] == "query").filter_map(asked).collect()
}

/// A webhook that is sent everything. Returns its id.
async fn add_webhook(admin: &Client) -> String {
    let body = json!({"url": "https://hooks.website.example", "events": ["*"]});
    id(&admin.post("/v1/webhooks").json(body).await.expect(201))
}

async fn sign_up(admin: &Client, name: String) {
    let email = format!("{name}@reader.example");
    admin.post("/v1/subscribers").json(json!({"email": email, "topics": ["sea"]})).await.is(202);
}

#[tokio::test]
async fn a_read_takes_the_same_statements_for_four_rows_and_for_twelve() {
    let stage = Stage::new().await;
    stage.grow(0, 4).await;
    let few = stage.costs().await;
    stage.grow(4, 12).await;
    let many = stage.costs().await;
    let mut wrong = Vec::new();
    for (path, few) in &few {
        let many = &many[path];
        if few.0 != many.0 || many.0 > MAX_OF_A_READ {
            wrong.push(format!("{path}: {} for four, {} for twelve", few.0, many.0));
        }
        assert!(many.1.is_none() || many.1 > few.1, "{path} is no longer than before: {many:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
