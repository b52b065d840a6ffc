//! What readers fetch: an article in every form, and its parts.

use std::collections::BTreeSet;

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, published, shape};

/// A published article with a bit of everything.
async fn full(editor: &Client) -> Value {
    published(
        editor,
        json!({"title": "Tides & harbours", "slug": "tides", "topics": ["sea"], "authors": ["ada"],
        "intro": "Look at *the* water.", "cover": {"url": "/a.jpg"}, "custom": {"z": 1, "a": 2},
        "sections": [{"heading": "Reading `it`", "body": "One two.", "custom": {"k": 1}, "sections": [
            {"heading": "Slack", "body": "- three"}]}, {"body": "Bare."}]}),
    )
    .await
}

#[tokio::test]
async fn the_default_answer_is_as_the_contract_shows_it() {
    let server = Server::start().await;
    let draft = full(&server.login(Role::Editor).await).await;
    let response = server.client().get(format!("{ARTICLES}/tides")).await;
    let edition = response.expect(200);
    let (section, topic, author) = (&draft["sections"][0], &draft["topics"][0], &draft["authors"][0]);
    let wanted = format!(
        r#"{{"id":{id},"slug":"tides","locale":"en","url":"https://website.example/tides","title":"Tides & harbours","subtitle":null,"summary":"Look at the water.","cover":{{"url":"/a.jpg","alt":null,"caption":null,"width":null,"height":null}},"featured":false,"listed":true,"authors":[{{"id":{author},"slug":"ada","name":"Ada"}}],"topics":[{{"id":{topic},"slug":"sea","name":"Sea"}}],"intro":{{"html":"<p>Look at <em>the</em> water.</p>\n","markdown":null,"text":null}},"sections":[{{"id":{first},"heading":"Reading it","heading_html":"Reading <code>it</code>","anchor":"reading-it","level":2,"html":"<p>One two.</p>\n","markdown":null,"text":null,"word_count":2,"custom":{{"k":1}},"sections":[{{"id":{slack},"heading":"Slack","heading_html":"Slack","anchor":"slack","level":3,"html":"<ul>\n<li>three</li>\n</ul>\n","markdown":null,"text":null,"word_count":1,"custom":{{}},"sections":[]}}]}},{{"id":{bare},"heading":null,"heading_html":null,"anchor":null,"level":2,"html":"<p>Bare.</p>\n","markdown":null,"text":null,"word_count":1,"custom":{{}},"sections":[]}}],"outline":[{{"heading":"Reading it","anchor":"reading-it","level":2}},{{"heading":"Slack","anchor":"slack","level":3}}],"word_count":11,"reading_minutes":1,"seo":{{"title":null,"description":null,"canonical_url":null,"image_url":null,"noindex":false}},"translations":[],"custom":{custom},"edition":1,"published_at":"2026-01-05T09:00:00.000000Z","updated_at":"2026-01-05T09:00:00.000000Z"}}"#,
        id = draft["id"],
        author = author["id"],
        topic = topic["id"],
        first = section["id"],
        slack = section["sections"][0]["id"],
        bare = draft["sections"][1]["id"],
        custom = draft["custom"],
    );
    assert_eq!(response.text(), wanted);
    assert_eq!(server.client().get(at(&draft, "")).await.text(), wanted);
    let item = server.client().get(ARTICLES).await.expect(200)["items"][0].clone();
    let mut expected = edition;
    for absent in ["intro", "sections", "outline"] {
        expected.as_object_mut().unwrap().remove(absent);
    }
    assert_eq!(item, expected);
}

