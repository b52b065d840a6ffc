//! The story that the contract's examples are recorded from: every operation is called at least once.
//!
//! Each chapter runs on a server of its own, so a step that is added in one leaves the others' bytes alone. A step is a
//! plain call: everything that is sent and answered is recorded, and of each operation the first answer of a status
//! becomes the example, and the first request that was accepted.

use std::sync::atomic::Ordering;

use lede::auth::Role;
use lede::base::random::Random;
use serde_json::{Map, Value, json};

use crate::client::Exchange;
use crate::contract::{self, DOCUMENT};
use crate::given::{self, PASSWORD};
use crate::server::Server;

/// How many sign-ups the servers of the story take from one network.
const MAX_SIGN_UPS: u32 = 4;

/// Tells every chapter and returns what was recorded, as `openapi/examples.json` keeps it.
pub async fn record() -> Value {
    let mut examples = Map::new();
    let mut number = 0;
    macro_rules! chapters {
        ($($chapter:ident)*) => {$(
            number += 1;
            let server = opened(number).await;
            $chapter(&server).await;
            for exchange in server.exchanges.lock().expect("a lock").iter() {
                keep(&mut examples, exchange);
            }
        )*};
    }
    chapters! { operations accounts topics authors drafts reading subscribers feeds neighbours site jobs }
    examples.into()
}

async fn operations(server: &Server) {
    let anyone = server.client();
    anyone.get("/health/live").await.is(200);
    anyone.get("/health/ready").await.is(200);
    anyone.get("/metrics").await.is(200);
    anyone.get("/openapi.json").await.is(200);
}

async fn jobs(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let dead = given::dead_job(server).await;
    admin.get("/v1/jobs?status=dead").await.is(200);
    admin.get(dead.clone()).await.is(200);
    admin.post(dead.clone() + "/retry").await.is(200);
    admin.post(dead + "/retry").await.is(409);
}

async fn accounts(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.get("/v1/me").await.is(200);
    let wrong = json!({"email": "editor@lede.example", "password": PASSWORD.to_uppercase()});
    server.client().post("/v1/auth/sessions").json(wrong).await.is(401);
}

async fn topics(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let sea = json!({"name": "The sea", "slug": "sea", "description": "Tides, harbours and those who live by them."});
    editor.post("/v1/topics").json(sea).await.is(201);
    editor.post("/v1/topics").json(json!({"name": "The ocean"})).await.is(201);
    editor.post("/v1/topics").json(json!({"name": "Oceans", "slug": "sea"})).await.is(409);
    editor.patch("/v1/topics/sea").json(json!({"name": "Sea"})).await.is(200);
    editor.post("/v1/topics/the-ocean/merge").json(json!({"into": "sea"})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/topics").await.is(200);
    anyone.get("/v1/topics/sea").await.is(200);
    anyone.get("/v1/topics/the-ocean").await.is(301);
    editor.delete("/v1/topics/sea").await.is(204);
}

async fn authors(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let ada = json!({"name": "Ada Marsh", "slug": "ada-marsh", "bio": "Writes about water.",
        "website_url": "https://marsh.example", "image_url": "https://marsh.example/ada.jpg"});
    editor.post("/v1/authors").json(ada).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "A. Marsh"})).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "Ada", "slug": "ada-marsh"})).await.is(409);
    editor.patch("/v1/authors/ada-marsh").json(json!({"bio": "Writes about water and wind."})).await.is(200);
    editor.post("/v1/authors/a-marsh/merge").json(json!({"into": "ada-marsh"})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/authors").await.is(200);
    anyone.get("/v1/authors/ada-marsh").await.is(200);
    anyone.get("/v1/authors/a-marsh").await.is(301);
    editor.delete("/v1/authors/ada-marsh").await.is(204);
}

