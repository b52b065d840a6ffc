//! A backup beside readers, and a restore: how long they take, how much memory, and how they slow down readers.
//!
//! `LOAD_ONLY=backups` measures these, with `LOAD_SIZES` articles and as many subscribers.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use lede::base::db::{DatabaseUrl, connection};

use crate::lists::mark;
use crate::process::{Process, executable};
use crate::{fixture, readers};

/// What a backup and a restore may take, in seconds and megabytes.
const MAX_BACKUP: f64 = 60.0;
const MAX_RESTORE: f64 = 300.0;
const MAX_MEGABYTES: u64 = 64;
/// How large the write-ahead log may be afterwards, in bytes.
const MAX_LOG: u64 = 64 << 20;

pub async fn measure(folder: &Path, size: usize) {
    std::fs::create_dir_all(folder).expect("a folder");
    let database = folder.join("backups.db");
    if !database.exists() {
        fixture::fill(&database, size);
        add_subscribers(&database, size);
    }
    println!(
        "\n| articles, subscribers | | seconds | MB at most | archive MB | log MB | readers' p99 ms, quiet | during | |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---|");
    let archive = folder.join("backups.zip");
    // Of an earlier run.
    let _ = std::fs::remove_file(&archive);
    let mut server = Process::lede(&database, None);
    server.first_answer("/health/live", "").await;
    let work = async {
        let (database, archive) = (database.clone(), archive.clone());
        let run = move || run(&database, &["backup", &archive.display().to_string()]);
        tokio::task::spawn_blocking(run).await.expect("a thread")
    };
    let (latencies, (seconds, peak)) = readers::watch(&server, size, "", work).await;
    let log = std::fs::metadata(format!("{}-wal", database.display())).map_or(0, |file| file.len());
    let bytes = std::fs::metadata(&archive).expect("an archive").len();
    let kept = seconds <= MAX_BACKUP && peak <= MAX_MEGABYTES && log <= MAX_LOG && latencies.kept();
    println!(
        "| {size} | backup | {seconds:.1} | {peak} | {} | {} | {:.2} | {:.2} | {} |",
        bytes >> 20,
        log >> 20,
        latencies.quiet,
        latencies.during,
        mark(kept)
    );
    drop(server);
    let copy = folder.join("restored.db");
    let _ = std::fs::remove_file(&copy);
    std::fs::copy(database.with_extension("secret"), copy.with_extension("secret")).expect("the secret");
    let (seconds, peak) = run(&copy, &["restore", &archive.display().to_string()]);
    println!("| {size} | restore | {seconds:.1} | {peak} | | | | | {} |", mark(seconds <= MAX_RESTORE));
}

/// Runs a command on a database. Returns the seconds it took, and the megabytes that it had resident at most.
fn run(database: &Path, arguments: &[&str]) -> (f64, u64) {
    let started = Instant::now();
    let mut child = Command::new(executable())
        .args(arguments)
        .args(["--database-url", &format!("sqlite://{}", database.display())])
        .env("MIMALLOC_PURGE_DELAY", "0")
        .stdout(Stdio::null())
        .spawn()
        .expect("the command");
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a process") {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = kilobytes.unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "{arguments:?}");
    (started.elapsed().as_secs_f64(), peak / 1024)
}

fn add_subscribers(database: &Path, count: usize) {
    let url = DatabaseUrl::parse(&format!("sqlite://{}", database.display())).expect("a URL");
    let mut conn = connection::open(&url).expect("a connection");
    conn.batch_execute(&format!(
        "INSERT INTO subscribers (id, email, email_key, name, status, locale, custom, source, signed_up_at, created_at, confirmed_at, updated_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         SELECT randomblob(16), 'reader-' || n || '@reader.example', 'reader-' || n || '@reader.example', 'Reader ' || n, \
                'confirmed', 'en', '{{\"City\":\"Kiel\"}}', 'footer', n, n, n, n FROM numbers; \
         INSERT INTO consents (id, subscriber_id, kind, via, at, details) \
         SELECT randomblob(16), id, 'confirmed', 'page', created_at, '{{}}' FROM subscribers"
    ))
    .expect("subscribers");
}
