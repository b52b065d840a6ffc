//! `GET /`, and the response where nothing is: a page for people, JSON for programs.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use minijinja::{Value, context};
use serde_json::json;

use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::html::{self, page};
use crate::base::http::{Response, accept};

const HTML: &str = "text/html";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// Where to go from here.
const LINKS: [(&str, &str); 5] = [
    ("documentation", "/docs"),
    ("openapi", "/openapi.json"),
    ("articles", "/v1/articles"),
    ("subscribe", "/subscribe"),
    ("health", "/health/ready"),
];

/// What is behind this address: a page if `Accept` prefers HTML, otherwise JSON.
pub async fn get_home(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let base = app.config.base_url();
    let links = LINKS.map(|(name, path)| (name, format!("{base}{path}")));
    let response = if accept::preferred(req.headers(), &[JSON, HTML]) == HTML {
        let language = html::language(&app.templates, &req, None);
        let about =
            context! { links => Value::from_pairs(links), website => app.config.site.website_url.as_deref() };
        page(&app.templates, &language, StatusCode::OK, "home.html", about)?
    } else {
        Response::ok(&json!({"name": app.config.site.title, "links": BTreeMap::from(links)}))?
    };
    Ok(response.header(header::VARY, "Accept, Accept-Language"))
}

/// The response where nothing is: a page if `Accept` prefers HTML, but a problem in the API.
///
/// # Errors
/// Not found, for all that do not get the page.
pub async fn not_found(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let in_api = req.path() == "/v1" || req.path().starts_with("/v1/");
    if in_api || accept::preferred(req.headers(), &[PROBLEM, HTML]) == PROBLEM {
        return Err(Error::NotFound("page"));
    }
    let language = html::language(&app.templates, &req, None);
    let link = Some(format!("{}/", app.config.base_url()));
    let about = context! { message => "nowhere", link };
    let response = page(&app.templates, &language, StatusCode::NOT_FOUND, "message.html", about)?;
    Ok(response.header(header::VARY, "Accept, Accept-Language"))
}
