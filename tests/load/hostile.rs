//! Hostile text: how processor time grows with its length, and what it does to others who read.
//!
//! Every kind of construct is read and rendered at half of the largest length and at the largest. A ratio above 2 says
//! that work grows faster than input. Tests count steps instead; this sees what libraries do, too. Then the kinds that
//! took longest are written, four at once.
//!
//! `LOAD_ONLY=text` measures these.

use std::path::Path;
use std::time::{Duration, Instant};

use lede::base::text::markdown::{Policy, render};
use lede::base::text::size::{MAX_HTML, html_bound};
use lede::base::text::{front_matter, html, outline};
use serde_json::json;
use tokio::net::TcpStream;

use crate::client::send;
use crate::kinds::{CONSTRUCTS, DEFINED, FRONT_MATTER, HTML, Kind};
use crate::lists::{Admin, mark};
use crate::process::Process;
use crate::{fixture, readers};

/// The longest body and the longest document, in bytes.
const LENGTHS: (usize, usize) = (200_000, 1_000_000);
/// How many of the worst are written at once, and for how long.
const WORST: usize = 4;
const ATTACK: Duration = Duration::from_secs(20);
/// The articles that others read meanwhile.
const ARTICLES: usize = 200;

pub async fn measure(folder: &Path) {
    let mut worst = growth();
    worst.sort_by(|one, other| other.0.total_cmp(&one.0));
    worst.truncate(WORST);
    let bodies = worst.into_iter().map(|(_, text)| text).collect();
    attack(folder, bodies).await;
}

/// Prints a line for each kind. Returns the milliseconds that the bodies take, with what creates an article of them.
fn growth() -> Vec<(f64, String)> {
    let body = |text: &str| {
        // As a write does: text that could make too much HTML is not rendered.
        if html_bound([text]) <= MAX_HTML {
            drop(render(&[text], &Policy::default()));
        }
    };
    let outline = |text: &str| drop(outline::write(&outline::parse(text)));
    let import = |text: &str| drop(html::to_markdown(text));
    let mut written = Vec::new();
    let article = |member: &str, text: String| json!({"title": "Hostile", member: text}).to_string();
    for kind in CONSTRUCTS.iter().chain(HTML).chain(DEFINED) {
        let took = report("render", kind, LENGTHS.0, body);
        written.push((took, article("intro", kind.text(LENGTHS.0))));
        let took = report("outline", kind, LENGTHS.1, outline);
        written.push((took, article("document", kind.text(LENGTHS.1))));
        report("import", kind, LENGTHS.1, import);
    }
    for kind in FRONT_MATTER {
        report("front", kind, front_matter::MAX_LENGTH, |text| drop(front_matter::split(text)));
    }
    written
}

/// Returns the milliseconds at the largest length.
fn report(work: &str, kind: &Kind, length: usize, run: impl Fn(&str)) -> f64 {
    let time = |length: usize| {
        let text = kind.text(length);
        let before = processor_time();
        run(&text);
        processor_time().saturating_sub(before).as_secs_f64() * 1e3
    };
    let (half, whole) = (time(length / 2), time(length));
    println!("{work:8} {half:8.1} ms {whole:8.1} ms {:5.1} {kind:?}", whole / half.max(0.001));
    whole
}

/// How long this thread has been running on a processor (Linux).
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}

async fn attack(folder: &Path, bodies: Vec<String>) {
    let database = folder.join("hostile.db");
    fixture::fill(&database, ARTICLES);
    println!(
        "\n| {WORST} of the worst written at once, readers | written | readers' p99 ms, quiet | during | |"
    );
    println!("|---|---:|---:|---:|---|");
    for (name, megabytes) in [("cached", None), ("not cached", Some("0"))] {
        let mut arguments = vec!["--write-limit", "0"];
        arguments.extend(megabytes.iter().flat_map(|megabytes| ["--cache-megabytes", megabytes]));
        let mut server = Process::lede_with(&database, &arguments);
        server.first_answer("/health/live", "").await;
        let headers = format!("Authorization: Bearer {}\r\n", Admin::of(&server).await.token);
        let write = async {
            let writing = bodies.iter().map(|body| {
                let (address, headers, body) = (server.address, headers.clone(), body.clone());
                tokio::spawn(async move {
                    let mut stream = TcpStream::connect(address).await.expect("a connection");
                    let (started, mut written) = (Instant::now(), 0);
                    while started.elapsed() < ATTACK {
                        let (answer, _) = send(&mut stream, "POST /v1/articles", &headers, &body).await;
                        assert!(matches!(answer.status, 201 | 422 | 503), "{}", answer.head);
                        written += 1;
                    }
                    written
                })
            });
            let mut written = 0;
            for one in writing.collect::<Vec<_>>() {
                written += one.await.expect("a writer");
            }
            written
        };
        let (latencies, written) = readers::watch(&server, ARTICLES, "", write).await;
        let (quiet, during) = (latencies.quiet, latencies.during);
        println!("| {name} | {written} | {quiet:.2} | {during:.2} | {} |", mark(latencies.kept()));
    }
}
