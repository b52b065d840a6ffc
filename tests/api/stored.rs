//! Whatever is stored can be read, listed, changed and deleted, whichever request it came with.

use std::collections::BTreeSet;

use lede::auth::Role;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, flat, id, publish, tides, version};

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
pub async fn drafts(client: &Client) -> Vec<Value> {
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
