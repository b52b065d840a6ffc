//! Addresses never die: what was once public leads on, on the API and as redirects for the website.

use diesel::prelude::*;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::days;
use crate::older_release;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, publish, published};

pub const REDIRECTS: &str = "/v1/redirects";

pub async fn website() -> (Server, Client, Client) {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    (server, editor, reader)
}

/// Every redirect, as `from → to` without the website's address.
pub async fn redirects(reader: &Client, query: &str) -> Vec<String> {
    let page = reader.get(format!("{REDIRECTS}?limit=100{query}")).await.expect(200);
    let text = |item: &Value, member: &str| item[member].as_str().expect("text").to_owned();
    let one = |item: &Value| {
        assert_eq!(item["status"], 301);
        let to = text(item, "to");
        format!("{} → {}", text(item, "from"), to.strip_prefix("https://website.example").unwrap_or(&to))
    };
    page["items"].as_array().expect("items").iter().map(one).collect()
}

/// Changes an article's metadata and publishes that.
pub async fn republish(editor: &Client, draft: &Value, change: Value) -> Value {
    let changed = editor.patch(at(draft, "/draft")).header("if-match", "*").json(change).await.expect(200);
    publish(editor, &changed).await
}

#[tokio::test]
async fn old_slugs_lead_directly_to_where_the_article_is() {
    let (_server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "sections": [{"heading": "S"}]})).await;
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    republish(&editor, &draft, json!({"slug": "b"})).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /b"]);
    republish(&editor, &draft, json!({"slug": "c"})).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /c", "/b → /c"]);
    for old in ["a", "b"] {
        for rest in ["", "?fields=id", "/html", "/markdown", "/sections?formats=text", "/sections/s"] {
            let response = reader.get(format!("{ARTICLES}/{old}{rest}")).await;
            assert_eq!(response.is(301).location(), format!("{ARTICLES}/c{rest}"));
            reader.get(response.location()).await.is(200);
        }
        editor.get(format!("{ARTICLES}/{old}/draft")).await.problem(409, "slug-moved");
    }
    // Edited, not published: nothing has moved yet.
    editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"slug": "d"})).await.is(200);
    assert_eq!(redirects(&reader, "").await, ["/a → /c", "/b → /c"]);
    // Back to where it was.
    republish(&editor, &draft, json!({"slug": "a"})).await;
    assert_eq!(redirects(&reader, "").await, ["/b → /a", "/c → /a"]);
    reader.get(format!("{ARTICLES}/a")).await.is(200);
    assert_eq!(reader.get(format!("{ARTICLES}/c")).await.is(301).location(), format!("{ARTICLES}/a"));
    let item = reader.get(REDIRECTS).await.expect(200)["items"][0].clone();
    let wanted = json!({"from": "/b", "to": "https://website.example/a", "status": 301, "id": null, "article": draft["id"], "locale": "en"});
    assert_eq!(item, wanted);
}

