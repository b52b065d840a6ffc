//! Lists by values in `custom`: `custom[name]=text`.

use std::collections::BTreeMap;

use lede::auth::Role;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::following::Dice;
use crate::given::{hours, minutes};
use crate::older_release;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, create, publish, published};

async fn publication(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (title, custom) in [
        ("a", json!({"series": "tides", "part": 1, "done": true})),
        ("b", json!({"series": "tides", "part": 2.0, "done": false})),
        ("c", json!({"series": "Tides", "part": "2", "done": "true"})),
        ("d", json!({"series": ["tides"], "part": {"of": 2}, "done": null})),
        ("e", json!({"series": "", "part": -0.0, "a, b & c": "x, y & z=1", "größe": "ü"})),
        ("f", json!({"series": "tides", "part": 1e21, "ratio": 0.1 + 0.2, "small": 1e-7})),
        ("g", json!({"series": "x".repeat(200), "long": "x".repeat(201), "part": 9_007_199_254_740_993_i64})),
        ("h", json!({"series": "tides", "part": 3})),
    ] {
        let listed = title != "h";
        let topics = if "ab".contains(title) { json!(["sea"]) } else { json!([]) };
        let body =
            json!({"title": title, "slug": title, "custom": custom, "listed": listed, "topics": topics});
        published(&editor, body).await;
        server.clock.advance(minutes(1));
    }
    create(&editor, json!({"title": "Draft", "custom": {"series": "tides"}})).await;
    editor
}

