//! Asks over and over on connections that stay open, as cheaply as possible, and notes how long each answer took.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is asked, and by how many at once.
#[derive(Clone)]
pub struct Load {
    pub address: SocketAddr,
    pub paths: Vec<String>,
    /// Header lines, each with its end.
    pub headers: String,
    pub status: u16,
    pub connections: usize,
    /// How often each asks; as often as it can, if absent.
    pub pace: Option<Duration>,
}

/// What came of it.
pub struct Outcome {
    pub requests: u64,
    pub elapsed: Duration,
    /// In microseconds, sorted.
    latencies: Vec<u32>,
}

/// An answer that was read to its end.
pub struct Response {
    pub status: u16,
    pub head: String,
}

impl Outcome {
    /// What took so many microseconds each.
    pub fn new(mut latencies: Vec<u32>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        Self { requests: latencies.len() as u64, elapsed, latencies }
    }

    /// Several as one.
    pub fn joined(all: Vec<Self>) -> Self {
        let mut latencies: Vec<u32> = all.iter().flat_map(|one| &one.latencies).copied().collect();
        latencies.sort_unstable();
        Self {
            requests: all.iter().map(|one| one.requests).sum(),
            elapsed: all.iter().map(|one| one.elapsed).sum(),
            latencies,
        }
    }

    /// The latency that this share of the answers did not exceed, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = (self.latencies.len() as f64 * share) as usize;
        f64::from(self.latencies.get(at.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or(0))
            / 1000.0
    }
}

impl Load {
    pub async fn run(&self, duration: Duration) -> Outcome {
        let load = Arc::new(self.clone());
        let started = Instant::now();
        let until = started + duration;
        let tasks: Vec<_> = (0..self.connections)
            .map(|number| {
                let load = load.clone();
                tokio::spawn(async move { load.one(number, until).await })
            })
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.expect("a connection"));
        }
        Outcome::new(latencies, started.elapsed())
    }

    async fn one(&self, number: usize, until: Instant) -> Vec<u32> {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let mut took = Vec::new();
        let mut buffer = Vec::with_capacity(64 * 1024);
        // Each connection walks the paths from a place of its own, in strides that visit all of them.
        let mut at = number * 7919;
        while Instant::now() < until {
            let path = &self.paths[at % self.paths.len()];
            at += 104_729;
            let request = format!("GET {path} HTTP/1.1\r\nHost: load\r\n{}\r\n", self.headers);
            let asked = Instant::now();
            stream.write_all(request.as_bytes()).await.expect("a request");
            let answer = read_answer(&mut stream, &mut buffer).await;
            assert_eq!(answer.status, self.status, "{path}: {}", answer.head);
            took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
            if let Some(pace) = self.pace {
                tokio::time::sleep(pace.saturating_sub(asked.elapsed())).await;
            }
        }
        took
    }
}

/// Asks once and returns the answer and its body.
pub async fn ask(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<(Response, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: load\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut body = Vec::new();
    let answer = read_answer(&mut stream, &mut body).await;
    Ok((answer, body))
}

/// Sends JSON on a connection that stays open, and returns the answer and its body.
pub async fn send(
    stream: &mut TcpStream,
    method_and_path: &str,
    headers: &str,
    body: &str,
) -> (Response, Vec<u8>) {
    let length = body.len();
    let request = format!(
        "{method_and_path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answered = Vec::new();
    let answer = read_answer(stream, &mut answered).await;
    (answer, answered)
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Reads one answer to its end, and leaves its body in the buffer.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Response {
    buffer.clear();
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
            let answer = Response { status, head };
            let length: usize = match status {
                304 => 0,
                _ => {
                    answer.header("content-length").and_then(|length| length.parse().ok()).expect("a length")
                }
            };
            while buffer.len() < end + 4 + length {
                assert!(stream.read_buf(buffer).await.expect("an answer") > 0, "the connection was closed");
            }
            buffer.drain(..end + 4);
            return answer;
        }
        assert!(stream.read_buf(buffer).await.expect("an answer") > 0, "the connection was closed");
    }
}
