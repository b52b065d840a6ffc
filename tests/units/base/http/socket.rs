use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use lede::base::clock::{Clock, Timestamp};
use lede::base::http::admission::Admission;
use lede::base::http::socket::Socket;
use tokio::net::TcpListener;

/// Nagle's algorithm would hold back the end of a response of several slices for 40 ms.
#[tokio::test]
async fn a_socket_sends_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let _client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a client");
    let (stream, peer) = listener.accept().await.expect("a connection");
    let stream = stream.into_std().expect("a socket");
    let same = stream.try_clone().expect("the same socket");
    assert!(!same.nodelay().expect("an option"));
    let stream = TcpStream::from_std(stream).expect("a socket");
    let admitted = Admission::new(4, &[]).admit(Some(peer)).expect("the first");
    let clock = Clock::fixed(Timestamp::default());
    let _socket = Socket::new(stream, admitted, clock, Duration::from_secs(30), Rc::new(|_| Vec::new()));
    assert!(same.nodelay().expect("an option"));
}
