//! Giving an API key another secret.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{ApiKey, lock_own};
use crate::accounts::confirm::confirm_identity;
use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::api_keys::{self, DEFAULT_GRACE, store};
use crate::app::App;
use crate::auth::{Actor, WriteApiKeys};
use crate::base::db::Tx;
use crate::base::error::{Result, Violations};
use crate::base::http::json::Small;
use crate::base::http::{Json, Response};
use crate::base::ids::ApiKeyId;
use crate::users::store::UserRow;

/// How a key is rotated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateApiKey {
    /// The user's password.
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    /// A one-time code of the user's second factor, or a recovery code. Required if the user has one.
    #[serde(default)]
    #[schema(max_length = 64, example = "123456")]
    code: Option<String>,
    /// For how many seconds the present key still works; 0 ends it at once, for a key that others may know.
    /// Default: 86400.
    #[serde(default = "default_grace")]
    #[schema(minimum = 0, maximum = 604_800)]
    grace_seconds: i64,
}

fn default_grace() -> i64 {
    DEFAULT_GRACE
}

/// Rotate an API key
///
/// Requires an access token of any role, the password, and a code if the user has a second factor; API keys cannot use
/// it. Returns another key for the same id, name and scopes in `key`, once: store it now. The present key works for
/// `grace_seconds` more, a day by default, so that programs can change over; one that was replaced before stops at
/// once. The expiry stays. The user is told by mail. Others' keys respond with 404, to admins with 403.
#[utoipa::path(post, path = "/v1/api-keys/{id}/rotate", tag = "api-keys", security(("bearer" = [])),
    params(("id" = ApiKeyId, Path, description = "The id of the API key.")),
    request_body = RotateApiKey,
    responses(
        (status = 200, description = "The API key, with the new `key`.", body = ApiKey),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: repeat the request with `code`."),
    ))]
pub async fn rotate_api_key(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<WriteApiKeys>,
    key: Path<ApiKeyId>,
    body: Json<RotateApiKey, Small>,
) -> Result<Response> {
    let (id, now) = (key.into_inner(), app.clock.now());
    let RotateApiKey { current_password, code, grace_seconds } = body.value;
    let mut violations = Violations::default();
    let grace = violations.take("/grace_seconds", api_keys::check_grace(grace_seconds));
    violations.check()?;
    let grace = grace.unwrap_or_default();
    let confirmed = confirm_identity(&app, &req, &actor, &current_password, code.as_deref()).await?;
    let emails = AccountEmails::new(&app);
    let rotate = move |tx: &mut Tx<'_>, user: UserRow| {
        let row = lock_own(tx, actor, id)?;
        let (row, text) = store::rotate(tx, row, grace)?;
        emails.account_changed(tx, &user, AccountChange::ApiKeyRotated(&row.name))?;
        Ok(ApiKey::one(tx, row, now)?.with_key(&text))
    };
    Response::ok(&confirmed.write(rotate).await?)
}
