//! Large bodies: in slices that share their bytes, and counted once.

use std::future::poll_fn;
use std::pin::Pin;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _};
use actix_web::web::Bytes;
use futures_util::{FutureExt as _, stream};
use lede::base::error::{Error, Result};
use lede::base::http::outgoing::{Outgoing, SLICE, STREAM, sliced};

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

#[test]
fn small_bodies_leave_in_one_piece_and_large_ones_in_slices_of_the_same_memory() {
    for (size, wanted) in [(0, 0), (1, 1), (65_536, 1), (65_537, 5), (1_000_000, 62)] {
        let bytes = body(size);
        let large = sliced(bytes.clone());
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
    let sent = Outgoing::new(STREAM).send(HttpResponse::Ok().body(stream)).expect("room");
    let chunks = chunks(sent.into_body());
    assert!(chunks.iter().all(|chunk| chunk.len() <= SLICE));
    assert_eq!(chunks.concat(), all);
}

#[test]
fn large_bodies_are_counted_until_their_last_copy_is_gone() {
    let outgoing = Outgoing::new(1024 * 1024);
    let large = body(600_000);
    let held = outgoing.hold(large.clone()).expect("room");
    let refused = |outcome: Result<Bytes>| matches!(outcome, Err(Error::Unavailable(_)));
    assert!(refused(outgoing.hold(large.clone())));
    assert_eq!(outgoing.hold(body(65_536)).expect("small"), body(65_536));
    let slice = held.slice(10..20);
    drop(held);
    assert!(refused(outgoing.hold(large.clone())), "a slice of it is still there");
    drop(slice);
    outgoing.hold(large).expect("room again");
}

#[test]
fn a_response_is_counted_while_it_is_sent() {
    let outgoing = Outgoing::new(1024 * 1024);
    let large = body(600_000);
    let sent = outgoing.send(response(&large)).expect("room");
    assert!(outgoing.send(response(&large)).is_err());
    let again = outgoing.send(sent).expect("it is counted once");
    outgoing.send(response(&body(100))).expect("small");
    drop(again);
    let outgoing = Outgoing::new(2 * STREAM);
    let stream = || HttpResponse::Ok().body(BodyStream::new(stream::empty::<Result<Bytes>>()));
    let streams = [outgoing.send(stream()).expect("room"), outgoing.send(stream()).expect("room")];
    assert!(outgoing.send(stream()).is_err());
    assert!(outgoing.send(response(&large)).is_err());
    drop(streams);
    outgoing.send(response(&large)).expect("room again");
}
