//! One request has all that a page of an article shows: the article, and what `include` names.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{ARTICLES, at, publish, published};

const BOTH: &str = "include=related,adjacent";

/// Articles `a` to `f`, published an hour apart; `d` is a translation of `c`, and `e` stands in no list.
async fn publication(server: &Server) -> (Client, Vec<Value>) {
    let editor = server.login(Role::Editor).await;
    let mut drafts: Vec<Value> = Vec::new();
    for (title, more) in [
        ("a", json!({"topics": ["sea"], "authors": ["ada"], "custom": {"series": "tides"}})),
        ("b", json!({"topics": ["sea", "land"]})),
        ("c", json!({"topics": ["sea"], "intro": "Look *here*.", "sections": [{"heading": "Part"}]})),
        ("d", json!({"topics": ["sea"], "locale": "de"})),
        ("e", json!({"topics": ["land"], "listed": false})),
        ("f", json!({"authors": ["ada"]})),
    ] {
        let mut body = json!({"title": title, "slug": title});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if title == "d" {
            body["translation_of"] = drafts[2]["id"].clone();
        }
        drafts.push(published(&editor, body).await);
        server.clock.advance(hours(1));
    }
    server.run_jobs().await;
    (editor, drafts)
}

async fn read(reader: &Client, path: &str) -> Value {
    reader.get(format!("{ARTICLES}/{path}")).await.expect(200)
}

#[tokio::test]
async fn an_article_includes_what_two_other_requests_return() {
    let server = Server::start().await;
    let (_, drafts) = publication(&server).await;
    let reader = server.client();
    let id = drafts[0]["id"].as_str().unwrap();
    for (article, locale) in
        [("a", ""), ("b", ""), ("c", "&locale=en"), ("d", "&locale=de"), ("e", ""), ("f", ""), (id, "")]
    {
        for view in ["", "&fields=title,custom,content_text", "&fields=slug,intro&formats=text,markdown"] {
            let alone =
                read(&reader, &format!("{article}?x{locale}{view}").replace("?x&", "?").replace("?x", ""))
                    .await;
            let adjacent =
                read(&reader, &format!("{article}/adjacent?{}", locale.trim_start_matches('&'))).await;
            let related =
                read(&reader, &format!("{article}/related?{}", locale.trim_start_matches('&'))).await;
            let mut whole = alone.clone();
            whole["adjacent"] = adjacent.clone();
            whole["related"] = related["items"].clone();
            assert_eq!(
                read(&reader, &format!("{article}?{BOTH}{locale}{view}")).await,
                whole,
                "{article}{view}"
            );
            let mut one = alone.clone();
            one["related"] = related["items"].clone();
            assert_eq!(read(&reader, &format!("{article}?include=related{locale}{view}")).await, one);
            let mut other = alone;
            other["adjacent"] = adjacent;
            assert_eq!(read(&reader, &format!("{article}?include=adjacent{locale}{view}")).await, other);
        }
    }
    let lonely = read(&reader, &format!("f?{BOTH}")).await;
    assert_eq!((&lonely["adjacent"]["newer"], &lonely["related"][0]["slug"]), (&Value::Null, &json!("a")));
    let text = reader.get(format!("{ARTICLES}/a?fields=title,id&{BOTH}")).await.is(200).text().to_owned();
    assert!(text.starts_with("{\"id\":") && text.contains("\"title\":\"a\",\"related\":[{"), "{text}");
}

#[tokio::test]
async fn it_is_cached_and_its_tag_changes_with_each_part() {
    let server = Server::start().await;
    let (editor, drafts) = publication(&server).await;
    let reader = server.client();
    let path = format!("{ARTICLES}/a?{BOTH}");
    let mut tag = String::new();
    // The article itself, one that is related, one that is adjacent, a topic's name, and an article that comes.
    for change in 0..5 {
        let first = reader.get(&path).await;
        assert_ne!(first.is(200).etag(), tag, "{change}");
        tag = first.etag().to_owned();
        let key = first.header("surrogate-key").expect("keys");
        let keys: Vec<&str> = key.split(' ').collect();
        assert!(keys.contains(&"articles") && keys.contains(&drafts[0]["id"].as_str().unwrap()), "{key}");
        let before = server.statements();
        assert_eq!(reader.get(format!("{ARTICLES}/a?include=adjacent,related")).await.text(), first.text());
        assert_eq!(reader.get(format!("{ARTICLES}/a?include=adjacent&include=related")).await.etag(), tag);
        reader.get(&path).header("if-none-match", &tag).await.is(304);
        reader.head(&path).await.is(200);
        assert_eq!(server.statements(), before);
        let change_of = async |draft: &Value| {
            let change = json!({"subtitle": format!("Changed {change}")});
            let call = editor.patch(at(draft, "/draft")).header("if-match", "*").json(change);
            publish(&editor, &call.await.expect(200)).await;
        };
        match change {
            0 => change_of(&drafts[0]).await,
            1 => change_of(&drafts[2]).await,
            2 => change_of(&drafts[1]).await,
            3 => drop(editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.expect(200)),
            _ => drop(editor.post(at(&drafts[1], "/unpublish")).await.expect(200)),
        }
        reader.get(&path).header("if-none-match", &tag).await.is(200);
    }
    let last = read(&reader, &format!("a?{BOTH}")).await;
    assert_eq!(last["related"][0]["topics"][0]["name"], "The sea");
    assert_eq!(last["adjacent"]["newer"]["slug"], "c");
}

#[tokio::test]
async fn what_cannot_be_included_is_refused_and_an_old_slug_leads_on() {
    let server = Server::start().await;
    let (editor, _) = publication(&server).await;
    let reader = server.client();
    for (query, refusal) in [
        ("include=authors", "include include-unknown"),
        ("include=Related", "include include-unknown"),
        ("include=", "include list-malformed"),
        ("include=related,", "include list-malformed"),
        ("include=related,related", "include parameter-repeated"),
        ("include=related&include=adjacent,related", "include parameter-repeated"),
        ("include=related&limit=3", "limit parameter-unknown"),
        ("include=adjacent&topic=sea", "topic parameter-unknown"),
    ] {
        let response = reader.get(format!("{ARTICLES}/a?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal], "{query}");
    }
    for missing in ["x", "d", "019b8d1c-0000-7000-8000-000000000000"] {
        reader.get(format!("{ARTICLES}/{missing}?{BOTH}")).await.problem(404, "not-found");
    }
    let renamed =
        editor.patch(format!("{ARTICLES}/c/draft")).header("if-match", "*").json(json!({"slug": "cc"}));
    publish(&editor, &renamed.await.expect(200)).await;
    let response = reader.get(format!("{ARTICLES}/c?{BOTH}")).await;
    let led = response.is(301).location().to_owned();
    assert!(led.starts_with(&format!("{ARTICLES}/cc?include=")), "{led}");
    assert_eq!(reader.get(led).await.expect(200)["adjacent"]["older"]["slug"], "b");
}
