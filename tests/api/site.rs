//! What the publication says of itself.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::writing::{at, create, publish, published};

const SITE: &str = "/v1/site";

async fn site() -> (Server, Client, Client) {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let reader = server.client();
    (server, admin, reader)
}

/// How many events say that the site was changed.
async fn updates(server: &Server) -> i64 {
    use diesel::prelude::*;
    use lede::base::db::schema::events;
    let found = events::table.filter(events::kind.eq("site.updated")).filter(events::readers_see.eq(true));
    server.app.db.read(move |conn| Ok(found.count().get_result(conn)?)).await.expect("a count")
}

#[tokio::test]
async fn a_new_site_tells_what_the_settings_say() {
    let server = Server::start_with(|config| config.site.title = "The Harbour Almanac".into()).await;
    let told = server.client().get(SITE).await.expect(200);
    let wanted = json!({"title": "The Harbour Almanac", "description": null, "url": "https://website.example",
        "locale": "en", "locales": ["en"], "navigation": [], "custom": {}, "quiet_since": null});
    assert_eq!(told, wanted);
    assert_eq!(updates(&server).await, 0);
}

#[tokio::test]
async fn what_an_admin_sets_is_told_until_it_is_cleared() {
    let (server, admin, reader) = site().await;
    let before = reader.get(SITE).await;
    let navigation = json!([
        {"label": "Sea", "url": "/topics/sea", "items": [{"label": "Tides", "url": "/topics/tides"}]},
        {"label": "Elsewhere", "url": "https://elsewhere.example/a?b#c", "items": []}]);
    let change = json!({"title": " The Almanac ", "description": "Of harbours.\nAnd tides.",
        "navigation": [{"label": "Sea", "url": "/topics/sea", "items": [{"label": "Tides", "url": "/topics/tides"}]},
            {"label": "Elsewhere", "url": "https://elsewhere.example/a?b#c"}],
        "locales": ["DE_at", "en", "de-AT"], "custom": {"logo": {"light": "/a.svg", "dark": "/b.svg"}}});
    let after = admin.patch(SITE).json(&change).await.expect(200);
    let wanted = json!({"title": "The Almanac", "description": "Of harbours.\nAnd tides.",
        "url": "https://website.example", "locale": "en", "locales": ["de-AT", "en"],
        "navigation": navigation, "custom": {"logo": {"light": "/a.svg", "dark": "/b.svg"}},
        "quiet_since": null});
    assert_eq!(after, wanted);
    let told = reader.get(SITE).header("if-none-match", before.etag()).await;
    assert_eq!(told.expect(200), wanted);
    assert_eq!(updates(&server).await, 1);

    // The same again is no change.
    admin.patch(SITE).json(&change).await.is(200);
    admin.patch(SITE).json(json!({})).await.is(200);
    assert_eq!(updates(&server).await, 1);

    // Objects are gone into, everything else is replaced.
    let merged =
        admin.patch(SITE).json(json!({"custom": {"logo": {"dark": null}, "footer": "F"}})).await.expect(200);
    assert_eq!(merged["custom"], json!({"logo": {"light": "/a.svg"}, "footer": "F"}));
    let cleared =
        json!({"title": null, "description": null, "navigation": null, "locales": null, "custom": null});
    admin.patch(SITE).json(cleared).await.is(200);
    assert_eq!(reader.get(SITE).await.text(), before.text());
}

