//! The addresses of articles on the website: what they are made of, that no two live articles share one, and what becomes of
//! old ones when the settings change.

use std::sync::Arc;

use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::config::Config;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, days, seconds};
use crate::redirects::{REDIRECTS, redirects, republish, website};
use crate::server::Server;
use crate::test_database::TestDatabase;
use crate::writing::{ARTICLES, at, create, publish, published};

/// The path of an article's URL, as readers get it.
async fn path(reader: &Client, draft: &Value) -> String {
    let edition = reader.get(at(draft, "")).await.expect(200);
    let url = edition["url"].as_str().expect("a URL");
    url.strip_prefix("https://website.example").expect("the website").to_owned()
}

/// Starts again on the same database with another path, and renders what this makes stale.
async fn restart(server: Server, set: impl FnOnce(&mut Config)) -> Server {
    let (database, clock): (Arc<TestDatabase>, Clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let server = Server::start_on(database, clock, set).await;
    server.run_jobs().await;
    server
}

#[tokio::test]
async fn an_address_has_the_language_and_the_date_of_the_first_publication() {
    let server = Server::start_with(|config| {
        config.site.article_path = "/{locale?}/{year}/{month}/{day}/{slug}/".into();
    })
    .await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let english = published(&editor, json!({"title": "Tides"})).await;
    let german =
        json!({"title": "Gezeiten", "locale": "de", "slug": "tides", "translation_of": english["id"]});
    let german = published(&editor, german).await;
    assert_eq!(path(&reader, &english).await, "/2026/01/05/tides/");
    assert_eq!(path(&reader, &german).await, "/de/2026/01/05/tides/");
    let translations = reader.get(at(&english, "")).await.expect(200)["translations"].clone();
    assert_eq!(translations[0]["url"], "https://website.example/de/2026/01/05/tides/");
    // A month later, the date is still that of the first publication.
    server.clock.advance(days(30));
    let editor = server.login(Role::Editor).await;
    let renamed = republish(&editor, &english, json!({"slug": "ebb"})).await;
    assert_eq!(path(&reader, &english).await, "/2026/01/05/ebb/");
    assert_eq!(redirects(&reader, "").await, ["/2026/01/05/tides → /2026/01/05/ebb/"]);
    assert_eq!(redirects(&reader, "&from=/2026/01/05/tides&locale=en").await.len(), 1);
    editor.post(at(&english, "/unpublish")).await.is(200);
    publish(&editor, &renamed).await;
    assert_eq!(path(&reader, &english).await, "/2026/01/05/ebb/");
    let sitemap = reader.get("/sitemap.xml").await.text().to_owned();
    assert!(sitemap.contains("<loc>https://website.example/2026/01/05/ebb/</loc>"), "{sitemap}");
    // Another date makes another path, which nothing leads from.
    for from in ["/2026/01/06/tides", "/de/2026/01/05/tides"] {
        editor.delete(format!("{REDIRECTS}?from={from}&locale=en")).await.problem(404, "not-found");
    }
    editor.delete(format!("{REDIRECTS}?from=/2026/01/05/ebb")).await.problem(409, "address-in-use");
    editor.delete(format!("{REDIRECTS}?from=/2026/01/05/tides")).await.is(204);
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    create(&editor, json!({"title": "Next", "slug": "tides"})).await;
}

#[tokio::test]
async fn two_live_articles_never_have_one_address() {
    let (_server, editor, reader) = website().await;
    let english = published(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    let german = create(&editor, json!({"title": "Gezeiten", "slug": "tides", "locale": "de"})).await;
    let refused = editor.post(at(&german, "/publish")).json(json!({"revision": 1})).await;
    let detail = refused.problem(409, "address-taken")["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("https://website.example/tides"), "{detail}");
    let items = json!({"action": "publish", "items": [{"id": german["id"], "revision": 1}]});
    let bulk = editor.post("/v1/drafts/bulk").json(items).await.expect(200);
    assert_eq!(bulk["items"][0]["code"], "address-taken");
    reader.get(at(&german, "")).await.is(404);
    // Neither by another slug, nor by another language.
    let ebb = republish(&editor, &german, json!({"slug": "ebb"})).await;
    assert_eq!(path(&reader, &ebb).await, "/ebb");
    let back = editor.patch(at(&german, "/draft")).header("if-match", "*").json(json!({"slug": "tides"}));
    let back = json!({"revision": back.await.expect(200)["revision"]});
    editor.post(at(&german, "/publish")).json(&back).await.problem(409, "address-taken");
    let other = create(&editor, json!({"title": "Ebb", "slug": "ebb"})).await;
    editor.post(at(&other, "/publish")).json(json!({"revision": 1})).await.problem(409, "address-taken");
    editor.post(at(&english, "/unpublish")).await.is(200);
    editor.post(at(&german, "/publish")).json(&back).await.is(200);
    assert_eq!(path(&reader, &german).await, "/tides");
    editor.post(at(&english, "/publish")).json(json!({"revision": 1})).await.problem(409, "address-taken");
}

/// Every server publishes with the settings of the one that started last.
#[tokio::test]
async fn a_server_with_older_settings_gives_no_address_twice() {
    let server = Server::start_with(|config| config.site.article_path = "/{locale}/{slug}".into()).await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    let german = create(&editor, json!({"title": "Gezeiten", "slug": "tides", "locale": "de"})).await;
    let _other = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    editor.post(at(&german, "/publish")).json(json!({"revision": 1})).await.problem(409, "address-taken");
}

#[tokio::test]
async fn of_articles_published_at_once_one_gets_the_address() {
    let (server, editor, _reader) = website().await;
    let other = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let clients = [editor, other.login_as("bo", Role::Editor).await];
    for n in 0..5 {
        let (mut calls, slug) = (Vec::new(), format!("tides-{n}"));
        for (locale, client) in ["en", "de", "fr", "nl"].into_iter().zip(clients.iter().cycle()) {
            let draft = create(client, json!({"title": "T", "slug": slug, "locale": locale})).await;
            calls.push(client.post(at(&draft, "/publish")).json(json!({"revision": 1})).send());
        }
        let responses = futures_util::future::join_all(calls).await;
        let mut statuses: Vec<u16> = responses.iter().map(crate::client::Response::status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
    }
}

#[tokio::test]
async fn a_scheduled_publication_waits_for_an_address_that_is_taken() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let german = create(&ada, json!({"title": "Gezeiten", "slug": "tides", "locale": "de"})).await;
    let plan = json!({"revision": 1, "publish_at": "2026-01-06T09:00:00Z"});
    ada.put(at(&german, "/schedule")).json(plan).await.is(200);
    let english = published(&ada, json!({"title": "Tides", "slug": "tides"})).await;
    server.clock.advance(days(1));
    let run = async || lede::schedules::scheduler::run_due(&server.app).await.expect("the database");
    assert_eq!(run().await, 1);
    let shown = async || ada.get(at(&german, "/draft")).await.expect(200)["schedule"].clone();
    let why = shown().await["last_error"].as_str().expect("a reason").to_owned();
    assert!(why.contains("is live at https://website.example/tides"), "{why}");
    let mail = given::mail_to(&server, "ada@lede.example").await;
    assert!(mail.text.replace('\n', " ").contains("https://website.example/tides"), "{}", mail.text);
    ada.post(at(&english, "/unpublish")).await.is(200);
    server.clock.advance(seconds(10));
    assert_eq!((run().await, shown().await), (1, Value::Null));
    assert_eq!(path(&server.client(), &german).await, "/tides");
}

#[tokio::test]
async fn old_addresses_lead_on_when_the_path_changes() {
    let (server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/old"]})).await;
    republish(&editor, &draft, json!({"slug": "b"})).await;
    let hidden = published(&editor, json!({"title": "H", "slug": "h"})).await;
    editor.post(at(&hidden, "/unpublish")).await.is(200);
    assert_eq!(redirects(&reader, "").await, ["/a → /b", "/old → /b"]);

    let server = restart(server, |config| config.site.article_path = "/{locale?}/{year}/{slug}".into()).await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    assert_eq!(path(&reader, &draft).await, "/2026/b");
    let leads = |from: &str, to: &str| format!("{from} → {to}");
    let wanted = ["/2026/a", "/a", "/b", "/old"].map(|from| leads(from, "/2026/b"));
    assert_eq!(redirects(&reader, "").await, wanted);
    let rules = reader.get(format!("{REDIRECTS}/netlify")).await.is(200).text().to_owned();
    assert!(rules.contains("\n/b https://website.example/2026/b 301\n"), "{rules}");
    // One that was not live at that time, too.
    publish(&editor, &hidden).await;
    assert_eq!(redirects(&reader, "&from=/h").await, ["/h → /2026/h"]);
    let renamed = republish(&editor, &draft, json!({"slug": "c"})).await;
    let wanted = ["/2026/a", "/2026/b", "/a", "/b", "/h", "/old"];
    assert_eq!(
        redirects(&reader, "").await,
        wanted.map(|from| leads(from, if from == "/h" { "/2026/h" } else { "/2026/c" }))
    );
    // The path alone is given up: the slug in it is still the article's.
    editor.delete(format!("{REDIRECTS}?from=/b")).await.is(204);
    editor.post(ARTICLES).json(json!({"title": "X", "slug": "b"})).await.problem(409, "slug-taken");
    editor.delete(format!("{REDIRECTS}?from=/2026/b")).await.is(204);
    create(&editor, json!({"title": "X", "slug": "b"})).await;
    assert_eq!(redirects(&reader, "&from=/b").await, [""; 0]);

    // Back again: what is current leads nowhere else.
    let server = restart(server, |_| {}).await;
    let reader = server.client();
    assert_eq!(path(&reader, &renamed).await, "/c");
    let wanted = ["/2026/c → /c", "/2026/h → /h", "/a → /c", "/old → /c"];
    assert_eq!(redirects(&reader, "").await, wanted);
    // What is deleted for good leaves no path behind.
    let admin = server.login(Role::Admin).await;
    admin.delete(at(&draft, "")).await.is(204);
    admin.delete(at(&draft, "") + "?permanent=true").await.is(202);
    server.run_jobs().await;
    assert_eq!(redirects(&reader, "").await, ["/2026/h → /h"]);
    assert_eq!(server.database().count("article_paths"), 2);
}

#[tokio::test]
async fn another_language_of_the_site_moves_the_articles_of_both() {
    let optional = |config: &mut Config| config.site.article_path = "/{locale?}/{slug}".into();
    let server = Server::start_with(optional).await;
    let editor = server.login(Role::Editor).await;
    let english = published(&editor, json!({"title": "Tides", "slug": "tides"})).await;
    let german = json!({"title": "Ebbe", "slug": "tides", "locale": "de", "translation_of": english["id"]});
    let german = published(&editor, german).await;
    let cursor = server.client().get("/v1/changes").await.expect(200)["next_cursor"].clone();
    let server = restart(server, |config| {
        optional(config);
        config.site.locale = lede::base::text::Locale::parse("de").expect("a locale");
    })
    .await;
    let reader = server.client();
    assert_eq!(path(&reader, &german).await, "/tides");
    assert_eq!(path(&reader, &english).await, "/en/tides");
    let translations = reader.get(at(&english, "")).await.expect(200)["translations"].clone();
    assert_eq!(translations[0]["url"], "https://website.example/tides");
    // The path that both had in turn is that of the one which is there now.
    assert_eq!(redirects(&reader, "").await, ["/de/tides → /tides"]);
    let changes = reader.get(format!("/v1/changes?cursor={}", cursor.as_str().expect("a cursor"))).await;
    let changes = changes.expect(200)["items"].clone();
    let rerendered = changes.as_array().expect("items").iter().filter(|item| item["change"] == "rerendered");
    assert_eq!(rerendered.count(), 2, "{changes:#}");
}
