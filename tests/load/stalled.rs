//! Clients that ask for a lot and read nothing: what they take of the server's memory, how they slow down other
//! readers, and when they are cut off.
//!
//! `LOAD_ONLY=stalled` measures these, `LOAD_SOCKETS` of them.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use lede::base::db::{DatabaseUrl, connection};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::lists::{Admin, mark};
use crate::process::Process;
use crate::{fixture, readers};

/// Articles of 100 to 370 KB of HTML.
const ARTICLES: usize = 100;
const SUBSCRIBERS: usize = 20_000;
const SOCKETS: usize = 500;
/// How long they are watched.
const ATTACK: Duration = Duration::from_secs(45);

/// By how many megabytes memory may grow, and for how many seconds the sockets may stay, with what it takes to open
/// them.
const MAX_GROWTH: u64 = 64;
const MAX_SECONDS: u64 = 36;

pub async fn measure(folder: &Path) {
    let sockets = std::env::var("LOAD_SOCKETS").map_or(SOCKETS, |count| count.parse().expect("a number"));
    let database = folder.join("stalled.db");
    fixture::fill_with(&database, ARTICLES, |number| 8 + number % 22);
    add_subscribers(&database);
    println!(
        "\n| stalled sockets | MB before | MB at most | open after 5 s | all closed after s | readers' p99 ms, quiet | during | |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---|");
    for kind in ["the same list", "other lists", "feeds", "documents", "exports", "all of these"] {
        attack(&database, kind, sockets).await;
    }
}

async fn attack(database: &Path, kind: &str, sockets: usize) {
    let mut server = Process::lede(database, None);
    server.first_answer("/health/live", "").await;
    let token = Admin::of(&server).await.token;
    let work = hold(&server, kind, sockets, &token);
    let (latencies, held) = readers::watch(&server, ARTICLES, "?fields=title,summary", work).await;
    let Held { before, most, early, closed, left } = held;
    let kept = most <= before + MAX_GROWTH
        && latencies.kept()
        && closed.is_some_and(|seconds| seconds <= MAX_SECONDS);
    println!(
        "| {sockets}: {kind} | {before} | {most} | {} | {} | {:.2} | {:.2} | {} |",
        early.unwrap_or_default(),
        closed.map_or(format!("{left} open after {}", ATTACK.as_secs()), |seconds| seconds.to_string()),
        latencies.quiet,
        latencies.during,
        mark(kept)
    );
}

/// What sockets that do not read took: megabytes before and at most, and how many were open after 5 seconds and at the
/// end.
struct Held {
    before: u64,
    most: u64,
    early: Option<usize>,
    /// After how many seconds none was open.
    closed: Option<u64>,
    left: usize,
}

async fn hold(server: &Process, kind: &str, sockets: usize, token: &str) -> Held {
    let before = server.resident_megabytes();
    let started = Instant::now();
    let mut held = Vec::new();
    for number in 0..sockets {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        let asked = asked(kind, number, token);
        // Much that is asked for is never read: the server stops reading.
        let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(asked.as_bytes())).await;
        held.push(stream);
    }
    let (mut most, mut early, mut closed) = (0, None, None);
    while started.elapsed() < ATTACK {
        most = server.resident_megabytes().max(most);
        let open = open_sockets(&held);
        if started.elapsed() > Duration::from_secs(5) {
            early.get_or_insert(open);
        }
        if open == 0 {
            closed.get_or_insert(started.elapsed().as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Held { before, most, early, closed, left: open_sockets(&held) }
}

/// What a socket asks for: several responses, where one would not fill what lies between.
fn asked(kind: &str, number: usize, token: &str) -> String {
    let get = |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nHost: load\r\n{headers}\r\n");
    let feed = ["rss.xml", "atom.xml", "feed.json"][number % 3];
    match kind {
        "the same list" => get("/v1/articles?fields=content_html&limit=100", "").repeat(2),
        "other lists" => {
            let path = format!(
                "/v1/articles?fields=content_html&limit={}&topic=topic-{}",
                100 - number % 90,
                number % 7
            );
            get(&path, "").repeat(2)
        }
        "feeds" => get(&format!("/feeds/{feed}?topic=topic-{}", number % 7), "").repeat(2),
        "documents" => {
            get("/openapi.json", "").repeat(20)
                + &get("/docs/scalar-1.76.0.js", "Accept-Encoding: gzip\r\n").repeat(4)
        }
        "exports" => get("/v1/subscribers/export", &format!("Authorization: Bearer {token}\r\n")),
        _ => {
            let kinds = ["the same list", "other lists", "feeds", "documents", "exports"];
            asked(kinds[number % kinds.len()], number, token)
        }
    }
}

/// How many of the sockets the server still holds, as the system counts them.
fn open_sockets(held: &[TcpStream]) -> usize {
    const ESTABLISHED: &str = "01";
    let ports: Vec<u16> = held.iter().filter_map(|stream| Some(stream.local_addr().ok()?.port())).collect();
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the system's sockets");
    table
        .lines()
        .filter_map(|line| {
            let mut columns = line.split_whitespace().skip(2);
            let (remote, state) = (columns.next()?, columns.next()?);
            let port = u16::from_str_radix(remote.split_once(':')?.1, 16).ok()?;
            (state == ESTABLISHED && ports.contains(&port)).then_some(())
        })
        .count()
}

fn add_subscribers(database: &Path) {
    let url = DatabaseUrl::parse(&format!("sqlite://{}", database.display())).expect("a URL");
    let mut conn = connection::open(&url).expect("a connection");
    conn.batch_execute(&format!(
        "INSERT INTO subscribers (id, email, email_key, name, status, locale, custom, source, signed_up_at, created_at, confirmed_at, updated_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {SUBSCRIBERS}) \
         SELECT randomblob(16), 'reader-' || n || '@reader.example', 'reader-' || n || '@reader.example', 'Reader ' || n, \
                'confirmed', 'en', '{{\"City\":\"Kiel\"}}', 'footer', n, n, n, n FROM numbers;"
    ))
    .expect("subscribers");
}
