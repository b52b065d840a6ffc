//! Webhooks: what ten of them cost whoever publishes, and how many requests a second reach receivers that respond at once.
//!
//! `LOAD_ONLY=webhooks` measures these, with `LOAD_EVENTS` events for each of the receivers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::client::{self, Outcome, Response};
use crate::fixture;
use crate::lists::{Admin, mark};
use crate::process::Process;

/// How many articles are published without webhooks, and as many with.
const PUBLICATIONS: usize = 150;
/// How often one is: it is the editor's own publication that is measured, not what becomes of those before.
const PACE: Duration = Duration::from_millis(100);
const WEBHOOKS: usize = 10;
/// How much longer they may take with, as a median.
const MAX_RATIO: f64 = 1.1;

const EVENTS: usize = 1_000;
const RECEIVERS: usize = 32;
/// The fewest requests a second.
const MIN_RATE: f64 = 500.0;

pub async fn measure(folder: &Path) {
    publishing(&folder.join("publishing.db")).await;
    sending(&folder.join("sending.db")).await;
}

async fn publishing(database: &Path) {
    let (_server, mut editor) = start(database).await;
    let receiver = Receiver::start().await;
    let without = editor.publish(PUBLICATIONS).await;
    for number in 0..WEBHOOKS {
        editor.add_webhook(&receiver, number, "article.*").await;
    }
    let with = editor.publish(PUBLICATIONS).await;
    receiver.wait_for(WEBHOOKS * PUBLICATIONS).await;
    let (without, with) = (without.percentile(0.5), with.percentile(0.5));
    let ratio = with / without;
    println!("\n| a publication, p50 ms | with {WEBHOOKS} webhooks | ratio | |");
    println!("|---:|---:|---:|---|");
    println!("| {without:.2} | {with:.2} | {ratio:.2} | {} |", mark(ratio <= MAX_RATIO));
}

async fn sending(database: &Path) {
    let events = std::env::var("LOAD_EVENTS").map_or(EVENTS, |count| count.parse().expect("a number"));
    let (server, mut editor) = start(database).await;
    let receiver = Receiver::start().await;
    for number in 0..RECEIVERS {
        editor.add_webhook(&receiver, number, "topic.created").await;
    }
    let (before, started) = (server.processor_time(), Instant::now());
    for number in 0..events {
        editor.send(201, "POST /v1/topics", &json!({"name": format!("Topic {number}")}).to_string()).await;
    }
    let written = started.elapsed();
    receiver.wait_for(RECEIVERS * events).await;
    let (all, processor) = (started.elapsed(), server.processor_time().saturating_sub(before));
    let rate = (RECEIVERS * events) as f64 / all.as_secs_f64();
    let each = processor.as_secs_f64() * 1e6 / (RECEIVERS * events) as f64;
    println!(
        "\n| events | written after s | receivers | everything sent after s | requests/s | processor µs each | |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---|");
    println!(
        "| {events} | {:.1} | {RECEIVERS} | {:.1} | {rate:.0} | {each:.0} | {} |",
        written.as_secs_f64(),
        all.as_secs_f64(),
        mark(rate >= MIN_RATE)
    );
}

async fn start(database: &Path) -> (Process, Editor) {
    fixture::fill(database, 1);
    let settings = ["--write-limit", "0", "--webhook-networks", "127.0.0.0/8"];
    let mut server = Process::lede_with(database, &settings);
    server.first_answer("/health/live", "").await;
    let editor = Editor::of(&server).await;
    (server, editor)
}

/// One who writes, one thing after the other.
struct Editor {
    stream: TcpStream,
    headers: String,
    written: usize,
}

impl Editor {
    async fn of(server: &Process) -> Self {
        let headers = format!("Authorization: Bearer {}\r\nIf-Match: *\r\n", Admin::of(server).await.token);
        let stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, headers, written: 0 }
    }

    async fn send(&mut self, status: u16, request: &str, body: &str) -> Response {
        let (response, answered) = client::send(&mut self.stream, request, &self.headers, body).await;
        assert_eq!(response.status, status, "{request}: {}", String::from_utf8_lossy(&answered));
        response
    }

    async fn add_webhook(&mut self, receiver: &Receiver, number: usize, events: &str) {
        let url = format!("http://{}/{number}", receiver.address);
        self.send(201, "POST /v1/webhooks", &json!({"url": url, "events": [events]}).to_string()).await;
    }

    /// How long the publication of each of so many articles takes.
    async fn publish(&mut self, count: usize) -> Outcome {
        let (mut took, started) = (Vec::new(), Instant::now());
        for _ in 0..count {
            self.written += 1;
            let article = fixture::article(&format!("Article {}", self.written)).to_string();
            let created = self.send(201, "POST /v1/articles", &article).await;
            let draft = created.header("location").expect("a location").trim_end_matches("/draft").to_owned();
            let asked = Instant::now();
            self.send(200, &format!("POST {draft}/publish"), r#"{"revision":1}"#).await;
            took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
            tokio::time::sleep(PACE).await;
        }
        Outcome::new(took, started.elapsed())
    }
}

/// Accepts whatever arrives, at once, and counts it.
struct Receiver {
    address: SocketAddr,
    arrived: watch::Receiver<usize>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (counter, arrived) = watch::channel(0);
        let counter = Arc::new(counter);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accept(stream, counter.clone()));
            }
        });
        Self { address, arrived }
    }

    async fn wait_for(&self, count: usize) {
        let mut arrived = self.arrived.clone();
        let enough = arrived.wait_for(|arrived| *arrived >= count);
        let waited = tokio::time::timeout(Duration::from_secs(1200), enough).await;
        waited.expect("enough requests in 20 minutes").expect("a receiver");
    }
}

/// Reads requests, each with a body of a known length, and responds to each.
async fn accept(mut stream: TcpStream, arrived: Arc<watch::Sender<usize>>) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = Response { status: 0, head: String::from_utf8_lossy(&buffer[..end]).into_owned() };
        let length: usize = head.header("content-length")?.parse().ok()?;
        while buffer.len() < end + length {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        buffer.drain(..end + length);
        arrived.send_modify(|arrived| *arrived += 1);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
    }
}
