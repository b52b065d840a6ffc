//! Choosing a password: with the token of a link, or with the current password.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::accounts::passwords;
use crate::app::App;
use crate::auth::{Actor, WriteAccount};
use crate::base::error::Result;
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};

/// A password, chosen with the link in an email.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The last part of the link in the email.
    #[schema(min_length = 1, max_length = 100)]
    token: String,
    /// The password: 15 characters to 256 bytes; at least 8 characters for roles that must have a second factor.
    #[schema(min_length = 8, max_length = 256, format = Password)]
    new_password: String,
}

/// The current password and the next one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The current password, at most 256 bytes.
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    /// The password: 15 characters to 256 bytes; at least 8 characters for roles that must have a second factor.
    #[schema(min_length = 8, max_length = 256, format = Password)]
    new_password: String,
}

/// Set a password with a link
///
/// Needs no access token. Accepts an invitation or completes a password reset with the token in the link that was
/// mailed. Ends all sessions of the user and starts none: log in afterwards, with the second factor if there is one.
/// Tells the user by mail that the password has changed, unless it is the first. Responds 422 if the password is too
/// short (`password-too-short`) or too long (`password-too-long`), has fewer than five different characters
/// (`password-too-simple`), is one of the most common ones (`password-common`), or contains the address, the name or
/// the site's title (`password-contains-context`); the link still works then. Passwords are compared in Unicode's form
/// NFKC.
#[utoipa::path(post, path = "/v1/auth/passwords", tag = "accounts", security(()), request_body = SetPassword,
    responses(
        (status = 204, description = "The password is set."),
        (status = 409, description = "`link-invalid`: the link is unknown, has expired, or was used or replaced. Ask for another one."),
    ))]
pub async fn set_password(
    app: Data<App>,
    req: HttpRequest,
    body: Json<SetPassword, Small>,
) -> Result<Response> {
    let SetPassword { token, new_password } = body.value;
    passwords::choose(&app, &req, &token, &new_password).await?;
    Ok(Response::no_content())
}

/// Change your password
///
/// Requires an access token of any role. Ends the user's other sessions and tells the user by mail. A wrong current password
/// responds with 401 `invalid-credentials` and delays further attempts as a failed login does. Responds 422 if the new
/// password breaks a rule, as `POST /v1/auth/passwords` does.
#[utoipa::path(post, path = "/v1/me/password", tag = "accounts", security(("bearer" = [])),
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password is changed."),
        (status = 401, description = "`invalid-credentials`: the current password is wrong; this counts as a failed login."),
    ))]
pub async fn change_password(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<WriteAccount>,
    body: Json<ChangePassword>,
) -> Result<Response> {
    let ChangePassword { current_password, new_password } = body.value;
    passwords::change(&app, &req, &actor, &current_password, &new_password).await?;
    Ok(Response::no_content())
}
