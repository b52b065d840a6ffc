//! `/docs`: the OpenAPI document as pages. Their scripts and styles are part of this binary.

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, ServiceConfig};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Only what this server itself serves; the page sets some styles on its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Registers the page and what it loads.
pub fn configure(config: &mut ServiceConfig) {
    let page = Config::new(["/openapi.json"]).try_it_out_enabled(false).display_request_duration(true);
    config.service(web::redirect("/docs", "/docs/")).service(
        web::scope("")
            .wrap(DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, POLICY)))
            .service(SwaggerUi::new("/docs/{_:.*}").config(page)),
    );
}