#[tokio::test]
async fn fields_and_formats_choose_what_is_told() {
    let server = Server::start().await;
    let draft = full(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let get = async |query: &str| reader.get(format!("{}?{query}", at(&draft, ""))).await;
    assert_eq!(
        get("fields=title,id").await.text(),
        format!(r#"{{"id":{},"title":"Tides & harbours"}}"#, draft["id"])
    );
    let bodies = get("formats=markdown,text&fields=intro,sections").await.expect(200);
    assert_eq!(
        bodies["intro"],
        json!({"html": null, "markdown": "Look at *the* water.", "text": "Look at the water."})
    );
    let slack = &bodies["sections"][0]["sections"][0];
    assert_eq!((&slack["html"], &slack["markdown"]), (&Value::Null, &json!("- three")));
    let whole = "<p>Look at <em>the</em> water.</p>\n<h2 id=\"reading-it\">Reading <code>it</code></h2>\n<p>One two.</p>\n\
        <h3 id=\"slack\">Slack</h3>\n<ul>\n<li>three</li>\n</ul>\n<p>Bare.</p>\n";
    let derived = get("fields=content_html,content_text&formats=markdown").await.expect(200);
    assert_eq!(derived["content_html"], whole);
    assert_eq!(
        derived["content_text"],
        "Look at the water.\n\nReading it\n\nOne two.\n\nSlack\n\nthree\n\nBare."
    );
    let html = reader.get(at(&draft, "/html")).await;
    assert_eq!((html.is(200).text(), html.header("content-type")), (whole, Some("text/html; charset=utf-8")));
    let listed =
        reader.get(format!("{ARTICLES}?fields=slug,sections,content_text&formats=text")).await.expect(200);
    assert_eq!(listed["items"][0]["sections"][1]["text"], "Bare.");
    assert_eq!(
        listed["items"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["slug", "sections", "content_text"]
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    for (query, refusal) in [
        ("fields=titel", "fields field-unknown"),
        ("formats=pdf", "formats format-unknown"),
        ("fields=", "fields list-malformed"),
        ("field=title", "field parameter-unknown"),
        ("locale=en&locale=de", "locale parameter-repeated"),
    ] {
        let response = get(query).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn sections_are_read_alone_by_id_or_anchor() {
    let server = Server::start().await;
    let draft = full(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let tree = reader.get(at(&draft, "/sections")).await.expect(200);
    assert_eq!(shape(&tree["items"]), "Reading it(Slack) -");
    let slack = &tree["items"][0]["sections"][0];
    for name in ["slack".to_owned(), id(slack)] {
        assert_eq!(reader.get(at(&draft, &format!("/sections/{name}"))).await.expect(200), *slack);
    }
    let text = reader.get(format!("{ARTICLES}/tides/sections/slack?formats=text")).await.expect(200);
    assert_eq!((&text["html"], &text["text"]), (&Value::Null, &json!("three")));
    reader.get(at(&draft, "/sections/nothing")).await.problem(404, "not-found");
}

#[tokio::test]
async fn the_markdown_of_an_edition_sent_back_changes_nothing() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = full(&editor).await;
    let document = server.client().get(at(&draft, "/markdown")).await;
    assert!(document.is(200).text().starts_with("---\n"), "{}", document.text());
    let back =
        editor.put(at(&draft, "/draft/markdown")).if_match(2).body("text/markdown", document.text()).await;
    assert_eq!(back.expect(200), editor.get(at(&draft, "/draft")).await.expect(200));
    assert_eq!(back.version(), 2);
}

#[tokio::test]
async fn a_reader_who_has_the_bytes_is_told_so() {
    let server = Server::start().await;
    let draft = full(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let paths =
        ["", "?fields=id", "/html", "/markdown", "/sections", "/sections/slack"].map(|rest| at(&draft, rest));
    for path in paths.into_iter().chain([format!("{ARTICLES}/tides"), ARTICLES.to_owned()]) {
        let first = reader.get(&path).await;
        let etag = first.is(200).etag().to_owned();
        assert!(etag.starts_with('"'), "{etag}");
        for tags in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            let again = reader.get(&path).header("if-none-match", &tags).await;
            assert_eq!((again.is(304).etag(), again.text()), (etag.as_str(), ""));
        }
        reader.get(&path).header("if-none-match", "\"x\"").await.is(200);
        let head = reader.head(&path).await;
        assert_eq!((head.is(200).etag(), head.text()), (etag.as_str(), ""));
        for name in ["content-type", "cache-control"] {
            assert_eq!(head.header(name), first.header(name), "{path}");
        }
        assert!(first.header("cache-control").unwrap().starts_with("public"));
    }
}

#[tokio::test]
async fn readers_routes_do_not_look_at_tokens() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let live = full(&editor).await;
    let hidden = create(&editor, json!({"title": "Hidden"})).await;
    for who in [editor.clone(), server.client().with_token("no good"), server.client()] {
        assert_eq!(
            who.get(at(&live, "")).await.is(200).text(),
            server.client().get(at(&live, "")).await.text()
        );
        assert_eq!(who.get(ARTICLES).await.expect(200)["items"].as_array().unwrap().len(), 1);
        who.get(at(&hidden, "")).await.problem(404, "not-found");
        who.get(format!("{ARTICLES}/hidden/html")).await.problem(404, "not-found");
    }
    server.client().get(at(&live, "/draft")).await.problem(401, "token-missing");
}
