//! The request id, which connects a response with its log lines. A trusted proxy may set it, so that the proxy's logs
//! have the same id.

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

/// The header with the request id, in requests and responses.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns the id that a trusted proxy has set, if it is 8 to 64 ASCII letters, digits, hyphens or underscores.
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
