//! What writing costs: creating an article, publishing it, editing a section of it, and importing a folder of posts.
//! The ceilings are measured in the same run: a bare route for processor time, and for the rate the writer that groups
//! commits and does next to nothing in each.
//!
//! `LOAD_ONLY=writes` measures these, with `LOAD_POSTS` posts.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::client::{Outcome, Response, send};
use crate::lists::{Admin, mark};
use crate::measure::{CONNECTIONS, Cost, DURATION, Request};
use crate::process::{Process, ended_children, executable};
use crate::{fixture, writers};

const POSTS: usize = 2_000;

/// How many times as much processor time as a bare route each may take.
const MAX_OF_A_CREATE: f64 = 45.0;
const MAX_OF_CREATE_AND_PUBLISH: f64 = 120.0;
const MAX_OF_AN_EDIT: f64 = 35.0;
/// The least rate of creates, as a share of the writer's commits.
const MIN_OF_THE_WRITER: f64 = 0.15;
/// The most milliseconds of processor time that importing a post may take.
const MAX_OF_A_POST: f64 = 1.3;

/// What each connection does over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Create,
    CreateWithTerms,
    CreateAndPublish,
    Edit,
}

/// The table.
pub async fn measure(folder: &Path) -> String {
    let commits = writers::compare(folder).await;
    let database = folder.join("writes.db");
    fixture::fill(&database, 1);
    let mut server = Process::lede_with(&database, &["--write-limit", "0"]);
    let (_, body) = server.first_answer(&format!("/v1/articles/{}", fixture::slug(0)), "").await;
    let files = folder.join("written");
    std::fs::create_dir_all(&files).expect("a folder");
    std::fs::write(files.join("article"), body).expect("a file");
    let mut bare = Process::ceiling("bare", &files);
    bare.first_answer("/article", "").await;
    let bare = Request::get("/article").measure(&bare).await;
    let writers = Arc::new(Writers {
        headers: format!("Authorization: Bearer {}\r\nIf-Match: *\r\n", Admin::of(&server).await.token),
        next: AtomicUsize::new(1),
    });
    let mut table = format!(
        "\nWrites of articles of 12 sections and about 8 KB. A bare route takes {:.1} µs of processor time; the writer makes \
         {commits:.0} commits/s of one insert and one update.\n\n\
         | work | per second | p50 ms | p99 ms | processor µs | times a bare route | of the writer's commits | |\n\
         |---|---:|---:|---:|---:|---:|---:|---|\n",
        bare.micros
    );
    let works = [
        ("create", Work::Create, Some(MAX_OF_A_CREATE)),
        ("create with two topics and an author", Work::CreateWithTerms, None),
        ("create and publish", Work::CreateAndPublish, Some(MAX_OF_CREATE_AND_PUBLISH)),
        ("edit a section", Work::Edit, Some(MAX_OF_AN_EDIT)),
    ];
    for (name, work, most) in works {
        let cost = writers.clone().measure(&server, work).await;
        let (times, share) = (cost.micros / bare.micros, cost.rate / commits);
        let kept = most
            .map(|most| mark(times <= most && (work != Work::Create || share >= MIN_OF_THE_WRITER)))
            .unwrap_or_default();
        let Cost { rate, p50, p99, micros } = cost;
        let row = format!(
            "| {name} | {rate:.0} | {p50:.1} | {p99:.1} | {micros:.0} | {times:.1} | {share:.2} | {kept} |\n"
        );
        print!("{row}");
        table += &row;
    }
    drop(server);
    table + &imports(folder)
}

struct Writers {
    headers: String,
    /// The number of the next article: each has a title of its own.
    next: AtomicUsize,
}

/// A connection, and what it sends.
struct Writer {
    writers: Arc<Writers>,
    stream: TcpStream,
    /// What creates an article, with `TITLE` in place of its title.
    template: String,
    /// What edits a section.
    edits: [String; 2],
}

impl Writers {
    async fn measure(self: Arc<Self>, server: &Process, work: Work) -> Cost {
        self.clone().run(server, work, Duration::from_millis(500)).await;
        let before = server.processor_time();
        let outcome = self.run(server, work, DURATION).await;
        Cost::of(&outcome, server.processor_time().saturating_sub(before))
    }

