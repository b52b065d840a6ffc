//! The list of subscribers: its first pages against its last, sign-ups against the same writes without HTTP, and
//! whether the time of an answer tells who is known. `LOAD_SUBSCRIBERS` names how many there are.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use lede::app::{App, Overrides};
use lede::auth::Role;
use lede::base::db::connection;
use lede::base::text::email::EmailAddress;
use lede::subscribers::evidence::{Evidence, Kind, Via};
use lede::subscribers::{SignUp, sign_up};
use tokio::net::TcpStream;

use crate::client::{ask, send};
use crate::fixture;
use crate::measure::Request;
use crate::process::Process;

const CLIENTS: u64 = 32;
const DURATION: Duration = Duration::from_secs(5);
const PASSWORD: &str = "correct horse battery staple";

/// Made in the database itself, so that a million take seconds: a tenth carry a label, a seventh follow a topic, and
/// two of three are confirmed.
const FILL: &str = "
    INSERT INTO terms (id, kind, slug, name, created_at, updated_at)
        VALUES (randomblob(16), 'topic', 'sea', 'Sea', 1, 1);
    INSERT INTO topic_details (topic_id, followable) SELECT id, 1 FROM terms;
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
        INSERT INTO subscribers (id, email, email_key, name, status, locale, custom, source, signed_up_at, created_at,
            confirmed_at, updated_at)
        SELECT randomblob(16), 'reader-' || n || '@reader.example', 'reader-' || n || '@reader.example', 'Reader ' || n,
            CASE n % 3 WHEN 0 THEN 'unsubscribed' ELSE 'confirmed' END, 'en', '{}', CASE n % 2 WHEN 0 THEN 'footer' END,
            1700000000000000 + n * 1000000, 1700000000000000 + n * 1000000, 1700000000000000 + n * 1000000,
            1700000000000000 + n * 1000000 FROM n;
    INSERT INTO subscriber_labels SELECT id, 'patron' FROM subscribers WHERE created_at / 1000000 % 10 = 0;
    INSERT INTO subscriber_topics SELECT subscribers.id, terms.id FROM subscribers, terms
        WHERE subscribers.created_at / 1000000 % 7 = 0;
    PRAGMA wal_checkpoint(TRUNCATE);";

pub async fn measure(folder: &Path, count: usize) {
    std::fs::create_dir_all(folder).expect("a folder");
    pages(&folder.join("list.db"), count).await;
    sign_ups(folder).await;
}

/// Migrates a new database, and adds someone who can log in.
fn prepare(database: &Path) {
    let config = fixture::config(database);
    let work = move || {
        actix_web::rt::System::new().block_on(async {
            let app = App::open(config, Overrides::default()).await.expect("an application");
            fixture::add_user(&app, Role::Admin, PASSWORD).await;
        });
    };
    std::thread::spawn(work).join().expect("a database");
}

async fn pages(database: &Path, count: usize) {
    if !database.exists() {
        prepare(database);
        let url = fixture::config(database).database.url;
        let mut conn = connection::open(&url).expect("a connection");
        conn.batch_execute(&FILL.replace("{count}", &count.to_string())).expect("subscribers");
    }
    let mut server = Process::lede(database, None);
    server.first_answer("/health/ready", "").await;
    let bearer = log_in(server.address).await;
    println!("\nthe list of {count} subscribers, 32 connections\n");
    println!("| filter | first page, processor µs | last page, processor µs | last / first |");
    println!("|---|---:|---:|---:|");
    for filter in
        ["", "status=confirmed", "label=patron", "topic=sea", "source=footer", "status=confirmed&sort=email"]
    {
        let list = format!("/v1/subscribers?{filter}&limit=20").replace("?&", "?");
        let last = last_page(server.address, &list, &bearer).await;
        let first = Request::get(&list).header(&bearer).measure(&server).await;
        let last = Request::get(last).header(&bearer).measure(&server).await;
        println!(
            "| {filter} | {:.0} | {:.0} | {:.2} |",
            first.micros,
            last.micros,
            last.micros / first.micros
        );
    }
}

/// Walks to the last page, by pages of 100.
async fn last_page(address: SocketAddr, list: &str, bearer: &str) -> String {
    let mut page = list.replace("limit=20", "limit=100");
    loop {
        let (_, body) = ask(address, &page, &format!("{bearer}\r\n")).await.expect("a page");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let Some(next) = body["next_cursor"].as_str() else { return page.replace("limit=100", "limit=20") };
        page = format!("{}&cursor={next}", list.replace("limit=20", "limit=100"));
    }
}

