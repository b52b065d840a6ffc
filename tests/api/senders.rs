//! Clients that send slowly, or never finish: their connections end, and what they hold is bounded.

use std::cell::RefCell;
use std::io;

use lede::auth::Role;
use lede::base::config::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::given::seconds;
use crate::server::Server;
use crate::sockets::{answered, connect};
use crate::writing::ARTICLES;

/// What begins a request that does not end.
const BEGINNINGS: [&str; 5] = [
    "G",
    "\r\n",
    "GET /health/live HTTP/1.1\r\n",
    "GET /health/live HTTP/1.1\r\nHost: lede\r\nX-Slow: ",
    "POST ",
];

/// Requests with a body that is not read to its end, or not at all, and that does not end.
const UNREAD: [&str; 6] = [
    "GET /health/live HTTP/1.1\r\nHost: lede\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET /health/live HTTP/1.1\r\nHost: lede\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: ",
    "GET /health/live HTTP/1.1\r\nHost: lede\r\nContent-Length: 100000\r\n\r\n",
    "POST /v1/nothing HTTP/1.1\r\nHost: lede\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    "POST /v1/articles HTTP/1.1\r\nHost: lede\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    "GET /health/live HTTP/1.1\r\nHost: lede\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
];

/// The head of a large request body, with a token.
fn large(editor: &Client, from: &str, size: usize) -> String {
    let token = editor.token().expect("a token");
    format!(
        "POST {ARTICLES} HTTP/1.1\r\nHost: lede\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {size}\r\nX-Forwarded-For: {from}\r\n\r\n"
    )
}

/// Reads a response that has no more than a head and what belongs to it.
async fn response(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&response).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse::<usize>().expect("a length")) {
                return text;
            }
        }
        assert!(stream.read_buf(&mut response).await.expect("a response") > 0, "{text}");
    }
}

fn is_open(stream: &TcpStream) -> bool {
    matches!(stream.try_read(&mut [0; 1024]), Err(e) if e.kind() == io::ErrorKind::WouldBlock)
}

/// Sends a byte each second, without an end, until the connection is closed: not before ten seconds have passed.
async fn is_closed(server: &Server, mut stream: TcpStream, what: &str) {
    server.answer_others().await;
    server.clock.advance(seconds(9));
    server.answer_others().await;
    assert!(is_open(&stream), "{what:?} is closed too early");
    for _ in 0..100 {
        if stream.write_all(b"a").await.is_err() || !is_open(&stream) {
            return;
        }
        server.answer_others().await;
        server.clock.advance(seconds(1));
    }
    panic!("{what:?} stays");
}

#[tokio::test]
async fn whoever_does_not_finish_a_later_request_is_closed() {
    let server = Server::start().await;
    for beginning in BEGINNINGS {
        let mut stream = connect(&server).await;
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n").await.expect("a request");
        assert!(response(&mut stream).await.starts_with("http/1.1 200"));
        stream.write_all(beginning.as_bytes()).await.expect("a beginning");
        is_closed(&server, stream, beginning).await;
    }
}

#[tokio::test]
async fn whoever_begins_the_next_request_together_with_one_is_closed() {
    let server = Server::start().await;
    for beginning in BEGINNINGS {
        let mut stream = connect(&server).await;
        let asked = format!("GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n{beginning}");
        stream.write_all(asked.as_bytes()).await.expect("requests");
        assert!(response(&mut stream).await.starts_with("http/1.1 200"));
        stream.write_all(b"a").await.expect("a byte");
        is_closed(&server, stream, beginning).await;
    }
}

#[tokio::test]
async fn whoever_does_not_finish_a_body_that_nobody_reads_is_closed() {
    let server = Server::start().await;
    for asked in UNREAD {
        let mut stream = connect(&server).await;
        stream.write_all(asked.as_bytes()).await.expect("a request");
        response(&mut stream).await;
        stream.write_all(b"a").await.expect("a byte");
        is_closed(&server, stream, asked).await;
    }
}

#[tokio::test]
async fn a_body_in_chunks_that_nobody_reads_is_not_taken_for_a_head() {
    let server = Server::start().await;
    let requests = "GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n".repeat(500);
    // Two of them are more than a head may have.
    let chunk = format!("{:x}\r\n{requests}\r\n", requests.len());
    for (path, media_type, status) in [
        ("/v1/nothing", "application/json", 404),
        ("/v1/articles", "application/json", 401),
        ("/v1/auth/sessions", "text/plain", 415),
        ("/v1/auth/sessions", "application/json", 413),
    ] {
        let mut stream = connect(&server).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: lede\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        stream.write_all((head + &chunk).as_bytes()).await.expect("a beginning");
        let mut told = response(&mut stream).await;
        for _ in 0..4 {
            stream.write_all(chunk.as_bytes()).await.expect("it goes on");
            server.answer_others().await;
        }
        stream.write_all(b"0\r\n\r\n").await.expect("it ends");
        stream.read_to_string(&mut told).await.expect("the connection ends");
        assert!(told.starts_with(&format!("http/1.1 {status} ")), "{path}: {told}");
        assert_eq!(told.to_lowercase().matches("http/1.1 ").count(), 1, "{path}: {told}");
    }
}