    async fn run(self: Arc<Self>, server: &Process, work: Work, duration: Duration) -> Outcome {
        let (address, started) = (server.address, Instant::now());
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let writers = self.clone();
                tokio::spawn(async move {
                    let mut writer = Writer::new(writers, address, work, number).await;
                    writer.work(work, started + duration).await
                })
            })
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.expect("a connection"));
        }
        Outcome::new(latencies, started.elapsed())
    }
}

impl Writer {
    async fn new(writers: Arc<Writers>, address: SocketAddr, work: Work, number: usize) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let mut article = fixture::article("TITLE");
        if work == Work::CreateWithTerms {
            article["topics"] = serde_json::json!([format!("topic-{number}"), "topic-of-all"]);
            article["authors"] = serde_json::json!([format!("author-{number}")]);
        }
        let edits = [0, 1].map(|at| serde_json::json!({"body": article["sections"][at]["body"]}).to_string());
        Self { writers, stream, template: article.to_string(), edits }
    }

    /// Works until then, and returns how many microseconds each piece of work took.
    async fn work(&mut self, work: Work, until: Instant) -> Vec<u32> {
        let edited = if work == Work::Edit { Some(self.create().await) } else { None };
        let mut took = Vec::new();
        while Instant::now() < until {
            let asked = Instant::now();
            if let Some(article) = &edited {
                // Each section has one text, then the other.
                let (section, text) = (took.len() % 12, took.len() / 12 % 2);
                let body = self.edits[text].clone();
                self.send(200, &format!("PATCH {article}/draft/sections/section-{section}"), &body).await;
            } else {
                let article = self.create().await;
                if work == Work::CreateAndPublish {
                    self.send(200, &format!("POST {article}/publish"), r#"{"revision":1}"#).await;
                }
            }
            took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        took
    }

    /// Creates an article, and returns its path.
    async fn create(&mut self) -> String {
        let number = self.writers.next.fetch_add(1, Ordering::Relaxed);
        let body = self.template.replacen("TITLE", &format!("Article {number}"), 1);
        let response = self.send(201, "POST /v1/articles", &body).await;
        response.header("location").expect("a location").trim_end_matches("/draft").to_owned()
    }

    async fn send(&mut self, status: u16, request: &str, body: &str) -> Response {
        let (response, answered) = send(&mut self.stream, request, &self.writers.headers, body).await;
        assert_eq!(response.status, status, "{request}: {}", String::from_utf8_lossy(&answered));
        response
    }
}

/// Imports a folder of posts as drafts, and another as published articles.
fn imports(folder: &Path) -> String {
    let posts = std::env::var("LOAD_POSTS").map_or(POSTS, |posts| posts.parse().expect("a number"));
    let files = folder.join("posts");
    std::fs::create_dir_all(&files).expect("a folder");
    for number in 0..posts {
        let file = files.join(format!("{}.md", fixture::slug(number)));
        std::fs::write(file, fixture::markdown(number, 1)).expect("a post");
    }
    let mut table =
        "\n| `lede import` | posts | posts/s | processor ms a post | |\n|---|---:|---:|---:|---|\n"
            .to_owned();
    for (name, publish) in [("as drafts", None), ("published", Some("--publish"))] {
        let database = folder.join(format!("imported {name}.db"));
        fixture::fill(&database, 0);
        let (before, started) = (ended_children(), Instant::now());
        let ended = Command::new(executable())
            .args(["import", "--database-url", &format!("sqlite://{}", database.display())])
            .args(["--website-url", fixture::WEBSITE])
            .args(publish)
            .arg(&files)
            .stdout(Stdio::null())
            .status();
        assert!(ended.expect("an import").success());
        let (took, processor) = (started.elapsed(), ended_children().saturating_sub(before));
        let each = processor.as_secs_f64() * 1e3 / posts as f64;
        let row = format!(
            "| {name} | {posts} | {:.0} | {each:.2} | {} |\n",
            posts as f64 / took.as_secs_f64(),
            mark(each <= MAX_OF_A_POST)
        );
        print!("{row}");
        table += &row;
    }
    table
}
