//! Finds the client's IP address, for limits and as evidence of consent, and the networks that it belongs to.
//! `X-Forwarded-For` is read only from trusted proxies, because any other client can send a forged one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderMap, HeaderValue};
use ipnet::IpNet;

/// Each proxy appends the address it received the request from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of the TCP connection or, while that is a trusted proxy, the address from which the proxy
/// received the request.
#[must_use]
pub fn of(head: &RequestHead, trusted: &[IpNet]) -> IpAddr {
    forwarded(socket(head.peer_addr), head.headers(), trusted)
}

/// Returns the address at the other end of a TCP connection; `0.0.0.0` if the system does not know it.
#[must_use]
pub fn socket(peer: Option<SocketAddr>) -> IpAddr {
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical())
}

/// Whether an address is a trusted proxy.
#[must_use]
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Follows `X-Forwarded-For` from right to left while the address is a trusted proxy and the entry parses. Entries may hold
/// any bytes. Addresses to the right of an invalid entry are still used.
fn forwarded(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let values: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
    let mut address = socket;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
        let Some(before) = std::str::from_utf8(hop).ok().and_then(|hop| hop.trim().parse::<IpAddr>().ok())
        else {
            break;
        };
        if !is_trusted(address, trusted) {
            break;
        }
        address = before.to_canonical();
    }
    address
}

/// Returns the network that rate limits count as one client: the whole IPv4 address, or the first 64 bits of an IPv6
/// address, because a single link usually has a whole /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    prefix(address, 32, 64)
}

/// Returns what one customer of a provider gets, which connections and the memory for large bodies are shared out by: the
/// whole IPv4 address, or the first 48 bits of an IPv6 address.
#[must_use]
pub fn customer(address: IpAddr) -> IpAddr {
    prefix(address, 32, 48)
}

/// Returns the site that an address belongs to: the first 24 bits of an IPv4 address, or 48 of an IPv6 address, because
/// one customer of a provider can have that many.
#[must_use]
pub fn site(address: IpAddr) -> IpAddr {
    prefix(address, 24, 48)
}

/// The site that an address belongs to, as a prefix for people: `203.0.113.0/24`.
#[must_use]
pub fn site_prefix(address: IpAddr) -> String {
    format!("{}/{}", site(address), if address.is_ipv4() { 24 } else { 48 })
}

/// The first bits of an address; the others are 0.
fn prefix(address: IpAddr, v4_bits: u8, v6_bits: u8) -> IpAddr {
    let bits = if address.is_ipv4() { v4_bits } else { v6_bits };
    IpNet::new(address, bits).map_or(address, |network| network.network())
}
