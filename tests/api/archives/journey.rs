//! What is backed up and restored is what was there, whichever databases it passes through. The stories that the examples of
//! the document are recorded from call every operation, so together they use every feature.

use std::collections::BTreeMap;
use std::sync::Arc;

use lede::auth::Role;
use lede::base::ids::UserId;
use lede::users::store as users;
use serde_json::{Value, json};

use super::{Shelf, is_untouched, restore, restore_with, rows, secret, started_on, tables};
use crate::client::Client;
use crate::given;
use crate::resources;
use crate::server::Server;
use crate::test_database::{TestDatabase, rounds};
use crate::tour;
use crate::writing::{ARTICLES, at, create, publish};

/// Every response that readers got in a server's story, by address, as it is now.
async fn public(server: &Server, client: &Client) -> BTreeMap<String, (u16, Option<String>, Vec<u8>)> {
    let paths: Vec<String> = {
        let exchanges = server.exchanges.lock().expect("a lock");
        let is_read = |exchange: &&crate::client::Exchange| {
            exchange.method == reqwest::Method::GET && !exchange.request_headers.contains_key("authorization")
        };
        exchanges.iter().filter(is_read).map(|exchange| exchange.path.clone()).collect()
    };
    let mut found = BTreeMap::new();
    let further = [
        "/v1/articles",
        "/v1/changes?limit=100",
        "/v1/site",
        "/v1/redirects",
        "/v1/topics",
        "/v1/search?q=tide",
        "/v1/search?q=the",
        "/feeds/atom.xml",
        "/sitemap.xml",
    ];
    for path in paths.into_iter().chain(further.map(str::to_owned)) {
        // A stream begins with a pause that is chosen at random.
        if path.starts_with("/v1/changes/stream")
            || !["/v1/", "/feeds/", "/sitemap"].iter().any(|start| path.starts_with(start))
        {
            continue;
        }
        let response = client.get(&path).await;
        let tag = response.header("etag").map(str::to_owned);
        // A problem tells of its request.
        let body = match response.status() {
            ..400 => response.text().as_bytes().to_vec(),
            _ => response.json()["code"].to_string().into_bytes(),
        };
        found.insert(path, (response.status(), tag, body));
    }
    found
}

/// Takes the database of a server through a database of each engine, and compares what is stored and what readers see.
async fn travel(server: Server) {
    server.run_jobs().await;
    let before = public(&server, &server.client()).await;
    let (shelf, app, clock) = (Shelf::new(), server.app.clone(), server.clock.clone());
    let (database, exchanges) = (server.database(), server.exchanges.clone());
    let asked = exchanges.lock().expect("a lock").clone();
    server.stop().await;
    let mut first = shelf.back_up(&database, "first.zip");
    let [other, same] = [TestDatabase::of_the_other_engine(), TestDatabase::empty()].map(Arc::new);
    restore(&mut first, &other, &app.config).expect("restored");
    let mut second = shelf.back_up(&other, "second.zip");
    assert_eq!(tables(&second), tables(&first));
    restore(&mut second, &same, &app.config).expect("restored");
    assert_eq!(tables(&shelf.back_up(&same, "third.zip")), tables(&first));
    for database in [other, same] {
        let copy = started_on(&database, &app, &clock).await;
        copy.exchanges.lock().expect("a lock").clone_from(&asked);
        let after = public(&copy, &copy.client()).await;
        for (path, response) in &before {
            assert_eq!(&after[path], response, "{path}");
        }
        copy.exchanges.lock().expect("a lock").clear();
    }
}

#[tokio::test]
async fn a_publication_with_every_feature_survives_a_journey_through_both_databases() {
    for resource in resources::ALL {
        println!("{}", resource.name);
        let server = tour::opened(resource.name).await;
        (resource.story)(&server).await;
        Box::pin(travel(server)).await;
    }
}

/// Numbers that look random and are the same every time.
fn sequence(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}

