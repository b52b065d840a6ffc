//! The second factor of the current user.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::confirm::{Confirmed, confirm_identity, confirm_password};
use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::accounts::second_factor::{Code, RecoveryCode, store};
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, Identity, UseAccount};
use crate::base::error::{Error, Result};
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};
use crate::site::store::title_and_description;

/// What confirms a change to the second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIdentity {
    /// The user's password.
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    /// The one-time code of the active authenticator app, or a recovery code. Required once a second factor is active.
    #[serde(default)]
    #[schema(max_length = 64, example = "123456")]
    code: Option<String>,
}

/// The first code of an authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotp {
    /// The user's password.
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    /// The code that the authenticator app shows now.
    #[schema(max_length = 64, example = "123456")]
    code: String,
}

/// What an authenticator app needs. It is shown once.
#[derive(Serialize, ToSchema)]
pub struct TotpSetup {
    /// The secret in base32, to be typed into an app: SHA-1, six digits, 30 seconds.
    #[schema(min_length = 32, max_length = 32)]
    secret: String,
    /// The same as a URL, to be shown as a QR code.
    #[schema(format = Uri, max_length = 3000)]
    otpauth_url: String,
}

/// Codes that stand in for the authenticator app once each. They are shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes. Those from before do not work any more.
    #[schema(value_type = Vec<RecoveryCode>, min_items = 10, max_items = 10)]
    recovery_codes: Vec<String>,
}

impl ConfirmIdentity {
    async fn confirm(&self, app: &App, req: &HttpRequest, actor: &Identity) -> Result<Confirmed> {
        confirm_identity(app, req, actor, &self.current_password, self.code.as_deref()).await
    }
}

impl RecoveryCodes {
    fn respond(codes: &[RecoveryCode]) -> Result<Response> {
        private(&Self { recovery_codes: codes.iter().map(RecoveryCode::expose).collect() })
    }
}

fn private(value: &impl Serialize) -> Result<Response> {
    Ok(Response::ok(value)?.header(header::CACHE_CONTROL, "no-store"))
}

/// Set up a second factor
///
/// Requires an access token of any role, and the password. Returns a new secret for an authenticator app. It is not active until
/// `POST /v1/me/totp/confirm` has shown that the app has it, within an hour. A second factor that is active stays active until
/// then; to replace it, its `code` is required.
#[utoipa::path(post, path = "/v1/me/totp", tag = "accounts", security(("bearer" = [])), request_body = ConfirmIdentity,
    responses(
        (status = 201, description = "The secret.", body = TotpSetup),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: a second factor is active; repeat the request with its `code`."),
    ))]
pub async fn create_totp(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<UseAccount>,
    body: Json<ConfirmIdentity, Small>,
) -> Result<Response> {
    let confirmed = body.value.confirm(&app, &req, &actor).await?;
    let (keys, config) = (app.keys.clone(), app.config.clone());
    let begin = confirmed.write(move |tx, user| {
        let secret = store::begin(tx, &keys, user.id)?;
        let (site, _) = title_and_description(tx, &config)?;
        let otpauth_url = secret.url(&site, &user.email)?;
        Ok(TotpSetup { secret: secret.base32(), otpauth_url })
    });
    Ok(private(&begin.await?)?.status(StatusCode::CREATED))
}

/// Confirm a second factor
///
/// Requires an access token of any role, the password, and the code that the app shows. From now on, a login needs a
/// code. Ends the user's other sessions, because they were started without one, and tells the user by mail. Returns ten
/// recovery codes for the day when the app is lost.
#[utoipa::path(post, path = "/v1/me/totp/confirm", tag = "accounts", security(("bearer" = [])),
    request_body = ConfirmTotp,
    responses(
        (status = 200, description = "The recovery codes.", body = RecoveryCodes),
        (status = 401, description = "`invalid-credentials`: the password is wrong; this counts as a failed login."),
        (status = 409, description = "`second-factor-not-begun`: begin with `POST /v1/me/totp`."),
    ))]
pub async fn confirm_totp(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<UseAccount>,
    body: Json<ConfirmTotp, Small>,
) -> Result<Response> {
    let ConfirmTotp { current_password, code } = body.value;
    let (code, session, emails) = (Code::parse(Some(&code))?, actor.session, AccountEmails::new(&app));
    let confirmed = confirm_password(&app, &req, &actor, &current_password).await?;
    let confirm = confirmed.write(move |tx, user| {
        let codes = store::confirm(tx, emails.keys(), user.id, code.as_ref())?;
        let change = match user.second_factor_at {
            Some(_) => AccountChange::SecondFactorReplaced,
            None => AccountChange::SecondFactorEnabled,
        };
        emails.account_changed(tx, &user, change)?;
        sessions::end(tx, user.id, session.map_or(Which::All, Which::AllBut))?;
        Ok(codes)
    });
    RecoveryCodes::respond(&confirm.await?)
}

/// Disable the second factor
///
/// Requires an access token of any role, the password, and a code once the second factor is active. Removes it and its
/// recovery codes, and tells the user by mail. Sessions go on; `POST /v1/auth/logout` with the scope `others` ends the
/// others.
#[utoipa::path(post, path = "/v1/me/totp/disable", tag = "accounts", security(("bearer" = [])),
    request_body = ConfirmIdentity,
    responses(
        (status = 204, description = "The second factor is removed."),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: repeat the request with `code`."),
        (status = 409, description = "`second-factor-inactive`: there is none. `second-factor-mandatory`: the role requires one; `POST /v1/me/totp` replaces it."),
    ))]
pub async fn disable_totp(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<UseAccount>,
    body: Json<ConfirmIdentity, Small>,
) -> Result<Response> {
    let confirmed = body.value.confirm(&app, &req, &actor).await?;
    let (emails, config) = (AccountEmails::new(&app), app.config.clone());
    let disable = confirmed.write(move |tx, user| {
        if config.accounts.requires_second_factor(&user.role) {
            let detail = "Your role requires a second factor. Set up another one to replace it.";
            return Err(Error::conflict("second-factor-mandatory", detail));
        }
        if store::remove(tx, &emails, &user)? { Ok(()) } else { Err(inactive()) }
    });
    disable.await?;
    Ok(Response::no_content())
}

/// Create new recovery codes
///
/// Requires an access token of any role, the password and a code. Returns ten recovery codes that replace those from
/// before, and tells the user by mail.
#[utoipa::path(post, path = "/v1/me/totp/recovery-codes", tag = "accounts", security(("bearer" = [])),
    request_body = ConfirmIdentity,
    responses(
        (status = 201, description = "The recovery codes.", body = RecoveryCodes),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: repeat the request with `code`."),
        (status = 409, description = "`second-factor-inactive`: there is no second factor."),
    ))]
pub async fn create_recovery_codes(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<UseAccount>,
    body: Json<ConfirmIdentity, Small>,
) -> Result<Response> {
    let confirmed = body.value.confirm(&app, &req, &actor).await?;
    let emails = AccountEmails::new(&app);
    let replace = confirmed.write(move |tx, user| {
        if user.second_factor_at.is_none() {
            return Err(inactive());
        }
        emails.account_changed(tx, &user, AccountChange::RecoveryCodesCreated)?;
        store::replace_codes(tx, emails.keys(), user.id)
    });
    Ok(RecoveryCodes::respond(&replace.await?)?.status(StatusCode::CREATED))
}

fn inactive() -> Error {
    Error::conflict("second-factor-inactive", "You have no second factor.")
}
