//! Who asks: the address of the client, which a proxy may stand in front of. Only proxies that the settings name are
//! believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The header in which each proxy on the way adds whom it was asked by.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The header in which a proxy names the request.
const REQUEST_ID: &str = "x-request-id";

/// The client's address: the peer's or, while that is a trusted proxy, the one it was asked by.
#[must_use]
pub fn address(head: &RequestHead, trusted: &[IpNet]) -> IpAddr {
    let peer = head.peer_addr.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    forwarded(peer, head.headers(), trusted)
}

/// Walks back through the proxies as far as they are trusted. What does not look like an address ends the walk.
fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    let mut address = peer;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        if !is_trusted(address) {
            break;
        }
        address = before.to_canonical();
    }
    address
}

/// The request's name, if a trusted proxy gave it one: 8 to 64 letters, digits, `-` and `_`.
#[must_use]
pub fn request_id<'a>(head: &'a RequestHead, trusted: &[IpNet]) -> Option<&'a str> {
    let peer = head.peer_addr?.ip().to_canonical();
    if !trusted.iter().any(|network| network.contains(&peer)) {
        return None;
    }
    let id = head.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((8..=64).contains(&id.len()) && id.bytes().all(is_fit)).then_some(id)
}

/// The network that counts as one client: an IPv4 address itself, the first 64 bits of an IPv6 one.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}