#[tokio::test]
async fn what_is_not_live_is_led_to_by_nothing() {
    let (_server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/old"]})).await;
    let moved = republish(&editor, &draft, json!({"slug": "b"})).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /b", "/old → /b"]);
    editor.post(at(&draft, "/unpublish")).await.is(200);
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    for slug in ["a", "b"] {
        reader.get(format!("{ARTICLES}/{slug}")).await.problem(404, "not-found");
        reader.head(format!("{ARTICLES}/{slug}/html")).await.is(404);
    }
    publish(&editor, &moved).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /b", "/old → /b"]);
    editor.delete(at(&draft, "")).await.is(204);
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    let back = editor.post(at(&draft, "/restore")).await.expect(200);
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    publish(&editor, &back).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /b", "/old → /b"]);
}

#[tokio::test]
async fn a_slug_is_of_a_language() {
    let server = Server::start_with(|config| config.site.article_path = "/{locale}/{slug}/".into()).await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let german = published(&editor, json!({"title": "Ebbe", "slug": "tide", "locale": "de-AT"})).await;
    let english = published(&editor, json!({"title": "Tide", "slug": "tide"})).await;
    republish(&editor, &german, json!({"slug": "ebbe"})).await;
    reader.get(format!("{ARTICLES}/tide")).await.is(200);
    let moved = reader.get(format!("{ARTICLES}/tide/html?locale=de-AT")).await;
    assert_eq!(moved.is(301).location(), format!("{ARTICLES}/ebbe/html?locale=de-AT"));
    reader.get(moved.location()).await.is(200);
    republish(&editor, &english, json!({"slug": "ebb"})).await;
    let (en, de) = ("/en/tide → /en/ebb/", "/de-AT/tide → /de-AT/ebbe/");
    assert_eq!(redirects(&reader, "").await, [de, en]);
    assert_eq!(redirects(&reader, "&locale=en").await, [en]);
    assert_eq!(redirects(&reader, "&locale=fr").await, [""; 0]);
    for from in ["/DE-at/tide/", "/de-AT/%74ide", "/x/../de-AT/tide"] {
        assert_eq!(redirects(&reader, &format!("&from={}", from.replace('%', "%25"))).await, [de], "{from}");
    }
    assert_eq!(redirects(&reader, "&from=/de-AT/tide&locale=en").await, [""; 0]);
    assert_eq!(redirects(&reader, "&from=/de-AT").await, [""; 0]);
    // An article that goes over to another language.
    republish(&editor, &german, json!({"locale": "de"})).await;
    assert_eq!(
        redirects(&reader, "&locale=de-AT").await,
        ["/de-AT/ebbe → /de/ebbe/", "/de-AT/tide → /de/ebbe/"]
    );
    let moved = reader.get(format!("{ARTICLES}/tide/sections?locale=de-AT")).await;
    assert_eq!(moved.is(301).location(), format!("{ARTICLES}/{}/sections?locale=de-AT", id(&german)));
    reader.get(moved.location()).await.is(200);
}

#[tokio::test]
async fn a_page_ends_where_the_next_begins() {
    let (_server, editor, reader) = website().await;
    for n in 0..4 {
        let aliases: Vec<String> =
            (0..3).map(|a| format!("/old-{a}-of-{n}")).chain(["/all".into()]).collect();
        published(&editor, json!({"title": format!("T{n}"), "aliases": aliases})).await;
    }
    let whole = redirects(&reader, "").await;
    assert_eq!(whole.len(), 13);
    let mut walked = Vec::new();
    let mut next = Some(format!("{REDIRECTS}?limit=2&include_total=true"));
    while let Some(path) = next {
        let response = reader.get(&path).await;
        let page = response.expect(200);
        assert_eq!(page["total"], 13);
        let items = page["items"].as_array().expect("items").iter();
        walked.extend(items.map(|item| item["from"].as_str().expect("a path").to_owned()));
        next = response.header("link").map(|link| link.trim_matches('<').replace(">; rel=\"next\"", ""));
    }
    let from = |line: &String| line.split(" → ").next().expect("a path").to_owned();
    assert_eq!(walked, whole.iter().map(from).collect::<Vec<_>>());
    let page = reader.get(format!("{REDIRECTS}?limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let foreign = reader.get(format!("{REDIRECTS}?locale=en&cursor={cursor}")).await;
    assert_eq!(foreign.violations(), ["cursor cursor-invalid"]);
    for (query, refusal) in [
        ("from=old", "from path-malformed"),
        ("from=/", "from path-malformed"),
        ("from=/a%23b", "from path-malformed"),
        ("locale=english", "locale locale-malformed"),
        ("to=/a", "to parameter-unknown"),
    ] {
        let response = reader.get(format!("{REDIRECTS}?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn web_servers_are_given_rules() {
    let (_server, editor, reader) = website().await;
    let aliases = json!(["/2019/tides/", "/*", "/:a/b", "/a%0A/*%20/evil", "/q\"\\;$x", "/?p=1"]);
    published(&editor, json!({"title": "Tides", "aliases": aliases})).await;
    let rules = reader.get(format!("{REDIRECTS}/netlify")).await;
    assert_eq!(rules.is(200).header("content-type"), Some("text/plain; charset=utf-8"));
    let to = "https://website.example/tides";
    let wanted = format!(
        "# Old addresses, for the file _redirects.\n/2019/tides {to} 301\n/q%22/;$x {to} 301\n\
         # Redirects that this format cannot express, and that are left out: 4.\n"
    );
    assert_eq!(rules.text(), wanted);
    let rules = reader.get(format!("{REDIRECTS}/nginx")).await;
    let lines: Vec<&str> = rules.is(200).text().lines().filter(|line| !line.starts_with("# ")).collect();
    let paths = ["/*", "/2019/tides", "/:a/b", "/q\\\"/;$x"];
    let wanted: Vec<String> = paths
        .iter()
        .flat_map(|path| [format!("\"{path}\" \"{to}\";"), format!("\"{path}/\" \"{to}\";")])
        .collect();
    assert_eq!(lines, wanted);
    reader.get(format!("{REDIRECTS}/nginx")).header("if-none-match", rules.etag()).await.is(304);
    reader.get(format!("{REDIRECTS}/apache")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_file_of_rules_has_an_end() {
    // The rows are made behind the log's back.
    let server = Server::start_with(|config| config.cache.megabytes = 0).await;
    let reader = server.client();
    published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000) \
        INSERT INTO addresses (key, article_id, rank, path, locale, url, published_at) \
        SELECT '/old-' || n, article_id, 2, '/old-' || n, locale, url, published_at FROM numbers, addresses";
    diesel::sql_query(sql).execute(&mut server.database().connect()).expect("addresses");
    let rules = async || {
        let text = reader.get(format!("{REDIRECTS}/netlify")).await.is(200).text().to_owned();
        (text.matches(" 301\n").count(), text.contains("goes on"))
    };
    assert_eq!(rules().await, (50_000, false));
    let sql = sql
        .replace("/old-", "/older-")
        .replace("50000", "1")
        .replace("FROM numbers, addresses", "FROM numbers, addresses WHERE rank = 0");
    diesel::sql_query(sql).execute(&mut server.database().connect()).expect("an address");
    assert_eq!(rules().await, (50_000, true));
}

#[tokio::test]
async fn a_redirect_that_is_removed_frees_the_slug() {
    let (server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/alias"]})).await;
    republish(&editor, &draft, json!({"slug": "b"})).await;
    let remove = |from: &str| editor.delete(format!("{REDIRECTS}?from={from}")).send();
    for (from, status, code) in [
        ("/alias", 409, "redirect-is-alias"),
        ("/b", 409, "address-in-use"),
        ("/c", 404, "not-found"),
        ("/a&locale=de", 404, "not-found"),
    ] {
        remove(from).await.problem(status, code);
    }
    let missing = editor.delete(REDIRECTS).await;
    missing.problem(400, "request-malformed");
    assert_eq!(missing.violations(), ["from parameter-missing"]);
    assert_eq!(redirects(&reader, "").await.len(), 2);
    editor.post(ARTICLES).json(json!({"title": "X", "slug": "a"})).await.problem(409, "slug-taken");
    remove("/A/").await.is(204);
    assert_eq!(redirects(&reader, "").await, ["/alias → /b"]);
    reader.get(format!("{ARTICLES}/a")).await.problem(404, "not-found");
    remove("/a").await.problem(404, "not-found");
    let other = published(&editor, json!({"title": "X", "slug": "a"})).await;
    assert_eq!(reader.get(format!("{ARTICLES}/a")).await.expect(200)["id"], other["id"]);
    assert_eq!(seen_removals(&server).await, 1);
    // The draft is about to go back, or its article is not live.
    editor.patch(at(&other, "/draft")).header("if-match", "*").json(json!({"slug": "x"})).await.is(200);
    remove("/a").await.problem(409, "address-in-use");
    let moved = editor.get(at(&other, "/draft")).await.expect(200);
    publish(&editor, &moved).await;
    editor.patch(at(&other, "/draft")).header("if-match", "*").json(json!({"slug": "a"})).await.is(200);
    remove("/a").await.problem(409, "address-in-use");
    editor.patch(at(&other, "/draft")).header("if-match", "*").json(json!({"slug": "x"})).await.is(200);
    editor.delete(at(&other, "")).await.is(204);
    editor.post(ARTICLES).json(json!({"title": "Y", "slug": "a"})).await.problem(409, "slug-taken");
    remove("/a").await.is(204);
    create(&editor, json!({"title": "Y", "slug": "a"})).await;
}

/// How many removals of redirects the log tells readers' caches of.
async fn seen_removals(server: &Server) -> i64 {
    use diesel::prelude::*;
    use lede::base::db::schema::events;
    let found =
        events::table.filter(events::kind.eq("redirect.removed")).filter(events::readers_see.eq(true));
    server.app.db.read(move |conn| Ok(found.count().get_result(conn)?)).await.expect("a count")
}

#[tokio::test]
async fn redirects_follow_the_website_to_another_address() {
    let (server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/old", "/blog/b"]})).await;
    republish(&editor, &draft, json!({"slug": "b"})).await;
    assert_eq!(redirects(&reader, "").await, ["/a → /b", "/blog/b → /b", "/old → /b"]);
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    clock.advance(days(1));
    let server = Server::start_on(database, clock, |config| {
        config.site.website_url = Some("https://new.example/blog".to_owned());
    })
    .await;
    let reader = server.client();
    let wanted = ["/a", "/b", "/blog/a", "/old"].map(|from| format!("{from} → https://new.example/blog/b"));
    server.run_jobs().await;
    assert_eq!(redirects(&reader, "").await, wanted);
    server.login(Role::Editor).await.delete(format!("{REDIRECTS}?from=/blog/a")).await.is(204);
    assert_eq!(
        redirects(&reader, "").await,
        ["/a", "/b", "/old"].map(|from| format!("{from} → https://new.example/blog/b"))
    );
}

#[tokio::test]
async fn articles_that_were_live_before_addresses_were_kept_have_theirs() {
    use diesel::prelude::*;
    use lede::base::db::schema::{addresses, events};
    let (server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/old"]})).await;
    republish(&editor, &draft, json!({"slug": "b"})).await;
    let before = reader.get(REDIRECTS).await.text().to_owned();
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    let conn = &mut database.connect();
    diesel::delete(addresses::table).execute(conn).expect("no addresses");
    older_release::made_everything(conn);
    let rerendered = |conn: &mut lede::base::db::Connection| -> i64 {
        events::table.filter(events::kind.eq("article.rerendered")).count().get_result(conn).expect("a count")
    };
    assert_eq!(rerendered(conn), 0);
    let server = Server::start_on(database.clone(), clock, |_| {}).await;
    server.run_jobs().await;
    assert_eq!(server.client().get(REDIRECTS).await.is(200).text(), before);
    assert_eq!(rerendered(conn), 1);
}

#[tokio::test]
async fn those_who_take_one_anothers_slugs_leave_nothing_in_a_circle() {
    let (_server, editor, reader) = website().await;
    let mut drafts = Vec::new();
    for n in 0..6 {
        let aliases = [format!("/t{}", (n + 1) % 6), format!("/u{}", (n + 1) % 6)];
        let article = json!({"title": format!("T{n}"), "slug": format!("t{n}"), "aliases": aliases});
        drafts.push(create(&editor, article).await);
    }
    for draft in &drafts {
        publish(&editor, draft).await;
    }
    // Each goes to a place of its own that its neighbour calls an old one, all at once.
    let moves = drafts.iter().enumerate();
    let moves = moves.map(|(n, draft)| republish(&editor, draft, json!({"slug": format!("u{n}")})));
    futures_util::future::join_all(moves).await;
    let wanted: Vec<String> = (0..6).map(|n| format!("/t{n} → /u{n}")).collect();
    assert_eq!(redirects(&reader, "").await, wanted);
}
