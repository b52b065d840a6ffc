//! The request id, which connects a response with its log lines. A trusted proxy may set it, so that the proxy's logs
//! have the same id.

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

use super::client_ip;
use crate::base::actor::RequestId;

/// The header with the request id, in requests and responses.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns the id that a trusted proxy has set, if it may be one.
#[must_use]
pub fn forwarded(head: &RequestHead, trusted: &[IpNet]) -> Option<RequestId> {
    if !client_ip::is_trusted(client_ip::socket(head.peer_addr), trusted) {
        return None;
    }
    RequestId::parse(head.headers().get(&REQUEST_ID)?.to_str().ok()?)
}
