//! What every request passes through, in one layer: request id, `HEAD` as `GET`, cached public responses, problems for
//! failures, headers that every response carries, metrics, and the access log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue, ORIGIN,
    SET_COOKIE, TRANSFER_ENCODING,
};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use super::dispatch::may_be_told;
use super::routes::metrics::{self as metrics_route, Apart};
use crate::app::App;
use crate::base::actor::RequestId;
use crate::base::error::{Error, Result};
use crate::base::http::connection::Connection;
use crate::base::http::endpoint::Routed;
use crate::base::http::limit::{Policy, RateLimitStatus};
use crate::base::http::request_id::{self, REQUEST_ID};
use crate::base::http::sliced::{self, unsent};
use crate::base::http::{SetCookie, cors, json, problem};
use crate::base::ids::ActorId;
use crate::base::metrics::{self, Metrics};
use crate::base::refusals::{self, NamedAccount, Refused};

/// Responses to a token are stored by no cache, and changed by no proxy: one that compresses would weaken the `ETag`.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store, no-transform");

/// A request in flight, until this is dropped: also where its client goes away and its handler does not end.
struct InFlight(Arc<Metrics>);

impl InFlight {
    fn new(app: &App) -> Self {
        app.metrics.in_flight.inc();
        Self(app.metrics.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}

/// Passes a request on and finishes its response.
///
/// # Errors
/// None of ours: the dispatcher turns failures into responses that carry their error.
pub async fn around(
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let Some(app) = req.app_data::<web::Data<App>>().cloned() else { return next.call(req).await };
    let connection = req.conn_data::<Connection>().cloned();
    let _busy = connection.as_ref().map(Connection::busy);
    let is_chunked = req.headers().contains_key(TRANSFER_ENCODING);
    let in_flight = InFlight::new(&app);
    let id = request_id(&app, &req);
    let method = req.method().clone();
    if method == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    let (mut res, route) = match from_memory(&app, &req).await {
        Ok(Some((response, route))) => (req.into_response(response), route),
        Ok(None) => {
            req.extensions_mut().insert(id);
            routed(&app, next.call(req).await?, id)
        }
        Err(refusal) => routed(&app, ServiceResponse::from_err(refusal, req.into_parts().0), id),
    };
    if method == Method::HEAD {
        // actix would not send the body, but would produce it: an export reads the whole list.
        res = res.map_body(|_, body| unsent(body.size()));
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        res.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    // The end of such a body is not known, and actix reads on until it comes.
    if let Some(connection) = connection.filter(|connection| !connection.take_read() && is_chunked) {
        connection.drains();
        res.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    if app.draining.load(Ordering::SeqCst) {
        // A client that kept the connection open could send its next request at the moment it is closed.
        res.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let took = started.elapsed();
    drop(in_flight);
    count(&app, &method, route, res.status().as_u16(), took);
    if log::log_enabled!(target: "lede::access", log::Level::Info) {
        let (status, micros) = (res.status().as_u16(), took.as_micros());
        log::info!(target: "lede::access", "{method} {route} {status} {micros}us {id}");
    }
    Ok(res)
}

/// The cached response to a public GET, within the rate limit for reads, and the path template of its route.
async fn from_memory(app: &App, req: &ServiceRequest) -> Result<Option<(HttpResponse, &'static str)>> {
    if req.method() != Method::GET || req.app_data::<Apart>().is_some() {
        return Ok(None);
    }
    if app.limits.reads() && !req.path().starts_with("/health/") && req.path() != metrics_route::PATH {
        app.limits.admit_network(req.request(), Policy::Read)?;
    }
    // Whether the response is another one then is known where the request is routed.
    if may_be_told(req) {
        return Ok(None);
    }
    let cached = req.uri().path_and_query().and_then(|address| app.cache.get(address.as_str()));
    let Some(cached) = cached else { return Ok(None) };
    Ok(Some((app.cache.respond(&cached, req.request(), &app.compute).await?, cached.route)))
}

/// Finishes the response of a route, and returns the path template of that route.
fn routed(
    app: &App,
    res: ServiceResponse<BoxBody>,
    id: RequestId,
) -> (ServiceResponse<BoxBody>, &'static str) {
    let routed = res.request().extensions().get::<Routed>().copied();
    let rate_limit = res.request().extensions().get::<RateLimitStatus>().copied();
    let cookie = res.request().extensions().get::<SetCookie>().cloned();
    let route = routed.map_or("none", |routed| routed.path);
    let (req, response) = res.into_parts();
    let response = match response.error() {
        Some(error) => explain(app, error, id, &req, route),
        None => sliced::send(&app.memory, &req, response)
            .unwrap_or_else(|error| fail(app, &error, id, &req, route)),
    };
    let mut res = ServiceResponse::new(req, response);
    let origin = res.request().headers().get(ORIGIN).cloned();
    let headers = res.headers_mut();
    if let Some(rate_limit) = rate_limit {
        rate_limit.write(headers);
    }
    if let Some(Ok(cookie)) = cookie.map(|cookie| HeaderValue::from_str(&cookie.0)) {
        headers.append(SET_COOKIE, cookie);
    }
    if let Some(routed) = routed.filter(|_| !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)) {
        cors::allow((routed.path, routed.open), &app.config.server.cors_origins, origin, headers);
    }
    let defaults =
        [(CACHE_CONTROL, PRIVATE), (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"))];
    for (name, value) in defaults.into_iter().chain(app.security_headers.iter().cloned()) {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    (res, route)
}

/// The problem for one of our errors, or for one that actix found.
fn explain(
    app: &App,
    error: &actix_web::Error,
    id: RequestId,
    req: &HttpRequest,
    route: &str,
) -> HttpResponse {
    if let Some(own) = error.as_error::<Error>() {
        return fail(app, own, id, req, route);
    }
    let error = match error.as_response_error().status_code().as_u16() {
        404 => Error::NotFound("page"),
        413 => Error::TooLarge(json::MAX_BYTES as u64),
        400..=499 => Error::malformed("", "request-malformed", "The request cannot be read."),
        _ => Error::internal(error.to_string()),
    };
    fail(app, &error, id, req, route)
}

/// The problem for one of our errors. Refusals are counted, logged and kept here, once.
fn fail(app: &App, error: &Error, id: RequestId, req: &HttpRequest, route: &str) -> HttpResponse {
    app.refusals.record(error, format_args!("{} {route} {id}", req.method()));
    if let Some(reason) = refusals::reason(error) {
        let known = req.extensions();
        app.refusals.keep(Refused {
            at: app.clock.now(),
            reason,
            operation: format!("{} {route}", req.method()),
            actor: known.get::<ActorId>().copied(),
            account: known.get::<NamedAccount>().map(|account| account.0),
            network: app.keys.network(app.limits.client(req)),
            request: id,
        });
    }
    problem::respond(error, id.as_str())
}

fn count(app: &App, method: &Method, route: &'static str, status: u16, took: Duration) {
    let method = match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };
    app.metrics.requests.get_or_create(&metrics::Request { method, route, status }).inc();
    app.metrics.durations.get_or_create(&metrics::Route { method, route }).observe(took.as_secs_f64());
}

/// The request id from a trusted proxy, or a new one.
fn request_id(app: &App, req: &ServiceRequest) -> RequestId {
    let given = request_id::forwarded(req.head(), &app.config.server.trusted_proxies);
    given.unwrap_or_else(|| app.random.uuid(app.clock.now()).unwrap_or_default().into())
}