#[tokio::test]
async fn so_does_one_that_came_about_by_chance() {
    for seed in 1..=rounds(1) as u64 {
        let server = Server::start().await;
        let editor = server.login(Role::Editor).await;
        let mut random = sequence(seed);
        let mut drafts: Vec<Value> = Vec::new();
        for step in 0..60 {
            server.clock.advance(given::milliseconds(1 + random(5_000) as u64));
            let pick = if drafts.is_empty() { 0 } else { random(drafts.len()) };
            let text = format!("Ebb and flow {seed}.{step} — “Flut”, \u{1f30a} \\ \"");
            match (random(12), drafts.get(pick).cloned()) {
                (0..=3, _) | (_, None) => {
                    let original = drafts.first().map(|draft| draft["id"].clone());
                    let topic = ["sea", "land", "sky"][random(3)];
                    let is_translation = random(3) == 0 && drafts.iter().all(|draft| draft["locale"] == "en");
                    let (locale, original) = if is_translation { ("de", original) } else { ("en", None) };
                    drafts.push(create(&editor, json!({
                        "title": text, "locale": locale, "translation_of": original, "topics": [topic],
                        "authors": ["ada"], "intro": "The **tide**.", "custom": {"depth": step},
                        "sections": [{"heading": "One", "body": text}, {"heading": "Two", "body": "| a | b |\n|---|---|\n| 1 | 2 |"}],
                    })).await);
                }
                (4..=5, Some(draft)) => {
                    let draft = editor.get(at(&draft, "/draft")).await.expect(200);
                    let change = json!({"subtitle": text, "featured": random(2) == 0});
                    let _ = editor.patch(at(&draft, "/draft")).if_match(&draft["version"]).json(change).await;
                }
                (6..=8, Some(draft)) => {
                    let draft = editor.get(at(&draft, "/draft")).await.expect(200);
                    publish(&editor, &draft).await;
                }
                (9, Some(draft)) => {
                    let _ = editor.post(at(&draft, "/unpublish")).await;
                }
                (10, Some(draft)) => {
                    let when = json!({"revision": 1, "publish_at": "2027-01-05T09:00:00Z"});
                    let _ = editor.put(at(&draft, "/schedule")).json(when).await;
                }
                (_, Some(draft)) => {
                    let _ = editor.post(at(&draft, "/notes")).json(json!({"text": text})).await;
                }
            }
            server.run_jobs().await;
        }
        for draft in &drafts {
            server.client().get(format!("{ARTICLES}/{}", draft["id"].as_str().expect("an id"))).await;
        }
        Box::pin(travel(server)).await;
    }
}

#[tokio::test]
async fn restoring_appends_no_events_and_further_ones_are_numbered_after_the_last() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "intro": "Twice a day."})).await;
    publish(&editor, &draft).await;
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let mut archive = shelf.back_up(&database, "a.zip");
    let copy = Arc::new(TestDatabase::empty());
    restore(&mut archive, &copy, &app.config).expect("restored");
    let events = |database: &TestDatabase| database.count("events");
    assert_eq!((events(&copy), copy.count("jobs")), (events(&database), 0));
    let server = started_on(&copy, &app, &clock).await;
    let editor = server.login(Role::Editor).await;
    create(&editor, json!({"title": "Harbours"})).await;
    assert!(events(&copy) > events(&database));
}

#[tokio::test]
async fn the_secret_of_the_archive_is_needed_or_a_new_one_asked_for() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Admin).await;
    let id: UserId = ada.user();
    given::second_factor(&server, &["ada"], given::Factor::Active).await;
    let other = secret("the secret of another installation, long enough");
    let (shelf, app, clock, database) =
        (Shelf::new(), server.app.clone(), server.clock.clone(), server.database());
    server.stop().await;
    let mut archive = shelf.back_up(&database, "a.zip");
    let copy = Arc::new(TestDatabase::empty());
    for seal in [Some(&other), None] {
        let refused = restore_with(&mut archive, &copy, &app.config, |options| options.seal = seal);
        let told = refused.expect_err("a refusal").to_string();
        for part in
            ["--new-secret", "log in again", "second factors", "unsubscribe links", "suppression list"]
        {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(rows(&mut archive, "users").len(), 1);
        assert!(is_untouched(&copy));
    }
    restore_with(&mut archive, &copy, &app.config, |options| options.new_secret = true).expect("restored");
    assert_eq!((copy.count("keys"), copy.count("second_factors"), copy.count("recovery_codes")), (0, 0, 0));
    let server = started_on(&copy, &app, &clock).await;
    let row = server.app.db.read(move |conn| users::find(conn, id)).await.expect("a read").expect("a user");
    assert_eq!(row.second_factor_at, None);
    server.login_as("ada", Role::Admin).await.get("/v1/me").await.is(200);
}
