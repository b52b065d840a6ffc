//! How fast, as ratios to ceilings measured in the same run: `cargo bench --bench load`.
//!
//! The release server runs on generated articles in a process of its own; so do two ceilings: a bare actix-web route that
//! returns the same bytes from memory, and the same bytes behind Lede's own middleware. Processor time is what the
//! operating system counted for the server's process. Nothing here is a test: machines are noisy, ratios less so.

mod ceilings;
mod client;
mod fixture;
mod process;
mod writes;

use std::time::{Duration, Instant};

use client::{Load, Outcome};
use process::Process;

/// How many connections ask at once.
const CONNECTIONS: usize = 32;
/// How long each measurement lasts.
const DURATION: Duration = Duration::from_secs(5);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // The ceilings are this same program, started once more.
    if let [_, role, file, ..] = arguments.as_slice()
        && matches!(role.as_str(), "bare" | "middleware")
    {
        return ceilings::serve(role, file);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run(fixture::articles()));
}

async fn run(articles: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("load.db");
    println!("making {articles} articles of about 8 KB and 12 sections …");
    let started = Instant::now();
    fixture::fill(&database, articles);
    println!("made and published in {:.1} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let mut server = Process::lede(&database);
    let path = format!("/v1/articles/{}", fixture::slug(articles / 2));
    let body = server.first_answer(&path).await;
    println!("start to first answer: {:.3} s ({} bytes)", started.elapsed().as_secs_f64(), body.len());

    let file = folder.path().join("body.json");
    std::fs::write(&file, &body).expect("a file");
    let mut bare = Process::ceiling("bare", &file);
    let mut middleware = Process::ceiling("middleware", &file);
    bare.first_answer("/").await;
    middleware.first_answer("/").await;

    let slugs: Vec<String> = (0..articles).map(|at| format!("/v1/articles/{}", fixture::slug(at))).collect();
    println!("\n{CONNECTIONS} connections, {} s each\n", DURATION.as_secs());
    println!(
        "| work | requests/s | p50 ms | p99 ms | processor µs/request | processor, of (a) | rate, of (a) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let a = measure(&mut bare, &["/".to_owned()]).await;
    row("(a) bare route, same bytes", &a, &a);
    let b = measure(&mut middleware, &["/".to_owned()]).await;
    row("(b) same bytes behind the middleware", &b, &a);
    let one = measure(&mut server, std::slice::from_ref(&path)).await;
    row("one article by slug", &one, &a);
    let all = measure(&mut server, &slugs).await;
    row("any article by slug", &all, &a);
    let list = measure(&mut server, &["/v1/articles".to_owned()]).await;
    row("list of 20", &list, &a);
    let again = measure(&mut bare, &["/".to_owned()]).await;
    row("(a) once more", &again, &a);
    println!("\nresident memory after the load: {} MB", server.resident_megabytes());
    drop((server, bare, middleware));

    writes::compare(folder.path()).await;
}

struct Measured {
    outcome: Outcome,
    processor: Duration,
}

impl Measured {
    fn micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.outcome.requests.max(1) as f64
    }

    fn rate(&self) -> f64 {
        self.outcome.requests as f64 / self.outcome.elapsed.as_secs_f64()
    }
}

/// Warms up, then measures.
async fn measure(process: &mut Process, paths: &[String]) -> Measured {
    let load = Load { address: process.address, paths: paths.to_vec(), connections: CONNECTIONS };
    load.run(Duration::from_millis(500)).await;
    let before = process.processor_time();
    let outcome = load.run(DURATION).await;
    assert_eq!(outcome.failed, 0, "every answer is a 200");
    Measured { outcome, processor: process.processor_time() - before }
}

fn row(name: &str, measured: &Measured, ceiling: &Measured) {
    println!(
        "| {name} | {:.0} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} |",
        measured.rate(),
        measured.outcome.percentile(0.50),
        measured.outcome.percentile(0.99),
        measured.micros(),
        ceiling.micros() / measured.micros(),
        measured.rate() / ceiling.rate(),
    );
}
