//! Public answers from memory: finished once, in every coding, and never older than what was acknowledged.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::json;

use crate::client::Client;
use crate::given::{days, seconds};
use crate::server::Server;
use crate::test_database::{rounds, setting};
use crate::writing::{ARTICLES, at, create, id, publish, published};

async fn tides(editor: &Client) -> serde_json::Value {
    let body = "Look at the water. ".repeat(200);
    published(editor, json!({"title": "Tides", "topics": ["sea"], "authors": ["ada"], "intro": body})).await
}

#[tokio::test]
async fn what_was_answered_once_is_answered_again_without_a_statement() {
    let server = Server::start().await;
    let draft = tides(&server.login(Role::Editor).await).await;
    let reader = server.client();
    for path in [at(&draft, ""), format!("{ARTICLES}/tides"), ARTICLES.to_owned(), "/v1/topics".to_owned()] {
        let first = reader.get(&path).await;
        let before = server.statements();
        for _ in 0..3 {
            assert_eq!(reader.get(&path).await.is(200).text(), first.text());
            reader.head(&path).await.is(200);
            reader.get(&path).header("if-none-match", first.etag()).await.is(304);
        }
        assert_eq!(server.statements(), before, "{path}");
    }
}

#[tokio::test]
async fn moving_a_draft_to_the_trash_costs_readers_nothing_and_a_live_article_is_gone_at_once() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let live = tides(&editor).await;
    let hidden = create(&editor, json!({"title": "Hidden"})).await;
    let reader = server.client();
    reader.get(ARTICLES).await.is(200);
    editor.delete(at(&hidden, "")).await.is(204);
    let before = server.statements();
    reader.get(ARTICLES).await.is(200);
    assert_eq!(server.statements(), before);
    reader.get(at(&live, "")).await.is(200);
    editor.delete(at(&live, "")).await.is(204);
    reader.get(at(&live, "")).await.problem(404, "not-found");
    assert_eq!(reader.get(ARTICLES).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn those_who_ask_for_the_same_at_once_share_one_computation() {
    let server = Server::start().await;
    tides(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let before = server.statements();
    reader.get(format!("{ARTICLES}?limit=7")).await.is(200);
    let alone = server.statements() - before;
    let before = server.statements();
    let answers = join_all((0..32).map(|_| reader.get(format!("{ARTICLES}?limit=8")).send())).await;
    assert!(answers.iter().all(|answer| answer.is(200).text() == answers[0].text()));
    assert_eq!(server.statements() - before, alone);
}

/// Each line: spellings of one request, in which nothing differs that the operation reads.
const SPELLINGS: [&[&str]; 7] = [
    &["/feeds/rss.xml", "/feeds/rss.xml?", "/feeds/rss.xml?x=1", "/feeds/rss.xml?&&utm=a&utm=b"],
    &[
        "/feeds/atom.xml?topic=sea&locale=en",
        "/feeds/atom.xml?locale=EN&topic=%73ea&x=1",
        "/feeds/atom.xml?topic=sea&topic=land&locale=eN&locale=de",
    ],
    &[
        "/sitemap.xml?page=1",
        "/sitemap.xml?page=%31",
        "/sitemap.xml?page=%2B1",
        "/sitemap.xml?page=0001&pages=2",
    ],
    &[
        "/v1/articles?topic=land,sea&fields=slug,title&limit=1",
        "/v1/articles?limit=01&topic=sea&fields=title&topic=land,sea&fields=slug",
        "/v1/articles?fields=title%2Cslug&limit=%31&topic=sea,land",
    ],
    &[
        "/v1/articles?published_at_gte=2026-01-05T09:00:00Z",
        "/v1/articles?published_at_gte=2026-01-05T10:00:00.000%2B01:00",
        "/v1/articles?published%5Fat%5Fgte=2026-01-05t09%3A00%3A00z",
    ],
    &["/v1/articles/tides?locale=en", "/v1/articles/%74ide%73?locale=EN", "/v1/articles/tides?&locale=%65n"],
    &["/v1/search?q=look+water", "/v1/search?q=look%20water", "/v1/search?q=%6Cook+water&"],
];

#[tokio::test]
async fn what_an_operation_does_not_read_makes_no_new_response() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    tides(&editor).await;
    published(&editor, json!({"title": "Ebb", "topics": ["sea", "land"]})).await;
    let reader = server.client();
    for spellings in SPELLINGS {
        let first = reader.get(spellings[0]).await;
        let before = server.statements();
        for path in spellings {
            for _ in 0..2 {
                let answer = reader.get(*path).await;
                assert_eq!(answer.is(200).text(), first.text(), "{path}");
                assert_eq!(answer.header("link"), first.header("link"), "{path}");
            }
        }
        for (name, value) in [
            ("accept-encoding", "br;q=0.123, gzip;q=0.122"),
            ("accept", "text/plain"),
            ("accept-language", "fr"),
            ("range", "bytes=0-1"),
            ("if-none-match", "\"a\", \"b\""),
            ("origin", "https://elsewhere.example"),
            ("host", "elsewhere.example"),
        ] {
            let answer = reader.get(spellings[0]).header(name, value).await;
            assert_eq!(answer.is(200).text(), first.text(), "{name}");
        }
        assert_eq!(server.statements(), before, "{}", spellings[0]);
    }
}

#[tokio::test]
async fn requests_that_nobody_repeats_evict_only_each_other() {
    let server = Server::start_with(|config| config.cache.megabytes = 1).await;
    let draft = tides(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let known = [at(&draft, ""), "/feeds/rss.xml".to_owned()];
    for path in &known {
        reader.get(path).await.is(200);
        reader.get(path).await.is(200);
    }
    for n in 0..400 {
        reader.get(format!("/v1/search?q=word{n}")).await.is(200);
        reader.get(format!("/v1/articles?published_at_gt=2026-01-01T00:00:00.{n:06}Z")).await.is(200);
        reader.get(format!("/v1/articles/nothing-{n}")).await.is(404);
    }
    let before = server.statements();
    for path in &known {
        reader.get(path).await.is(200);
    }
    assert_eq!(server.statements(), before);
}

#[tokio::test]
async fn a_304_repeats_only_what_a_stored_response_needs() {
    let server = Server::start().await;
    let draft = tides(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let whole = reader.get(at(&draft, "")).await;
    let known = reader.get(at(&draft, "")).header("if-none-match", whole.etag()).await;
    let mut names: Vec<&str> =
        known.is(304).exchange.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    // The test's client ends its connections.
    names.retain(|name| *name != "connection");
    let expected = [
        "access-control-allow-origin",
        "access-control-expose-headers",
        "cache-control",
        "date",
        "etag",
        "vary",
        "x-request-id",
    ];
    assert_eq!(names, expected);
    for name in expected.into_iter().filter(|name| !["date", "x-request-id"].contains(name)) {
        assert_eq!(known.header(name), whole.is(200).header(name), "{name}");
    }
}

#[tokio::test]
async fn each_coding_has_its_own_bytes_and_its_own_tag() {
    let server = Server::start().await;
    let draft = tides(&server.login(Role::Editor).await).await;
    let reader = server.client();
    let plain = reader.get(at(&draft, "")).await;
    assert_eq!(plain.is(200).header("content-encoding"), None);
    let mut tags = vec![plain.etag().to_owned()];
    for (accepted, coding) in [("gzip", "gzip"), ("gzip, deflate, br, zstd", "br")] {
        let ask = || reader.get(at(&draft, "")).header("accept-encoding", accepted);
        let answer = ask().await;
        assert_eq!(answer.is(200).header("content-encoding"), Some(coding));
        assert_eq!(answer.text(), plain.text());
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        let length: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        assert!(length < plain.text().len() / 3, "{coding}: {length} bytes");
        assert_eq!(ask().header("if-none-match", answer.etag()).await.is(304).etag(), answer.etag());
        ask().header("if-none-match", plain.etag()).await.is(200);
        tags.push(answer.etag().to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
    let short = reader.get(format!("{}?fields=title", at(&draft, ""))).header("accept-encoding", "br").await;
    assert_eq!(short.is(200).header("content-encoding"), None, "too short to be worth it");
}

#[tokio::test]
async fn a_public_answer_says_what_caches_may_do_with_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    server.clock.advance(days(1));
    let reader = server.client();
    let article = reader.get(format!("{ARTICLES}/tides")).await;
    let control = "public, max-age=0, s-maxage=60, stale-if-error=86400";
    assert_eq!(article.is(200).header("cache-control"), Some(control));
    assert_eq!(article.header("last-modified"), Some("Mon, 05 Jan 2026 09:00:00 GMT"));
    let key = format!("{} {} {} all", id(&draft), id(&draft["topics"][0]), id(&draft["authors"][0]));
    for path in [at(&draft, ""), at(&draft, "/html"), at(&draft, "?fields=title"), at(&draft, "/sections")] {
        assert_eq!(reader.get(&path).await.header("surrogate-key"), Some(key.as_str()), "{path}");
    }
    let list = reader.get(format!("{ARTICLES}?topic=sea&author=ada")).await;
    assert_eq!(list.header("surrogate-key"), Some("articles topic:sea author:ada all"));
    editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"slug": "ebb"})).await.is(200);
    publish(&editor, &editor.get(at(&draft, "/draft")).await.json()).await;
    let moved = reader.get(format!("{ARTICLES}/tides")).await;
    assert_eq!(
        (moved.is(301).header("cache-control"), moved.location()),
        (Some(control), "/v1/articles/ebb")
    );
    let refusal = reader.get(format!("{ARTICLES}/nothing")).await;
    assert_eq!(refusal.is(404).header("cache-control"), Some("no-store"));
    assert_eq!(editor.get("/v1/me").await.header("cache-control"), Some("private, no-store, no-transform"));
}

#[tokio::test]
async fn a_date_is_asked_after_only_where_no_tag_is() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let reader = server.client();
    // In the second of a change, more may change: the date is the second before.
    let first = reader.get(at(&draft, "")).await;
    assert_eq!(first.header("last-modified"), Some("Mon, 05 Jan 2026 08:59:59 GMT"));
    let since = |date: &str| reader.get(at(&draft, "")).header("if-modified-since", date);
    since("Mon, 05 Jan 2026 08:59:59 GMT").await.is(304);
    since("Mon, 05 Jan 2026 08:59:58 GMT").await.is(200);
    since("yesterday").await.is(200);
    since("Mon, 05 Jan 2026 08:59:59 GMT").header("if-none-match", "\"other\"").await.is(200);
    let changed =
        editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": "New."})).await;
    publish(&editor, &changed.expect(200)).await;
    server.clock.advance(seconds(1));
    since("Mon, 05 Jan 2026 08:59:59 GMT").await.is(200);
}

