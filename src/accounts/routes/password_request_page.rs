//! `/account/password`: the page on which people ask for a link to choose another password.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use super::pages::message_page;
use crate::accounts::resets;
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::html::{self, page};
use crate::base::http::{Form, Response};
use crate::base::templates::Language;

/// The fields of the form. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct PasswordRequestForm {
    /// The user's email address.
    #[schema(min_length = 3, max_length = 254, format = "idn-email")]
    email: String,
}

/// Get the password reset page
///
/// A page with a form that asks for a link to choose another password. It works without scripts.
#[utoipa::path(get, path = "/account/password", tag = "pages", security(()),
    responses((status = 200, description = "The form.", body = String, content_type = "text/html")))]
pub async fn get_password_request_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    form_page(&app, &html::language(&app.templates, &req, None), StatusCode::OK, "")
}

/// Request a reset with a form
///
/// What the button of the password reset page does: the same as `POST /v1/auth/password-resets`. The response is the
/// same for every address, known or not. Takes `application/x-www-form-urlencoded` or `multipart/form-data`; unknown
/// fields are ignored. Too many requests from one network, or from all together, are refused with 429.
#[utoipa::path(post, path = "/account/password", tag = "pages", security(()),
    request_body(content = PasswordRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "An email will be sent, if a user has this address.", body = String,
         content_type = "text/html"),
        (status = 422, description = "The form with the error.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many requests; retry after `Retry-After`.", body = String,
         content_type = "text/html"),
    ))]
pub async fn submit_password_request_page(app: Data<App>, req: HttpRequest, form: Form) -> Result<Response> {
    let language = html::language(&app.templates, &req, None);
    let text = form.text("email").unwrap_or_default();
    match resets::request(&app, &req, text).await {
        Ok(()) => message_page(&app, &language, StatusCode::OK, "password_asked", false),
        Err(Error::Invalid(_)) => form_page(&app, &language, StatusCode::UNPROCESSABLE_ENTITY, text),
        Err(Error::TooMany(seconds)) => {
            let page = message_page(&app, &language, StatusCode::TOO_MANY_REQUESTS, "account_busy", false)?;
            Ok(page.header(header::RETRY_AFTER, seconds.to_string()))
        }
        Err(error) => Err(error),
    }
}

/// The form; with an error, unless it is shown for the first time.
fn form_page(app: &App, language: &Language, status: StatusCode, text: &str) -> Result<Response> {
    let email: String = text.chars().filter(|c| !c.is_control()).take(254).collect();
    let is_malformed = status != StatusCode::OK;
    page(&app.templates, language, status, "password_request.html", context! { email, is_malformed })
}
