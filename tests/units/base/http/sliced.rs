//! Large bodies: in slices that share their bytes, and counted once.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{FutureExt as _, stream};
use ipnet::IpNet;
use lede::base::clock::{Clock, Timestamp};
use lede::base::error::{Error, Result};
use lede::base::http::memory::{Memory, SLICE};
use lede::base::http::sliced::{STREAM, resident, send};

const MEGABYTE: usize = 1024 * 1024;

/// A budget of that many bytes.
pub fn budget(bytes: usize, trusted: &[IpNet]) -> Memory {
    Memory::new(bytes, trusted, &Clock::fixed(Timestamp::default()))
}

/// The chunks that a body leaves in.
fn chunks(mut body: BoxBody) -> Vec<Bytes> {
    let next = |body: &mut BoxBody| {
        poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).now_or_never().expect("nothing to wait for")
    };
    std::iter::from_fn(|| next(&mut body).map(|chunk| chunk.expect("a chunk"))).collect()
}

fn body(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from(at % 251).expect("a byte")).collect()
}

fn response(bytes: &Bytes) -> HttpResponse {
    HttpResponse::Ok().body(bytes.clone())
}

/// A request from an address, by way of others.
fn from(address: &str, forwarded: &str) -> HttpRequest {
    let socket = SocketAddr::new(address.parse().expect("an address"), 1234);
    let req = TestRequest::default().peer_addr(socket);
    let req = if forwarded.is_empty() { req } else { req.insert_header(("X-Forwarded-For", forwarded)) };
    req.to_http_request()
}

fn refused<T>(outcome: Result<T>) -> bool {
    matches!(outcome, Err(Error::Unavailable(_)))
}

#[test]
fn small_bodies_leave_in_one_piece_and_large_ones_in_slices_of_the_same_memory() {
    let (memory, req) = (budget(MEGABYTE, &[]), from("192.0.2.1", ""));
    for (size, wanted) in [(0, 0), (1, 1), (SLICE, 1), (SLICE + 1, 2), (1_000_000, 62)] {
        let bytes = body(size);
        let large = resident(&memory, &req, bytes.clone()).expect("room");
        assert_eq!(large.size(), BodySize::Sized(size as u64));
        let chunks = chunks(large);
        assert_eq!(chunks.len(), wanted, "{size} bytes");
        assert_eq!(chunks.concat(), bytes);
        let within = bytes.as_ptr_range();
        assert!(chunks.iter().all(|chunk| within.contains(&chunk.as_ptr())), "{size} bytes are copied");
    }
}

#[test]
fn a_stream_leaves_in_slices() {
    let pieces = [body(10), body(0), body(100_000)];
    let all = pieces.concat();
    let stream = BodyStream::new(stream::iter(pieces.map(Ok::<_, Error>)));
    let (memory, req) = (budget(STREAM, &[]), from("192.0.2.1", ""));
    let sent = send(&memory, &req, HttpResponse::Ok().body(stream)).expect("room");
    let chunks = chunks(sent.into_body());
    assert!(chunks.iter().all(|chunk| chunk.len() <= SLICE));
    assert_eq!(chunks.concat(), all);
}

#[test]
fn large_bodies_are_counted_until_their_last_copy_is_gone() {
    let memory = budget(MEGABYTE, &[]);
    let large = body(600_000);
    let held = memory.hold(large.clone()).expect("room");
    assert!(refused(memory.hold(large.clone())));
    assert_eq!(memory.hold(body(SLICE)).expect("small"), body(SLICE));
    let slice = held.slice(10..20);
    drop(held);
    assert!(refused(memory.hold(large.clone())), "a slice of it is still there");
    drop(slice);
    memory.hold(large).expect("room again");
}

#[test]
fn a_response_is_counted_while_it_is_sent() {
    let networks: Vec<HttpRequest> =
        ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| from(address, "")).into();
    let memory = budget(MEGABYTE, &[]);
    let large = body(600_000);
    let sent = send(&memory, &networks[0], response(&large)).expect("room");
    assert!(refused(send(&memory, &networks[1], response(&large))));
    let again = send(&memory, &networks[0], sent).expect("it is counted once");
    send(&memory, &networks[1], response(&body(100))).expect("small");
    drop(again);
    let memory = budget(2 * STREAM, &[]);
    let stream = || HttpResponse::Ok().body(BodyStream::new(stream::empty::<Result<Bytes>>()));
    let streams = [0, 1].map(|at| send(&memory, &networks[at], stream()).expect("room"));
    assert!(refused(send(&memory, &networks[2], stream())));
    assert!(refused(send(&memory, &networks[2], response(&large))));
    drop(streams);
    send(&memory, &networks[2], response(&large)).expect("room again");
}

