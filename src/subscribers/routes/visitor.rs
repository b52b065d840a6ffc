//! Who sends a request, as it is recorded with evidence.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

use crate::app::App;
use crate::base::http::client_ip;
use crate::subscribers::evidence::{Visitor, truncated_line};

/// The sender of a request.
pub(super) fn visitor(app: &App, req: &HttpRequest) -> Visitor {
    let header = |name: HeaderName| {
        let value = req.headers().get(name).and_then(|value| value.to_str().ok());
        value.and_then(truncated_line)
    };
    let address = client_ip::of(req.head(), &app.config.server.trusted_proxies);
    Visitor {
        network_hash: Some(app.keys.network(address).to_vec()),
        user_agent: header(header::USER_AGENT),
        form_url: header(header::REFERER).or_else(|| header(header::ORIGIN)),
    }
}
