//! How many streams there may be, and what slow readers of them take.

use std::sync::Arc;

use lede::auth::Role;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{STREAM, Stream, ask};
use crate::given::seconds;
use crate::metrics::value;
use crate::server::Server;
use crate::sockets::{answered, connect};
use crate::writing::published;

#[tokio::test]
async fn streams_have_places_and_no_network_takes_all_of_them() {
    let server = Server::behind_a_proxy(|config| config.limits.streams = 8).await;
    let open = async |address: &str| {
        let response = ask(server.address(), "", &[("x-forwarded-for", address)]).await;
        (response.status().as_u16(), response)
    };
    let mut held = Vec::new();
    for (address, wanted) in [
        ("192.0.2.1", 200),
        ("192.0.2.1", 200),
        ("192.0.2.1", 503),
        ("2001:db8::1", 200),
        ("2001:db8:0:1::1", 200),
        ("2001:db8:0:2::1", 503),
        ("192.0.2.2", 200),
        ("192.0.2.2", 200),
        ("192.0.2.3", 200),
        ("192.0.2.4", 200),
        ("192.0.2.5", 503),
    ] {
        let (status, response) = open(address).await;
        assert_eq!(status, wanted, "{address} after {} others", held.len());
        if status == 200 {
            held.push(Stream::of(response).await);
        } else {
            assert_eq!(response.headers()["retry-after"], "1");
        }
    }
    assert_eq!(value(&server, "lede_streams_open").await, Some(8.0));
    // What is refused takes nothing.
    server.client().get(STREAM).header("x-forwarded-for", "192.0.2.9").await.problem(503, "unavailable");
    // Who leaves makes room at once.
    drop(held);
    while value(&server, "lede_streams_open").await != Some(0.0) {}
    assert_eq!(open("192.0.2.1").await.0, 200);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_costs_others_nothing() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let mut stream = Stream::open(&server, "", None).await;
    let mut stalled = connect(&server).await;
    stalled
        .write_all(format!("GET {STREAM} HTTP/1.1\r\nHost: lede\r\n\r\n").as_bytes())
        .await
        .expect("a request");
    assert_eq!(answered(&mut stalled).await, 200);
    // More than the network holds between here and there.
    let note = "x".repeat(60_000);
    for number in 0..100 {
        published(&editor, json!({"title": format!("Long {number}"), "custom": {"note": note}})).await;
        assert_eq!(stream.told(1).await[0].0, "published");
    }
    assert!(server.app.memory.take(40 << 20).is_ok(), "it holds memory");
    // The system tells of a reset once.
    let is_reset = || stalled.take_error().expect("a state").is_some();
    server.clock.advance(seconds(29));
    server.answer_others().await;
    assert!(!is_reset(), "it is cut off too early");
    server.clock.advance(seconds(2));
    let mut turns = 0;
    while !is_reset() {
        turns += 1;
        assert!(turns < 500, "it is not cut off");
        server.answer_others().await;
        server.clock.advance(seconds(31));
    }
    while value(&server, "lede_streams_open").await != Some(1.0) {}
    // Who reads stays, however long nothing happens.
    for _ in 0..5 {
        assert!(stream.comment(&server).await.is_comment);
    }
    published(&editor, json!({"title": "Short"})).await;
    assert_eq!(stream.event().await.change().what, "published");
}

#[tokio::test]
async fn whoever_was_away_for_long_gets_everything_in_pages() {
    let server = Arc::new(Server::start().await);
    let editor = server.login(Role::Editor).await;
    let stream = Stream::open(&server, "", None).await;
    let (last, note) = (stream.last.clone(), "x".repeat(60_000));
    drop(stream);
    for number in 0..45 {
        let custom = if number % 3 == 0 { json!({"note": note}) } else { json!({}) };
        published(&editor, json!({"title": format!("Article {number}"), "custom": custom})).await;
    }
    let mut stream = Stream::open(&server, "", Some(&last)).await;
    for number in 0..45 {
        assert_eq!(stream.event().await.json()["article"]["title"], format!("Article {number}"));
    }
    assert!(stream.event_is_last(&server).await);
}
