//! Values in the database that the server cannot read, as an older release or somebody with a database client may have
//! left them: they break no list, and can be replaced and deleted.

use diesel::connection::SimpleConnection as _;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::minutes;
use crate::server::Server;
use crate::stored::drafts;
use crate::writing::{ARTICLES, at, create, id, publish, published, tides};

/// Runs SQL beside the server.
fn by_hand(server: &Server, sql: &str) {
    server.database().connect().batch_execute(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
}

#[tokio::test]
async fn json_that_cannot_be_read_is_shown_as_its_default() {
    let server = Server::start().await;
    let (editor, admin) = (server.login(Role::Editor).await, server.login(Role::Admin).await);
    let reader = server.client();
    let draft = tides(&editor).await;
    let live =
        published(&editor, json!({"title": "Harbour", "custom": {"a": 1}, "sections": [{"heading": "A"}]}))
            .await;
    editor.patch(at(&live, "/draft")).if_match(2).json(json!({"title": "Newer"})).await.is(200);
    reader.post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    let file = "email,custom\nbo@reader.example,\"{\"\"a\"\":1}\"\n";
    let terms = [("dry_run", "false"), ("source", "s"), ("statement", "s")];
    let import = admin.post("/v1/subscriber-imports").query(&terms).body("text/csv", file).await;
    let import = import.is(202).location().to_owned();
    let once = |key: &str| editor.post(ARTICLES).json(json!({"title": "Once"})).once(key).send();
    once("k").await.is(201);

    // PostgreSQL takes no text that is not JSON, but any JSON.
    let garbage = if server.is_embedded() { "'{\"a\":'" } else { "'7'" };
    if server.is_embedded() {
        by_hand(&server, "DROP TRIGGER consents_stay");
    } else {
        by_hand(&server, "DROP TRIGGER consents_stay ON consents");
    }
    for (table, columns) in [
        ("article_metadata", &["cover", "seo", "custom", "aliases"][..]),
        ("sections", &["custom"]),
        ("changes", &["fields"]),
        ("revisions", &["content"]),
        ("site", &["navigation", "locales", "custom"]),
        ("subscribers", &["custom"]),
        ("consents", &["details"]),
        ("import_options", &["labels", "header"]),
        ("idempotency_keys", &["headers"]),
        ("jobs", &["payload"]),
        ("events", &["data"]),
    ] {
        for column in columns {
            by_hand(&server, &format!("UPDATE {table} SET {column} = {garbage}"));
        }
    }
    by_hand(&server, "UPDATE render_context SET settings = 'x', epoch = epoch + 1");

    assert_eq!(drafts(&editor).await.len(), 3);
    let seen = editor.get(at(&live, "/draft")).await.expect(200);
    assert_eq!((&seen["custom"], &seen["cover"], &seen["aliases"]), (&json!({}), &Value::Null, &json!([])));
    editor.get(at(&live, "/draft/markdown")).await.is(200);
    editor.get(at(&live, "/revisions")).await.is(200);
    editor.get(at(&live, "/revisions/1")).await.problem(404, "not-found");
    editor.get(at(&live, "/editions")).await.is(200);
    editor.get(at(&live, "/editions/1")).await.problem(404, "not-found");
    editor.post(at(&live, "/publish")).json(json!({"revision": 1})).await.is(422);
    // What readers have goes on being served, though it cannot be rendered again.
    for path in [
        ARTICLES,
        "/v1/articles/harbour",
        "/v1/search?q=harbour",
        "/feeds/rss.xml",
        "/v1/changes",
        "/v1/site",
    ] {
        reader.get(path).await.is(200);
    }
    assert_eq!(reader.get("/v1/articles/harbour").await.expect(200)["custom"], json!({"a": 1}));
    for path in ["/v1/subscribers", "/v1/subscribers/export", "/v1/subscriber-imports", &import, "/v1/jobs"] {
        admin.get(path).await.is(200);
    }
    once("k").await.is(201);
    server.run_jobs().await;

    let of = |query: &str| format!("/v1/subscribers{query}");
    for subscriber in admin.get(of("")).await.expect(200)["items"].as_array().unwrap() {
        let path = of(&format!("/{}", id(subscriber)));
        assert_eq!(admin.get(&path).await.expect(200)["custom"], json!({}));
        admin.get(format!("{path}/consents")).await.is(200);
        let changed = admin.patch(&path).json(json!({"custom": {"b": 1}})).await.expect(200);
        assert_eq!(changed["custom"], json!({"b": 1}));
        admin.delete(&path).await.is(204);
    }
    admin.patch("/v1/site").json(json!({"custom": {"b": 1}, "navigation": []})).await.is(200);
    assert_eq!(reader.get("/v1/site").await.expect(200)["custom"], json!({"b": 1}));
    for article in [&live, &draft] {
        let patch = editor.patch(at(article, "/draft")).header("if-match", "*");
        let changed = patch.json(json!({"custom": {"c": 1}, "title": "Changed"})).await.expect(200);
        assert_eq!(changed["custom"], json!({"c": 1}));
        publish(&editor, &changed).await;
        assert_eq!(reader.get(at(article, "")).await.expect(200)["custom"], json!({"c": 1}));
        editor.delete(at(article, "")).await.is(204);
        editor.post(at(article, "/restore")).await.is(200);
    }
}

#[tokio::test]
async fn a_rendering_that_cannot_be_read_leaves_the_others_in_the_lists() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    for title in ["Ebb", "Flow", "Harbour"] {
        published(&editor, json!({"title": title, "intro": "The tide.", "topics": ["sea"]})).await;
        server.clock.advance(minutes(1));
    }
    let bytes = if server.is_embedded() { "x'7b'" } else { "'\\x7b'::bytea" };
    let set = format!(
        "UPDATE renderings SET item = {bytes}, body = {bytes}, sources = {bytes} WHERE slug = 'flow'"
    );
    by_hand(&server, &set);
    for (path, count) in [
        ("/v1/articles", 2),
        ("/v1/articles?fields=id,title", 2),
        ("/v1/articles?fields=id,sections", 2),
        ("/v1/search?q=tide", 2),
        ("/v1/articles/ebb/related", 1),
        ("/v1/changes", 4),
    ] {
        let list = reader.get(path).await.expect(200);
        assert_eq!(list["items"].as_array().expect("items").len(), count, "{path}: {list:#}");
    }
    for path in ["/v1/articles/ebb/adjacent", "/feeds/rss.xml", "/feeds/feed.json", "/sitemap.xml"] {
        reader.get(path).await.is(200);
    }
    for path in ["", "?fields=id", "/sections", "/html", "/markdown", "/adjacent", "/related"] {
        reader.get(format!("/v1/articles/flow{path}")).await.problem(404, "not-found");
    }
    let draft = editor.get("/v1/articles/flow/draft").await.expect(200);
    let patch = editor.patch(at(&draft, "/draft")).header("if-match", "*");
    publish(&editor, &patch.json(json!({"subtitle": "s"})).await.expect(200)).await;
    reader.get("/v1/articles/flow").await.is(200);
    assert_eq!(reader.get("/v1/articles").await.expect(200)["items"].as_array().expect("items").len(), 3);
}

