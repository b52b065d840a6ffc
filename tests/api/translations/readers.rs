//! What readers see of a group, at once and without a publication.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{draft, join, languages, live, patch};
use crate::client::Client;
use crate::following::{CHANGES, changes};
use crate::server::Server;
use crate::writing::{ARTICLES, at, id, publish};

async fn edition(reader: &Client, article: &Value) -> Value {
    reader.get(at(article, "")).await.expect(200)
}

#[tokio::test]
async fn members_appear_to_readers_as_they_join_and_disappear_as_they_leave() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let source = live(&editor, "en", None).await;
    let (german, french) = (live(&editor, "de", None).await, live(&editor, "fr", Some(&source)).await);
    draft(&editor, "it", Some(&source)).await;
    server.run_jobs().await;
    let cursor = reader.get(CHANGES).await.expect(200)["next_cursor"].as_str().expect("a cursor").to_owned();
    let tag = async |article: &Value| reader.get(at(article, "")).await.etag().to_owned();
    let before = [tag(&source).await, tag(&german).await, tag(&french).await];
    join(&editor, &german, Some(&source)).await.is(200);
    for (article, others) in [(&source, "de fr"), (&german, "en fr"), (&french, "de en")] {
        assert_eq!(languages(&edition(&reader, article).await), others);
    }
    let german_of_source = json!({
        "id": german["id"], "locale": "de", "slug": "tides-in-de", "title": "Tides in de",
        "url": "https://website.example/tides-in-de",
    });
    assert_eq!(edition(&reader, &source).await["translations"][0], german_of_source);
    let list = reader.get(format!("{ARTICLES}?locale=en")).await.expect(200);
    assert_eq!(list["items"][0]["translations"][0], german_of_source);
    let sitemap = reader.get("/sitemap.xml").await;
    assert_eq!(sitemap.text().matches(r#"hreflang="de""#).count(), 3);
    let after = [tag(&source).await, tag(&german).await, tag(&french).await];
    assert!(before.iter().zip(&after).all(|(before, after)| before != after));
    server.run_jobs().await;
    let mut told = changes(&reader, &format!("?cursor={cursor}")).await;
    told.sort();
    let mut rerendered = [&source, &german, &french].map(|one| ("rerendered".to_owned(), id(one)));
    rerendered.sort();
    assert_eq!(told, rerendered);
    join(&editor, &german, None).await.is(200);
    for (article, others) in [(&source, "fr"), (&german, ""), (&french, "en")] {
        assert_eq!(languages(&edition(&reader, article).await), others);
    }
    assert_eq!(tag(&german).await, before[1]);
    let sitemap = reader.get("/sitemap.xml").await;
    assert_eq!(sitemap.text().matches(r#"hreflang="de""#).count(), 0);
}

#[tokio::test]
async fn members_follow_the_title_and_address_of_the_others() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let source = live(&editor, "en", None).await;
    let german = live(&editor, "de", Some(&source)).await;
    let titles = async || edition(&reader, &source).await["translations"][0]["title"].clone();
    assert_eq!(titles().await, "Tides in de");
    let renamed = patch(&editor, &german, json!({"title": "Gezeiten"})).await.expect(200);
    assert_eq!(titles().await, "Tides in de", "a draft's title is not public");
    assert_eq!(editor.get(at(&source, "/draft")).await.json()["translations"][0]["title"], "Tides in de");
    publish(&editor, &renamed).await;
    assert_eq!(titles().await, "Gezeiten");
    editor.delete(at(&german, "")).await.is(204);
    assert_eq!(edition(&reader, &source).await["translations"], json!([]));
    let back = editor.post(at(&german, "/restore")).await.expect(200);
    assert_eq!(edition(&reader, &source).await["translations"], json!([]));
    publish(&editor, &back).await;
    assert_eq!(titles().await, "Gezeiten");
}

#[tokio::test]
async fn a_published_document_and_a_preview_know_the_group() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let source = live(&editor, "en", None).await;
    let german = live(&editor, "de", Some(&source)).await;
    let document = reader.get(at(&german, "/markdown")).await;
    assert!(document.text().contains(&format!("translation_of: {}", source["id"])), "{}", document.text());
    join(&editor, &german, None).await.is(200);
    assert!(!reader.get(at(&german, "/markdown")).await.text().contains("translation_of"));
    let french = draft(&editor, "fr", Some(&source)).await;
    assert_eq!(languages(&editor.get(at(&french, "/preview")).await.expect(200)), "en");
}
