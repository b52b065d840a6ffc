//! Who did what, and what was refused: with its request and without anything about persons.

use std::collections::BTreeSet;

use diesel::prelude::*;
use lede::audit::refusals::{MAX_STORED, purge, store_some};
use lede::auth::Role;
use lede::base::actor::RequestId;
use lede::base::db::Connection;
use lede::base::db::schema::{events, refusals};
use lede::base::db::types::Json;
use lede::base::refusals::Refused;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, PASSWORD, days, minutes, seconds};
use crate::server::Server;
use crate::writing::{at, create, id, published};
use crate::{resources, tour};

const AUDIT: &str = "/v1/audit";
const REFUSALS: &str = "/v1/audit/refusals";

async fn items(client: &Client, path: impl Into<String>) -> Vec<Value> {
    client.get(path).await.expect(200)["items"].as_array().expect("items").clone()
}

fn each<'a>(items: &'a [Value], member: &str) -> Vec<&'a str> {
    items.iter().map(|item| item[member].as_str().expect("a text")).collect()
}

fn refused(server: &Server, n: usize) -> Refused {
    Refused {
        at: server.clock.now(),
        reason: "invalid-token",
        operation: format!("GET /v1/{n}"),
        actor: None,
        account: None,
        network: [7; 32],
        request: RequestId::from(uuid::Uuid::nil()),
    }
}

#[tokio::test]
async fn what_was_done_is_listed_with_its_request_newest_first() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let made = editor.post("/v1/articles").json(json!({"title": "Tides"})).await;
    server.clock.advance(minutes(1));
    let draft = made.expect(201);
    editor.post(at(&draft, "/publish")).json(json!({"revision": 1})).await.is(200);
    let listed = items(&admin, AUDIT).await;
    let actions = ["article.published", "article.created", "session.created", "session.created"];
    assert_eq!(each(&listed, "action"), actions);
    let event = &listed[1];
    assert_eq!(event["actor"], json!({"kind": "user", "id": editor.user(), "name": "editor"}));
    assert_eq!((&event["subject"], &event["at"]), (&draft["id"], &json!("2026-01-05T09:00:00.000000Z")));
    assert_eq!(event["data"], json!({"article": id(&draft)}));
    assert_eq!(event["request_id"], made.header("x-request-id").expect("an id"));
    assert_eq!(event["network"].as_str().map(str::len), Some(16));
    assert_eq!(listed[0]["network"], event["network"]);
}