#[tokio::test]
async fn an_article_that_cannot_be_rendered_again_is_served_as_it_was() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Ebb", "intro": "The tide."})).await;
    by_hand(&server, "ALTER TABLE editions RENAME TO gone; UPDATE render_context SET epoch = epoch + 1");
    let reader = server.client();
    for path in ["/v1/articles", "/v1/articles/ebb", "/v1/search?q=tide", "/v1/changes", "/feeds/rss.xml"] {
        let response = reader.get(path).await;
        assert!(response.is(200).text().contains("Ebb"), "{path}: {}", response.text());
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_read_stays_until_another_is_set() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft =
        create(&editor, json!({"title": "T", "custom": {"a": 1}, "sections": [{"heading": "A"}]})).await;
    by_hand(&server, "UPDATE article_metadata SET custom = '[7]'; UPDATE sections SET custom = '[7]'");
    let section = at(&draft, "/draft/sections/a");
    editor.patch(at(&draft, "/draft")).if_match(1).json(json!({"title": "U"})).await.is(200);
    editor.patch(&section).header("if-match", "*").json(json!({"body": "B"})).await.is(200);
    by_hand(&server, "UPDATE article_metadata SET custom = '{\"a\":2}' WHERE CAST(custom AS text) = '[7]'");
    by_hand(&server, "UPDATE sections SET custom = '{\"a\":2}' WHERE CAST(custom AS text) = '[7]'");
    let seen = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((&seen["custom"], &seen["sections"][0]["custom"]), (&json!({"a": 2}), &json!({"a": 2})));
}

