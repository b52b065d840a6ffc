//! What accounts cost: reading with an access token and with an API key against the same read without the check, and
//! what a storm of logins does to others who read.
//!
//! `LOAD_ONLY=accounts` measures these.

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::dev::ServiceRequest;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use lede::app::{App as Lede, Overrides};
use lede::auth::{Actor, ReadDrafts};
use lede::server::{dispatch, pipeline};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{ask, send};
use crate::lists::{Admin, mark};
use crate::measure::{Cost, Request};
use crate::process::Process;
use crate::{fixture, readers};

/// How many articles there are.
const ARTICLES: usize = 200;
/// The name of the database in its folder.
const DATABASE: &str = "accounts.db";
/// How many times a read without the check one with it may cost.
const MAX_OF_A_CHECK: f64 = 1.3;

/// How many log in at once, and for how long.
const LOGINS: usize = 64;
const STORM: Duration = Duration::from_secs(15);
/// By how many megabytes memory may grow: what the hashes under way take, one a core of 46 MiB each, and some.
const MAX_GROWTH: u64 = 46 * 2 + 16;

/// Serves the database of a folder, and checks who asks once more than it has to in the role `twice`: what that costs
/// more is what the check costs.
pub fn serve(role: &str, folder: &Path) {
    let bind = std::env::var("LOAD_BIND").expect("an address");
    let is_twice = role == "twice";
    let config = fixture::config(&folder.join(DATABASE));
    let run = async move {
        lede::base::logger::start("info");
        let lede = Lede::open(config, Overrides::default()).await.expect("an application");
        let check = move |mut req: ServiceRequest, next: Next<_>| async move {
            if is_twice {
                req.extract::<Actor<ReadDrafts>>().await?;
            }
            next.call(req).await
        };
        HttpServer::new(move || {
            App::new()
                .app_data(Data::new(lede.clone()))
                .configure(|config| dispatch::configure(config, |_| true))
                .wrap(from_fn(check))
                .wrap(from_fn(pipeline::around))
        })
        .bind(bind)?
        .run()
        .await
    };
    actix_web::rt::System::new().block_on(run).expect("a server");
}

/// Prints both tables.
pub async fn measure(folder: &Path) {
    let database = folder.join(DATABASE);
    fixture::fill(&database, ARTICLES);
    checks(folder).await;
    println!(
        "\n| {LOGINS} log in at once, readers | logins/s | MB before | MB at most | readers' p99 ms, quiet | during | |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
    storm(&database, "cached", None).await;
    storm(&database, "not cached", Some("0")).await;
}

async fn checks(folder: &Path) {
    let mut once = Process::ceiling("once", folder);
    let mut twice = Process::ceiling("twice", folder);
    once.first_answer("/health/live", "").await;
    twice.first_answer("/health/live", "").await;
    // Both have the same base URL, so that tokens of the one are good at the other.
    let token = Admin::of(&once).await.token;
    let mut stream = TcpStream::connect(once.address).await.expect("a connection");
    let wanted = json!({"name": "Load", "scopes": ["articles:read"], "current_password": fixture::PASSWORD});
    let (_, made) = send(&mut stream, "POST /v1/api-keys", &bearer(&token), &wanted.to_string()).await;
    let (_, drafts) = ask(once.address, "/v1/drafts?limit=1", &bearer(&token)).await.expect("a list");
    let read = |body: &[u8]| -> Value { serde_json::from_slice(body).expect("JSON") };
    let key = read(&made)["key"].as_str().expect("a key").to_owned();
    let draft = format!("/v1/articles/{}/draft", read(&drafts)["items"][0]["id"].as_str().expect("an id"));
    println!("\n| a draft, read with | µs, checked once | checked twice | of a read without the check | |");
    println!("|---|---:|---:|---:|---|");
    for (name, credential) in [("an access token", &token), ("an API key", &key)] {
        let request = Request::get(draft.as_str()).header(bearer(credential).trim_end());
        let (mut single, mut double) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            single.push(request.measure(&once).await);
            double.push(request.measure(&twice).await);
        }
        let (single, double) = (least(&single), least(&double));
        let times = single / (2.0 * single - double);
        println!("| {name} | {single:.1} | {double:.1} | {times:.2} | {} |", mark(times <= MAX_OF_A_CHECK));
    }
}

/// The least processor time a request among several measurements: the others had noise besides.
fn least(costs: &[Cost]) -> f64 {
    costs.iter().map(|cost| cost.micros).fold(f64::INFINITY, f64::min)
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

async fn storm(database: &Path, name: &str, cache: Option<&str>) {
    let mut arguments = vec!["--login-limit", "0"];
    arguments.extend(cache.iter().flat_map(|megabytes| ["--cache-megabytes", megabytes]));
    let mut server = Process::lede_with(database, &arguments);
    server.first_answer("/health/live", "").await;
    let work = async { (server.resident_megabytes(), log_in(&server).await) };
    let (latencies, (before, hashed)) = readers::watch(&server, ARTICLES, "", work).await;
    let most = server.peak_megabytes();
    let rate = hashed as f64 / STORM.as_secs_f64();
    let kept = latencies.kept() && most <= before + MAX_GROWTH;
    let (quiet, during) = (latencies.quiet, latencies.during);
    println!("| {name} | {rate:.1} | {before} | {most} | {quiet:.2} | {during:.2} | {} |", mark(kept));
}

/// Returns how many passwords were verified.
async fn log_in(server: &Process) -> usize {
    let logins: Vec<_> = (0..LOGINS)
        .map(|number| {
            let address = server.address;
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("a connection");
                // Every other one is right; the rest guess at accounts that do not exist.
                let email = match number % 2 {
                    0 => "load@website.example".to_owned(),
                    _ => format!("nobody-{number}@website.example"),
                };
                let body = json!({"email": email, "password": fixture::PASSWORD}).to_string();
                let (started, mut hashed) = (Instant::now(), 0);
                while started.elapsed() < STORM {
                    let (answer, _) = send(&mut stream, "POST /v1/auth/sessions", "", &body).await;
                    match answer.status {
                        201 | 401 => hashed += 1,
                        429 | 503 => {}
                        other => panic!("{other}: {}", answer.head),
                    }
                }
                hashed
            })
        })
        .collect();
    let mut hashed = 0;
    for login in logins {
        hashed += login.await.expect("logins");
    }
    hashed
}
