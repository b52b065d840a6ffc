//! From a request to its handler: registers every operation, refuses what its documentation does not allow, answers
//! `OPTIONS` and other methods, and keeps finished public responses in the cache.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, Uri, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Resource, Route};
use futures_util::FutureExt as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::security::SecurityRequirement;

use super::routes::endpoints;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::http::cache::Lookup;
use crate::base::http::endpoint::{Endpoint, Routed};
use crate::base::http::representation::Representation;
use crate::base::http::{Response, canonical, cors, idempotency, query};

/// What pages of any origin may read with the token of a preview link. A preflight does not tell which token will be sent,
/// so it allows all; the response to another token allows only the origins in the settings.
const PREVIEW: &str = "/v1/articles/{article}/preview";

/// What an operation's documentation allows a request to carry, and who may keep its response.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
struct Rules {
    routed: Routed,
    /// Its query parameters.
    query: Vec<canonical::Parameter>,
    /// Whether it takes an `Idempotency-Key`.
    idempotent: bool,
    /// Whether its responses are the same for everyone.
    public: bool,
    /// Whether they are not while the database is a quiet copy, which is told to admins.
    tells_of_quiet: bool,
    /// Whether unknown parameters are refused: in the API, not on pages and feeds.
    strict: bool,
}

/// The URL of a request for a public response, without scheme and host.
struct Address {
    /// What the response is cached under.
    canonical: String,
    /// What was requested, if that is another spelling of the same.
    respelled: Option<String>,
}

/// Registers every operation whose path `is_served`. Other methods on a known path get 405, `OPTIONS` gets 204, both
/// with `Allow`.
pub fn configure(config: &mut ServiceConfig, is_served: impl Fn(&str) -> bool) {
    let paths: BTreeSet<_> =
        endpoints().map(|endpoint| endpoint.path).filter(|path| is_served(path)).collect();
    for path in paths {
        config.service(resource(path));
    }
}

/// Registers a page that is no operation of the API: everyone may get it.
pub fn page(config: &mut ServiceConfig, path: &'static str, get: Route) {
    let allowed = allowed(&["get"]);
    let refuse = move |req: HttpRequest| {
        let response = other_method(&req, path, &allowed, &["GET".to_owned()]);
        async move { response }
    };
    let routed = from_fn(move |req: ServiceRequest, next: Next<BoxBody>| {
        req.extensions_mut().insert(Routed { path, open: true });
        async move { next.call(req).await }
    });
    config.service(web::resource(path).route(get).default_service(web::to(refuse)).wrap(routed));
}

fn resource(path: &'static str) -> Resource {
    let endpoints = || endpoints().filter(|endpoint| endpoint.path == path);
    let allowed = allowed(&endpoints().map(|endpoint| endpoint.method).collect::<Vec<_>>());
    let mut resource = web::resource(path);
    let mut open = Vec::new();
    for endpoint in endpoints() {
        let rules = Rc::new(Rules::from(endpoint));
        if rules.routed.open || path == PREVIEW {
            open.push(endpoint.method.to_uppercase());
        }
        let guard = from_fn(move |req, next| guarded(rules.clone(), req, next));
        resource = resource.route((endpoint.route)().wrap(guard));
    }
    resource.default_service(web::to(move |req: HttpRequest| {
        let response = other_method(&req, path, &allowed, &open);
        async move { response }
    }))
}

/// Checks a request against the documentation, calls the handler, and turns any failure into a response.
async fn guarded(
    rules: Rc<Rules>,
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let checked = rules.check(req.request());
    let is_shared = rules.public && !(rules.tells_of_quiet && may_be_told(&req));
    let address = if is_shared && checked.is_ok() { Some(rules.rewrite(&mut req)) } else { None };
    let kept = req.request().clone();
    kept.extensions_mut().insert(rules.routed);
    let outcome = match checked {
        Ok(()) => AssertUnwindSafe(called(&rules, address, req, next)).catch_unwind().await,
        Err(refusal) => Ok(Err(refusal.into())),
    };
    Ok(match outcome {
        Ok(Ok(res)) => res,
        Ok(Err(error)) => ServiceResponse::from_err(error, kept),
        Err(_) => ServiceResponse::from_err(Error::internal("a handler panicked"), kept),
    })
}

/// Whether a request may come from an admin, who is told that the database is a quiet copy.
pub(super) fn may_be_told(req: &ServiceRequest) -> bool {
    req.headers().contains_key(header::AUTHORIZATION)
        && req.app_data::<Data<App>>().is_some_and(|app| app.db.generation().is_quiet())
}