#[tokio::test]
async fn a_body_that_is_read_may_take_longer() {
    let server = Server::start().await;
    let body = r#"{"email": "ada@lede.example", "password": "wrong"}"#;
    let mut stream = connect(&server).await;
    let head = format!(
        "POST /v1/auth/sessions HTTP/1.1\r\nHost: lede\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    for byte in body.bytes() {
        stream.write_all(&[byte]).await.expect("a byte");
        server.client().get("/health/live").await.is(200);
        server.clock.advance(seconds(1));
    }
    assert!(response(&mut stream).await.starts_with("http/1.1 401"));
    // And the connection is as good as before.
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n").await.expect("a request");
    assert!(response(&mut stream).await.starts_with("http/1.1 200"));
}

#[tokio::test]
async fn requests_that_come_together_are_all_answered() {
    let server = Server::start().await;
    let live = "GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n";
    let post = "POST /v1/auth/sessions HTTP/1.1\r\nHost: lede\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let mut stream = connect(&server).await;
    let asked =
        format!("{live}{post}").repeat(50) + &live.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.expect("requests");
    let mut read = String::new();
    stream.read_to_string(&mut read).await.expect("responses");
    let statuses: Vec<&str> = read.match_indices("HTTP/1.1 ").map(|(at, _)| &read[at + 9..at + 12]).collect();
    let wanted: Vec<&str> = ["200", "422"].into_iter().cycle().take(100).chain(["200"]).collect();
    assert_eq!(statuses, wanted);
}

#[tokio::test]
async fn a_network_that_does_not_finish_bodies_leaves_memory_to_others() {
    let server = Server::with_memory(4).await;
    let editor = server.login(Role::Editor).await;
    let body = "a".repeat(700_000);
    let writers = RefCell::new(JoinSet::new());
    let begin = async |from: &str, size: usize| {
        let mut stream = connect(&server).await;
        let head = large(&editor, from, size);
        stream.write_all(head.as_bytes()).await.expect("a head");
        let (reader, mut writer) = stream.into_split();
        let body = body.clone();
        writers.borrow_mut().spawn(async move {
            // Fails where the request is refused.
            let _ = writer.write_all(body.as_bytes()).await;
            std::future::pending::<()>().await;
        });
        reader
    };
    let mut bodies = Vec::new();
    for _ in 0..4 {
        bodies.push(begin("192.0.2.1", 1_000_000).await);
    }
    // One fits; which of them is up to the network.
    let statuses = bodies.iter_mut().map(|reader| Box::pin(answered(reader)));
    let (status, ..) = futures_util::future::select_all(statuses).await;
    assert_eq!(status, 503);
    assert_eq!(answered(&mut begin("192.0.2.2", 700_000).await).await, 400);
    // The server waits for connections that are open when it stops.
    drop(bodies);
    writers.into_inner().shutdown().await;
}

#[tokio::test]
async fn a_request_whose_connection_is_reset_is_no_longer_in_flight() {
    let server = Server::start().await;
    let in_flight = async || {
        let metrics = server.client().get("/metrics").await.is(200).text().to_owned();
        let line = metrics.lines().find_map(|line| line.strip_prefix("lede_http_requests_in_flight "));
        line.expect("the metric").parse::<i64>().expect("a number")
    };
    let becomes = async |wanted: i64| {
        for _ in 0..500 {
            if in_flight().await == wanted {
                return;
            }
        }
        panic!("{} in flight instead of {wanted}", in_flight().await);
    };
    let mut stream = connect(&server).await;
    let half = "POST /v1/auth/sessions HTTP/1.1\r\nHost: lede\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{";
    stream.write_all(half.as_bytes()).await.expect("half a request");
    // The one that asks is another.
    becomes(2).await;
    stream.set_zero_linger().expect("a reset");
    drop(stream);
    becomes(1).await;
}

#[tokio::test]
async fn many_networks_that_do_not_finish_bodies_leave_memory_to_others_after_a_moment() {
    let server = Server::with_memory(4).await;
    let editor = server.login(Role::Editor).await;
    let mut held = Vec::new();
    for network in 1..=4 {
        let mut stream = connect(&server).await;
        let head = large(&editor, &format!("192.0.2.{network}"), 900_001);
        stream.write_all(head.as_bytes()).await.expect("a head");
        stream.write_all(&vec![b'a'; 900_000]).await.expect("a body but for its end");
        held.push(stream);
    }
    let post = async || {
        let asked = large(&editor, "192.0.2.9", 900_000) + &"a".repeat(900_000);
        let (mut reader, mut writer) = connect(&server).await.into_split();
        let sending = tokio::spawn(async move { writer.write_all(asked.as_bytes()).await });
        let status = answered(&mut reader).await;
        sending.abort();
        status
    };
    let becomes = async |wanted: u16| {
        let mut last = 0;
        for _ in 0..100 {
            last = post().await;
            if last == wanted {
                return;
            }
        }
        panic!("it is never {wanted}, but {last}");
    };
    // Until the bodies have arrived.
    for _ in 0..100 {
        server.answer_others().await;
    }
    becomes(503).await;
    assert!(held.iter().all(is_open), "they are cut off too early");
    server.clock.advance(seconds(5));
    becomes(400).await;
    assert!(!held.iter().all(is_open), "none is cut off");
}