#[tokio::test]
async fn the_languages_are_those_of_live_editions() {
    let (server, _, reader) = site().await;
    let editor = server.login(Role::Editor).await;
    let locales = async || reader.get(SITE).await.expect(200)["locales"].clone();
    let german = create(&editor, json!({"title": "Ebbe", "locale": "de"})).await;
    published(&editor, json!({"title": "Marée", "locale": "fr", "listed": false})).await;
    published(&editor, json!({"title": "Ebbe", "slug": "ebbe-at", "locale": "de-AT"})).await;
    published(&editor, json!({"title": "Ebb"})).await;
    assert_eq!(locales().await, json!(["en", "de-AT", "fr"]));
    publish(&editor, &german).await;
    assert_eq!(locales().await, json!(["en", "de", "de-AT", "fr"]));
    editor.post(at(&german, "/unpublish")).await.is(200);
    assert_eq!(locales().await, json!(["en", "de-AT", "fr"]));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let (server, admin, reader) = site().await;
    let before = reader.get(SITE).await.text().to_owned();
    let entry = json!({"label": "Sea", "url": "/sea"});
    let with = |member: &str, value: Value| {
        let mut entry = entry.clone();
        entry[member] = value;
        json!({"navigation": [{"label": "First", "url": "/"}, entry]})
    };
    let many = |count: usize| Value::from(vec![entry.clone(); count]);
    let tags: Vec<String> = (0..101).map(|n| format!("en-{n:03}")).collect();
    for (body, refusal) in [
        (json!({"title": ""}), "/title title-empty"),
        (json!({"title": "x".repeat(301)}), "/title title-too-long"),
        (json!({"title": "a\nb"}), "/title title-malformed"),
        (json!({"title": "a\0b"}), "/title text-contains-nul"),
        (json!({"title": 1}), "/title type-mismatch"),
        (json!({"description": "x".repeat(1001)}), "/description description-too-long"),
        (json!({"url": "https://other.example"}), "/url field-unknown"),
        (json!({"locale": "de"}), "/locale field-unknown"),
        (json!({"locales": []}), "/locales locales-empty"),
        (json!({"locales": ["en", "e"]}), "/locales/1 locale-malformed"),
        (json!({"locales": tags}), "/locales locales-too-many"),
        (json!({"custom": []}), "/custom type-mismatch"),
        (json!({"custom": {"a": "x".repeat(66_000)}}), "/custom custom-too-long"),
        (json!({"navigation": many(51)}), "/navigation entries-too-many"),
        (with("items", many(51)), "/navigation/1/items items-too-many"),
        (with("label", json!(" ")), "/navigation/1/label label-empty"),
        (with("label", json!("x".repeat(101))), "/navigation/1/label label-too-long"),
        (with("url", json!("javascript:alert(1)")), "/navigation/1/url url-malformed"),
        (with("url", json!("//elsewhere.example")), "/navigation/1/url url-malformed"),
        (with("items", json!([{"label": "A", "url": "a"}])), "/navigation/1/items/0/url url-malformed"),
        (
            with("items", json!([{"label": "A", "url": "/a", "items": []}])),
            "/navigation/1/items/0/items field-unknown",
        ),
    ] {
        let response = admin.patch(SITE).json(&body).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [refusal], "{body}");
    }
    let all = json!({"title": "", "locales": ["x"], "navigation": [{"label": "", "url": ""}]});
    let response = admin.patch(SITE).json(all).await;
    let wanted = [
        "/title title-empty",
        "/navigation/0/label label-empty",
        "/navigation/0/url url-malformed",
        "/locales/0 locale-malformed",
    ];
    assert_eq!(response.violations(), wanted);
    assert_eq!((reader.get(SITE).await.text(), updates(&server).await), (before.as_str(), 0));
}

#[tokio::test]
async fn two_who_change_different_things_lose_nothing() {
    let (_server, admin, reader) = site().await;
    let set = |n: usize| admin.patch(SITE).json(json!({"custom": {format!("k{n}"): n}})).send();
    for response in futures_util::future::join_all((0..8).map(set)).await {
        response.is(200);
    }
    assert_eq!(reader.get(SITE).await.expect(200)["custom"].as_object().expect("members").len(), 8);
}

#[tokio::test]
async fn a_start_with_another_website_is_an_event_that_readers_see() {
    let (server, _, reader) = site().await;
    assert_eq!(reader.get(SITE).await.expect(200)["url"], "https://website.example");
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let server = Server::start_on(database.clone(), clock.clone(), |config| {
        config.site.website_url = Some("https://new.example/blog".to_owned());
    })
    .await;
    assert_eq!(server.client().get(SITE).await.expect(200)["url"], "https://new.example/blog");
    assert_eq!(updates(&server).await, 1);
    server.stop().await;
    let server = Server::start_on(database, clock, |config| {
        config.site.website_url = Some("https://new.example/blog".to_owned());
    })
    .await;
    assert_eq!(updates(&server).await, 1);
}