async fn subscribers(server: &Server) {
    let anyone = server.client();
    let join = json!({"email": "ada@reader.example", "name": "Ada", "source": "footer"});
    anyone.post("/v1/subscribers").json(join).await.is(202);
    let mail = given::mail_to(server, "ada@reader.example").await;
    let (confirm, leave) = (given::link(&mail, "confirm"), given::link(&mail, "unsubscribe"));
    anyone.get("/subscribe").await.is(200);
    anyone.get("/subscribe/embed?source=footer").await.is(200);
    let (thanks, form_token) = ("https://website.example/thanks", server.form_token());
    let grace = [("email", "grace@reader.example"), ("redirect", thanks), ("form_token", &form_token)];
    anyone.post("/subscribe").form(&grace).await.is(303);
    anyone.post("/subscribe").form(&grace[..1]).await.is(422);
    let joan = [("email", "joan@reader.example"), ("form_token", &server.form_token())];
    anyone.post("/subscribe").form(&joan).await.is(200);
    anyone.post("/subscribe").form(&grace).await.is(429);
    server.run_jobs().await;
    anyone.get(&confirm).await.is(200);
    let done = anyone.post(&confirm).await;
    let (_, own) = done.is(200).text().split_once("/subscribe/preferences/").expect("a link");
    let preferences = format!("/subscribe/preferences/{}", own.split('"').next().expect("an address"));
    let admin = server.login(Role::Admin).await;
    let list = admin.get("/v1/subscribers?status=confirmed").await.expect(200);
    let one = format!("/v1/subscribers/{}", list["items"][0]["id"].as_str().expect("an id"));
    admin.get(&one).await.is(200);
    admin.patch(&one).json(json!({"labels": ["patron"], "custom": {"city": "Uppsala"}})).await.is(200);
    admin.get(format!("{one}/consents")).await.is(200);
    admin.get(format!("{one}/export")).await.is(200);
    admin.get("/v1/subscribers/stats?days=2").await.is(200);
    let bounced = json!({"email": "bo@reader.example", "reason": "bounced"});
    admin.post("/v1/suppressions").json(bounced).await.is(200);
    admin.get("/v1/suppressions").await.is(200);
    admin.get("/v1/subscribers/export?status=confirmed").await.is(200);
    let file = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID,TAGS\nbea@reader.example,Bea,4,2024-05-01 08:00:00,1,e1,patron\n,Cy,2,,2,e2,\n";
    let sent = admin.post("/v1/subscriber-imports?dry_run=true").body("text/csv", file).await;
    server.run_jobs().await;
    admin.get(sent.location()).await.is(200);
    admin.get(format!("{}/rows", sent.location())).await.is(200);
    admin.get("/v1/subscriber-imports").await.is(200);
    anyone.get(&preferences).await.is(200);
    anyone.post(&preferences).form(&[("action", "save"), ("topic", "sea")]).await.is(200);
    anyone.post(&preferences).form(&[("action", "erase")]).await.is(422);
    anyone.post(format!("{preferences}/export")).await.is(200);
    for unknown in ["get", "post"] {
        let method = unknown.to_uppercase().parse().expect("a method");
        anyone.call(method, "/subscribe/preferences/cut-off").await.is(404);
    }
    anyone.get(&leave).await.is(200);
    anyone.post(&leave).form(&[("List-Unsubscribe", "One-Click")]).await.is(200);
    anyone.get("/subscribe/unsubscribe/cut-off").await.is(404);
    for unknown in ["get", "post"] {
        let method = unknown.to_uppercase().parse().expect("a method");
        anyone.call(method, "/subscribe/confirm/cut-off").await.is(404);
    }
    anyone.get(&confirm).await.is(410);
    anyone.post(&confirm).await.is(410);
    admin.post(format!("{one}/unsubscribe")).await.is(204);
    admin.delete(&one).await.is(204);
}

/// An article that says something, as its author would send it.
fn tides() -> Value {
    json!({
        "title": "Tides and harbours", "subtitle": "How water moves", "topics": ["sea"], "authors": ["ada-marsh"],
        "intro": "The sea comes **twice** a day.",
        "sections": [
            {"heading": "Reading the water", "body": "Look at the buoys: they lean with the current.", "sections": [
                {"heading": "Slack water", "body": "For a while nothing moves."}
            ]},
            {"heading": "Leaving", "body": "Go with the ebb."}
        ]
    })
}

