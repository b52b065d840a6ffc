//! The one list of every operation. A line registers the handler and, with it, its documentation: what is not listed
//! here is neither served nor documented, and what is, is both.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, Resource, Route};
use futures_util::FutureExt as _;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{RefOr, Schema};

use super::cache::Turn;
use super::representation::Representation;
use super::{Answer, cors, idempotency, query};
use crate::app::App;
use crate::error::{Error, Result};

/// Where people join from the pages of any site.
const JOIN: &str = "/v1/subscribers";

/// One operation: where it is, who handles it, and what its documentation says.
pub(super) struct Endpoint {
    pub method: &'static str,
    pub path: &'static str,
    pub route: fn() -> Route,
    pub documented_at: fn() -> (Vec<HttpMethod>, String),
    pub operation: fn() -> Operation,
    pub schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

macro_rules! routes {
    ($($method:ident $path:literal => $module:ident $(:: $inner:ident)* . $handler:ident;)*) => {
        /// Every operation, in the order of the contract.
        pub(super) static ENDPOINTS: &[Endpoint] = &[$(
            pastey::paste! {
                Endpoint {
                    method: stringify!($method),
                    path: $path,
                    route: || web::$method().to(crate::$module$(::$inner)*::$handler),
                    documented_at: || {
                        use crate::$module$(::$inner)*::[<__path_ $handler>] as Documented;
                        (<Documented as utoipa::Path>::methods(), <Documented as utoipa::Path>::path())
                    },
                    operation: || {
                        use crate::$module$(::$inner)*::[<__path_ $handler>] as Documented;
                        let mut operation = <Documented as utoipa::Path>::operation();
                        let tags = <Documented as utoipa::__dev::Tags<'_>>::tags();
                        operation.tags = Some(tags.into_iter().map(str::to_owned).collect());
                        operation
                    },
                    schemas: |schemas| {
                        use crate::$module$(::$inner)*::[<__path_ $handler>] as Documented;
                        <Documented as utoipa::__dev::SchemaReferences>::schemas(schemas);
                    },
                }
            },
        )*];
    };
}

routes! {
    // Readers.
    get    "/v1/articles"                                               => editions::routes.list_articles;
    post   "/v1/articles"                                               => articles::routes.create_article;
    get    "/v1/articles/{article}"                                     => editions::routes.get_article;
    delete "/v1/articles/{article}"                                     => articles::routes.remove_article;
    get    "/v1/articles/{article}/html"                                => editions::routes.get_article_html;
    get    "/v1/articles/{article}/markdown"                            => editions::routes.get_article_markdown;
    get    "/v1/articles/{article}/sections"                            => editions::routes.list_sections;
    get    "/v1/articles/{article}/sections/{section}"                  => editions::routes.get_section;
    get    "/v1/articles/{article}/adjacent"                            => editions::adjacent.get_adjacent_articles;
    get    "/v1/articles/{article}/related"                             => editions::related.list_related_articles;

    // Feed readers and search engines.
    get    "/feeds/rss.xml"                                             => feeds::routes.get_rss_feed;
    get    "/feeds/atom.xml"                                            => feeds::routes.get_atom_feed;
    get    "/feeds/feed.json"                                           => feeds::routes.get_json_feed;
    get    "/sitemap.xml"                                               => feeds::routes.get_sitemap;
    get    "/v1/changes"                                                => changes::routes.list_changes;
    get    "/v1/site"                                                   => site::routes.get_site;
    patch  "/v1/site"                                                   => site::routes.update_site;
    get    "/v1/redirects"                                              => redirects::routes.list_redirects;
    delete "/v1/redirects"                                              => redirects::routes.remove_redirect;
    get    "/v1/redirects/{format}"                                     => redirects::routes.get_redirect_rules;

    get    "/v1/search"                                                 => search::routes.search_articles;

    // Editors: drafts, their sections, and what becomes of them.
    get    "/v1/drafts"                                                 => articles::list.list_drafts;
    get    "/v1/articles/{article}/draft"                               => articles::routes.get_draft;
    patch  "/v1/articles/{article}/draft"                               => articles::routes.update_draft;
    get    "/v1/articles/{article}/draft/markdown"                      => articles::routes.get_draft_markdown;
    put    "/v1/articles/{article}/draft/markdown"                      => articles::routes.replace_draft_markdown;
    get    "/v1/articles/{article}/draft/sections"                      => articles::section_routes.list_draft_sections;
    post   "/v1/articles/{article}/draft/sections"                      => articles::section_routes.add_section;
    put    "/v1/articles/{article}/draft/sections"                      => articles::section_routes.replace_sections;
    get    "/v1/articles/{article}/draft/sections/{section}"            => articles::section_routes.get_draft_section;
    patch  "/v1/articles/{article}/draft/sections/{section}"            => articles::section_routes.update_section;
    delete "/v1/articles/{article}/draft/sections/{section}"            => articles::section_routes.remove_section;
    get    "/v1/articles/{article}/preview"                             => editions::preview.get_preview;
    post   "/v1/articles/{article}/publish"                             => articles::publishing.publish_article;
    post   "/v1/articles/{article}/unpublish"                           => articles::publishing.unpublish_article;
    post   "/v1/articles/{article}/restore"                             => articles::routes.restore_article;
    get    "/v1/articles/{article}/revisions"                           => articles::revisions.list_revisions;
    get    "/v1/articles/{article}/revisions/{revision}"                => articles::revisions.get_revision;
    post   "/v1/articles/{article}/revisions/{revision}/restore"        => articles::revisions.restore_revision;
    get    "/v1/articles/{article}/editions"                            => articles::past_editions.list_editions;
    get    "/v1/articles/{article}/editions/{edition}"                  => articles::past_editions.get_edition;

    // What articles carry.
    get    "/v1/topics"                                                 => topics::routes.list_topics;
    post   "/v1/topics"                                                 => topics::routes.create_topic;
    get    "/v1/topics/{topic}"                                         => topics::routes.get_topic;
    patch  "/v1/topics/{topic}"                                         => topics::routes.update_topic;
    delete "/v1/topics/{topic}"                                         => topics::routes.delete_topic;
    post   "/v1/topics/{topic}/merge"                                   => topics::routes.merge_topic;
    get    "/v1/authors"                                                => authors::routes.list_authors;
    post   "/v1/authors"                                                => authors::routes.create_author;
    get    "/v1/authors/{author}"                                       => authors::routes.get_author;
    patch  "/v1/authors/{author}"                                       => authors::routes.update_author;
    delete "/v1/authors/{author}"                                       => authors::routes.delete_author;
    post   "/v1/authors/{author}/merge"                                 => authors::routes.merge_author;

    // Accounts.
    post   "/v1/auth/sessions"                                          => auth::routes.create_session;
    get    "/v1/me"                                                     => users::routes.get_me;

    // Subscribers, and the pages they see.
    post   "/v1/subscribers"                                            => subscribers::joining.join_subscribers;
    get    "/v1/subscribers"                                            => subscribers::routes.list_subscribers;
    get    "/v1/subscribers/stats"                                      => subscribers::stats.get_subscriber_stats;
    get    "/v1/subscribers/export"                                     => subscribers::export.export_subscribers;
    post   "/v1/subscribers/import"                                     => subscribers::import::routes.import_subscribers;
    get    "/v1/imports"                                                => subscribers::import::routes.list_subscriber_imports;
    get    "/v1/imports/{import}"                                       => subscribers::import::routes.get_subscriber_import;
    get    "/v1/imports/{import}/rows"                                  => subscribers::import::routes.list_subscriber_import_rows;
    get    "/v1/subscribers/{id}"                                       => subscribers::routes.get_subscriber;
    patch  "/v1/subscribers/{id}"                                       => subscribers::routes.update_subscriber;
    delete "/v1/subscribers/{id}"                                       => subscribers::routes.erase_subscriber;
    get    "/v1/subscribers/{id}/consents"                              => subscribers::keeping.list_consents;
    get    "/v1/subscribers/{id}/export"                                => subscribers::keeping.export_subscriber;
    post   "/v1/subscribers/{id}/unsubscribe"                           => subscribers::keeping.unsubscribe_subscriber;
    get    "/v1/suppressions"                                           => subscribers::keeping.list_suppressions;
    post   "/v1/suppressions"                                           => subscribers::keeping.suppress_address;
    get    "/subscribe"                                                 => subscribers::form_page.get_subscribe_page;
    post   "/subscribe"                                                 => subscribers::form_page.submit_subscribe_page;
    get    "/subscribe/embed"                                           => subscribers::form_page.get_embed_page;
    get    "/subscribe/confirm/{token}"                                 => subscribers::pages.get_confirm_page;
    post   "/subscribe/confirm/{token}"                                 => subscribers::pages.submit_confirm_page;
    get    "/subscribe/leave/{token}"                                   => subscribers::pages.get_leave_page;
    post   "/subscribe/leave/{token}"                                   => subscribers::pages.submit_leave_page;
    get    "/subscribe/preferences/{token}"                             => subscribers::preferences.get_preferences_page;
    post   "/subscribe/preferences/{token}"                             => subscribers::preferences.submit_preferences_page;
    post   "/subscribe/preferences/{token}/export"                      => subscribers::preferences.export_own_data;

    // Operations.
    get    "/v1/jobs"                                                   => jobs::routes.list_jobs;
    get    "/v1/jobs/{id}"                                              => jobs::routes.get_job;
    post   "/v1/jobs/{id}/retry"                                        => jobs::routes.retry_job;
    get    "/openapi.json"                                              => http::openapi.get_openapi;
    get    "/health/live"                                               => http::health.get_liveness;
    get    "/health/ready"                                              => http::health.get_readiness;
    get    "/metrics"                                                   => http::metrics.get_metrics;
}

/// The route that a request took.
#[derive(Debug, Clone, Copy)]
pub struct Routed {
    /// Its template.
    pub path: &'static str,
    /// Whether pages of any origin may use it.
    pub open: bool,
}

/// What an operation's documentation says of its requests and answers.
struct Known {
    routed: Routed,
    /// Its query parameters, and whether each is a list.
    query: Vec<(String, bool)>,
    /// Whether it takes an `Idempotency-Key`.
    idempotent: bool,
    /// Whether its answers are the same for everyone.
    public: bool,
    /// Whether it is part of the API, which is strict, or a page for people and crawlers, which is not.
    strict: bool,
}

/// Whether what is read there is the same for everyone: pages and the state of the server are made for the one who asks.
pub(super) fn is_shared(path: &str) -> bool {
    !["/subscribe", "/health/", "/metrics"].iter().any(|own| path.starts_with(own))
}

/// Registers every operation. A path answers methods it does not know with 405 and `OPTIONS` with 204, both naming those
/// it does.
pub fn configure(config: &mut ServiceConfig) {
    for path in ENDPOINTS.iter().map(|endpoint| endpoint.path).collect::<BTreeSet<_>>() {
        config.service(resource(path));
    }
}

fn resource(path: &'static str) -> Resource {
    let endpoints = || ENDPOINTS.iter().filter(|endpoint| endpoint.path == path);
    let allowed = allowed(&endpoints().map(|endpoint| endpoint.method).collect::<Vec<_>>());
    let mut resource = web::resource(path);
    let mut open = Vec::new();
    for endpoint in endpoints() {
        let known = Rc::new(Known::from(endpoint));
        if known.routed.open {
            open.push(endpoint.method.to_uppercase());
        }
        let guard = from_fn(move |req, next| guarded(known.clone(), req, next));
        resource = resource.route((endpoint.route)().wrap(guard));
    }
    resource.default_service(web::to(move |req: HttpRequest| {
        let answer = other_method(&req, path, &allowed, &open);
        async move { answer }
    }))
}

/// Calls a handler with what its documentation lets a request carry, and turns whatever fails into an answer.
async fn guarded(
    known: Rc<Known>,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let kept = req.request().clone();
    kept.extensions_mut().insert(known.routed);
    let outcome = match known.check(&kept) {
        Ok(()) => AssertUnwindSafe(called(&known, req, next)).catch_unwind().await,
        Err(refusal) => Ok(Err(refusal.into())),
    };
    Ok(match outcome {
        Ok(Ok(res)) => res,
        Ok(Err(error)) => ServiceResponse::from_err(error, kept),
        Err(_) => ServiceResponse::from_err(Error::internal("a handler panicked"), kept),
    })
}

/// Calls a handler. A public answer is finished here, and kept for those who ask next.
async fn called(
    known: &Known,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(app) = req.app_data::<Data<App>>().cloned().filter(|_| known.public) else {
        return next.call(req).await;
    };
    let address = req.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let flight = match app.cache.turn(&address).await {
        Turn::Made(made) => {
            let response = made.respond(req.headers()).await;
            return Ok(req.into_response(response));
        }
        Turn::Make(flight) => flight,
    };
    let mut res = next.call(req).await?;
    let Some(answer) = res.response_mut().extensions_mut().remove::<Answer>() else { return Ok(res) };
    let (moment, now) = (flight.moment, app.clock.now());
    let made = Representation::new(answer, known.routed.path, &app.public_headers, moment, now);
    let made = flight.land(made);
    let response = made.respond(res.request().headers()).await;
    Ok(res.into_response(response))
}

impl Known {
    fn from(endpoint: &Endpoint) -> Self {
        let operation = (endpoint.operation)();
        // Secured is what cannot be done without a token.
        let is_secured = operation
            .security
            .as_ref()
            .is_some_and(|ways| ways.iter().all(|way| *way != SecurityRequirement::default()));
        let is_get = endpoint.method == "get";
        let public = is_get && !is_secured && is_shared(endpoint.path);
        let parameters: Vec<Parameter> = operation
            .parameters
            .unwrap_or_default()
            .into_iter()
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
            .collect();
        let is_list = |schema: Option<&RefOr<Schema>>| matches!(schema, Some(RefOr::T(Schema::Array(_))));
        Self {
            routed: Routed { path: endpoint.path, open: public || endpoint.path == JOIN && !is_secured },
            query: parameters
                .iter()
                .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
                .map(|parameter| (parameter.name.clone(), is_list(parameter.schema.as_ref())))
                .collect(),
            idempotent: parameters.iter().any(|parameter| parameter.name == "Idempotency-Key"),
            public,
            strict: endpoint.path.starts_with("/v1/"),
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

/// The methods of a path, as `Allow` names them: `HEAD` comes with `GET`, `OPTIONS` with any.
fn allowed(methods: &[&str]) -> String {
    let mut names: Vec<String> = methods.iter().map(|method| method.to_uppercase()).collect();
    if methods.contains(&"get") {
        names.push("HEAD".to_owned());
    }
    names.push("OPTIONS".to_owned());
    names.join(", ")
}

/// Answers `OPTIONS`, the browsers' question before a request from another origin included, and refuses every other
/// method. `open` are the methods that pages of any origin may use.
fn other_method(
    req: &HttpRequest,
    path: &'static str,
    allowed: &str,
    open: &[String],
) -> Result<HttpResponse> {
    let wanted = req.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let is_open = wanted.is_some_and(|wanted| open.iter().any(|open| open.as_bytes() == wanted.as_bytes()));
    req.extensions_mut().insert(Routed { path, open: is_open });
    if req.method() != Method::OPTIONS {
        return Err(Error::MethodNotAllowed(allowed.to_owned()));
    }
    let mut response = HttpResponse::NoContent().insert_header((header::ALLOW, allowed)).finish();
    if wanted.is_some() {
        cors::preflight(allowed, response.headers_mut());
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_what_the_handlers_documentation_says() {
        for endpoint in ENDPOINTS {
            let (methods, path) = (endpoint.documented_at)();
            assert_eq!(path, endpoint.path);
            assert_eq!(serde_json::to_value(methods).unwrap(), serde_json::json!([endpoint.method]));
        }
    }
}
