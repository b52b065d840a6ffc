//! `/subscribe/embed`: lines of HTML to paste into any page.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use minijinja::context;

use super::subscribe::{FormParameters, HONEYPOT, Typed, from_query, locale};
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::{self, page};

/// See the form for other pages
///
/// Lines of HTML to paste into any page: a form that works without scripts and posts here.
#[utoipa::path(get, path = "/subscribe/embed", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "A page with the lines.", body = String,
               content_type = "text/html; charset=utf-8")))]
pub async fn get_embed_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let given = from_query(&req);
    let language = html::language(&app.templates, &req, locale(&given).as_ref());
    let Typed { source, redirect, .. } = Typed::from(&given);
    let action = format!("{}/subscribe", app.config.base_url());
    let about = context! { action, source, redirect, honeypot => HONEYPOT };
    let snippet = app.templates.page(&language, "embed_form.html", about)?;
    page(&app.templates, &language, StatusCode::OK, "embed.html", context! { snippet })
}