async fn drafts(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let made = editor.post("/v1/articles").json(tides()).await.expect(201);
    let taken = json!({"title": "Other tides", "slug": "tides-and-harbours"});
    editor.post("/v1/articles").json(taken).await.is(409);
    let article = "/v1/articles/tides-and-harbours";
    editor.get("/v1/drafts").await.is(200);
    editor.get(format!("{article}/draft")).await.is(200);
    editor
        .patch(format!("{article}/draft"))
        .if_match(1)
        .json(json!({"summary": "When to leave."}))
        .await
        .is(200);
    editor.get(format!("{article}/draft/markdown")).await.is(200);
    editor.get(format!("{article}/draft/sections")).await.is(200);
    let neaps = json!({"heading": "Neaps", "body": "Weak tides, around the half moons.", "after": made["sections"][0]["id"]});
    editor.post(format!("{article}/draft/sections")).json(neaps).await.is(201);
    editor.get(format!("{article}/draft/sections/slack-water")).await.is(200);
    let body = json!({"body": "For a quarter of an hour nothing moves."});
    editor
        .patch(format!("{article}/draft/sections/slack-water"))
        .if_match(1)
        .json(body.clone())
        .await
        .is(200);
    editor.patch(format!("{article}/draft/sections/slack-water")).if_match(1).json(body).await.is(412);
    editor.delete(format!("{article}/draft/sections/neaps")).if_match(3).await.is(204);
    editor.post(format!("{article}/publish")).json(json!({"revision": 4})).await.is(200);
    let tree = json!({"sections": [{"id": made["sections"][1]["id"], "heading": "Leaving", "body": "Go with the ebb, at dawn."}]});
    editor.put(format!("{article}/draft/sections")).header("if-match", "*").json(tree).await.is(200);
    let document = "---\ntitle: Tides and harbours\nslug: tides-and-harbours\n---\n\nThe sea comes twice a day.\n\n## Leaving\n\nGo with the ebb.\n";
    editor
        .put(format!("{article}/draft/markdown"))
        .header("if-match", "*")
        .body("text/markdown", document)
        .await
        .is(200);
    editor.get(format!("{article}/revisions")).await.is(200);
    editor.get(format!("{article}/revisions/1")).await.is(200);
    editor.post(format!("{article}/revisions/1/restore")).header("if-match", "*").await.is(200);
    editor.get(format!("{article}/editions")).await.is(200);
    editor.get(format!("{article}/editions/1")).await.is(200);
    editor.post(format!("{article}/unpublish")).await.is(200);
    editor.post(format!("{article}/unpublish")).await.is(409);
    editor.delete(article).await.is(204);
    editor
        .patch(format!("{article}/draft"))
        .header("if-match", "*")
        .json(json!({"featured": true}))
        .await
        .is(409);
    editor.post(format!("{article}/restore")).await.is(200);
    editor.post(format!("{article}/restore")).await.is(409);
}

async fn reading(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.post("/v1/articles").json(tides()).await.is(201);
    let article = "/v1/articles/tides-and-harbours";
    editor.post(format!("{article}/publish")).json(json!({"revision": 1})).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/articles").await.is(200);
    anyone.get(article).await.is(200);
    for part in ["/html", "/markdown", "/sections", "/sections/slack-water"] {
        anyone.get(format!("{article}{part}")).await.is(200);
    }
    anyone.get("/v1/search?q=slack+mov").await.is(200);
    anyone.get("/v1/changes").await.is(200);
}

async fn site(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let change = json!({"title": "The Harbour Almanac", "description": "Tides, harbours and those who live by them.",
        "navigation": [{"label": "Sea", "url": "/topics/sea", "items": [{"label": "Tides", "url": "/topics/tides"}]}]});
    admin.patch("/v1/site").json(change).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/site").await.is(200);
    let tides = json!({"title": "Tides", "slug": "the-tides", "aliases": ["/2019/tides"]});
    admin.post("/v1/articles").json(tides).await.is(201);
    let article = "/v1/articles/the-tides";
    admin.post(format!("{article}/publish")).json(json!({"revision": 1})).await.is(200);
    admin.patch(format!("{article}/draft")).if_match(1).json(json!({"slug": "tides"})).await.is(200);
    admin.post("/v1/articles/tides/publish").json(json!({"revision": 3})).await.is(200);
    anyone.get("/v1/redirects").await.is(200);
    anyone.get("/v1/redirects/netlify").await.is(200);
    admin.delete("/v1/redirects?from=/2019/tides").await.is(409);
    admin.delete("/v1/redirects?from=/the-tides").await.is(204);
}

