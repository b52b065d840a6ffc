//! Renders the HTML pages. They load no resources, run no scripts and cannot be framed; their style is inline, and the
//! content security policy allows it by its hash.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header;
use minijinja::Value;

use super::response::Response;
use crate::base::error::Result;
use crate::base::templates::{Language, Templates};
use crate::base::text::Locale;

/// Renders a page with `Cache-Control: no-store`, because it may contain personal data.
pub fn page(
    templates: &Templates,
    language: &Language,
    status: StatusCode,
    template: &'static str,
    context: Value,
) -> Result<Response> {
    page_with_policy(templates, language, status, template, context, templates.policy())
}

/// Renders a page like [`page`], with a content security policy of its own.
pub fn page_with_policy(
    templates: &Templates,
    language: &Language,
    status: StatusCode,
    template: &'static str,
    context: Value,
    policy: &str,
) -> Result<Response> {
    let html = templates.page(language, template, context)?;
    Ok(Response::bytes("text/html; charset=utf-8", html.into())
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_LANGUAGE, language.tag())
        .header(header::VARY, "Accept-Language")
        .header(header::CONTENT_SECURITY_POLICY, policy))
}

/// Chooses the language of a page: the nearest to `known`, else the nearest to `Accept-Language`, else the site's.
#[must_use]
pub fn language(templates: &Templates, req: &HttpRequest, known: Option<&Locale>) -> Language {
    let known = known.map(|locale| templates.nearest(locale));
    known.or_else(|| accepted(templates, req)).unwrap_or_else(|| templates.site())
}

/// Returns the nearest language to `Accept-Language`, if one matches.
#[must_use]
pub fn accepted(templates: &Templates, req: &HttpRequest) -> Option<Language> {
    let given = req.headers().get_all(header::ACCEPT_LANGUAGE);
    let ranges: Vec<&str> = given.filter_map(|value| value.to_str().ok()).collect();
    templates.accepted(&ranges.join(","))
}
