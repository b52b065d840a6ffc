//! Asking for a link to choose another password.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::resets;
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};

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
/// Needs no access token. Sends the user with this email address a link to choose another password, at most five within
/// an hour. The link works once, for ten minutes after the mail server has accepted the email. A request from a network
/// that the user has logged in from within 30 days replaces an earlier link; one from elsewhere is ignored while a link
/// works, and has five an hour of its own. The response is the same, and takes as long, if no user has the address, or
/// the user is disabled or only invited: then no email is sent. Too many requests from one network, or from all
/// together, respond with 429.
#[utoipa::path(post, path = "/v1/auth/password-resets", tag = "accounts", security(()),
    request_body = CreatePasswordReset,
    responses((status = 202, description = "An email will be sent, if a user has this address.")))]
pub async fn create_password_reset(
    app: Data<App>,
    req: HttpRequest,
    body: Json<CreatePasswordReset, Small>,
) -> Result<Response> {
    resets::request(&app, &req, &body.value.email).await?;
    Ok(Response::no_content().status(StatusCode::ACCEPTED))
}