/// What else there is to read beside an article.
async fn neighbours(server: &Server) {
    let editor = server.login(Role::Editor).await;
    for title in ["Ebb", "Flow", "Slack water"] {
        let article = json!({"title": title, "topics": ["tides"], "intro": "The sea comes **twice** a day."});
        editor.post("/v1/articles").json(article).await.is(201);
        let path = format!("/v1/articles/{}", title.to_lowercase().replace(' ', "-"));
        editor.get(format!("{path}/preview")).await.is(200);
        editor.post(format!("{path}/publish")).json(json!({"revision": 1})).await.is(200);
        server.clock.advance(given::hours(1));
    }
    let anyone = server.client();
    anyone.get("/v1/articles/flow/adjacent?topic=tides").await.is(200);
    anyone.get("/v1/articles/flow/related").await.is(200);
}

async fn feeds(server: &Server) {
    let editor = server.login(Role::Editor).await;
    editor.post("/v1/articles").json(tides()).await.is(201);
    editor.post("/v1/articles/tides-and-harbours/publish").json(json!({"revision": 1})).await.is(200);
    let anyone = server.client();
    for feed in ["rss.xml", "atom.xml", "feed.json"] {
        anyone.get(format!("/feeds/{feed}")).await.is(200);
        anyone.get(format!("/feeds/{feed}?topic=sky")).await.is(404);
    }
    anyone.get("/sitemap.xml").await.is(200);
    anyone.get("/sitemap.xml?page=2").await.is(404);
}

/// A server for a chapter: its ids differ from those of the others.
async fn opened(number: u64) -> Server {
    let server = Server::start_with(|config| config.limits.join = MAX_SIGN_UPS).await;
    if let Random::Seeded(counter) = &server.app.random {
        counter.store(number * 1_000_000, Ordering::SeqCst);
    }
    server
}

fn keep(examples: &mut Map<String, Value>, exchange: &Exchange) {
    let Some(operation) = &exchange.operation else { return };
    if exchange.method == reqwest::Method::HEAD || !is_documented_here(operation, exchange.status) {
        return;
    }
    let example = examples.entry(operation).or_insert_with(|| json!({"responses": {}}));
    let responses = example["responses"].as_object_mut().expect("responses");
    responses
        .entry(exchange.status.to_string())
        .or_insert_with(|| masked(operation, readable(&exchange.body)));
    if exchange.status < 300 && !exchange.request_body.is_empty() && example.get("request").is_none() {
        example["request"] = sent(exchange);
    }
}

/// Whether the operation documents that status itself; refusals that many share have examples of their own.
fn is_documented_here(operation: &str, status: u16) -> bool {
    let operation = contract::operations().iter().find(|other| other.id == operation).expect("an operation");
    operation.value["responses"]
        .get(status.to_string())
        .is_some_and(|response| response.get("$ref").is_none())
}

/// What was sent; a form as the object that its schema describes.
fn sent(exchange: &Exchange) -> Value {
    let media = exchange.request_headers.get("content-type").and_then(|value| value.to_str().ok());
    if media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded")) {
        let pairs = url::form_urlencoded::parse(&exchange.request_body).into_owned();
        return pairs.map(|(name, value)| (name, json!(value))).collect::<Map<_, _>>().into();
    }
    readable(&exchange.request_body)
}

/// JSON as it is, everything else as text; nothing is null.
fn readable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

/// Leaves out what cannot be in the document: the document itself.
fn masked(operation: &str, body: Value) -> Value {
    match operation {
        _ if body.as_str().is_some_and(|text| text.starts_with("<!DOCTYPE html>")) => {
            json!("<!DOCTYPE html>\n<html lang=\"en\">…</html>\n")
        }
        // Counts and times differ from run to run.
        "get_metrics" => {
            json!(body.as_str().unwrap_or_default().lines().take(3).collect::<Vec<_>>().join("\n") + "\n")
        }
        "get_openapi" => json!({"openapi": DOCUMENT["openapi"], "info": {"title": DOCUMENT["info"]["title"],
            "version": DOCUMENT["info"]["version"]}, "paths": {}}),
        _ => body,
    }
}
