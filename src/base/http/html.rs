//! Pages for people: finished HTML that loads nothing, runs nothing and may not be framed. The style stands in the page,
//! and the policy names it by its hash.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header;
use minijinja::Value;

use super::answer::Answer;
use crate::app::App;
use crate::base::error::Result;
use crate::base::templates::Language;
use crate::base::text::Locale;

/// The answer that is this page. It is nobody's but the one's who asked, and is not kept.
///
/// # Errors
/// Internal, if the page cannot be written.
pub fn page(
    app: &App,
    language: &Language,
    status: StatusCode,
    template: &'static str,
    context: Value,
) -> Result<Answer> {
    let html = app.templates.page(language, template, context)?;
    Ok(Answer::bytes("text/html; charset=utf-8", html.into())
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_LANGUAGE, language.tag())
        .header(header::VARY, "Accept-Language")
        .header(header::CONTENT_SECURITY_POLICY, app.templates.policy()))
}

/// The language to speak to someone: their own, if it is known, or else what their browser asks for, or the site's.
#[must_use]
pub fn language(app: &App, req: &HttpRequest, own: Option<&Locale>) -> Language {
    let own = own.map(|locale| app.templates.nearest(locale));
    own.or_else(|| accepted(app, req)).unwrap_or_else(|| app.templates.site())
}

/// The language that the browser asks for, if there is one.
#[must_use]
pub fn accepted(app: &App, req: &HttpRequest) -> Option<Language> {
    let given = req.headers().get_all(header::ACCEPT_LANGUAGE);
    let ranges: Vec<&str> = given.filter_map(|value| value.to_str().ok()).collect();
    app.templates.accepted(&ranges.join(","))
}
