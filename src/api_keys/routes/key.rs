//! `/v1/api-keys/{id}`: one key.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{ApiKey, find, lock, lock_own};
use crate::accounts::confirm::confirm_identity;
use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::api_keys::store::{self, ApiKeyChange};
use crate::api_keys::{self, ApiKeyScope, ScopeList};
use crate::app::App;
use crate::auth::{Actor, WriteApiKeys};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result, Violations};
use crate::base::http::json::{Clearable, present};
use crate::base::http::{MergePatch, Response};
use crate::base::ids::ApiKeyId;
use crate::users::store::UserRow;

/// Changes to an API key. Omitted fields keep their value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateApiKey {
    /// What the key is for: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "line", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What the key may do from now on: rights that the caller's role has.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<ApiKeyScope>, required = false, nullable = false, min_items = 1, max_items = 50)]
    scopes: Option<Vec<String>>,
    /// When the key stops working, in the future; `null` for never.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Timestamp>)]
    expires_at: Clearable<Timestamp>,
    /// The user's password. Required to add scopes, or to let the key work for longer.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 256, format = Password)]
    current_password: Option<String>,
    /// A one-time code of the user's second factor, or a recovery code. Required with `current_password` if the user
    /// has one.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 64, example = "123456")]
    code: Option<String>,
}

impl UpdateApiKey {
    fn parse(self, now: Timestamp) -> Result<ApiKeyChange> {
        let mut violations = Violations::default();
        let change = ApiKeyChange {
            name: self.name.and_then(|name| violations.take("/name", api_keys::check_name(&name))),
            scopes: self.scopes.and_then(|scopes| ScopeList::parse(&scopes, &mut violations)),
            expires_at: self.expires_at.and_then(|at| {
                violations.take("/expires_at", at.map(|at| api_keys::check_expiry(at, now)).transpose())
            }),
        };
        violations.check()?;
        Ok(change)
    }
}

/// Get an API key
///
/// Requires an access token of any role; API keys cannot use it. Returns one of the caller's keys; admins get anyone's.
/// Revoked keys respond with 404.
#[utoipa::path(get, path = "/v1/api-keys/{id}", tag = "api-keys", security(("bearer" = [])),
    params(("id" = ApiKeyId, Path, description = "The id of the API key.")),
    responses((status = 200, description = "The API key, without `key`.", body = ApiKey)))]
pub async fn get_api_key(
    app: Data<App>,
    actor: Actor<WriteApiKeys>,
    key: Path<ApiKeyId>,
) -> Result<Response> {
    let (id, now) = (key.into_inner(), app.clock.now());
    let read = move |conn: &mut Connection| {
        let row = find(conn, actor, id)?;
        ApiKey::one(conn, row, now)
    };
    Response::ok(&app.db.read(read).await?)
}

/// Update an API key
///
/// Requires an access token of any role; API keys cannot use it. Changes name, scopes or expiry of one of the caller's
/// own keys, which counts from the next request on; the key itself stays. Scopes that the key does not have yet, and a
/// later expiry or none, require the password, and a code if the user has a second factor; the user is told by mail.
/// Others' keys respond with 404, to admins with 403.
#[utoipa::path(patch, path = "/v1/api-keys/{id}", tag = "api-keys", security(("bearer" = [])),
    params(("id" = ApiKeyId, Path, description = "The id of the API key.")),
    request_body(content = UpdateApiKey, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The updated API key, without `key`.", body = ApiKey),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: repeat the request with `code`."),
    ))]
pub async fn update_api_key(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<WriteApiKeys>,
    key: Path<ApiKeyId>,
    mut body: MergePatch<UpdateApiKey>,
) -> Result<Response> {
    let (id, now) = (key.into_inner(), app.clock.now());
    let (password, code) = (body.value.current_password.take(), body.value.code.take());
    let change = body.value.parse(now)?;
    let emails = AccountEmails::new(&app);
    let update = move |tx: &mut Tx<'_>, user: Option<UserRow>| {
        let row = lock_own(tx, actor, id)?;
        let widens = change.widens(&row);
        if widens && user.is_none() {
            let detail = "Adding scopes or a later expiry requires the password.";
            return Err(Error::invalid("/current_password", "current-password-missing", detail));
        }
        let row = store::update(tx, &row, change.clone())?;
        if let Some(user) = user.filter(|_| widens) {
            emails.account_changed(tx, &user, AccountChange::ApiKeyWidened(&row.name))?;
        }
        ApiKey::one(tx, row, now)
    };
    let updated = match password {
        Some(password) => {
            let confirmed = confirm_identity(&app, &req, &actor, &password, code.as_deref()).await?;
            confirmed.write(move |tx, user| update(tx, Some(user))).await?
        }
        None => app.db.write_as(actor.origin, move |tx| update(tx, None)).await?,
    };
    Response::ok(&updated)
}

/// Revoke an API key
///
/// Requires an access token of any role; API keys cannot use it. The key is refused from the next request on, for good.
/// Users revoke their own keys, admins anyone's.
#[utoipa::path(delete, path = "/v1/api-keys/{id}", tag = "api-keys", security(("bearer" = [])),
    params(("id" = ApiKeyId, Path, description = "The id of the API key.")),
    responses((status = 204, description = "The API key is revoked.")))]
pub async fn delete_api_key(
    app: Data<App>,
    actor: Actor<WriteApiKeys>,
    key: Path<ApiKeyId>,
) -> Result<Response> {
    let id = key.into_inner();
    let revoke = move |tx: &mut Tx<'_>| {
        let row = lock(tx, actor, id)?;
        store::revoke(tx, &row)
    };
    app.db.write_as(actor.origin, revoke).await?;
    Ok(Response::no_content())
}
