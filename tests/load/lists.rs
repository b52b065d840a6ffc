//! Long lists of subscribers: taken in while readers read, and given out, each with the memory that the server takes.
//!
//! `LOAD_ONLY=lists` measures these. `LOAD_IMPORT` says how many rows are taken in, `LOAD_EXPORT` how many
//! are given out.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use lede::base::db::{DatabaseUrl, connection};
use serde_json::Value;

use crate::process::Process;
use crate::{fixture, readers};

/// The articles that readers read meanwhile.
const ARTICLES: usize = 1_000;

/// What an import may take, in seconds and megabytes.
const MAX_SECONDS: f64 = 60.0;
const MAX_MEGABYTES: u64 = 100;
/// By how many megabytes memory may grow in an export after its ten thousandth row.
const MAX_GROWTH: u64 = 8;
const SETTLED_AT: usize = 10_000;

pub async fn measure(folder: &Path, imported: usize, exported: usize) {
    std::fs::create_dir_all(folder).expect("a folder");
    let database = folder.join("lists.db");
    fixture::fill(&database, ARTICLES);
    println!(
        "\n| subscribers | rows | seconds | rows/s | MB before | MB at most | readers' p99 ms, quiet | during | |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    import(&database, imported).await;
    export(&database, exported).await;
}

async fn import(database: &Path, rows: usize) {
    let mut server = Process::lede(database, None);
    server.first_answer("/health/live", "").await;
    let admin = Admin::of(&server).await;
    let work = async {
        let before = server.resident_megabytes();
        let started = Instant::now();
        let place = admin.send(&server, file(rows)).await;
        loop {
            let import: Value = admin.get(&server, &place).await.json().await.expect("JSON");
            match import["status"].as_str() {
                Some("waiting" | "running") => tokio::time::sleep(Duration::from_millis(100)).await,
                _ => break (before, import, started.elapsed().as_secs_f64()),
            }
        }
    };
    let (latencies, (before, import, took)) = readers::watch(&server, ARTICLES, "", work).await;
    assert_eq!(
        (&import["status"], &import["counts"]["created"]),
        (&"done".into(), &rows.into()),
        "{import:#}"
    );
    let peak = server.peak_megabytes();
    let kept = took <= MAX_SECONDS && peak <= MAX_MEGABYTES && latencies.kept();
    println!(
        "| import | {rows} | {took:.1} | {:.0} | {before} | {peak} | {:.2} | {:.2} | {} |",
        rows as f64 / took,
        latencies.quiet,
        latencies.during,
        mark(kept)
    );
}

async fn export(database: &Path, rows: usize) {
    let url = DatabaseUrl::parse(&format!("sqlite://{}", database.display())).expect("a URL");
    let mut conn = connection::open(&url).expect("a connection");
    conn.batch_execute(&format!(
        "DELETE FROM subscribers; \
         INSERT INTO subscribers (id, email, email_key, name, status, locale, custom, source, signed_up_at, created_at, confirmed_at, updated_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) \
         SELECT randomblob(16), 'reader-' || n || '@reader.example', 'reader-' || n || '@reader.example', 'Reader ' || n, \
                'confirmed', 'en', '{{\"City\":\"Kiel\"}}', 'footer', n, n, n, n FROM numbers; \
         INSERT INTO subscriber_labels (subscriber_id, label) SELECT id, 'news' FROM subscribers WHERE created_at % 2 = 0;"
    ))
    .expect("subscribers");
    drop(conn);
    let mut server = Process::lede(database, None);
    server.first_answer("/health/live", "").await;
    let admin = Admin::of(&server).await;
    let before = server.resident_megabytes();
    let (started, mut found, mut settled, mut most) = (Instant::now(), 0, None, 0);
    let mut answer = admin.get(&server, "/v1/subscribers/export").await;
    let mut looked = Instant::now();
    while let Some(piece) = answer.chunk().await.expect("a whole list") {
        found += piece.split(|byte| *byte == b'\n').count() - 1;
        if found >= SETTLED_AT && (settled.is_none() || looked.elapsed() > Duration::from_millis(20)) {
            looked = Instant::now();
            let now = server.resident_megabytes();
            settled.get_or_insert(now);
            most = now.max(most);
        }
    }
    let took = started.elapsed().as_secs_f64();
    assert_eq!(found, rows + 1);
    let kept = most <= settled.unwrap_or(most) + MAX_GROWTH;
    println!(
        "| export | {rows} | {took:.1} | {:.0} | {before} | {most} ({} at row {SETTLED_AT}) | | | {} |",
        rows as f64 / took,
        settled.unwrap_or_default(),
        mark(kept)
    );
}

pub fn mark(kept: bool) -> &'static str {
    if kept { "kept" } else { "**missed**" }
}

/// A list with names, labels and something to note.
fn file(rows: usize) -> String {
    let mut file = "Email Address,First Name,Last Name,City,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID,TAGS\n".to_owned();
    for number in 0..rows {
        file += &format!(
            "reader-{number}@reader.example,Reader,{number},Kiel,3,2021-03-01 08:00:00,192.0.2.1,2021-03-01 08:05:00,192.0.2.1,{number},e{number},\"\"\"news\"\",\"\"place {}\"\"\"\n",
            number % 97
        );
    }
    file
}

/// Whoever may take lists in and out.
pub struct Admin {
    http: reqwest::Client,
    pub token: String,
}

impl Admin {
    pub async fn of(server: &Process) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let who = serde_json::json!({"email": "load@website.example", "password": fixture::PASSWORD});
        let ask = http.post(format!("http://{}/v1/auth/sessions", server.address)).json(&who);
        let session: Value = ask.send().await.expect("an answer").json().await.expect("JSON");
        let token = session["access_token"].as_str().expect("a token").to_owned();
        Self { http, token }
    }

    async fn get(&self, server: &Process, path: &str) -> reqwest::Response {
        let ask = self.http.get(format!("http://{}{path}", server.address)).bearer_auth(&self.token);
        ask.send().await.expect("an answer").error_for_status().expect("200")
    }

    /// Sends a list and returns where to see how far it is.
    async fn send(&self, server: &Process, file: String) -> String {
        let path = "/v1/subscriber-imports?dry_run=false&source=load&statement=They+signed+up.";
        let ask = self.http.post(format!("http://{}{path}", server.address)).bearer_auth(&self.token);
        let answer = ask.header("content-type", "text/csv").body(file).send().await.expect("an answer");
        let answer = answer.error_for_status().expect("202");
        answer.headers()["location"].to_str().expect("ASCII").to_owned()
    }
}
