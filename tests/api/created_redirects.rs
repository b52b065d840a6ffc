//! Redirects that editors create, from paths without an article.

use lede::auth::Role;
use lede::redirects::created::MAX_REDIRECTS;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::days;
use crate::redirects::{REDIRECTS, republish, website};
use crate::server::Server;
use crate::writing::{at, published};

/// Every redirect, as `from status to`.
async fn all(reader: &Client) -> Vec<String> {
    let page = reader.get(format!("{REDIRECTS}?limit=100&include_total=true")).await.expect(200);
    let items = page["items"].as_array().expect("items");
    assert_eq!(page["total"], items.len());
    let one = |item: &Value| {
        assert_eq!(item["id"].is_null(), item["article"].is_string());
        let from = item["from"].as_str().expect("a path");
        format!("{from} {} {}", item["status"], item["to"].as_str().unwrap_or("nowhere"))
    };
    items.iter().map(one).collect()
}

fn to(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to, "status": 301})
}

async fn add(editor: &Client, body: Value) -> Value {
    editor.post(REDIRECTS).json(body).await.expect(201)
}

#[tokio::test]
async fn paths_without_an_article_lead_where_editors_say() {
    let (_server, editor, reader) = website().await;
    published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/m"]})).await;
    let response = editor.post(REDIRECTS).json(to("/Feed/", "/rss.xml?x=1#top")).await;
    let made = response.expect(201);
    let wanted = json!({"id": made["id"], "from": "/Feed", "to": "https://website.example/rss.xml?x=1#top",
        "status": 301, "article": null, "locale": null});
    assert_eq!(made, wanted);
    assert_eq!(response.location(), format!("{REDIRECTS}?from=%2FFeed"));
    assert_eq!(reader.get(response.location()).await.expect(200)["items"], json!([wanted]));
    add(&editor, json!({"from": "/shop?id=1", "to": "https://Shop.example:443/%C3%84b", "status": 302}))
        .await;
    add(&editor, json!({"from": "/zoo", "status": 410})).await;
    let list = [
        "/Feed 301 https://website.example/rss.xml?x=1#top",
        "/m 301 https://website.example/a",
        "/shop?id=1 302 https://shop.example/%C3%84b",
        "/zoo 410 nowhere",
    ];
    assert_eq!(all(&reader).await, list);
    assert_eq!(reader.get(format!("{REDIRECTS}?locale=en&include_total=true")).await.expect(200)["total"], 1);
    let mut walked = Vec::new();
    let mut next = format!("{REDIRECTS}?limit=1");
    loop {
        let page = reader.get(&next).await.expect(200);
        walked.push(page["items"][0]["from"].as_str().expect("a path").to_owned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{REDIRECTS}?limit=1&cursor={cursor}");
    }
    assert_eq!(walked, ["/Feed", "/m", "/shop?id=1", "/zoo"]);
    let rules = reader.get(format!("{REDIRECTS}/netlify")).await.is(200).text().to_owned();
    assert!(rules.contains("/Feed https://website.example/rss.xml?x=1#top 301\n"), "{rules}");
    assert!(rules.contains("left out: 2."), "{rules}");
    let rules = reader.get(format!("{REDIRECTS}/nginx")).await.is(200).text().to_owned();
    assert!(rules.contains("\"/zoo\" \"410\";\n"), "{rules}");
    // What is cached is told.
    editor.delete(format!("{REDIRECTS}?from=/zoo/")).await.is(204);
    assert_eq!(all(&reader).await, list[..3]);
    assert!(!reader.get(format!("{REDIRECTS}/nginx")).await.is(200).text().contains("zoo"));
    editor.delete(format!("{REDIRECTS}?from=/zoo")).await.problem(404, "not-found");
    editor.delete(format!("{REDIRECTS}?from=/feed&locale=en")).await.problem(404, "not-found");
}

#[tokio::test]
async fn the_audit_says_who_created_and_deleted_a_redirect() {
    let (server, editor, _) = website().await;
    let admin = server.login(Role::Admin).await;
    let made = add(&editor, to("/feed", "/rss.xml")).await;
    editor.delete(format!("{REDIRECTS}?from=/feed")).await.is(204);
    for action in ["redirect.created", "redirect.deleted"] {
        let found = admin.get(format!("/v1/audit?action={action}")).await.expect(200);
        let items = found["items"].as_array().expect("items");
        assert_eq!(items.len(), 1, "{action}");
        assert_eq!(items[0]["actor"]["id"], editor.user().to_string(), "{}", items[0]);
        assert!(items[0].to_string().contains(made["id"].as_str().expect("an id")), "{}", items[0]);
    }
    let contributor = server.login(Role::Contributor).await;
    contributor.post(REDIRECTS).json(to("/feed", "/rss.xml")).await.problem(403, "forbidden");
}

#[tokio::test]
async fn an_article_wins_over_a_redirect_from_its_path() {
    let (_server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a", "aliases": ["/old"]})).await;
    for from in ["/A/", "/old"] {
        editor.post(REDIRECTS).json(to(from, "/x")).await.problem(409, "address-in-use");
    }
    add(&editor, to("/b", "/elsewhere")).await;
    assert_eq!(all(&reader).await.len(), 2);
    // The article moves there, and on: its old path leads to it.
    republish(&editor, &draft, json!({"slug": "b"})).await;
    assert_eq!(
        all(&reader).await,
        ["/a", "/old"].map(|from| format!("{from} 301 https://website.example/b"))
    );
    republish(&editor, &draft, json!({"slug": "c"})).await;
    assert!(all(&reader).await.contains(&"/b 301 https://website.example/c".to_owned()));
    editor.post(at(&draft, "/unpublish")).await.is(200);
    assert_eq!(all(&reader).await, ["/b 301 https://website.example/elsewhere"]);
    // The redirect goes first, then the old slug.
    editor.delete(format!("{REDIRECTS}?from=/b")).await.is(204);
    assert_eq!(all(&reader).await, [""; 0]);
    editor.delete(format!("{REDIRECTS}?from=/b")).await.is(204);
    editor.delete(format!("{REDIRECTS}?from=/b")).await.problem(404, "not-found");
}

#[tokio::test]
async fn no_redirect_leads_to_another() {
    let (_server, editor, reader) = website().await;
    let refused = async |from: &str, target: &str| {
        editor.post(REDIRECTS).json(to(from, target)).await.problem(409, "redirect-chain");
    };
    refused("/a", "/A/#part").await;
    refused("/a", "https://website.example/a").await;
    refused("/a", "http://website.example/x/../a").await;
    refused("/a", "/a?page=2").await;
    add(&editor, to("/a", "/b")).await;
    refused("/b", "/a").await;
    refused("/b", "/a?page=2").await;
    refused("/c", "/a?page=2").await;
    refused("/b", "/c").await;
    refused("/c", "/a/").await;
    editor.post(REDIRECTS).json(to("/A", "/x")).await.problem(409, "redirect-exists");
    // A redirect follows the article that it leads to.
    let draft = published(&editor, json!({"title": "B", "slug": "b"})).await;
    assert_eq!(all(&reader).await, ["/a 301 https://website.example/b"]);
    republish(&editor, &draft, json!({"slug": "d"})).await;
    assert_eq!(all(&reader).await, ["/a", "/b"].map(|from| format!("{from} 301 https://website.example/d")));
    republish(&editor, &draft, json!({"slug": "a"})).await;
    assert_eq!(all(&reader).await, ["/b", "/d"].map(|from| format!("{from} 301 https://website.example/a")));
}

#[tokio::test]
async fn a_redirect_to_what_has_become_the_website_is_not_listed() {
    let (server, editor, reader) = website().await;
    add(&editor, to("/a", "https://new.example/b")).await;
    add(&editor, to("/b", "http://new.example:80/a")).await;
    add(&editor, to("/c", "/x")).await;
    assert_eq!(all(&reader).await.len(), 3);
    let (database, clock) = (server.database(), server.clock.clone());
    server.stop().await;
    clock.advance(days(1));
    let move_to = |config: &mut lede::base::config::Config| {
        config.site.website_url = Some("https://new.example/blog".to_owned());
    };
    let server = Server::start_on(database, clock, move_to).await;
    assert_eq!(all(&server.client()).await, ["/c 301 https://new.example/x"]);
}

#[tokio::test]
async fn what_cannot_be_a_redirect_is_refused() {
    let (_server, editor, reader) = website().await;
    let long = format!("/{}", "é".repeat(1_000));
    for (body, violations) in [
        (to("feed", "/x"), "/from path-malformed"),
        (to("//evil.example", "/x"), "/from path-malformed"),
        (to("/", "/x"), "/from path-malformed"),
        (to("/a#b", "/x"), "/from path-malformed"),
        (to("/a b", "/x"), "/from path-malformed"),
        (to(&long, "/x"), "/from path-too-long"),
        (to(&long[..1_401], "/x"), "/from path-malformed"),
        (to("/v1/me", "/x"), "/from path-reserved"),
        (to("/x/%2e%2e/Admin", "/x"), "/from path-reserved"),
        (to("/a", "x"), "/to url-malformed"),
        (to("/a", "//evil.example"), "/to url-malformed"),
        (to("/a", "/x/..//evil.example"), "/to url-malformed"),
        (to("/a", "javascript:alert(1)"), "/to url-malformed"),
        (to("/a", "https://u:p@evil.example"), "/to url-malformed"),
        (to("/a", &long), "/to url-too-long"),
        (to("/a", &long[..1_401]), "/to url-too-long"),
        (json!({"from": "/a", "status": 302}), "/to to-missing"),
        (json!({"from": "/a", "to": "/x", "status": 410}), "/to to-forbidden"),
        (json!({"from": "/a", "to": "/x", "status": 307}), "/status status-unknown"),
    ] {
        let response = editor.post(REDIRECTS).json(&body).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [violations], "{body}");
    }
    assert_eq!(all(&reader).await, [""; 0]);
}

#[tokio::test]
async fn there_is_a_most_of_redirects() {
    use diesel::connection::SimpleConnection as _;
    let (server, editor, _) = website().await;
    let id = if server.is_embedded() { "randomblob(16)" } else { "gen_random_uuid()" };
    let sql = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MAX_REDIRECTS}) \
         INSERT INTO redirects (id, key, path, status) SELECT {id}, '/old-' || n, '/old-' || n, 410 FROM numbers"
    );
    server.database().connect().batch_execute(&sql).expect("redirects");
    add(&editor, to("/last", "/x")).await;
    editor.post(REDIRECTS).json(to("/one-more", "/x")).await.problem(409, "redirects-too-many");
}

#[tokio::test]
async fn two_who_point_at_one_another_at_once_make_no_loop() {
    let (_server, editor, reader) = website().await;
    for round in 0..crate::test_database::rounds(10) {
        let (a, b) = (format!("/a-{round}"), format!("/b-{round}"));
        let post = |from: &str, target: &str| editor.post(REDIRECTS).json(to(from, target)).send();
        let (one, other) = tokio::join!(post(&a, &b), post(&b, &a));
        let mut statuses = [one.status(), other.status()].map(|status| status.to_string());
        statuses.sort();
        assert_eq!(statuses, ["201", "409"]);
    }
    assert!(!all(&reader).await.is_empty());
}
