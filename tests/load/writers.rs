//! Durable writes: the one writer that groups commits, against a pool of four connections that each begin a transaction
//! of their own. 32 clients, one insert and one update each time, `synchronous=FULL`, beside the disk's own fsync.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use lede::base::clock::Clock;
use lede::base::db::{Connection, Database, DatabaseUrl, connection};
use lede::base::error::Result;
use lede::base::metrics::Metrics;
use lede::base::random::Random;

const CLIENTS: usize = 32;
const POOL: usize = 4;
const DURATION: Duration = Duration::from_secs(5);
const WORK: &str = "INSERT INTO written (text) VALUES ('a line of text that is about as long as a name'); \
    UPDATE counter SET value = value + 1";

/// Prints a table, and returns how many commits a second the one writer makes.
pub async fn compare(folder: &Path) -> f64 {
    println!("\n{CLIENTS} clients, {} s each, synchronous=FULL\n", DURATION.as_secs());
    println!("fsync of this disk, after 4 KB: p50 {:.2} ms", fsync_millis(folder));
    println!("\n| writer | commits/s | p50 ms | p99 ms |");
    println!("|---|---:|---:|---:|");
    let url = prepare(&folder.join("grouped.db"));
    let db =
        Database::open(&url, 2, &Clock::System, &Random::System, &Metrics::default()).expect("a database");
    let grouped = measure(move || {
        let db = db.clone();
        async move { db.write(|tx| Ok(tx.batch_execute(WORK)?)).await }
    })
    .await;
    row("one writer, group commit", &grouped);
    let url = prepare(&folder.join("pooled.db"));
    let (give, take) = async_pool(&url);
    let pooled = measure(move || {
        let (give, take) = (give.clone(), take.clone());
        async move {
            let conn = take.lock().await.recv().await.expect("a connection");
            let (conn, outcome) =
                tokio::task::spawn_blocking(move || one_transaction(conn)).await.expect("a write");
            give.send(conn).expect("the pool");
            outcome
        }
    })
    .await;
    row("pool of four, BEGIN IMMEDIATE", &pooled);
    grouped.rate()
}

type Pool = (
    tokio::sync::mpsc::UnboundedSender<Connection>,
    Arc<tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<Connection>>>,
);

fn async_pool(url: &DatabaseUrl) -> Pool {
    let (give, take) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..POOL {
        assert!(give.send(connection::open(url).expect("a connection")).is_ok());
    }
    (give, Arc::new(tokio::sync::Mutex::new(take)))
}

fn one_transaction(mut conn: Connection) -> (Connection, Result<()>) {
    let outcome = conn.batch_execute(&format!("BEGIN IMMEDIATE; {WORK}; COMMIT")).map_err(Into::into);
    if outcome.is_err() {
        let _ = conn.batch_execute("ROLLBACK");
    }
    (conn, outcome)
}

fn prepare(file: &Path) -> DatabaseUrl {
    std::fs::write(file, "").expect("a file");
    let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).expect("a URL");
    let mut conn = connection::open(&url).expect("a connection");
    conn.batch_execute(
        "CREATE TABLE written (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT; \
         CREATE TABLE counter (value INTEGER NOT NULL) STRICT; INSERT INTO counter VALUES (0)",
    )
    .expect("the tables");
    url
}

struct Written {
    commits: u64,
    failed: u64,
    elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Written {
    fn rate(&self) -> f64 {
        self.commits as f64 / self.elapsed.as_secs_f64()
    }
}

async fn measure<F: Future<Output = Result<()>> + Send + 'static>(
    write: impl Fn() -> F + Clone + Send + 'static,
) -> Written {
    let failed = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (write, failed) = (write.clone(), failed.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while started.elapsed() < DURATION {
                    let asked = Instant::now();
                    match write().await {
                        Ok(()) => latencies.push(asked.elapsed()),
                        Err(_) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a client"));
    }
    latencies.sort_unstable();
    Written {
        commits: latencies.len() as u64,
        failed: failed.load(Ordering::Relaxed),
        elapsed: started.elapsed(),
        latencies,
    }
}

fn row(name: &str, written: &Written) {
    let percentile = |share: f64| {
        let at = (written.latencies.len() as f64 * share) as usize;
        written.latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    };
    let refused = if written.failed == 0 { String::new() } else { format!(" ({} failed)", written.failed) };
    println!(
        "| {name}{refused} | {:.0} | {:.1} | {:.1} |",
        written.rate(),
        percentile(0.50),
        percentile(0.99),
    );
}

fn fsync_millis(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("fsync")).expect("a file");
    let mut took: Vec<Duration> = (0..200)
        .map(|_| {
            file.write_all(&[7; 4096]).expect("a write");
            let asked = Instant::now();
            file.sync_data().expect("an fsync");
            asked.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1000.0
}
