//! Clients that read slowly, or not at all: what they hold is bounded, and they are cut off when they take too little.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lede::auth::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::given::seconds;
use crate::server::Server;
use crate::sockets::{answered, connect};
use crate::writing::{ARTICLES, at, create, published};

/// A list of more than a megabyte: more than the network holds between here and there.
const LIST: &str = "/v1/articles?fields=content_html";
/// The script of the reference.
const SCRIPT: &str = "/docs/scalar-1.76.0.js";

/// Publishes articles of about 200 KB each.
async fn long_articles(server: &Server, count: usize) {
    let editor = server.login(Role::Editor).await;
    let text = "Look at the water. ".repeat(10_000);
    for number in 0..count {
        server.clock.advance(seconds(1));
        published(&editor, json!({"title": format!("Article {number}"), "intro": text})).await;
    }
}

/// Sections of more than 800 KB.
fn long_sections() -> Vec<Value> {
    let body = "Look at the water. ".repeat(9_000);
    (0..5).map(|part| json!({"heading": format!("Part {part}"), "body": body})).collect()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: lede\r\n{headers}\r\n")
}

/// Whether a reader gets a path before long.
async fn gets(reader: &Client, path: &str) -> bool {
    for _ in 0..500 {
        if reader.get(path).await.status() == 200 {
            return true;
        }
    }
    false
}

/// Asks from an address, and reads no more than the status.
async fn begin(server: &Server, path: &str, address: &str, headers: &str) -> (TcpStream, u16) {
    let mut stream = connect(server).await;
    let asked = get(path, &format!("X-Forwarded-For: {address}\r\n{headers}"));
    stream.write_all(asked.as_bytes()).await.expect("a request");
    let status = answered(&mut stream).await;
    (stream, status)
}

fn is_reset(stream: &TcpStream) -> bool {
    stream.take_error().expect("a state").is_some()
}

/// Asks and reads nothing: the connection stays for 30 s and is reset after that.
async fn is_cut_off(server: &Server, asked: String) {
    let what = asked.lines().next().expect("a request").to_owned();
    let (reader, mut writer) = connect(server).await.into_split();
    let refused = Arc::new(AtomicBool::new(false));
    let told = refused.clone();
    let asking = tokio::spawn(async move {
        // Does not end by itself if the server reads only some of the requests.
        told.store(writer.write_all(asked.as_bytes()).await.is_err(), Ordering::SeqCst);
        writer
    });
    // The system tells of a reset once, to whoever comes first.
    let is_reset =
        || refused.load(Ordering::SeqCst) || reader.as_ref().take_error().expect("a state").is_some();
    server.answer_others().await;
    server.clock.advance(seconds(29));
    server.answer_others().await;
    assert!(!is_reset(), "{what} is cut off too early");
    for _ in 0..500 {
        server.clock.advance(seconds(31));
        server.answer_others().await;
        if is_reset() {
            return asking.abort();
        }
    }
    panic!("{what} is not cut off");
}

#[tokio::test]
async fn whoever_takes_nothing_for_half_a_minute_is_cut_off() {
    let server = Server::start().await;
    long_articles(&server, 6).await;
    for asked in [
        get(LIST, ""),
        // From memory now.
        get(LIST, ""),
        get("/feeds/rss.xml", ""),
        get("/feeds/feed.json", "Accept-Encoding: identity\r\n"),
        // One response of these is not enough to fill what lies between.
        get("/openapi.json", "").repeat(50),
        get("/openapi.json", "Accept-Encoding: gzip\r\n").repeat(100),
        get(SCRIPT, "Accept-Encoding: gzip\r\n").repeat(10),
        get("/health/live", "").repeat(2_000),
        get("/v1/nothing", "").repeat(2_000),
        get(LIST, "").replace("GET", "HEAD").repeat(2_000),
        get(LIST, "If-None-Match: *\r\n").repeat(2_000),
    ] {
        is_cut_off(&server, asked).await;
    }
}

#[tokio::test]
async fn whoever_takes_nothing_of_an_export_is_cut_off() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let note = "x".repeat(7_000);
    let people: Vec<String> =
        (0..500).map(|number| format!("reader-{number}@reader.example,{note}\n")).collect();
    let file = format!("email,Note\n{}", people.concat());
    let terms = [("dry_run", "false"), ("source", "The old letter"), ("statement", "They signed up.")];
    admin.post("/v1/subscriber-imports").query(&terms).body("text/csv", file).await.is(202);
    server.run_jobs().await;
    let token = format!("Authorization: Bearer {}\r\n", admin.token().expect("a token"));
    is_cut_off(&server, get("/v1/subscribers/export", &token)).await;
}