#[tokio::test]
async fn whoever_reads_after_a_publication_was_answered_sees_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let mut draft = tides(&editor).await;
    let reader = server.client();
    let path = at(&draft, "?fields=intro&formats=markdown");
    for round in 0..rounds(20) {
        let text = format!("Round {round}.");
        let edit = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": text}));
        draft = edit.await.expect(200);
        let racing = join_all((0..64).map(|_| reader.get(&path).send()));
        let (_, published) = futures_util::future::join(racing, publish(&editor, &draft)).await;
        draft = published;
        let after = join_all((0..8).map(|_| reader.get(&path).send())).await;
        for answer in after {
            assert_eq!(answer.expect(200)["intro"]["markdown"], text);
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_if_the_settings_say_so() {
    let server = Server::start_with(|config| config.cache.megabytes = 0).await;
    let draft = tides(&server.login(Role::Editor).await).await;
    server.client().get(at(&draft, "")).await.is(200);
    let before = server.statements();
    server.client().get(at(&draft, "")).await.is(200);
    assert_eq!(server.statements(), before + 2);
}

#[tokio::test]
async fn when_the_database_is_lost_what_is_in_memory_is_served_for_the_stated_time() {
    let Some(admin) = setting("LEDE_TEST_POSTGRES_URL") else { return };
    let server = Server::start_with(|config| config.cache.outage_seconds = 3).await;
    let draft = tides(&server.login(Role::Editor).await).await;
    let (reader, path) = (server.client(), at(&draft, ""));
    reader.get(&path).await.is(200);
    let outage = server.database().cut(&admin);
    let lost = std::time::Instant::now();
    reader.get(ARTICLES).await.problem(503, "unavailable");
    while reader.get("/health/ready").await.status() == 200 {
        assert!(lost.elapsed() < seconds(10), "readiness does not turn");
    }
    reader.get("/health/live").await.is(200);
    let mut last = None;
    let until = loop {
        let response = reader.get(&path).await;
        match response.status() {
            200 => assert!(lost.elapsed() < seconds(10), "served for too long"),
            status => break (status, lost.elapsed()),
        }
        last = response.header("cache-control").map(str::to_owned);
    };
    assert_eq!(last.as_deref(), Some("no-store"), "caches in front would keep what others may have changed");
    assert!(until.0 == 503 && until.1 >= seconds(2), "{until:?}");
    drop(outage);
    for path in [path.as_str(), "/health/ready"] {
        while reader.get(path).await.status() != 200 {
            assert!(lost.elapsed() < seconds(60), "{path} does not come back");
        }
    }
}
