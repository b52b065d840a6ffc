//! `/account/password/{token}`: the page that the link in an invitation or a password reset opens.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use super::pages::{DeadLink, message_page, user_language};
use crate::accounts::links::{self, Lookup, Purpose};
use crate::accounts::passwords;
use crate::app::App;
use crate::auth::min_chars;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::html::page;
use crate::base::http::{Form, Response};
use crate::base::templates::Language;
use crate::users::store::UserRow;

const DEAD_LINK: DeadLink = DeadLink { unknown: "link_broken", expired: "link_expired", has_link: true };

/// The fields of the form. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct PasswordForm {
    /// The password: 15 characters to 256 bytes; at least 8 characters for roles that must have a second factor.
    #[schema(max_length = 256, format = Password)]
    password: String,
    /// The same once more.
    #[schema(max_length = 256, format = Password)]
    repeated: String,
}

/// Get the password page
///
/// The page that the link in an invitation or a password reset opens, unless `LEDE_ACCOUNT_URL` points it elsewhere. It has a
/// form for the password; opening it changes nothing. Responds 404 if the link is unknown and 410 if it has expired or was
/// used or replaced.
#[utoipa::path(get, path = "/account/password/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired, or was used or replaced.", body = String, content_type = "text/html"),
    ))]
pub async fn get_password_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    match find(&app, &token).await? {
        Lookup::Good(link) => form_page(&app, &user_language(&app, &req, &link.user), &link.user, None),
        lookup => DEAD_LINK.page(&app, &req, &lookup),
    }
}

/// Set a password with a form
///
/// What the button of the password page does: the same as `POST /v1/auth/passwords`. Takes
/// `application/x-www-form-urlencoded` or `multipart/form-data`; unknown fields are ignored. A password that breaks a rule
/// is refused with 422 and the form; the link still works then.
#[utoipa::path(post, path = "/account/password/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    request_body(content = PasswordForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The password is set.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired, or was used or replaced.", body = String, content_type = "text/html"),
        (status = 422, description = "The form with the error.", body = String, content_type = "text/html"),
    ))]
pub async fn submit_password_page(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    form: Form,
) -> Result<Response> {
    let link = match find(&app, &token).await? {
        Lookup::Good(link) => link,
        lookup => return DEAD_LINK.page(&app, &req, &lookup),
    };
    let language = user_language(&app, &req, &link.user);
    let password = form.text("password").unwrap_or_default();
    if form.text("repeated") != Some(password) {
        return form_page(&app, &language, &link.user, Some("different"));
    }
    match passwords::choose(&app, &req, &token, password).await {
        Ok(()) => message_page(&app, &language, StatusCode::OK, "password_saved", false),
        Err(Error::Invalid(violations)) => {
            let error = violations.as_slice().first().map(|(_, invalid)| explain(invalid));
            form_page(&app, &language, &link.user, error)
        }
        // Another request was faster.
        Err(Error::Conflict(_)) => DEAD_LINK.page(&app, &req, &Lookup::Expired),
        Err(error) => Err(error),
    }
}

async fn find(app: &App, token: &str) -> Result<Lookup> {
    links::look_up(app, token, &Purpose::OF_PASSWORDS).await
}

fn form_page(
    app: &App,
    language: &Language,
    user: &UserRow,
    error: Option<&'static str>,
) -> Result<Response> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let least = min_chars(&app.config, &user.role);
    page(&app.templates, language, status, "password.html", context! { email => &user.email, least, error })
}

/// The name of the text that explains why a password is refused.
fn explain(invalid: &Invalid) -> &'static str {
    match invalid.code.as_ref() {
        "password-too-long" => "too_long",
        "password-too-simple" => "too_simple",
        "password-common" => "common",
        "password-contains-context" => "contains_context",
        _ => "too_short",
    }
}