#[tokio::test]
async fn whoever_reads_slowly_gets_everything() {
    const RESPONSES: usize = 10;
    let server = Server::start().await;
    long_articles(&server, 6).await;
    let list = server.client().get(LIST).await.is(200).text().to_owned();
    let mut stream = connect(&server).await;
    stream.write_all(get(LIST, "").repeat(RESPONSES - 1).as_bytes()).await.expect("requests");
    stream.write_all(get(LIST, "Connection: close\r\n").as_bytes()).await.expect("a request");
    let mut read = Vec::new();
    for _ in 0..8 {
        // More than the network holds, so that the server has written since the clock moved.
        let mut piece = vec![0; 1024 * 1024];
        stream.read_exact(&mut piece).await.expect("the connection stays");
        read.extend(piece);
        server.clock.advance(seconds(29));
    }
    stream.read_to_end(&mut read).await.expect("the rest");
    let mut rest = read.as_slice();
    for number in 0..RESPONSES {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        let (head, body) = rest.split_at(end);
        let head = std::str::from_utf8(head).expect("ASCII").to_lowercase();
        assert!(head.starts_with("http/1.1 200 ok"), "{number}: {head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", list.len())), "{number}: {head}");
        let (body, after) = body.split_at(list.len());
        assert!(body == list.as_bytes(), "the body of response {number} differs");
        rest = after;
    }
    assert!(rest.is_empty());
}

#[tokio::test]
async fn whoever_reads_too_slowly_is_cut_off() {
    let server = Server::start().await;
    long_articles(&server, 6).await;
    let mut stream = connect(&server).await;
    stream.write_all(get(LIST, "").repeat(10).as_bytes()).await.expect("requests");
    let mut piece = vec![0; 64 * 1024];
    // Enough for the server to write something within each half minute, but less than 8 KiB a second.
    for _ in 0..150 {
        if stream.read_exact(&mut piece).await.is_err() {
            return;
        }
        server.clock.advance(seconds(10));
        server.answer_others().await;
    }
    panic!("it is not cut off");
}

#[tokio::test]
async fn large_responses_wait_for_memory_and_small_ones_do_not() {
    let server = Server::with_memory(2).await;
    long_articles(&server, 6).await;
    let reader = server.client();
    reader.get(LIST).await.is(200);
    let (held, _) = begin(&server, LIST, "192.0.2.1", "").await;
    let refused = reader.get(LIST).await;
    refused.problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    reader.head(LIST).await.is(503);
    reader.get(ARTICLES).await.is(200);
    reader.get("/v1/articles?fields=content_html&limit=1").await.is(200);
    drop(held);
    assert!(gets(&reader, LIST).await, "the memory of a response is not given back");
}

#[tokio::test]
async fn a_network_that_does_not_read_leaves_memory_to_others() {
    let server = Server::with_memory(12).await;
    long_articles(&server, 6).await;
    let mut held = Vec::new();
    for (address, wanted) in [
        ("192.0.2.1", 200),
        ("192.0.2.1", 200),
        ("192.0.2.1", 503),
        ("192.0.2.1", 503),
        ("192.0.2.2", 200),
        ("2001:db8::1", 200),
        ("2001:db8:0:1::1", 200),
        // One customer has that many networks.
        ("2001:db8:0:2::1", 503),
        ("2001:db8:1::1", 200),
    ] {
        let (stream, status) = begin(&server, LIST, address, "").await;
        assert_eq!(status, wanted, "{address} after {} others", held.len());
        held.push(stream);
    }
}

#[tokio::test]
async fn many_networks_that_do_not_read_leave_memory_to_others_after_a_moment() {
    let server = Server::with_memory(4).await;
    long_articles(&server, 6).await;
    let mut held = Vec::new();
    for network in 1..=3 {
        held.push(begin(&server, LIST, &format!("192.0.2.{network}"), "").await.0);
    }
    let reader = server.client();
    reader.get(LIST).await.problem(503, "unavailable");
    reader.get(LIST).await.problem(503, "unavailable");
    server.clock.advance(seconds(5));
    reader.get(LIST).await.problem(503, "unavailable");
    assert!(gets(&reader, LIST).await, "nobody is cut off");
    server.answer_others().await;
    assert_eq!(held.iter().filter(|stream| is_reset(stream)).count(), 1, "one is enough");
}

#[tokio::test]
async fn few_pages_are_produced_at_a_time_and_nothing_else_waits_for_them() {
    let server = Server::start().await;
    long_articles(&server, 1).await;
    let reader = server.client();
    reader.get(ARTICLES).await.is(200);
    let held: Vec<_> = std::iter::from_fn(|| server.app.productions.try_acquire()).collect();
    assert!(!held.is_empty());
    let waiting = tokio::spawn({
        let reader = server.client();
        async move { reader.get(LIST).await.status() }
    });
    server.answer_others().await;
    reader.get(ARTICLES).await.is(200);
    server.login(Role::Editor).await.get("/v1/drafts").await.is(200);
    assert!(!waiting.is_finished());
    drop(held);
    assert_eq!(waiting.await.expect("a response"), 200);
}

/// The pages of a list, each with the ids of its items, and the size of the largest page.
async fn pages(reader: &Client, path: &str, id: impl Fn(&Value) -> Value) -> (Vec<Vec<Value>>, usize) {
    let (mut pages, mut largest, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let answer = reader.get(&next).await;
        let page = answer.expect(200);
        largest = largest.max(answer.text().len());
        pages.push(page["items"].as_array().expect("items").iter().map(&id).collect());
        // The list of changes always has a cursor.
        let cursor = page["next_cursor"].as_str().filter(|_| page["has_more"] != false);
        assert_eq!(cursor.is_some(), answer.header("link").is_some());
        let Some(cursor) = cursor else { return (pages, largest) };
        next = format!("{path}&cursor={cursor}");
    }
}

