//! Lists of articles and of drafts: filters, sorting, pages and cursors.

use std::collections::BTreeSet;

use lede::auth::Role;
use serde_json::json;

use crate::client::Client;
use crate::given::minutes;
use crate::publication::{FILTERED, publication};
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, published};

async fn slugs(reader: &Client, query: &str) -> String {
    let page = reader.get(format!("{ARTICLES}?{query}")).await.expect(200);
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["slug"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn lists_are_filtered_and_sorted() {
    let server = Server::start().await;
    let reader = publication(&server).await;
    let ids = reader.get(format!("{ARTICLES}?fields=id,slug")).await.expect(200)["items"].clone();
    let (d, c) = (ids[0]["id"].as_str().unwrap(), ids[1]["id"].as_str().unwrap());
    for (query, wanted) in FILTERED {
        assert_eq!(slugs(&reader, query).await, *wanted, "{query}");
    }
    for (query, wanted) in [
        ("slug=a,d,h,x", "d a"),
        (&*format!("id={c},{d}"), "d c"),
        ("updated_at_gte=2026-01-05T12:00:00Z", "d f e g"),
        ("sort=published_at", "g e f a b c d"),
        ("sort=-updated_at", "g f e d c b a"),
        ("sort=updated_at", "a b c d e f g"),
        ("sort=title", "a b c d e f g"),
        ("sort=-title,published_at", "g f e d c b a"),
    ] {
        assert_eq!(slugs(&reader, query).await, wanted, "{query}");
    }
    let counted = reader.get(format!("{ARTICLES}?topic=sea&limit=1&include_total=true")).await.expect(200);
    assert_eq!((&counted["total"], counted["items"].as_array().unwrap().len()), (&json!(2), 1));
    // What stands in no list is there for whoever knows where.
    assert_eq!(reader.get(format!("{ARTICLES}/h")).await.expect(200)["listed"], false);
    for (query, refusal) in [
        ("sort=size", "sort sort-unknown"),
        ("sort=title,-title", "sort sort-unknown"),
        ("limit=0", "limit number-out-of-bounds"),
        ("limit=101", "limit number-out-of-bounds"),
        ("limit=x", "limit number-malformed"),
        ("featured=1", "featured boolean-malformed"),
        ("published_at_gte=yesterday", "published_at_gte time-malformed"),
        ("id=a", "id id-malformed"),
        ("topic=,", "topic list-malformed"),
        ("sort=title&sort=title", "sort parameter-repeated"),
        ("q=a", "q parameter-unknown"),
    ] {
        let response = reader.get(format!("{ARTICLES}?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
    reader.get(format!("{ARTICLES}?limit=100")).await.is(200);
}

#[tokio::test]
async fn pages_walk_through_everything_once() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    // Many equal sort keys, and titles as long as they get: a cursor holds one.
    let long = "\u{1F30A}\"".repeat(150);
    for n in 0..11 {
        published(
            &editor,
            json!({"title": if n % 3 == 0 { &long } else { "Same" }, "slug": format!("s{n}")}),
        )
        .await;
        if n % 4 == 0 {
            server.clock.advance(minutes(1));
        }
    }
    let reader = server.client();
    for sort in [
        "-published_at",
        "published_at",
        "title",
        "-title,published_at",
        "updated_at,-title",
        "title,-published_at,updated_at",
    ] {
        for limit in [1, 3, 4, 11] {
            let whole = slugs(&reader, &format!("sort={sort}&limit=100")).await;
            let mut path = format!("{ARTICLES}?sort={sort}&limit={limit}");
            let mut walked = Vec::new();
            loop {
                assert!(walked.len() <= 11, "{sort} {limit}: {walked:?}");
                let response = reader.get(&path).await;
                let page = response.expect(200);
                walked.extend(
                    page["items"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|item| item["slug"].as_str().unwrap().to_owned()),
                );
                let Some(cursor) = page["next_cursor"].as_str() else {
                    assert_eq!(response.header("link"), None);
                    break;
                };
                let link = response.header("link").expect("a link").to_owned();
                path = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
                assert!(path.contains(&format!("cursor={cursor}")), "{path}");
            }
            assert_eq!(walked.join(" "), whole, "{sort} {limit}");
            assert_eq!(walked.iter().collect::<BTreeSet<_>>().len(), 11);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let server = Server::start().await;
    let reader = publication(&server).await;
    let page = reader.get(format!("{ARTICLES}?limit=1&topic=sea,land")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let mut mutated = cursor.clone().into_bytes();
    mutated[cursor.len() / 2] ^= 1;
    let mutated = String::from_utf8(mutated).unwrap();
    for query in [
        format!("cursor={cursor}"),
        format!("topic=sea&cursor={cursor}"),
        format!("topic=sea,land&sort=title&cursor={cursor}"),
        format!("topic=sea,land&cursor={mutated}"),
        "cursor=x".to_owned(),
        "cursor=".to_owned(),
    ] {
        let response = reader.get(format!("{ARTICLES}?{query}")).await;
        response.problem(400, "request-malformed");
        assert!(response.violations()[0].starts_with("cursor "), "{:?}", response.violations());
    }
    // The limit is no part of the list.
    reader.get(format!("{ARTICLES}?limit=5&topic=sea,land&cursor={cursor}")).await.is(200);
    reader.get(format!("/v1/topics?cursor={cursor}")).await.problem(400, "request-malformed");
}

#[tokio::test]
async fn drafts_are_listed_for_their_editors() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (title, topics) in
        [("Über Wasser", json!(["sea"])), ("Low 100% tide", json!([])), ("high tide", json!(["sea"]))]
    {
        create(&editor, json!({"title": title, "topics": topics, "authors": ["ada"]})).await;
        server.clock.advance(minutes(1));
    }
    let live = published(&editor, json!({"title": "Live"})).await;
    server.clock.advance(minutes(1));
    let back = published(&editor, json!({"title": "Back", "locale": "de"})).await;
    editor.post(at(&back, "/unpublish")).await.is(200);
    let titles = async |query: &str| {
        let page = editor.get(format!("/v1/drafts?{query}")).await.expect(200);
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for (query, wanted) in [
        ("", "Back, Live, high tide, Low 100% tide, Über Wasser"),
        ("status=published", "Live"),
        ("status=unpublished,published", "Back, Live"),
        ("status=draft", "high tide, Low 100% tide, Über Wasser"),
        ("has_unpublished_changes=false", "Live"),
        ("has_unpublished_changes=true&sort=title&status=unpublished", "Back"),
        ("author=ada&topic=sea", "high tide, Über Wasser"),
        ("locale=de", "Back"),
        ("q=TIDE", "high tide, Low 100% tide"),
        ("q=tide+low", "Low 100% tide"),
        ("q=%25", "Low 100% tide"),
        ("q=_", ""),
        ("q=%C3%9Cber", "Über Wasser"),
        ("trashed=true", ""),
        ("updated_at_gte=2026-01-05T09:03:00Z", "Back, Live"),
        ("sort=created_at&limit=2", "Über Wasser, Low 100% tide"),
    ] {
        assert_eq!(titles(query).await, wanted, "{query}");
    }
    editor.patch(at(&live, "/draft")).if_match(2).json(json!({"intro": "New."})).await.is(200);
    assert_eq!(titles("has_unpublished_changes=false").await, "");
    let page = editor.get("/v1/drafts?sort=-title&limit=2&include_total=true").await.expect(200);
    assert_eq!(page["total"], 5);
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(
        editor.get(format!("/v1/drafts?sort=-title&limit=3&cursor={next}")).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    editor.get(format!("/v1/drafts?cursor={next}")).await.problem(400, "request-malformed");
}