/// The slugs of a list, joined with spaces.
async fn slugs(reader: &Client, query: &[(&str, &str)]) -> String {
    let page = reader.get(ARTICLES).query(query).await.expect(200);
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["slug"].as_str().expect("a slug")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_list_has_the_articles_with_a_value() {
    let server = Server::start().await;
    publication(&server).await;
    let reader = server.client();
    let (long, longest) = ("x".repeat(200), "x".repeat(200));
    for (query, wanted) in [
        (&[("custom[series]", "tides")][..], "f b a"),
        (&[("custom[series]", "Tides")], "c"),
        (&[("custom[series]", " tides")], ""),
        (&[("custom[series]", "")], "e"),
        (&[("custom[series]", &long)], "g"),
        (&[("custom[long]", &longest)], ""),
        (&[("custom[nothing]", "tides")], ""),
        // The text, or the number that it spells.
        (&[("custom[part]", "1")], "a"),
        (&[("custom[part]", "1.0")], "a"),
        (&[("custom[part]", "2")], "c b"),
        (&[("custom[part]", "2.0")], "b"),
        (&[("custom[part]", "20e-1")], "b"),
        (&[("custom[part]", "0")], "e"),
        (&[("custom[part]", "-0.0")], "e"),
        (&[("custom[part]", "1000000000000000000000")], "f"),
        (&[("custom[part]", "1E21")], "f"),
        (&[("custom[part]", "9007199254740993")], "g"),
        (&[("custom[part]", "9007199254740992")], ""),
        (&[("custom[part]", " 1")], ""),
        (&[("custom[part]", "01")], ""),
        (&[("custom[part]", "1e999")], ""),
        (&[("custom[ratio]", "0.30000000000000004")], "f"),
        (&[("custom[ratio]", "0.3")], ""),
        (&[("custom[small]", "0.0000001")], "f"),
        (&[("custom[done]", "true")], "c a"),
        (&[("custom[done]", "false")], "b"),
        (&[("custom[done]", "null")], ""),
        (&[("custom[series]", "[\"tides\"]")], ""),
        (&[("custom[a, b & c]", "x, y & z=1")], "e"),
        (&[("custom[größe]", "ü")], "e"),
        // With each other, and with other filters and orders.
        (&[("custom[series]", "tides"), ("custom[part]", "2")], "b"),
        (&[("custom[series]", "tides"), ("custom[done]", "true"), ("custom[part]", "1")], "a"),
        (&[("custom[series]", "tides"), ("topic", "sea")], "b a"),
        (&[("custom[series]", "tides"), ("locale", "de")], ""),
        (&[("custom[series]", "tides"), ("sort", "title")], "a b f"),
        (&[("custom[series]", "tides"), ("sort", "published_at")], "a b f"),
        (&[("custom[part]", "2"), ("sort", "-title,published_at")], "c b"),
        (&[("custom[series]", "tides"), ("slug", "a,c"), ("featured", "false")], "a"),
    ] {
        assert_eq!(slugs(&reader, query).await, wanted, "{query:?}");
    }
    let counted = reader.get(format!("{ARTICLES}?custom%5Bseries%5D=tides&limit=1&include_total=true")).await;
    assert_eq!(counted.expect(200)["total"], 3);
    let adjacent = reader.get(format!("{ARTICLES}/c/adjacent?custom[series]=tides")).await.expect(200);
    assert_eq!((&adjacent["newer"]["slug"], &adjacent["older"]["slug"]), (&json!("f"), &json!("b")));
}

#[tokio::test]
async fn what_no_value_can_be_named_by_is_refused() {
    let server = Server::start().await;
    let reader = server.client();
    let (name, text) = ("n".repeat(101), "x".repeat(201));
    let (name, text) = (format!("custom[{name}]=x"), format!("custom[a]={text}"));
    let shown: String = name.chars().take(100).collect();
    for (query, refusals) in [
        ("custom=x", &["custom parameter-malformed"][..]),
        ("custom[]=x", &["custom[] parameter-malformed"]),
        ("custom[a", &["custom[a parameter-malformed"]),
        ("custom[a][b]=x", &["custom[a][b] parameter-malformed"]),
        (
            "custom[a][]=x&custom[a][]=y",
            &["custom[a][] parameter-malformed", "custom[a][] parameter-malformed"],
        ),
        ("custom[a]b=x", &["custom[a]b parameter-malformed"]),
        ("custom[[a]]=x", &["custom[[a]] parameter-malformed"]),
        ("custom[a%00]=x", &["custom[a\0] parameter-malformed"]),
        ("custom[a%0Ab]=x", &["custom[a\nb] parameter-malformed"]),
        ("custom[a]=%00", &["custom[a] parameter-malformed"]),
        ("custom[a]=x&custom[a]=x", &["custom[a] parameter-repeated"]),
        ("custom[a]=x&custom%5Ba%5D=y", &["custom[a] parameter-repeated"]),
        ("custom[a]=1&custom[b]=2&custom[c]=3&custom[d]=4", &["custom parameter-malformed"]),
        ("customs[a]=1", &["customs[a] parameter-unknown"]),
        ("slug[a]=1", &["slug[a] parameter-unknown"]),
        (&name, &[&format!("{shown} parameter-malformed")]),
        (&text, &["custom[a] parameter-malformed"]),
    ] {
        let response = reader.get(format!("{ARTICLES}?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), refusals, "{query}");
    }
    reader.get(format!("{ARTICLES}?custom[a]=1&custom[b]=2&custom[c]=3")).await.is(200);
}

#[tokio::test]
async fn values_follow_what_is_live() {
    let server = Server::start().await;
    let editor = publication(&server).await;
    let reader = server.client();
    let tides = &[("custom[series]", "tides")];
    let edit = async |slug: &str, change: Value| {
        let draft = editor.patch(format!("{ARTICLES}/{slug}/draft")).header("if-match", "*").json(change);
        draft.await.expect(200)
    };
    let draft = edit("a", json!({"custom": {"series": "ebb"}})).await;
    assert_eq!(slugs(&reader, tides).await, "f b a");
    publish(&editor, &draft).await;
    assert_eq!(slugs(&reader, tides).await, "f b");
    assert_eq!(slugs(&reader, &[("custom[series]", "ebb"), ("custom[part]", "1")]).await, "a");
    editor.post(at(&edit("b", json!({})).await, "/unpublish")).await.is(200);
    assert_eq!(slugs(&reader, tides).await, "f");
    publish(&editor, &edit("h", json!({"listed": true})).await).await;
    assert_eq!(slugs(&reader, tides).await, "h f");
    editor.delete(format!("{ARTICLES}/f")).await.is(204);
    publish(&editor, &edit("h", json!({"listed": false})).await).await;
    assert_eq!(slugs(&reader, tides).await, "");
    // The first fifty by name.
    let many: Map<String, Value> = (0..60).map(|n| (format!("m{n:02}"), json!(n))).collect();
    publish(&editor, &edit("e", json!({"custom": many})).await).await;
    assert_eq!(slugs(&reader, &[("custom[m10]", "10")]).await, "e");
    assert_eq!(slugs(&reader, &[("custom[m59]", "59")]).await, "");
    server.database().settle();
    assert!(server.database().count("rendering_values") <= 50 + 3 * 5);
}

#[tokio::test]
async fn those_that_an_older_release_has_published_are_found_after_the_start() {
    let first = Server::start().await;
    publication(&first).await;
    let (database, clock) = (first.database(), first.clock.clone());
    first.stop().await;
    let conn = &mut database.connect();
    older_release::made_everything(conn);
    diesel::RunQueryDsl::execute(diesel::sql_query("DELETE FROM rendering_values"), conn).expect("no values");
    let second = Server::start_on(database, clock, |_| ()).await;
    assert_eq!(slugs(&second.client(), &[("custom[series]", "tides")]).await, "f b a");
}

#[tokio::test]
async fn pages_of_such_a_list_have_cursors_of_their_own() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for n in 0..7 {
        let custom = json!({"series": if n % 3 == 0 { json!("5") } else { json!(5) }, "even": n % 2 == 0, "kind": "essay"});
        published(&editor, json!({"title": format!("n{n}"), "slug": format!("n{n}"), "custom": custom}))
            .await;
        server.clock.advance(hours(n % 2));
    }
    let reader = server.client();
    for filter in [
        &[("custom[series]", "5")][..],
        &[("custom[even]", "true")],
        &[("custom[series]", "5.0")],
        // One value, whose index is in the order of the list.
        &[("custom[kind]", "essay")],
        &[("custom[kind]", "essay"), ("custom[even]", "false")],
    ] {
        for sort in ["-published_at", "published_at", "title"] {
            let whole = slugs(&reader, &[filter, &[("sort", sort)]].concat()).await;
            let (mut walked, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let mut query = [filter, &[("sort", sort), ("limit", "2")]].concat();
                query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
                let response = reader.get(ARTICLES).query(&query).await;
                let page = response.expect(200);
                let items = page["items"].as_array().expect("items").clone();
                walked.extend(items.iter().map(|item| item["slug"].as_str().expect("a slug").to_owned()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                for other in [&[("custom[series]", "6")][..], &[("custom[other]", "5")], &[]] {
                    let query = [other, &[("sort", sort), ("limit", "2"), ("cursor", next)]].concat();
                    let response = reader.get(ARTICLES).query(&query).await;
                    assert_eq!(response.violations(), ["cursor cursor-invalid"]);
                }
                let link = response.header("link").expect("a link");
                let path = link.trim_start_matches('<').split('>').next().expect("a path").to_owned();
                assert!(path.contains("custom%5B"), "{path}");
                cursor = Some(next.to_owned());
            }
            assert_eq!(walked.join(" "), whole, "{filter:?} {sort}");
        }
    }
}

/// What a random member holds.
fn value(dice: &mut Dice) -> Value {
    let n = dice.below(4);
    match dice.below(7) {
        0 => json!(n),
        1 => json!(n.to_string()),
        2 => json!(f64::from(u32::try_from(n).unwrap()) / 2.0),
        3 => json!(n < 2),
        4 => json!((n < 2).to_string()),
        5 => json!([n]),
        _ => Value::Null,
    }
}

/// Whether a member is equal to a text of a query.
fn is_equal(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Number(own) => text.parse::<f64>().is_ok_and(|number| own.as_f64() == Some(number)),
        Value::Bool(own) => own.to_string() == text,
        _ => false,
    }
}

#[tokio::test]
async fn random_values_are_found_as_a_model_says() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    let mut dice = Dice(11);
    let mut live: BTreeMap<String, (Value, Map<String, Value>)> = BTreeMap::new();
    for round in 0..rounds(40) {
        let custom: Map<String, Value> =
            ["a", "b", "c"].into_iter().map(|name| (name.to_owned(), value(&mut dice))).collect();
        let known = dice.one_of(&live.keys().cloned().collect::<Vec<_>>()).cloned();
        match (dice.below(4), known) {
            (0, Some(slug)) => {
                let (draft, _) = live.remove(&slug).expect("a live one");
                editor.post(at(&draft, "/unpublish")).await.is(200);
            }
            (1, Some(slug)) => {
                let draft = live[&slug].0.clone();
                let mut change = Map::from_iter([("custom".to_owned(), Value::Null)]);
                for custom in [None, Some(custom.clone())] {
                    change.extend(custom.map(|custom| ("custom".to_owned(), custom.into())));
                    let call = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(&change);
                    publish(&editor, &call.await.expect(200)).await;
                }
                // A merge patch removes what is null.
                let kept = custom.into_iter().filter(|(_, value)| !value.is_null()).collect();
                live.insert(slug, (draft, kept));
            }
            _ => {
                let slug = format!("s{round:04}");
                let body = json!({"title": "T", "slug": slug, "custom": custom});
                live.insert(slug, (published(&editor, body).await, custom));
                server.clock.advance(minutes(1));
            }
        }
        let texts = ["0", "1", "0.5", "1.0", "true", "false", "2", "3", "10e-1", "", "null"];
        let mut filters: Vec<(&str, &str)> = Vec::new();
        for name in ["a", "b", "c"] {
            if dice.below(2) == 0 {
                filters.push((name, dice.one_of(&texts).expect("a text")));
            }
        }
        let matches = |custom: &Map<String, Value>| {
            filters.iter().all(|(name, text)| custom.get(*name).is_some_and(|value| is_equal(value, text)))
        };
        let wanted: Vec<&str> =
            live.iter().filter(|(_, (_, custom))| matches(custom)).map(|(slug, _)| slug.as_str()).collect();
        let keys: Vec<(String, &str)> =
            filters.iter().map(|(name, text)| (format!("custom[{name}]"), *text)).collect();
        let mut query: Vec<(&str, &str)> = keys.iter().map(|(key, text)| (key.as_str(), *text)).collect();
        query.extend([("sort", "published_at"), ("limit", "100")]);
        assert_eq!(slugs(&reader, &query).await, wanted.join(" "), "{filters:?}");
    }
}
