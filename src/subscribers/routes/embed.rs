//! `/subscribe/embed`: lines of HTML to paste into any page, on a page for people or alone for programs.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use minijinja::context;

use super::subscribe::{FormParameters, FormState, HONEYPOT, from_query, locale};
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::html::{self, page};
use crate::base::http::{Response, accept};
use crate::base::templates::Language;
use crate::subscribers::Links;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// For a browser that opens the lines alone: the form may be submitted, and hides its field for bots by a `style`.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// Get the embeddable form
///
/// A page with HTML to copy into any other page: a form that works without scripts and is submitted to `/subscribe`.
/// With `Accept: text/plain`, returns the HTML alone.
#[utoipa::path(get, path = "/subscribe/embed", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "The page with the HTML, or the HTML alone.",
               content((String = "text/html"), (String = "text/plain")))))]
pub async fn get_embed_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let (language, form) = embeddable_form(&app, &req)?;
    let response = if accept::preferred(req.headers(), &[HTML, TEXT]) == TEXT {
        alone(TEXT, &language, form)
    } else {
        page(&app.templates, &language, StatusCode::OK, "embed.html", context! { snippet => form })?
    };
    Ok(response.header(header::VARY, "Accept, Accept-Language"))
}

/// Get the embeddable form alone
///
/// Returns the lines of HTML of `/subscribe/embed`, without a page around them, for programs that include them.
#[utoipa::path(get, path = "/subscribe/embed.html", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "The HTML.", body = String, content_type = "text/html; charset=utf-8")))]
pub async fn get_embeddable_form(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let (language, form) = embeddable_form(&app, &req)?;
    Ok(alone(HTML, &language, form)
        .header(header::VARY, "Accept-Language")
        .header(header::CONTENT_SECURITY_POLICY, POLICY))
}

fn alone(media_type: &str, language: &Language, form: String) -> Response {
    Response::bytes(media_type, form.into())
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_LANGUAGE, language.tag())
}

/// The language that was asked for, and the form in it.
fn embeddable_form(app: &App, req: &HttpRequest) -> Result<(Language, String)> {
    let given = from_query(req);
    let language = html::language(&app.templates, req, locale(&given).as_ref());
    let FormState { source, redirect, .. } = FormState::from(&given);
    let action = Links::new(&app.config, &app.keys).subscribe();
    let about = context! { action, source, redirect, honeypot => HONEYPOT };
    let form = app.templates.page(&language, "embed_form.html", about)?;
    Ok((language, form))
}
