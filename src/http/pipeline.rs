//! What every request passes through, in one layer: its id, `HEAD` as `GET`, failures made into problems, the headers
//! that every answer carries, and the line in the access log.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use super::problem;
use crate::app::App;
use crate::error::{Error, Result};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, as its answer and the log name it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Passes a request on and finishes its answer.
///
/// # Errors
/// None of ours: routes turn whatever fails into an answer that carries its error.
pub async fn around(
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let id = request_id(&req);
    req.extensions_mut().insert(RequestId(id.clone()));
    let method = req.method().clone();
    if method == Method::HEAD {
        // actix leaves the body of the answer out by itself, because it remembers what was asked.
        req.head_mut().method = Method::GET;
    }
    let mut res = next.call(req).await?;
    if let Some(error) = res.response().error() {
        let response = explain(error, &id, res.request());
        res = res.into_response(response);
    }
    let headers = res.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        // Nothing here is a page, but a browser may be led to open it as one.
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, nothing);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    log_access(&method, &res, &id, started);
    Ok(res)
}

/// The answer to our own failure, or to what actix found wrong.
fn explain(error: &actix_web::Error, id: &str, req: &HttpRequest) -> HttpResponse {
    if let Some(own) = error.as_error::<Error>() {
        return fail(own, id, req);
    }
    let error = match error.as_response_error().status_code().as_u16() {
        404 => Error::NotFound("page"),
        413 => Error::TooLarge(super::json::MOST_BYTES as u64),
        400..=499 => Error::malformed("", "malformed-request", error.to_string()),
        _ => Error::internal(error.to_string()),
    };
    fail(&error, id, req)
}

/// The answer to a failure, now that the request's id is at hand. Defects are logged here, once.
fn fail(error: &Error, id: &str, req: &HttpRequest) -> HttpResponse {
    let route = req.match_pattern().unwrap_or_default();
    match error {
        Error::Internal(why) => log::error!("{} {route} {id}: {why}", req.method()),
        Error::Unavailable(why) => log::warn!("{} {route} {id}: {why}", req.method()),
        _ => {}
    }
    problem::respond(error, id)
}

fn log_access(method: &Method, res: &ServiceResponse<BoxBody>, id: &str, started: Instant) {
    if log::log_enabled!(target: "lede::access", log::Level::Info) {
        let micros = started.elapsed().as_micros();
        let route = res.request().match_pattern().unwrap_or_else(|| "none".to_owned());
        log::info!(target: "lede::access", "{method} {route} {} {micros}us {id}", res.status().as_u16());
    }
}

fn request_id(req: &ServiceRequest) -> String {
    let app = req.app_data::<web::Data<App>>();
    app.and_then(|app| app.random.uuid(app.clock.now()).ok()).unwrap_or_default().to_string()
}

/// The answer where nothing is routed.
///
/// # Errors
/// Always: not found.
pub async fn not_found() -> Result<HttpResponse> {
    Err(Error::NotFound("page"))
}