/// Calls the handler. A public response is encoded here and kept in the cache. Only a few are produced at a time: a
/// page takes several times its own size until it is finished.
async fn called(
    rules: &Rules,
    address: Option<Address>,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = req.app_data::<Data<App>>().cloned();
    let (Some(app), Some(Address { canonical, respelled })) = (app, address) else {
        return next.call(req).await;
    };
    let pending = match app.cache.lookup(&canonical).await {
        Lookup::Cached(made) => {
            if let Some(respelled) = respelled {
                app.cache.alias(&respelled, &canonical);
            }
            let response = app.cache.respond(&made, req.request(), &app.compute).await?;
            return Ok(req.into_response(response));
        }
        Lookup::Failed(error) => return Err(error.into()),
        Lookup::Compute(pending) => pending,
    };
    let permit = app.productions.acquire().await;
    let _permit = permit.inspect_err(|error| pending.fail(error))?;
    let mut res = next.call(req).await?;
    let Some(response) = res.response_mut().extensions_mut().remove::<Response>() else {
        if let Some(error) = res.response().error().and_then(actix_web::Error::as_error) {
            pending.fail(error);
        }
        return Ok(res);
    };
    let made = finished(&app, rules.routed.path, response, pending.moment).await;
    let made = made.inspect_err(|error| pending.fail(error))?;
    let made = pending.store(made);
    let response = made.respond(res.request(), &app.compute).await?;
    Ok(res.into_response(response))
}

/// Finishes a public response. The hash of a large one is computed off the event loop.
async fn finished(
    app: &Data<App>,
    route: &'static str,
    response: Response,
    moment: Timestamp,
) -> Result<Representation> {
    let (is_large, own) = (response.is_large(), app.clone());
    let finish = move || {
        let now = own.clock.now();
        Representation::new(response, route, &own.public_headers, moment, now, &own.memory)
    };
    if is_large { app.compute.run(finish).await } else { finish() }
}

impl Rules {
    fn from(endpoint: &Endpoint) -> Self {
        let operation = (endpoint.operation)();
        let is_secured = operation
            .security
            .as_ref()
            .is_some_and(|ways| ways.iter().all(|way| *way != SecurityRequirement::default()));
        let public = endpoint.public && !is_secured;
        let takes_tokens = operation.security.as_ref().is_some_and(|ways| ways.len() > 1);
        let parameters: Vec<Parameter> = operation
            .parameters
            .unwrap_or_default()
            .into_iter()
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
            .collect();
        Self {
            routed: Routed { path: endpoint.path, open: endpoint.open && !is_secured },
            query: parameters.iter().filter_map(canonical::Parameter::of).collect(),
            idempotent: parameters.iter().any(|parameter| parameter.name == "Idempotency-Key"),
            public,
            tells_of_quiet: public && takes_tokens,
            strict: endpoint.path.starts_with("/v1/"),
        }
    }

    /// Replaces the URL of a request by its canonical form, so that the response depends on nothing else of it.
    fn rewrite(&self, req: &mut ServiceRequest) -> Address {
        let given = req.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        let (query, is_whole) = canonical::query(req.query_string(), &self.query);
        let path = canonical::path(req.match_info().as_str(), req.path());
        let canonical = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        if canonical == given {
            return Address { canonical, respelled: None };
        }
        match Uri::try_from(canonical.as_str()) {
            Ok(uri) => {
                req.head_mut().uri = uri;
                Address { canonical, respelled: is_whole.then_some(given) }
            }
            // Cannot happen: it has only characters that a URL may have. The response is right under the given URL,
            // too.
            Err(_) => Address { canonical: given, respelled: None },
        }
    }

    fn check(&self, req: &HttpRequest) -> Result<()> {
        if !self.strict {
            return Ok(());
        }
        if !self.idempotent {
            idempotency::refuse(req)?;
        }
        query::check_known(req.query_string(), &self.query)
    }
}

/// The `Allow` header of a path: `HEAD` comes with `GET`, `OPTIONS` with any.
fn allowed(methods: &[&str]) -> String {
    let mut names: Vec<String> = methods.iter().map(|method| method.to_uppercase()).collect();
    if methods.contains(&"get") {
        names.push("HEAD".to_owned());
    }
    names.push("OPTIONS".to_owned());
    names.join(", ")
}

/// Responds to `OPTIONS`, CORS preflights included, and refuses every other method. `open` are the methods that pages
/// of any origin may use.
fn other_method(
    req: &HttpRequest,
    path: &'static str,
    allowed: &str,
    open: &[String],
) -> Result<HttpResponse> {
    let requested = req.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let is_open =
        requested.is_some_and(|method| open.iter().any(|open| open.as_bytes() == method.as_bytes()));
    req.extensions_mut().insert(Routed { path, open: is_open });
    if req.method() != Method::OPTIONS {
        return Err(Error::MethodNotAllowed(allowed.to_owned()));
    }
    let mut response = HttpResponse::NoContent().insert_header((header::ALLOW, allowed)).finish();
    if requested.is_some() {
        cors::preflight(allowed, response.headers_mut());
    }
    Ok(response)
}
