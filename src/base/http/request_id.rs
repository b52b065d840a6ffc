//! The id that names a request in logs and responses. A trusted proxy may set it.

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

/// The header of requests and responses that holds the id.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id a trusted proxy set, if it is 8 to 64 letters, digits, hyphens or underscores.
#[must_use]
pub fn forwarded<'a>(head: &'a RequestHead, trusted: &[IpNet]) -> Option<&'a str> {
    let socket = head.peer_addr?.ip().to_canonical();
    if !trusted.iter().any(|network| network.contains(&socket)) {
        return None;
    }
    let id = head.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((8..=64).contains(&id.len()) && id.bytes().all(is_allowed)).then_some(id)
}