/// Asks without comparing the response with the document, which says nothing of what people write into databases.
async fn status(server: &Server, client: &Client, path: &str) -> (u16, String) {
    let mut request = reqwest::Client::new().get(format!("{}{path}", server.address()));
    if let Some(token) = client.token() {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("a response");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

#[tokio::test]
async fn texts_and_times_that_were_never_valid_break_no_list() {
    let server = Server::start().await;
    let (editor, admin) = (server.login(Role::Editor).await, server.login(Role::Admin).await);
    let reader = server.client();
    let body =
        json!({"title": "Harbour", "topics": ["sea"], "authors": ["ada"], "sections": [{"heading": "A"}]});
    let live = published(&editor, body).await;
    reader.post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    editor.post("/v1/redirects").json(json!({"from": "/feed", "to": "/rss", "status": 301})).await.is(201);
    let subscriber = id(&admin.get("/v1/subscribers").await.expect(200)["items"][0]);
    let (last, first) = if server.is_embedded() {
        (i64::MAX.to_string(), i64::MIN.to_string())
    } else {
        ("'infinity'".to_owned(), "'-infinity'".to_owned())
    };
    let text = r#"'"/\ %00?#é'"#;
    for (table, texts, times) in [
        ("articles", &["locale", "slug", "title"][..], &["published_at", "created_at", "updated_at"][..]),
        ("article_metadata", &["subtitle", "summary", "intro"], &[]),
        ("sections", &["heading", "anchor", "body"], &[]),
        ("revisions", &["title"], &["created_at"]),
        ("changes", &[], &["at"]),
        ("editions", &["locale", "slug", "title"], &["published_at"]),
        ("renderings", &["locale", "slug", "title", "etag"], &["published_at", "updated_at"]),
        ("addresses", &["path", "locale", "url"], &["published_at"]),
        ("redirects", &["path", "target"], &[]),
        ("latest_changes", &["change"], &["at"]),
        ("events", &["kind"], &["at"]),
        (
            "subscribers",
            &["email", "name", "locale", "source"],
            &["signed_up_at", "created_at", "confirmed_at", "updated_at"],
        ),
        ("site", &["title", "description"], &[]),
        ("author_details", &["bio", "website_url", "image_url"], &[]),
        ("topic_details", &["description"], &[]),
        ("jobs", &["kind", "last_error"], &["created_at", "run_at"]),
        ("outbox_emails", &["template", "locale"], &["created_at"]),
    ] {
        for column in texts {
            by_hand(&server, &format!("UPDATE {table} SET {column} = {text}"));
        }
        for (at, column) in times.iter().enumerate() {
            let time = if at % 2 == 0 { &last } else { &first };
            by_hand(&server, &format!("UPDATE {table} SET {column} = {time}"));
        }
    }
    by_hand(&server, &format!("UPDATE terms SET name = {text}, slug = {text}, updated_at = {last}"));
    let article = at(&live, "");
    for (client, path) in [
        (&editor, "/v1/drafts".to_owned()),
        (&editor, "/v1/drafts?sort=created_at&limit=1".to_owned()),
        (&editor, format!("{article}/draft")),
        (&editor, format!("{article}/draft/markdown")),
        (&editor, format!("{article}/revisions")),
        (&editor, format!("{article}/revisions/1")),
        (&editor, format!("{article}/editions")),
        (&editor, format!("{article}/editions/1")),
        (&reader, article.clone()),
        (&reader, ARTICLES.to_owned()),
        (&reader, format!("{ARTICLES}?fields=id,sections&sort=updated_at")),
        (&reader, "/v1/topics".to_owned()),
        (&reader, "/v1/authors".to_owned()),
        (&reader, "/v1/redirects".to_owned()),
        (&reader, "/v1/changes".to_owned()),
        (&reader, "/v1/site".to_owned()),
        (&reader, "/v1/search?q=harbour".to_owned()),
        (&reader, "/feeds/rss.xml".to_owned()),
        (&reader, "/feeds/atom.xml".to_owned()),
        (&reader, "/feeds/feed.json".to_owned()),
        (&reader, "/sitemap.xml".to_owned()),
        (&admin, "/v1/subscribers".to_owned()),
        (&admin, format!("/v1/subscribers/{subscriber}")),
        (&admin, "/v1/subscribers/export".to_owned()),
        (&admin, "/v1/jobs".to_owned()),
    ] {
        let (status, response) = status(&server, client, &path).await;
        assert_eq!(status, 200, "{path}: {response}");
    }
    server.run_jobs().await;
    admin.delete(format!("/v1/subscribers/{subscriber}")).await.is(204);
    editor.delete(article).await.is(204);
}
