//! The sitemap: which addresses, the rules of the protocol, and what becomes of very many.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use lede::auth::Role;
use reqwest::Url;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{at, create, publish, published};

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// A document, held against the protocol's schemas: which elements, in which order, how often, and of which form.
async fn read(client: &Client, path: &str) -> (String, Vec<Address>) {
    let response = client.get(path).await;
    assert_eq!(response.is(200).header("content-type"), Some("application/xml; charset=utf-8"));
    let text = response.text();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><"), "{text:.100}");
    assert!(text.len() <= 50 * 1024 * 1024);
    let document = Document::parse(text).unwrap_or_else(|e| panic!("{e}: {text:.1000}"));
    let root = document.root_element();
    let (kind, inner) = match root.tag_name().name() {
        "urlset" => ("urlset", "url"),
        "sitemapindex" => ("sitemapindex", "sitemap"),
        other => panic!("{other}"),
    };
    assert_eq!(root.tag_name().namespace(), Some(NAMESPACE));
    let found: Vec<Address> = root
        .children()
        .map(|child| {
            assert_eq!(child.tag_name(), (NAMESPACE, inner).into());
            Address::of(child)
        })
        .collect();
    assert!((1..=50_000).contains(&found.len()), "{}", found.len());
    assert_eq!(found.iter().map(|one| &one.loc).collect::<BTreeSet<_>>().len(), found.len());
    (kind.to_owned(), found)
}

struct Address {
    loc: String,
    lastmod: Option<String>,
    languages: Vec<(String, String)>,
}

impl Address {
    fn of(node: Node<'_, '_>) -> Self {
        let mut children = node.children().peekable();
        let mut next = |name| children.next_if(|child| child.tag_name() == (NAMESPACE, name).into());
        let text = |node: Node<'_, '_>| node.text().expect("a text").to_owned();
        let loc = next("loc").map(text).expect("a loc comes first");
        let lastmod = next("lastmod").map(text);
        assert!(
            (12..2048).contains(&loc.len()) && Url::parse(&loc).is_ok_and(|url| url.as_str() == loc),
            "{loc}"
        );
        assert!(lastmod.iter().all(|at| at.parse::<jiff::Timestamp>().is_ok()), "{lastmod:?}");
        let languages = children.map(|link| {
            assert_eq!((link.tag_name(), link.attribute("rel")), ((XHTML, "link").into(), Some("alternate")));
            let value = |name| link.attribute(name).expect(name).to_owned();
            (value("hreflang"), value("href"))
        });
        Self { languages: languages.collect(), loc, lastmod }
    }
}

/// The addresses of the sitemap, below the website's front page.
async fn articles(client: &Client) -> String {
    let (kind, found) = read(client, "/sitemap.xml").await;
    assert_eq!(kind, "urlset");
    let (front, articles) = found.split_first().expect("the front page");
    assert_eq!(
        (front.loc.as_str(), &front.lastmod, &front.languages),
        ("https://website.example/", &None, &vec![])
    );
    let path =
        |one: &Address| one.loc.strip_prefix("https://website.example/").expect("the website").to_owned();
    articles.iter().map(path).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_sitemap_names_what_search_engines_may_show() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    assert_eq!(articles(&reader).await, "");
    let live = published(&editor, json!({"title": "Tides"})).await;
    published(&editor, json!({"title": "Imprint", "listed": false})).await;
    published(&editor, json!({"title": "Hidden", "seo": {"noindex": true}})).await;
    published(&editor, json!({"title": "Old", "published_at": "2020-01-01T00:00:00Z"})).await;
    create(&editor, json!({"title": "Draft"})).await;
    // The newest comes last.
    assert_eq!(articles(&reader).await, "old tides");
    server.clock.advance(hours(1));
    let changed =
        editor.patch(at(&live, "/draft")).if_match(2).json(json!({"slug": "ebb"})).await.expect(200);
    publish(&editor, &changed).await;
    assert_eq!(articles(&reader).await, "old ebb");
    let (_, found) = read(&reader, "/sitemap.xml?page=1&utm_source=x").await;
    assert_eq!(found[2].lastmod.as_deref(), Some("2026-01-05T10:00:00.000000Z"));
    editor.post(at(&live, "/unpublish")).await.is(200);
    assert_eq!(articles(&reader).await, "old");
    reader.get("/sitemap.xml?page=2").await.problem(404, "not-found");
    for page in ["0", "-1", "x", "50001", ""] {
        reader.get(format!("/sitemap.xml?page={page}")).await.problem(400, "request-malformed");
    }
}

