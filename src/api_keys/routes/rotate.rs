//! Giving an API key another secret.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{ApiKey, lock_own};
use crate::api_keys::{self, DEFAULT_GRACE, store};
use crate::app::App;
use crate::auth::{Actor, WriteApiKeys};
use crate::base::db::Tx;
use crate::base::error::{Result, Violations};
use crate::base::http::Response;
use crate::base::http::json::OptionalJson;
use crate::base::ids::ApiKeyId;

/// How a key is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateApiKey {
    /// For how many seconds the present key still works; 0 ends it at once, for a key that others may know.
    #[serde(default = "default_grace")]
    #[schema(minimum = 0, maximum = 604_800, default = 86_400)]
    grace_seconds: i64,
}

fn default_grace() -> i64 {
    DEFAULT_GRACE
}

/// Rotate an API key
///
/// Requires an access token of any role; API keys cannot use it. Returns another key for the same id, name and scopes in
/// `key`, once: store it now. The present key works for `grace_seconds` more, a day by default, so that programs can change
/// over; one that was replaced before stops at once. The expiry stays. Others' keys respond with 404, to admins with 403.
#[utoipa::path(post, path = "/v1/api-keys/{key}/rotate", tag = "api-keys", security(("bearer" = [])),
    params(("key" = ApiKeyId, Path, description = "The id of the API key.")),
    request_body(content = Option<RotateApiKey>, content_type = "application/json"),
    responses((status = 200, description = "The API key, with the new `key`.", body = ApiKey)))]
pub async fn rotate_api_key(
    app: Data<App>,
    actor: Actor<WriteApiKeys>,
    key: Path<ApiKeyId>,
    body: OptionalJson<RotateApiKey>,
) -> Result<Response> {
    let (id, now) = (key.into_inner(), app.clock.now());
    let seconds = body.0.map_or(DEFAULT_GRACE, |body| body.grace_seconds);
    let mut violations = Violations::default();
    let grace = violations.take("/grace_seconds", api_keys::check_grace(seconds));
    violations.check()?;
    let grace = grace.unwrap_or_default();
    let rotate = move |tx: &mut Tx<'_>| {
        let row = lock_own(tx, actor, id)?;
        let (row, text) = store::rotate(tx, row, grace)?;
        Ok(ApiKey::one(tx, row, now)?.with_key(&text))
    };
    Response::ok(&app.db.write_as(actor.origin, rotate).await?)
}
