//! What a network holds: things are counted once, and as long as they are used.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::web::Bytes;
use lede::base::http::network_shares::NetworkShares;

const NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn what_is_given_back_is_what_was_counted() {
    let shares = NetworkShares::new(100);
    let body = Bytes::from(vec![b'a'; 90]);
    let (part, whole) = (body.slice(..10), body.clone());
    let first = shares.take(NETWORK, part.len(), Some(&part)).expect("room");
    let second = shares.take(NETWORK, whole.len(), Some(&whole)).expect("the same thing");
    drop(first);
    drop(second);
    let all = shares.take(NETWORK, 100, None).expect("everything is given back");
    assert!(shares.take(NETWORK, 1, None).is_none());
    drop(all);
    assert!(shares.take(NETWORK, 100, None).is_some());
}

#[test]
fn no_other_thing_gets_the_address_of_one_that_is_counted() {
    let shares = NetworkShares::new(100);
    let body = Bytes::from(vec![b'a'; 90]);
    let share = shares.take(NETWORK, body.len(), Some(&body)).expect("room");
    assert!(!body.is_unique(), "the share does not keep it");
    drop(share);
    assert!(body.is_unique());
}
