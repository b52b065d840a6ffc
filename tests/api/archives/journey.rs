//! What is backed up and restored is what was there, whichever databases it passes through. The stories that the examples of
//! the document are recorded from call every operation, so together they use every feature.

use std::collections::BTreeMap;
use std::sync::Arc;

use lede::auth::Role;
use lede::base::ids::UserId;
use lede::users::store as users;
use serde_json::json;

use super::{Shelf, is_untouched, restore, restore_with, rows, secret, started_on, tables};
use crate::client::Client;
use crate::given;
use crate::resources;
use crate::server::Server;
use crate::test_database::TestDatabase;
use crate::tour;
use crate::writing::{create, publish};

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

/// Takes the database of a server through one of the other engine and back to its own, and compares what is stored and what
/// readers see.
pub async fn travel(server: Server) {
    server.run_jobs().await;
    let before = public(&server, &server.client()).await;
    let (shelf, app, clock) = (Shelf::new(), server.app.clone(), server.clock.clone());
    let (database, exchanges) = (server.database(), server.exchanges.clone());
    let asked = exchanges.lock().expect("a lock").clone();
    server.stop().await;
    let mut first = shelf.back_up(&database, "first.zip");
    let mut copies = [TestDatabase::of_the_other_engine(), TestDatabase::empty()].map(Arc::new);
    if database.url.is_sqlite() {
        copies.reverse();
    }
    let [other, same] = copies;
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
