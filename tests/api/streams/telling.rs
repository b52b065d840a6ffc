//! What a stream tells, and to whom it can be shown.

use std::time::Instant;

use lede::auth::Role;
use serde_json::json;

use super::{STREAM, Stream, ask};
use crate::following::{CHANGES, edit};
use crate::given::seconds;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, id, published};

#[tokio::test]
async fn a_stream_tells_what_the_list_of_changes_tells() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Admin).await, server.client());
    published(&editor, json!({"title": "Before"})).await;
    let mut stream = Stream::open(&server, "", None).await;
    let mut cursor = stream.last.clone();
    let mut same = async |count: usize| {
        for _ in 0..count {
            let event = stream.event().await;
            let page = reader.get(format!("{CHANGES}?limit=1&cursor={cursor}")).await.expect(200);
            assert_eq!(event.json(), page["items"][0]);
            assert_eq!(event.id.as_deref(), page["next_cursor"].as_str());
            event.id.expect("an id").clone_into(&mut cursor);
        }
    };
    let draft = published(
        &editor,
        json!({"title": "Tides", "topics": ["sea"], "custom": {"note": "x".repeat(50_000)}}),
    )
    .await;
    same(2).await;
    edit(&editor, &draft, json!({"title": "Tides again"})).await;
    same(1).await;
    editor.patch("/v1/site").json(json!({"title": "Ebb"})).await.is(200);
    same(1).await;
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    same(1).await;
    server.run_jobs().await;
    same(1).await;
    editor.post(at(&draft, "/unpublish")).await.is(200);
    same(1).await;
    editor.delete(at(&draft, "?permanent=true")).await;
}

#[tokio::test]
async fn a_stream_is_for_everyone_and_no_cache() {
    let server = Server::start().await;
    for _ in 0..2 {
        let headers = [("origin", "https://elsewhere.example"), ("accept-encoding", "gzip, br")];
        let response = ask(server.address(), "?locale=en", &headers).await;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some("text/event-stream"));
        assert_eq!(header("access-control-allow-origin"), Some("*"));
        assert_eq!(header("x-accel-buffering"), Some("no"));
        assert!(header("cache-control").expect("a header").contains("no-store"));
        assert!(header("cache-control").expect("a header").contains("no-transform"));
        assert_eq!(header("content-encoding"), None);
        assert_eq!(header("etag"), None);
        Stream::of(response).await;
    }
    let ask =
        server.client().call(reqwest::Method::OPTIONS, STREAM).header("origin", "https://elsewhere.example");
    let asked = ask.header("access-control-request-method", "GET").await;
    assert_eq!(asked.is(204).header("access-control-allow-origin"), Some("*"));
    assert!(asked.header("access-control-allow-headers").expect("a header").contains("Last-Event-ID"));
    server.client().head(STREAM).await.is(200);
}

#[tokio::test]
async fn a_stream_continues_after_a_cursor_of_this_log_and_no_other() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "One"})).await;
    published(&editor, json!({"title": "Two"})).await;
    let first = server.client().get(format!("{CHANGES}?limit=1")).await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("a cursor").to_owned();
    for query in ["?cursor=x", "?cursor="] {
        let response = server.client().get(format!("{STREAM}{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), ["cursor cursor-invalid"]);
    }
    // What a browser sends counts, because it is newer than the address.
    let response =
        server.client().get(format!("{STREAM}?cursor={cursor}")).header("last-event-id", "x").await;
    response.problem(400, "request-malformed");
    assert_eq!(response.violations(), ["Last-Event-ID cursor-invalid"]);
    let conn = &mut server.database().connect();
    let other = if server.is_embedded() { "at + 1" } else { "at + interval '1 second'" };
    diesel::RunQueryDsl::execute(diesel::sql_query(format!("UPDATE events SET at = {other}")), conn)
        .expect("another log");
    let response = server.client().get(format!("{STREAM}?cursor={cursor}")).await;
    assert_eq!(response.violations(), ["cursor cursor-invalid"]);
}

#[tokio::test]
async fn a_comment_comes_in_silence() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Sea", "topics": ["sea"]})).await;
    let mut stream = Stream::open(&server, "", None).await;
    server.clock.advance(seconds(14));
    let land = published(&editor, json!({"title": "Land"})).await;
    assert_eq!(stream.event().await.change().id, Some(id(&land)));
    for _ in 0..2 {
        let before = server.clock.now();
        let comment = stream.comment(&server).await;
        assert!(comment.is_comment && comment.id.is_none() && comment.data.is_none(), "{comment:?}");
        assert!(server.clock.now() >= before.plus(seconds(15)));
    }
}

#[tokio::test]
async fn what_one_server_publishes_streams_of_the_other_tell_within_a_second() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let editor = one.login(Role::Editor).await;
    let mut streams = [Stream::open(&one, "", None).await, Stream::open(&other, "", None).await];
    let mut longest = seconds(0);
    for round in 0..rounds(4) {
        let draft = published(&editor, json!({"title": format!("Round {round}")})).await;
        let published = Instant::now();
        for stream in &mut streams {
            assert_eq!(stream.event().await.change().id, Some(id(&draft)));
        }
        longest = longest.max(published.elapsed());
        assert!(longest < seconds(1), "{longest:?}");
    }
    println!("the longest took {longest:?}");
}
