//! Whatever is stored can be read, listed, changed and deleted: what comes through any door, and what an older release or
//! somebody with a database client has left.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use lede::auth::Role;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::given::minutes;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, create, flat, id, publish, published, tides, version};

/// JSON texts that break a rule, each a value of a member.
fn forbidden() -> Vec<String> {
    let raw = |text: &str| json!({"$serde_json::private::RawValue": text}).to_string();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        raw(&nested(120)),
        raw(&raw(&nested(100))),
        raw(r#"{"a":1,"a":2}"#),
        raw(r#""\u0000""#),
        raw("["),
        raw("7"),
        json!({"$serde_json::private::Number": "1e999"}).to_string(),
        json!([{"b": {"$serde_json::private::RawValue": "[1]", "c": 1}}]).to_string(),
        r#"{"a":1,"a":2}"#.to_owned(),
        r#"["\u0000"]"#.to_owned(),
        r#"{"\u0000":1}"#.to_owned(),
        nested(70),
        "1e999".to_owned(),
        json!({"x".repeat(201): 1}).to_string(),
    ]
}

/// Any JSON value within the rules.
fn allowed() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-z]{0,4}",
        "[$~/\\\\\"'é\u{1f600} .:#-]{1,6}",
        Just("__proto__".to_owned()),
        Just("$__toml_private_datetime".to_owned()),
        Just("<<".to_owned()),
        Just("no".to_owned()),
    ];
    let text = prop_oneof!["[a-z ]{0,8}", "[^\\x00]{0,12}", "[0-9.:TZ+-]{1,20}", Just("null".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000i32..1000).prop_map(|n| json!(f64::from(n) / 8.0)),
        text.prop_map(Value::from),
    ];
    let below = leaf.prop_recursive(6, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (below, 0..50usize).prop_map(|(value, depth)| (0..depth / 10 * 10).fold(value, |value, _| json!([value])))
}

/// A value in TOML, on one line. TOML has no null, and its integers end at 2^63.
fn toml(value: &Value) -> String {
    match value {
        Value::Null => "\"null\"".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{} = {}", toml(&json!(name)), toml(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::Number(number) if number.as_i64().is_none() && number.is_u64() => format!("\"{number}\""),
        Value::String(text) => json!(text).to_string().replace('\u{7f}', "\\u007f"),
        other => other.to_string(),
    }
}