#[tokio::test]
async fn what_needs_no_token_takes_small_bodies_only() {
    let server = Server::start().await;
    let anyone = server.client();
    let long = "a".repeat(16 * 1024);
    for path in ["/v1/auth/sessions", "/v1/subscribers"] {
        anyone.post(path).json(serde_json::json!({"email": long})).await.problem(413, "too-large");
    }
    anyone.post("/subscribe").form(&[("email", &long)]).await.is(413);
}

/// A network can have two connections.
fn of_eight(config: &mut Config) {
    config.limits.connections = 8;
}

async fn is_served(stream: &mut TcpStream) -> bool {
    let mut status = [0; 12];
    let asked = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n").await;
    asked.is_ok() && stream.read_exact(&mut status).await.is_ok() && &status == b"HTTP/1.1 200"
}

#[tokio::test]
async fn a_network_cannot_have_all_connections() {
    let server = Server::start_with(of_eight).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
    for _ in 0..5 {
        assert!(!is_served(&mut connect(&server).await).await);
    }
    held.pop();
    for _ in 0..500 {
        if is_served(&mut connect(&server).await).await {
            return;
        }
    }
    panic!("the place of a connection that has ended is not given back");
}

#[tokio::test]
async fn a_trusted_proxy_has_as_many_connections_as_there_are() {
    let server = Server::behind_a_proxy(of_eight).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&server).await;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
}

#[tokio::test]
async fn what_is_no_http_request_is_refused_with_a_problem() {
    let server = Server::start().await;
    let get = |rest: &str| format!("GET /health/live HTTP/1.1\r\nHost: lede\r\n{rest}\r\n\r\n");
    let many =
        |count: usize| (0..count).map(|number| format!("X-{number}: a")).collect::<Vec<_>>().join("\r\n");
    for (asked, status, code) in [
        ("tides\r\n\r\n".to_owned(), 400, "request-malformed"),
        ("GET /health/live HTTP/9.9\r\n\r\n".to_owned(), 400, "request-malformed"),
        (get("a bad header"), 400, "request-malformed"),
        (get("Content-Length: a"), 400, "request-malformed"),
        (get("Content-Length: 1\r\nContent-Length: 2"), 400, "request-malformed"),
        (get("Content-Length: 1\r\nTransfer-Encoding: chunked"), 400, "request-malformed"),
        (format!("GET /{} HTTP/1.1\r\nHost: lede\r\n\r\n", "a".repeat(70_000)), 431, "headers-too-large"),
        (get(&many(200)), 431, "headers-too-large"),
        (get(&format!("X-Long: {}", "a".repeat(200_000))), 431, "headers-too-large"),
        (get(&format!("X-Long: {}", "a".repeat(50_000))), 431, "headers-too-large"),
        // Without an end.
        (format!("GET /health/live HTTP/1.1\r\nX-Long: {}", "a".repeat(50_000)), 431, "headers-too-large"),
        (format!("GET /health/live HTTP/1.1\r\n{}", "a".repeat(50_000)), 431, "headers-too-large"),
        ("G".repeat(50_000), 431, "headers-too-large"),
    ] {
        let what: String = asked.chars().take(80).collect();
        for before in [String::new(), get("X-First: a")] {
            let mut stream = connect(&server).await;
            if !before.is_empty() {
                stream.write_all(before.as_bytes()).await.expect("a request");
                assert!(response(&mut stream).await.starts_with("http/1.1 200"));
            }
            let (mut reader, mut writer) = stream.into_split();
            let asked = asked.clone();
            // Fails where the response comes before the end of the request.
            tokio::spawn(async move {
                let _ = writer.write_all(asked.as_bytes()).await;
                std::future::pending::<()>().await;
            });
            let mut read = Vec::new();
            // Whoever is still sending may see a reset instead of the end.
            let _ = reader.read_to_end(&mut read).await;
            let told = String::from_utf8(read).expect("text");
            let (head, body) = told.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: {told}"));
            let head = head.to_lowercase();
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{what}: {head}");
            for line in
                ["content-type: application/problem+json", "connection: close", "cache-control: no-store"]
            {
                assert!(head.lines().any(|found| found == line), "{what}: {head}");
            }
            let problem: serde_json::Value = serde_json::from_str(body).expect("a problem");
            assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()), "{what}");
            let id = problem["request_id"].as_str().expect("an id");
            assert!(id.len() == 36 && head.contains(&format!("x-request-id: {id}")), "{what}: {head}");
        }
    }
}
