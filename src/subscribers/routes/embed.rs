//! `/subscribe/embed`: lines of HTML to paste into any page.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use minijinja::context;

use super::subscribe::{FormParameters, FormState, HONEYPOT, from_query, locale};
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::{self, page};
use crate::subscribers::Links;

/// Get the embeddable form
///
/// A page with HTML to copy into any other page: a form that works without scripts and is submitted to `/subscribe`.
#[utoipa::path(get, path = "/subscribe/embed", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "The page with the HTML.", body = String,
               content_type = "text/html")))]
pub async fn get_embed_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let given = from_query(&req);
    let language = html::language(&app.templates, &req, locale(&given).as_ref());
    let FormState { source, redirect, .. } = FormState::from(&given);
    let action = Links::new(&app.config, &app.keys).subscribe();
    let about = context! { action, source, redirect, honeypot => HONEYPOT };
    let snippet = app.templates.page(&language, "embed_form.html", about)?;
    page(&app.templates, &language, StatusCode::OK, "embed.html", context! { snippet })
}