/// Every request that stores a JSON value of the client in an article, given the value as a JSON text and in TOML.
fn doors(client: &Client, draft: &Value, json: &str, toml: &str) -> Vec<(&'static str, Call)> {
    const JSON: &str = "application/json";
    let section = at(draft, &format!("/draft/sections/{}", id(&flat(&draft["sections"])[0])));
    let yaml = format!("---\ntitle: T\nx: {json}\n---\n\nA\n");
    let create = |body: String| client.post(ARTICLES).body(JSON, body);
    let push = |text: String| {
        client.put(at(draft, "/draft/markdown")).header("if-match", "*").body("text/markdown", text)
    };
    let post = |text: String| client.post(ARTICLES).json(json!({"markdown": text}));
    vec![
        ("custom", create(format!(r#"{{"title":"T","custom":{{"x":{json}}}}}"#))),
        (
            "custom of a section",
            create(format!(r#"{{"title":"T","sections":[{{"custom":{{"x":{json}}}}}]}}"#)),
        ),
        ("yaml", post(yaml.clone())),
        ("toml", post(format!("+++\ntitle = 'T'\nx = {toml}\n+++\n\nA\n"))),
        ("json", post(format!("{{\"title\": \"T\", \"x\": {json}}}\n\nA\n"))),
        ("yaml of a section", post(format!("---\ntitle: T\nsections: {{a: {{x: {json}}}}}\n---\n\n# A\n"))),
        (
            "patch",
            client
                .patch(at(draft, "/draft"))
                .header("if-match", "*")
                .body(JSON, format!(r#"{{"custom":{{"x":{json}}}}}"#)),
        ),
        (
            "patch of a section",
            client
                .patch(section)
                .header("if-match", "*")
                .body(JSON, format!(r#"{{"custom":{{"x":{json}}}}}"#)),
        ),
        (
            "new section",
            client.post(at(draft, "/draft/sections")).body(JSON, format!(r#"{{"custom":{{"x":{json}}}}}"#)),
        ),
        (
            "sections",
            client
                .put(at(draft, "/draft/sections"))
                .header("if-match", "*")
                .body(JSON, format!(r#"{{"sections":[{{"custom":{{"x":{json}}}}}]}}"#)),
        ),
        ("push", push(yaml)),
    ]
}

/// The ids of every article in the list of drafts.
async fn drafts(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some("/v1/drafts?limit=100".to_owned());
    while let Some(path) = next.take() {
        let page = client.get(path).await.expect(200);
        all.extend(page["items"].as_array().expect("items").clone());
        next = page["next_cursor"].as_str().map(|cursor| format!("/v1/drafts?limit=100&cursor={cursor}"));
    }
    all
}

/// Reads an article in every form, publishes it, changes it back to its first revision, and moves it to the trash.
async fn use_up(server: &Server, client: &Client, article: &Value) {
    let reader = server.client();
    let draft = client.get(at(article, "/draft")).await.expect(200);
    client.get(at(article, "/draft/markdown")).await.is(200);
    client.get(at(article, "/draft/sections")).await.is(200);
    for revision in
        client.get(at(article, "/revisions?limit=100")).await.expect(200)["items"].as_array().unwrap()
    {
        client.get(at(article, &format!("/revisions/{}", revision["revision"]))).await.is(200);
    }
    publish(client, &draft).await;
    for path in ["", "?fields=id,custom,sections,content_text", "/sections", "/html", "/markdown", "/related"]
    {
        reader.get(at(article, path)).await.is(200);
    }
    reader
        .get(format!("{ARTICLES}?limit=100&fields=id,custom,sections&formats=html,markdown,text"))
        .await
        .is(200);
    client.post(at(article, "/revisions/1/restore")).header("if-match", "*").await.is(200);
    client.patch(at(article, "/draft")).header("if-match", "*").json(json!({"subtitle": "s"})).await.is(200);
    client.delete(at(article, "")).await.is(204);
}

#[tokio::test]
async fn no_door_lets_in_json_that_breaks_a_rule() {
    let server = Server::start().await;
    let (contributor, admin) = (server.login(Role::Contributor).await, server.login(Role::Admin).await);
    let draft = tides(&contributor).await;
    let mut file = "email,metadata,tags,unsubscribed_at,$serde_json::private::RawValue\n".to_owned();
    for text in forbidden() {
        // TOML writes nesting and names as JSON does, but members otherwise.
        let in_toml = if text.starts_with('[') && !text.contains('{') {
            text.clone()
        } else {
            "{a = 1, a = 2}".to_owned()
        };
        for (door, call) in doors(&contributor, &draft, &text, &in_toml) {
            // In YAML, a number that JSON does not have is a text.
            if text == "1e999" && (door.starts_with("yaml") || door == "push") {
                continue;
            }
            let response = call.await;
            assert!([400, 422].contains(&response.status()), "{door} took {text:.80}: {}", response.text());
        }
        let object = format!("{{\"x\":{text}}}").replace('"', "\"\"");
        file.push_str(&format!("a{}@reader.example,\"{object}\",,,[[1]]\n", file.len()));
        let site = format!(r#"{{"custom":{{"x":{text}}}}}"#);
        let response = admin.patch("/v1/site").body("application/json", site).await;
        assert!([400, 422].contains(&response.status()), "the site took {text:.80}: {}", response.text());
    }
    assert_eq!(drafts(&contributor).await.len(), 1);
    let now = contributor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!((version(&now), &now["custom"]), (1, &json!({})));
    assert_eq!(server.client().get("/v1/site").await.expect(200)["custom"], json!({}));
    let terms = [("dry_run", "false"), ("source", "s"), ("statement", "s")];
    admin.post("/v1/subscriber-imports").query(&terms).body("text/csv", file).await.is(202);
    server.run_jobs().await;
    let people = admin.get("/v1/subscribers?limit=100").await.expect(200)["items"].clone();
    let people = people.as_array().expect("items");
    assert_eq!(people.len(), forbidden().len());
    for person in people {
        // What is not taken as JSON is kept as the text that it is.
        assert!(person["custom"].as_object().unwrap().values().all(Value::is_string), "{person:#}");
        assert_eq!(person["custom"].as_object().unwrap().len(), 1, "{person:#}");
    }
}

#[tokio::test]
async fn what_comes_through_any_door_can_be_read_changed_and_deleted() {
    let server = Server::start().await;
    let (editor, admin) = (server.login(Role::Editor).await, server.login(Role::Admin).await);
    let subscriber = admin.post("/v1/subscribers").json(json!({"email": "ada@reader.example"}));
    subscriber.await.is(202);
    let subscriber = admin.get("/v1/subscribers").await.expect(200)["items"][0].clone();
    let subscriber = format!("/v1/subscribers/{}", id(&subscriber));
    let mut runner = TestRunner::deterministic();
    let (mut stored, mut taken) = (0, BTreeSet::new());
    for _ in 0..rounds(12) {
        let value = allowed().new_tree(&mut runner).expect("a value").current();
        let draft = tides(&editor).await;
        let text = value.to_string();
        for (door, call) in doors(&editor, &draft, &text, &toml(&value)) {
            let response = call.await;
            // YAML is no superset of JSON in every corner: what it cannot read it refuses.
            let is_read = response.status() < 300 || (response.status() == 422 && !door.contains("custom"));
            assert!(is_read, "{door} of {text}: {}", response.text());
            if response.status() < 300 {
                taken.insert(door);
            }
            if door == "custom" {
                assert_eq!(response.json()["custom"]["x"], value);
            }
        }
        for path in ["/v1/site", &subscriber] {
            let changed = admin.patch(path).json(json!({"custom": {"x": [value]}})).await.expect(200);
            assert_eq!(changed["custom"], json!({"x": [value]}));
            assert_eq!(admin.get(path).await.expect(200)["custom"], changed["custom"]);
        }
        for article in drafts(&editor).await {
            use_up(&server, &editor, &article).await;
            stored += 1;
        }
    }
    admin.get("/v1/subscribers").await.is(200);
    admin.get("/v1/subscribers/export").await.is(200);
    admin.delete(&subscriber).await.is(204);
    let trash = editor.get("/v1/drafts?trashed=true&include_total=true").await.expect(200);
    // Every door lets something in.
    assert_eq!(taken.len(), 11, "{taken:?}");
    assert_eq!(trash["total"], stored, "{taken:?}");
}

#[tokio::test]
async fn patches_that_add_up_stay_within_the_bounds() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let patch = |custom: Value| {
        editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"custom": custom}))
    };
    let nested = |depth: usize, inside: Value| (0..depth).fold(inside, |value, _| json!({"a": value}));
    patch(nested(60, json!(1))).await.is(200);
    patch(nested(60, json!({"b": [[1]]}))).await.is(200);
    patch(nested(65, json!(1))).await.problem(400, "request-malformed");
    patch(json!({"b": "x".repeat(40_000)})).await.is(200);
    let response = patch(json!({"c": "x".repeat(40_000)})).await;
    assert_eq!(response.violations(), ["/custom custom-too-long"]);
    use_up(&server, &editor, &draft).await;
}

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