#[tokio::test]
async fn translations_name_each_other() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let original = published(&editor, json!({"title": "Tides"})).await;
    let translated = async |title: &str, locale: &str, more: Value| {
        let mut body = json!({"title": title, "locale": locale, "translation_of": original["id"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        published(&editor, body).await
    };
    let german = translated("Gezeiten", "de-AT", json!({})).await;
    translated("Marées", "fr", json!({"listed": false})).await;
    translated("Mareas", "es", json!({"seo": {"noindex": true}})).await;
    published(&editor, json!({"title": "Alone"})).await;
    let languages = async || {
        let (_, found) = read(&server.client(), "/sitemap.xml").await;
        let one = |one: &Address| {
            let languages = one.languages.iter().map(|(locale, url)| format!("{locale} {url}"));
            format!("{}: {}", one.loc, languages.collect::<Vec<_>>().join(", "))
                .replace("https://website.example/", "/")
        };
        found.iter().skip(1).map(one).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let both = "de-AT /gezeiten, en /tides";
    assert_eq!(
        languages().await,
        ["/alone: ".to_owned(), format!("/gezeiten: {both}"), format!("/tides: {both}")]
    );
    let moved = json!({"slug": "ebbe"});
    let moved = editor.patch(at(&german, "/draft")).if_match(2).json(moved).await.expect(200);
    publish(&editor, &moved).await;
    let both = "de-AT /ebbe, en /tides";
    assert_eq!(
        languages().await,
        ["/alone: ".to_owned(), format!("/ebbe: {both}"), format!("/tides: {both}")]
    );
    editor.delete(at(&german, "")).await.is(204);
    assert_eq!(languages().await, ["/alone: ", "/tides: "]);
}

#[tokio::test]
async fn above_fifty_thousand_addresses_there_are_parts() {
    // The rows are made behind the log's back.
    let server = Server::start_with(|config| config.cache.megabytes = 0).await;
    let editor = server.login(Role::Editor).await;
    let first = published(&editor, json!({"title": "First"})).await;
    // With the front page as many as fit.
    copy(&server, 1..=49_998);
    let (kind, whole) = read(&server.client(), "/sitemap.xml").await;
    assert_eq!((kind.as_str(), whole.len()), ("urlset", 50_000));
    server.client().get("/sitemap.xml?page=2").await.is(404);
    copy(&server, 49_999..=50_000);
    let (kind, parts) = read(&server.client(), "/sitemap.xml").await;
    assert_eq!(kind, "sitemapindex");
    let mut found = Vec::new();
    for (number, part) in (1..).zip(&parts) {
        let path = part.loc.strip_prefix("https://cms.lede.example").expect("this server");
        assert_eq!(path, format!("/sitemap.xml?page={number}"));
        let (kind, part) = read(&server.client(), path).await;
        assert_eq!(kind, "urlset");
        found.extend(part.into_iter().map(|one| one.loc));
    }
    // What was there stays where it was.
    let before: Vec<&String> = whole.iter().map(|one| &one.loc).collect();
    assert_eq!(found.iter().take(50_000).collect::<Vec<_>>(), before);
    assert_eq!((parts.len(), found.len()), (2, 50_002));
    let statements = async |path: &str| {
        let before = server.statements();
        let response = server.client().get(path).await;
        (response.status(), server.statements() - before)
    };
    // The number of pages, and what begins and ends the snapshot.
    let (status, missing) = statements("/sitemap.xml?page=3").await;
    let (_, page) = statements("/sitemap.xml?page=2").await;
    assert!(status == 404 && missing + 3 <= page, "{missing} statements, and {page} for a page");
    assert_eq!(statements("/sitemap.xml").await, (200, missing), "the index needs only the number");
    // Translations name each other from part to part.
    server.clock.advance(hours(1));
    published(&editor, json!({"title": "Erste", "locale": "de", "translation_of": first["id"]})).await;
    let hidden = json!({"title": "Première", "locale": "fr", "translation_of": first["id"], "listed": false});
    published(&editor, hidden).await;
    for (page, at) in [(1, 1), (2, 2)] {
        let (_, part) = read(&server.client(), &format!("/sitemap.xml?page={page}")).await;
        let languages: Vec<&str> = part[at].languages.iter().map(|(locale, _)| locale.as_str()).collect();
        assert_eq!(languages, ["de", "en"]);
    }
}

/// Copies the article `first` as often, past all that makes one: that many would take minutes.
fn copy(server: &Server, numbers: std::ops::RangeInclusive<u32>) {
    let id = if server.is_embedded() {
        "unhex('0f000000000070008000' || printf('%012x', n))"
    } else {
        "('0f000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
    };
    let (first, last) = numbers.into_inner();
    let numbers = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    );
    let statements = format!(
        "INSERT INTO articles {numbers} SELECT {id}, owner_id, version, revision, metadata_revision, live_edition,
            published_revision, last_edition, published_at, locale, 'copy-' || n, title, trashed_at, created_at,
            updated_at, purging_at FROM articles CROSS JOIN numbers WHERE slug = 'first';
        INSERT INTO renderings {numbers} SELECT {id}, epoch, locale, 'copy-' || n, listed, featured,
            published_at, updated_at, title, etag, input_hash, item, body, sources
            FROM renderings CROSS JOIN numbers WHERE slug = 'first';"
    );
    server.database().connect().batch_execute(&statements).expect("copies");
}
