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
    pub connections: usize,
}

/// What came of it.
pub struct Outcome {
    pub requests: u64,
    pub failed: u64,
    pub elapsed: Duration,
    /// In microseconds, sorted.
    latencies: Vec<u32>,
}

impl Outcome {
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
        let (mut latencies, mut failed) = (Vec::new(), 0);
        for task in tasks {
            let (took, refused) = task.await.expect("a connection");
            latencies.extend(took);
            failed += refused;
        }
        latencies.sort_unstable();
        Outcome { requests: latencies.len() as u64, failed, elapsed: started.elapsed(), latencies }
    }

    async fn one(&self, number: usize, until: Instant) -> (Vec<u32>, u64) {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let (mut took, mut failed) = (Vec::new(), 0);
        let mut buffer = Vec::with_capacity(64 * 1024);
        // Each connection walks the paths from a place of its own, in strides that visit all of them.
        let mut at = number * 7919;
        while Instant::now() < until {
            let path = &self.paths[at % self.paths.len()];
            at += 104_729;
            let request = format!("GET {path} HTTP/1.1\r\nHost: load\r\n\r\n");
            let asked = Instant::now();
            stream.write_all(request.as_bytes()).await.expect("a request");
            if !read_answer(&mut stream, &mut buffer).await {
                failed += 1;
            }
            took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        (took, failed)
    }
}

/// Reads one answer to its end and says whether it is a 200.
pub async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    loop {
        if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .expect("a length");
            while buffer.len() < head + 4 + length {
                assert!(stream.read_buf(buffer).await.expect("an answer") > 0, "the connection was closed");
            }
            buffer.drain(..head + 4);
            return text.starts_with("http/1.1 200");
        }
        assert!(stream.read_buf(buffer).await.expect("an answer") > 0, "the connection was closed");
    }
}
