//! Readers who follow the changes: what their streams take of the server's memory while nothing happens, how soon a
//! publication reaches all of them, and how they slow down others.
//!
//! `LOAD_ONLY=streams` measures these, `LOAD_SOCKETS` of them.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::lists::{Admin, mark};
use crate::process::Process;
use crate::{client, fixture, readers};

const ARTICLES: usize = 100;
const SOCKETS: usize = 10_000;
/// How long the streams are idle before something is published.
const IDLE: Duration = Duration::from_secs(5);

/// By how many megabytes memory may grow.
const MAX_GROWTH: u64 = 300;
/// Within what time everyone is to be told. Other readers are watched for as long.
const MAX_TELLING: Duration = Duration::from_secs(2);

pub async fn measure(folder: &Path) {
    let sockets = std::env::var("LOAD_SOCKETS").map_or(SOCKETS, |count| count.parse().expect("a number"));
    let database = folder.join("streams.db");
    fixture::fill(&database, ARTICLES);
    // Each stream is of a network of its own.
    let limits =
        ["--trusted-proxies", "127.0.0.0/8", "--connection-limit", "65536", "--stream-connections", "65536"];
    let mut server = Process::lede_with(&database, &limits);
    server.first_answer("/health/live", "").await;
    let admin = Admin::of(&server).await;
    let before = server.resident_megabytes();
    let mut streams = Vec::new();
    for number in 0..sockets {
        streams.push(open(&server, number).await);
    }
    tokio::time::sleep(IDLE).await;
    let idle = server.resident_megabytes();
    let telling = publish(&server, streams, &admin);
    let (latencies, everyone) = readers::watch(&server, ARTICLES, "?fields=title,summary", telling).await;
    let busy = server.peak_megabytes();
    let kept = busy.max(idle) <= before + MAX_GROWTH && everyone <= MAX_TELLING && latencies.kept();
    println!(
        "\n| streams | MB before | MB idle | MB after | everyone told after ms | readers' p99 ms, quiet | during | |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---|");
    println!(
        "| {sockets} | {before} | {idle} | {busy} | {} | {:.2} | {:.2} | {} |",
        everyone.as_millis(),
        latencies.quiet,
        latencies.during,
        mark(kept)
    );
}

/// Publishes something, and returns after which time the last stream was told, when that may take no longer.
async fn publish(server: &Process, streams: Vec<TcpStream>, admin: &Admin) -> Duration {
    let published = Instant::now();
    let waiting: Vec<_> = streams.into_iter().map(|stream| tokio::spawn(told(stream))).collect();
    let mut writer = TcpStream::connect(server.address).await.expect("a connection");
    let headers = format!("Authorization: Bearer {}\r\n", admin.token);
    let (answer, body) = client::send(&mut writer, "PATCH /v1/site", &headers, r#"{"title": "Ebb"}"#).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&body));
    let told: Vec<_> = join_all(waiting).await.into_iter().map(|told| told.expect("a reader")).collect();
    let everyone = told.iter().map(|(_, at)| at.duration_since(published)).max().unwrap_or_default();
    tokio::time::sleep_until((published + MAX_TELLING).into()).await;
    everyone
}

/// Opens a stream, and reads its beginning.
async fn open(server: &Process, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    let network = format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255);
    let asked =
        format!("GET /v1/changes/stream HTTP/1.1\r\nHost: load\r\nX-Forwarded-For: {network}\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.expect("a request");
    let read = read_to(&mut stream, "retry: ").await;
    assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    stream
}

/// When a stream was told of a change. It stays open.
async fn told(mut stream: TcpStream) -> (TcpStream, Instant) {
    read_to(&mut stream, "data: ").await;
    (stream, Instant::now())
}

async fn read_to(stream: &mut TcpStream, wanted: &str) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    while !text.contains(wanted) {
        let read = stream.read(&mut piece).await.expect("no reset");
        assert!(read > 0, "the stream ends: {text}");
        text += &String::from_utf8_lossy(&piece[..read]);
    }
    text
}