#[test]
fn a_network_holds_a_quarter_of_the_memory_or_a_single_body() {
    let memory = budget(8 * MEGABYTE, &[]);
    let (greedy, other) = (from("192.0.2.1", ""), from("192.0.2.2", ""));
    let sent = |req: &HttpRequest, size| send(&memory, req, response(&body(size)));
    let first = sent(&greedy, MEGABYTE).expect("room");
    let second = sent(&greedy, MEGABYTE).expect("room");
    assert!(refused(sent(&greedy, SLICE + 1)));
    sent(&greedy, SLICE).expect("it is not counted");
    let large = sent(&other, 4 * MEGABYTE).expect("a single one");
    assert!(refused(sent(&other, SLICE + 1)));
    drop((first, large));
    sent(&greedy, MEGABYTE).expect("room again");
    sent(&other, 4 * MEGABYTE).expect("room again");
    drop(second);
}

#[test]
fn a_network_beyond_its_share_takes_nothing_and_has_nobody_cut_off() {
    let clock = Clock::fixed(Timestamp::default());
    let memory = Memory::new(4 * MEGABYTE, &[], &clock);
    let (greedy, other) = (from("192.0.2.1", ""), from("192.0.2.2", ""));
    let sent = |req: &HttpRequest, size| send(&memory, req, response(&body(size)));
    let longest = memory.transfers.begin();
    let is_cut_off = || longest.ongoing.is_cut_off(&Context::from_waker(Waker::noop()));
    clock.advance(Duration::from_secs(5));
    let of_greedy = sent(&greedy, MEGABYTE).expect("its share");
    assert!(refused(sent(&greedy, MEGABYTE)));
    let rest = memory.take(3 * MEGABYTE).expect("the rest is not touched");
    assert!(refused(sent(&greedy, MEGABYTE)) && !is_cut_off());
    assert!(refused(sent(&other, MEGABYTE)) && is_cut_off());
    drop((of_greedy, rest));
    // Its own share was given back when it was refused.
    let half = || sent(&other, MEGABYTE / 2).expect("room again");
    drop((half(), half()));
}

#[test]
fn a_body_that_many_clients_of_a_network_get_is_counted_once() {
    let memory = budget(4 * MEGABYTE, &[]);
    let req = from("192.0.2.1", "");
    let (cached, another) = (body(MEGABYTE), body(100_000));
    let mut bodies: Vec<BoxBody> =
        (0..100).map(|_| resident(&memory, &req, cached.clone()).expect("shared")).collect();
    assert!(refused(resident(&memory, &req, another.clone())));
    bodies.truncate(1);
    assert!(refused(resident(&memory, &req, another.clone())), "one is still sent");
    bodies.clear();
    drop(resident(&memory, &req, another).expect("room again"));
}

#[test]
fn customers_of_providers_are_told_apart() {
    let is_same = |trusted: &[&str], one: &HttpRequest, other: &HttpRequest| {
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().expect("a network")).collect();
        let memory = budget(4 * MEGABYTE, &trusted);
        let _first = send(&memory, one, response(&body(MEGABYTE))).expect("room");
        refused(send(&memory, other, response(&body(MEGABYTE))))
    };
    assert!(!is_same(&[], &from("192.0.2.1", ""), &from("192.0.2.2", "")));
    assert!(is_same(&[], &from("2001:db8::1", ""), &from("2001:db8::2:0:0:1", "")));
    assert!(is_same(&[], &from("2001:db8::1", ""), &from("2001:db8:0:1::1", "")));
    assert!(!is_same(&[], &from("2001:db8::1", ""), &from("2001:db8:1::1", "")));
    let (one, other) = (from("10.0.0.1", "192.0.2.1"), from("10.0.0.1", "192.0.2.2"));
    assert!(is_same(&[], &one, &other));
    assert!(!is_same(&["10.0.0.0/8"], &one, &other));
}
