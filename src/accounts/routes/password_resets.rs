//! Asking for a link to choose another password.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::resets;
use crate::app::App;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::json::Small;
use crate::base::http::limit::Policy;
use crate::base::http::{Json, Response};
use crate::base::text::email::EmailAddress;

/// Whose password is to be reset.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePasswordReset {
    /// The user's email address.
    #[schema(format = "email-address", min_length = 3, max_length = 254, example = "ada@website.example")]
    email: String,
}

/// Request a password reset
///
/// Needs no access token. Sends the user with this email address a link to choose another password, at most five within an
/// hour. The link works once, for ten minutes after the mail server has accepted the email, and replaces earlier ones. The
/// response is the same, and takes as long, if no user has the address, or the user is disabled or only invited: then no
/// email is sent. Too many requests from one network respond with 429.
#[utoipa::path(post, path = "/v1/auth/password-resets", tag = "accounts", security(()),
    request_body = CreatePasswordReset,
    responses((status = 202, description = "An email will be sent, if a user has this address.")))]
pub async fn create_password_reset(
    app: Data<App>,
    req: HttpRequest,
    body: Json<CreatePasswordReset, Small>,
) -> Result<Response> {
    app.limits.admit_network(&req, Policy::PasswordReset)?;
    let email = EmailAddress::parse(&body.value.email)
        .map_err(|Invalid { code, detail }| Error::invalid("/email", code, detail))?;
    app.db.write_as(app.origin(&req, None), move |tx| resets::request(tx, &email)).await?;
    Ok(Response::no_content().status(StatusCode::ACCEPTED))
}
