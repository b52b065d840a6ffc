//! Redirects from the previous name of a resource to its current one, so that old links keep working.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use super::Response;

/// Responds 301 with the same URL, in which `to` replaces the path parameter `{parameter}`. The rest of the path and
/// the query are kept.
#[must_use]
pub fn moved(req: &HttpRequest, parameter: &str, to: &str) -> Response {
    let pattern = req.match_pattern().unwrap_or_default();
    let place = pattern.split('/').position(|segment| {
        segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(parameter)
    });
    let segments = req.path().split('/').enumerate();
    let path: Vec<&str> = segments.map(|(at, old)| if Some(at) == place { to } else { old }).collect();
    let mut location = path.join("/");
    if !req.query_string().is_empty() {
        location = format!("{location}?{}", req.query_string());
    }
    Response::redirect(StatusCode::MOVED_PERMANENTLY, location)
}