async fn log_in(address: SocketAddr) -> String {
    let body = format!("{{\"email\":\"load@website.example\",\"password\":\"{PASSWORD}\"}}");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (answer, body) = send(&mut stream, "POST /v1/auth/sessions", "", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.head);
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    format!("Authorization: Bearer {}", body["access_token"].as_str().expect("a token"))
}

async fn sign_ups(folder: &Path) {
    let (direct, served) = (folder.join("direct.db"), folder.join("served.db"));
    for database in [&direct, &served] {
        let _ = std::fs::remove_file(database);
        prepare(database);
    }
    let direct = directly(&direct).await;
    let mut server = Process::lede_with(
        &served,
        &[
            "--sign-up-limit",
            "1000000",
            "--trusted-proxies",
            "127.0.0.1",
            "--mail-dir",
            &folder.join("mail").display().to_string(),
        ],
    );
    server.first_answer("/health/ready", "").await;
    let over_http = over_http(server.address).await;
    println!("\nsign-ups, {CLIENTS} clients, each from a network of its own\n");
    println!("| way | sign-ups/s | of the writes alone |\n|---|---:|---:|");
    println!("| the same writes at the level of the database | {direct:.0} | 1 |");
    println!("| POST /v1/subscribers, with its jobs | {over_http:.0} | {:.2} |", over_http / direct);
    known_and_unknown(server.address).await;
}

fn body(number: u64) -> String {
    format!("{{\"email\":\"reader-{number}@reader.example\",\"source\":\"footer\"}}")
}

fn network(number: u64) -> String {
    format!("X-Forwarded-For: 10.{}.{}.{}\r\n", number >> 16 & 255, number >> 8 & 255, number & 255)
}

async fn over_http(address: SocketAddr) -> f64 {
    let (numbers, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks = (0..CLIENTS).map(|_| {
        let numbers = numbers.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            while started.elapsed() < DURATION {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                let (answer, _) =
                    send(&mut stream, "POST /v1/subscribers", &network(number), &body(number)).await;
                assert_eq!(answer.status, 202, "{}", answer.head);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a client");
    }
    numbers.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}

async fn directly(database: &Path) -> f64 {
    let config = fixture::config(database);
    let work = move || {
        actix_web::rt::System::new().block_on(async {
            let app = App::open(config, Overrides::default()).await.expect("an application");
            let (numbers, started) = (AtomicU64::new(0), Instant::now());
            let clients = (0..CLIENTS).map(|_| async {
                while started.elapsed() < DURATION {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let email = format!("reader-{number}@reader.example");
                    let given = SignUp {
                        email: EmailAddress::parse(&email).expect("an address"),
                        name: None,
                        locale: app.config.site.locale.clone(),
                        topics: Vec::new(),
                        evidence: Evidence::new(Kind::SignedUp, Via::Api),
                    };
                    app.db.write(move |tx| sign_up(tx, &given)).await.expect("a sign-up");
                }
            });
            futures_util::future::join_all(clients).await;
            numbers.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
        })
    };
    tokio::task::spawn_blocking(work).await.expect("sign-ups")
}

/// Asks in turns for somebody who is known and for somebody who is not, one at a time.
async fn known_and_unknown(address: SocketAddr) {
    const EACH: u64 = 3000;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..2 * EACH {
        let is_known = number % 2 == 0;
        let who = if is_known { number / 2 } else { 10_000_000 + number };
        let asked = Instant::now();
        let (answer, _) =
            send(&mut stream, "POST /v1/subscribers", &network(5_000_000 + number), &body(who)).await;
        assert_eq!(answer.status, 202, "{}", answer.head);
        if is_known { &mut known } else { &mut unknown }.push(asked.elapsed().as_secs_f64() * 1e6);
    }
    println!("\n| sign-ups one after the other | p25 µs | p50 µs | p75 µs |\n|---|---:|---:|---:|");
    for (name, mut took) in [("known", known), ("unknown", unknown)] {
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[(took.len() as f64 * share) as usize];
        println!("| {name} | {:.0} | {:.0} | {:.0} |", at(0.25), at(0.5), at(0.75));
    }
}
