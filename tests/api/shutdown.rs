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
use crate::test_database::TestDatabase;

#[tokio::test]
async fn a_server_that_is_told_to_stop_under_load_refuses_nobody() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let serving = Serving::start(lede_on(&database).env("LEDE_DRAIN_SECONDS", "1"));
    let http = Client::builder().no_proxy().build().expect("a client");
    let ask = http.post(format!("{}/v1/auth/sessions", serving.address));
    let session = ask.json(&json!({"email": "ada@lede.example", "password": PASSWORD})).send().await;
    let session: Value = session.expect("an answer").json().await.expect("JSON");
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
                let answer = ask.send().await.expect("no reset");
                assert!(answer.status().is_success(), "{}", answer.status());
                answer.bytes().await.expect("the whole body");
                answered.fetch_add(1, Ordering::SeqCst);
            }
            unreachable!("the server stops")
        })
    });
    let clients: Vec<_> = clients.collect();
    let ready = || async {
        http.get(format!("{}/health/ready", serving.address)).send().await.expect("an answer").status()
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
    let mut answer = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    // The server asks for the body: it is at work on this request.
    while answer.read_line(&mut line).is_ok() && !line.ends_with("\r\n\r\n") {}
    assert!(line.contains("100 Continue"), "{line}");
    stream.write_all(first.as_bytes()).expect("the beginning is sent");
    serving.terminate();
    let port = serving.address.trim_start_matches("http://").to_owned();
    // The listener closes while the request is still open.
    while TcpStream::connect(&port).is_ok() {}
    stream.write_all(rest.as_bytes()).expect("the rest is sent");
    let mut told = String::new();
    answer.read_to_string(&mut told).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 201"), "{told}");
    assert_eq!(serving.ended().0, Some(0));
}
