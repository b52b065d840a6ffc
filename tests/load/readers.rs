//! Others who read while something happens to the server: how much slower their slowest reads get.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::client::{Load, Outcome};
use crate::fixture;
use crate::process::Process;

/// How many read, and how often each asks.
const READERS: usize = 8;
const PACE: Duration = Duration::from_millis(20);
/// How long they are watched before.
const QUIET: Duration = Duration::from_secs(10);
/// How much slower the slowest of their reads may get.
const MAX_SLOWER: f64 = 2.0;

/// The latency that one read in a hundred exceeds, in milliseconds.
pub struct Latencies {
    pub quiet: f64,
    pub during: f64,
}

impl Latencies {
    pub fn kept(&self) -> bool {
        self.during <= self.quiet * MAX_SLOWER
    }
}

/// Watches readers of so many articles, with that query, before and during a work.
pub async fn watch<T>(
    server: &Process,
    articles: usize,
    query: &str,
    work: impl Future<Output = T>,
) -> (Latencies, T) {
    let load = Load {
        address: server.address,
        paths: (0..articles).map(|at| format!("/v1/articles/{}{query}", fixture::slug(at))).collect(),
        headers: String::new(),
        status: 200,
        connections: READERS,
        pace: Some(PACE),
    };
    let quiet = load.run(QUIET).await.percentile(0.99);
    let done = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn(read_until(load, done.clone()));
    let outcome = work.await;
    done.store(true, Ordering::SeqCst);
    let during = reading.await.expect("readers").percentile(0.99);
    (Latencies { quiet, during }, outcome)
}

async fn read_until(load: Load, done: Arc<AtomicBool>) -> Outcome {
    let mut all = Vec::new();
    while !done.load(Ordering::SeqCst) {
        all.push(load.run(Duration::from_millis(500)).await);
    }
    Outcome::joined(all)
}
