//! Finds the client's IP address, for rate limits and as evidence of consent. `X-Forwarded-For` is read only from
//! trusted proxies, because any other client can send a forged one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// Each proxy appends the address it received the request from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns the address of the TCP connection or, while that is a trusted proxy, the address from which the proxy
/// received the request.
#[must_use]
pub fn of(head: &RequestHead, trusted: &[IpNet]) -> IpAddr {
    let socket =
        head.peer_addr.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |socket| socket.ip().to_canonical());
    forwarded(socket, head.headers(), trusted)
}

/// Follows `X-Forwarded-For` from right to left while the address is a trusted proxy and the entry parses.
fn forwarded(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let values: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    let mut address = socket;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        if !is_trusted(address) {
            break;
        }
        address = before.to_canonical();
    }
    address
}

/// Returns the network that rate limits count as one client: the whole IPv4 address, or the first 64 bits of an IPv6
/// address, because a single site usually has a whole /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}
