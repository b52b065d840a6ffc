//! The response to what is no HTTP request. actix responds to it before any handler is called, with nothing but a status;
//! the socket sends this instead.

use actix_web::http::StatusCode;

use crate::app::App;
use crate::base::http::problem::Problem;
use crate::base::metrics;

/// Returns the whole response, and counts and logs it like any other.
#[must_use]
pub fn respond(app: &App, status: StatusCode) -> Vec<u8> {
    let id = app.random.uuid(app.clock.now()).unwrap_or_default().to_string();
    let (code, detail) = match status {
        StatusCode::REQUEST_TIMEOUT => ("request-too-slow", "The request did not arrive in time."),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            ("headers-too-large", "A request has at most 96 headers, and 32 KiB with its address.")
        }
        _ => ("request-malformed", "This is no HTTP/1.1 request."),
    };
    let problem = Problem::new(status, code, detail.to_owned(), &id);
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let (number, title, length) = (problem.status, problem.title, body.len());
    let date = app.clock.now().http_date();
    let mut response = format!(
        "HTTP/1.1 {number} {title}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
         connection: close\r\ndate: {date}\r\ncache-control: no-store\r\nx-request-id: {id}\r\n\
         cross-origin-resource-policy: same-origin\r\n"
    );
    for (name, value) in app.security_headers.iter() {
        response += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    response += "\r\n";
    response += &body;
    let request = metrics::Request { method: "other", route: "none", status: number };
    app.metrics.requests.get_or_create(&request).inc();
    log::info!(target: "lede::access", "- none {number} 0us {id}");
    response.into_bytes()
}