#[tokio::test]
async fn a_page_ends_where_it_gets_too_large() {
    const MAX_BYTES: usize = 2 * 1024 * 1024;
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for number in 0..40 {
        server.clock.advance(seconds(1));
        let custom = json!({"note": "x".repeat(60_000)});
        published(
            &editor,
            json!({"title": format!("Noted {number}"), "intro": "A lantern.", "custom": custom}),
        )
        .await;
    }
    long_articles(&server, 12).await;
    let reader = server.client();
    let of_article = |item: &Value| item["article"]["id"].clone();
    let of_item = |item: &Value| item["id"].clone();
    let all = "/v1/articles?fields=id&limit=1";
    let wanted = pages(&reader, all, of_item).await.0.concat();
    assert_eq!(wanted.len(), 52);
    let (found, largest) =
        pages(&reader, "/v1/articles?fields=id,content_html,custom&limit=100", of_item).await;
    assert_eq!(found.concat(), wanted);
    assert!(found.len() > 2 && largest < MAX_BYTES + 1000, "{} pages, {largest} bytes", found.len());
    let (found, largest) = pages(&reader, "/v1/articles?limit=100", of_item).await;
    assert_eq!(found.concat(), wanted);
    assert!(found.len() == 2 && largest < MAX_BYTES + 20_000, "{} pages, {largest} bytes", found.len());
    let changed: Vec<Value> = wanted.iter().rev().cloned().collect();
    let (found, largest) = pages(&reader, "/v1/changes?fields=id,content_html&limit=100", of_item).await;
    assert_eq!(found.concat(), changed);
    assert!(found.len() == 2 && largest < MAX_BYTES + 10_000, "{} pages, {largest} bytes", found.len());
    let (found, largest) = pages(&reader, "/v1/search?q=lantern&limit=100", of_article).await;
    let mut found_once = found.concat();
    found_once.sort_by_key(Value::to_string);
    found_once.dedup();
    assert!(found_once.len() == 40 && found.concat().len() == 40 && found.len() == 2, "{found:?}");
    assert!(largest < MAX_BYTES + 10_000, "{largest} bytes");
    let feed = reader.get("/feeds/feed.json").await;
    let entries = feed.expect(200)["items"].as_array().expect("items").len();
    assert!(entries == 10 && feed.text().len() < MAX_BYTES + 50_000, "{entries} entries");
}

#[tokio::test]
async fn an_item_that_is_too_large_has_a_page_of_its_own() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for number in 0..3 {
        published(&editor, json!({"title": format!("Article {number}"), "sections": long_sections()})).await;
    }
    let path =
        "/v1/articles?fields=id,sections,content_html,content_text&formats=html,markdown,text&limit=100";
    let (found, largest) = pages(&server.client(), path, |item| item["id"].clone()).await;
    assert!(found.iter().map(Vec::len).eq([1, 1, 1]) && largest > 3_000_000, "{found:?}, {largest} bytes");
}

#[tokio::test]
async fn whoever_takes_no_gzip_gets_the_script_of_the_reference_from_the_same_memory() {
    let server = Server::with_memory(4).await;
    let mut held = Vec::new();
    // Each is larger than what a network may hold of different bodies.
    for number in 0..3 {
        let (stream, status) = begin(&server, SCRIPT, "192.0.2.1", "Accept-Encoding: identity\r\n").await;
        assert_eq!(status, 200, "{number}");
        held.push(stream);
    }
}

#[tokio::test]
async fn readers_of_what_stays_in_memory_are_not_cut_off_for_others() {
    let server = Server::behind_a_proxy(|config| {
        config.cache.megabytes = 8;
        config.limits.response_megabytes = 4;
    })
    .await;
    long_articles(&server, 6).await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Long", "sections": long_sections()})).await;
    let (draft, token) = (at(&draft, "/draft"), editor.token().expect("a token"));
    let (script, _) = begin(&server, SCRIPT, "192.0.2.1", "Accept-Encoding: identity\r\n").await;
    let (cached, _) = begin(&server, LIST, "192.0.2.2", "").await;
    let headers = format!("Authorization: Bearer {token}\r\n");
    let mut held = Vec::new();
    loop {
        let (stream, status) = begin(&server, &draft, &format!("198.51.100.{}", held.len()), &headers).await;
        if status == 503 {
            break;
        }
        held.push(stream);
    }
    server.clock.advance(seconds(5));
    editor.get(draft.as_str()).await.problem(503, "unavailable");
    assert!(gets(&editor, &draft).await, "nobody is cut off");
    server.answer_others().await;
    assert!(!is_reset(&script), "the script is cut off");
    assert!(!is_reset(&cached), "the cached list is cut off");
    assert_eq!(held.iter().filter(|stream| is_reset(stream)).count(), 1);
}