#[tokio::test]
async fn the_log_is_filtered_by_actor_action_subject_and_time() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let first = create(&editor, json!({"title": "Tides"})).await;
    server.clock.advance(minutes(1));
    let second = published(&admin, json!({"title": "Harbours"})).await;
    let actions =
        async |query: String| each(&items(&admin, format!("{AUDIT}?{query}")).await, "action").join(" ");
    assert_eq!(actions(format!("actor={}", editor.user())).await, "article.created session.created");
    assert_eq!(actions("action=article.created".to_owned()).await, "article.created article.created");
    assert_eq!(actions(format!("subject={}", id(&second))).await, "article.published article.created");
    assert_eq!(actions(format!("action=article.created&subject={}", id(&first))).await, "article.created");
    let minute = "2026-01-05T09:01:00Z";
    assert_eq!(actions(format!("at_gte={minute}")).await, "article.published article.created");
    assert_eq!(actions(format!("at_lt={minute}&action=article.created")).await, "article.created");
    assert_eq!(actions(format!("at_gte={minute}&at_lt={minute}")).await, "");
    for (query, places) in [
        ("action=article.eaten", "action action-unknown"),
        ("actor=ada", "actor id-malformed"),
        ("at_gte=today", "at_gte time-malformed"),
        ("limit=1001", "limit number-out-of-bounds"),
        ("include_total=true", "include_total parameter-unknown"),
    ] {
        let response = admin.get(format!("{AUDIT}?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [places]);
    }
}

#[tokio::test]
async fn the_log_is_read_page_by_page_up_to_a_thousand() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    for n in 0..30 {
        admin.post("/v1/topics").json(json!({"name": format!("Topic {n}")})).await.is(201);
        if n % 3 == 0 {
            server.clock.advance(seconds(1));
        }
    }
    let all = items(&admin, format!("{AUDIT}?limit=1000")).await;
    assert_eq!(all.len(), 31);
    let ids: Vec<i64> = all.iter().map(|event| event["id"].as_i64().expect("a number")).collect();
    assert!(ids.is_sorted_by(|a, b| a > b));
    let (mut walked, mut path) = (Vec::new(), format!("{AUDIT}?limit=7"));
    loop {
        let page = admin.get(&path).await.expect(200);
        walked.extend(page["items"].as_array().expect("items").clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{AUDIT}?limit=7&cursor={cursor}");
    }
    assert_eq!(walked, all);
    let other = path.replace("limit=7", "limit=7&action=topic.created");
    admin.get(other).await.problem(400, "request-malformed");
}

#[tokio::test]
async fn refusals_say_why_what_and_whose() {
    let server = Server::start().await;
    let (admin, author) = (server.login(Role::Admin).await, server.login(Role::Author).await);
    let anyone = server.client();
    let log_in = |email: &str| {
        anyone.post("/v1/auth/sessions").json(json!({"email": email, "password": "a wrong password"}))
    };
    let (key, program) = given::api_key(&author, &["articles:read"]).await;
    let draft = create(&admin, json!({"title": "Tides"})).await;
    let user = json!({"kind": "user", "id": author.user(), "name": "author"});
    let by_key = json!({"kind": "api_key", "id": key.rsplit('/').next(), "name": "A program"});
    let (path, login) = (at(&draft, "/draft"), "POST /v1/auth/sessions");
    let mut expected = vec![
        ("wrong-password", login, Value::Null, log_in("author@lede.example").await),
        ("unknown-account", login, Value::Null, log_in("nobody@lede.example").await),
        ("invalid-token", "GET /v1/me", Value::Null, anyone.clone().with_token("x").get("/v1/me").await),
        ("forbidden", "GET /v1/jobs", user.clone(), author.get("/v1/jobs").await),
        (
            "forbidden",
            "POST /v1/topics",
            by_key.clone(),
            program.post("/v1/topics").json(json!({"name": "Sea"})).await,
        ),
        ("hidden", "GET /v1/articles/{article}/draft", user.clone(), author.get(&path).await),
        ("hidden", "GET /v1/articles/{article}/draft", by_key.clone(), program.get(&path).await),
    ];
    author.delete(&key).await.is(204);
    expected.push(("invalid-token", "GET /v1/drafts", by_key, program.get("/v1/drafts").await));
    let token = author.token().expect("a token");
    author.post("/v1/auth/logout").await.is(204);
    expected.push((
        "ended-session",
        "GET /v1/me",
        user,
        anyone.clone().with_token(&token).get("/v1/me").await,
    ));
    server.clock.advance(minutes(11));
    let expired = anyone.clone().with_token(&token).get("/v1/me").await;
    expected.push(("expired-token", "GET /v1/me", Value::Null, expired));
    // These find out what they need, or are told what is wrong with their input.
    anyone.get("/v1/me").await.is(401);
    admin.get("/v1/articles/unknown/draft").await.is(404);
    admin.post("/v1/topics").json(json!({})).await.is(422);
    assert!(items(&admin, REFUSALS).await.is_empty(), "nothing is stored while a request waits");
    server.store_refusals().await;
    let mut listed = items(&admin, REFUSALS).await;
    listed.reverse();
    assert_eq!(listed.len(), expected.len(), "{listed:#?}");
    for (refusal, (reason, operation, actor, response)) in listed.iter().zip(&expected) {
        assert_eq!(
            (&refusal["reason"], &refusal["operation"], &refusal["actor"]),
            (&json!(reason), &json!(operation), actor)
        );
        assert_eq!(refusal["request_id"], response.header("x-request-id").expect("an id"));
        assert_eq!(refusal["network"].as_str().map(str::len), Some(16));
        assert_eq!(refusal["account"].is_string(), operation.contains("sessions"), "{refusal:#}");
    }
    assert_ne!(listed[0]["account"], listed[1]["account"]);
    let of_author = items(&admin, format!("{REFUSALS}?actor={}&reason=forbidden", author.user())).await;
    assert_eq!(each(&of_author, "operation"), ["GET /v1/jobs"]);
    let later = items(&admin, format!("{REFUSALS}?at_gte=2026-01-05T09:00:01Z&limit=1000")).await;
    assert_eq!(each(&later, "reason"), ["expired-token"]);
    let before = items(&admin, format!("{REFUSALS}?at_lt=2026-01-05T09:00:01Z")).await;
    assert_eq!(before.len(), expected.len() - 1);
    let unknown = admin.get(format!("{REFUSALS}?reason=none")).await;
    unknown.problem(400, "request-malformed");
    assert_eq!(unknown.violations(), ["reason reason-unknown"]);
    let page = admin.get(format!("{REFUSALS}?limit=4")).await.expect(200);
    let next = page["next_cursor"].as_str().expect("more");
    let second = items(&admin, format!("{REFUSALS}?limit=4&cursor={next}")).await;
    listed.reverse();
    assert_eq!(second, listed[4..8]);
}

#[tokio::test]
async fn a_storm_of_refusals_is_cut_off_and_counted() {
    let server = Server::start().await;
    for n in 0..1200 {
        server.app.refusals.keep(refused(&server, n));
    }
    let dropped = || {
        let text = server.app.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix("lede_refusals_dropped_total "));
        line.expect("a count").parse::<u64>().expect("a number")
    };
    assert_eq!(dropped(), 200);
    assert_eq!(store_some(&server.app).await, 100, "so many at a time");
    server.store_refusals().await;
    let count = |conn: &mut Connection| Ok(refusals::table.count().get_result::<i64>(conn)?);
    assert_eq!(server.app.db.read(count).await.expect("a count"), 1000);
    // What is stored has a bound, too, which is that of its reason.
    let other = Refused { reason: "wrong-password", ..refused(&server, 0) };
    server.app.refusals.keep(other);
    server.store_refusals().await;
    let (at, rest) = (server.clock.now(), usize::try_from(MAX_STORED).expect("a number") - 1000 + 10);
    let fill = move |tx: &mut lede::base::db::Tx<'_>| {
        for _ in 0..rest {
            diesel::insert_into(refusals::table)
                .values((
                    refusals::at.eq(at),
                    refusals::reason.eq("invalid-token"),
                    refusals::operation.eq("GET /v1/me"),
                    refusals::request_id.eq("one"),
                ))
                .execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(fill).await.expect("a write");
    server.app.refusals.keep(refused(&server, 1200));
    server.store_refusals().await;
    assert_eq!(server.app.db.read(count).await.expect("a count"), MAX_STORED + 1);
    let oldest = |conn: &mut Connection| {
        let rows = refusals::table.order(refusals::id).select(refusals::operation);
        Ok(rows.filter(refusals::reason.eq("invalid-token")).first::<String>(conn)?)
    };
    assert_eq!(server.app.db.read(oldest).await.expect("a row"), "GET /v1/11", "the oldest are gone");
    server.clock.advance(days(89));
    server.app.db.write(purge).await.expect("a write");
    assert_eq!(server.app.db.read(count).await.expect("a count"), MAX_STORED + 1);
    server.clock.advance(days(1));
    while server.app.db.write(purge).await.expect("a write") {}
    assert_eq!(server.app.db.read(count).await.expect("a count"), 0, "they are kept for 90 days");
}

/// What jobs do, and not requests.
const BY_JOBS: &[&str] = &[
    "article.rerendered",
    "schedule.failed",
    "subscriber.imported",
    "subscriber.signed_up",
    "subscribers.imported",
    "user.reset_requested",
];

/// What fixtures do without a request.
const BY_FIXTURES: &[&str] = &["user.email_change_requested", "user.invited"];

type Written = (String, Option<String>, Option<Vec<u8>>, Json<Value>);

#[tokio::test]
async fn every_event_of_a_request_says_which_and_nothing_is_about_persons() {
    let mut kinds = BTreeSet::new();
    for resource in resources::ALL {
        let server = tour::opened(resource.name).await;
        (resource.story)(&server).await;
        server.store_refusals().await;
        let exchanges = server.exchanges.lock().expect("a lock").clone();
        let requests: BTreeSet<&str> = exchanges
            .iter()
            .filter_map(|exchange| exchange.headers.get("x-request-id")?.to_str().ok())
            .collect();
        let read = |conn: &mut Connection| {
            let columns = (events::kind, events::request_id, events::network_hash, events::data);
            let written: Vec<Written> = events::table.select(columns).load(conn)?;
            let columns = (refusals::reason, refusals::operation);
            Ok((written, refusals::table.select(columns).load::<(String, String)>(conn)?))
        };
        let (written, refused) = server.app.db.read(read).await.expect("rows");
        for (kind, request, network, data) in written {
            let told = format!("{kind} in the story of {}", resource.name);
            match &request {
                Some(request) => {
                    assert!(requests.contains(request.as_str()), "{told}: {request} is no request");
                }
                // Fixtures invite without a request.
                None => assert!(
                    BY_JOBS.contains(&&*kind) || BY_FIXTURES.contains(&&*kind),
                    "{told} has no request"
                ),
            }
            assert_eq!(network.is_none(), request.is_none(), "{told}");
            let data = format!("{data:?}");
            for secret in ["@", PASSWORD, "lede_", "Tides", "tides"] {
                assert!(!data.contains(secret), "{told}: {data}");
            }
            kinds.insert(kind);
        }
        for (reason, operation) in refused {
            assert!(!operation.contains(['@', '?']) && operation.len() < 80, "{reason}: {operation}");
        }
    }
    assert!(kinds.len() > 25, "the stories tell of {kinds:?}");
}
