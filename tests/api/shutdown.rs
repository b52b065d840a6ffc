//! Stopping: nobody notices who goes by the readiness check, and what is under way is finished.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};

use crate::executable::{Serving, add_user, lede_on};
use crate::given::PASSWORD;
use crate::test_database::{TestDatabase, rounds};

#[tokio::test]
async fn a_server_that_is_told_to_stop_under_load_refuses_nobody() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let serving = Serving::start(lede_on(&database).env("LEDE_DRAIN_SECONDS", "1"));
    let http = Client::builder().no_proxy().build().expect("a client");
    let ask = http.post(format!("{}/v1/auth/sessions", serving.address));
    let session = ask.json(&json!({"email": "ada@lede.example", "password": PASSWORD})).send().await;
    let session: Value = session.expect("a response").json().await.expect("JSON");
    let token = session["access_token"].as_str().expect("a token").to_owned();
    let (draining, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients = (0..8).map(|client| {
        let (address, token) = (serving.address.clone(), token.clone());
        let (draining, answered) = (draining.clone(), answered.clone());
        tokio::spawn(async move {
            let http = Client::builder().no_proxy().build().expect("a client");
            for n in 0.. {
                if draining.load(Ordering::SeqCst) {
                    return n;
                }
                let topics = format!("{address}/v1/topics");
                let topic = json!({"name": format!("Topic {client}.{n}")});
                let ask = if n % 2 == 0 {
                    http.post(topics).bearer_auth(&token).json(&topic)
                } else {
                    http.get(topics)
                };
                let response = ask.send().await.expect("no reset");
                assert!(response.status().is_success(), "{}", response.status());
                response.bytes().await.expect("the whole body");
                answered.fetch_add(1, Ordering::SeqCst);
            }
            unreachable!("the server stops")
        })
    });
    let clients: Vec<_> = clients.collect();
    let ready = || async {
        http.get(format!("{}/health/ready", serving.address)).send().await.expect("a response").status()
    };
    while answered.load(Ordering::SeqCst) < 100 {
        assert_eq!(ready().await, 200);
    }
    serving.terminate();
    // As a load balancer does: it asks, and sends nothing more once it is told.
    while ready().await != 503 {}
    draining.store(true, Ordering::SeqCst);
    for sent in join_all(clients).await {
        assert!(sent.expect("a client") > 0);
    }
    drop(http);
    let (code, log) = serving.ended();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.ends_with("stopped")), "{log:#?}");
}

#[tokio::test]
async fn a_server_that_drains_ends_its_connections_itself_and_still_learns_what_others_write() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let other = Serving::start(&mut lede_on(&database));
    let http = Client::builder().no_proxy().build().expect("a client");
    let login = json!({"email": "ada@lede.example", "password": PASSWORD});
    let session = http.post(format!("{}/v1/auth/sessions", other.address)).json(&login).send().await;
    let session: Value = session.expect("a response").json().await.expect("JSON");
    let token = session["access_token"].as_str().expect("a token");
    for round in 0..rounds(2) {
        let serving = Serving::start(lede_on(&database).env("LEDE_DRAIN_SECONDS", "2"));
        let topics = format!("{}/v1/topics", serving.address);
        let read =
            || async { http.get(&topics).send().await.expect("a response").text().await.expect("a body") };
        let mut kept = KeptOpen::to(&serving.address);
        assert!(!kept.ask().contains("connection: close"));
        read().await;
        serving.terminate();
        let ready = format!("{}/health/ready", serving.address);
        while http.get(&ready).send().await.expect("a response").status() != 503 {}
        let name = format!("Topic {round}");
        let create = http.post(format!("{}/v1/topics", other.address)).bearer_auth(token);
        let created = create.json(&json!({ "name": name })).send().await.expect("a response");
        assert_eq!(created.status(), 201);
        while !read().await.contains(&name) {}
        assert!(kept.ask().contains("connection: close"));
        let mut rest = String::new();
        assert_eq!(kept.stream.read_to_string(&mut rest).expect("no reset"), 0);
        let (code, log) = serving.ended();
        assert_eq!(code, Some(0), "{log:#?}");
    }
}

/// A connection that a proxy keeps open between requests.
struct KeptOpen {
    stream: BufReader<TcpStream>,
}

impl KeptOpen {
    fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request and returns the head of the response.
    fn ask(&mut self) -> String {
        self.stream
            .get_mut()
            .write_all(b"GET /health/live HTTP/1.1\r\nHost: lede\r\n\r\n")
            .expect("no reset");
        let mut head = String::new();
        while self.stream.read_line(&mut head).expect("a response") > 2 {}
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.stream.read_exact(&mut body).expect("a body");
        head
    }
}

#[test]
fn a_request_that_is_under_way_is_answered_after_the_word_to_stop() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let serving = Serving::start(&mut lede_on(&database));
    let body = json!({"email": "ada@lede.example", "password": PASSWORD}).to_string();
    let (first, rest) = body.split_at(10);
    let mut stream = TcpStream::connect(serving.address.trim_start_matches("http://")).expect("a connection");
    write!(
        stream,
        "POST /v1/auth/sessions HTTP/1.1\r\nHost: lede\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .expect("the head is sent");
    let mut response = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    // The server asks for the body: it is at work on this request.
    while response.read_line(&mut line).is_ok() && !line.ends_with("\r\n\r\n") {}
    assert!(line.contains("100 Continue"), "{line}");
    stream.write_all(first.as_bytes()).expect("the beginning is sent");
    serving.terminate();
    let port = serving.address.trim_start_matches("http://").to_owned();
    // The listener closes while the request is still open.
    while TcpStream::connect(&port).is_ok() {}
    stream.write_all(rest.as_bytes()).expect("the rest is sent");
    let mut told = String::new();
    response.read_to_string(&mut told).expect("a response");
    assert!(told.starts_with("HTTP/1.1 201"), "{told}");
    assert_eq!(serving.ended().0, Some(0));
}
