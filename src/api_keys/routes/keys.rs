//! `/v1/api-keys`: the list, and creating a key.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::ApiKey;
use crate::accounts::confirm::confirm_identity;
use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::api_keys::{ApiKeyFilter, ApiKeyScope, NewApiKey, store};
use crate::app::App;
use crate::auth::{Actor, WriteApiKeys};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::json::Small;
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Json, PageRequest, Query, Response};
use crate::users::store::UserRow;

/// A page of API keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyPage {
    /// The API keys.
    #[schema(max_items = 100)]
    items: Vec<ApiKey>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of API keys in the whole list; present only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

impl FromParams for ApiKeyFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { owner: params.id("owner") }
    }
}

/// An API key to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// The user's password.
    #[schema(max_length = 256, format = Password)]
    current_password: String,
    /// A one-time code of the user's second factor, or a recovery code. Required if the user has one.
    #[serde(default)]
    #[schema(max_length = 64, example = "123456")]
    code: Option<String>,
    /// What the key is for: one line.
    #[schema(format = "line", min_length = 1, max_length = 100, example = "Website build")]
    name: String,
    /// What the key may do: rights that the caller's role has.
    #[schema(value_type = Vec<ApiKeyScope>, min_items = 1, max_items = 50)]
    scopes: Vec<String>,
    /// When the key stops working, in the future. Omitted: never.
    expires_at: Option<Timestamp>,
}

/// List API keys
///
/// Requires an access token of any role; API keys cannot use it. Returns the caller's keys that are not revoked, newest
/// first, and for admins everyone's. Keys themselves are not returned.
#[utoipa::path(get, path = "/v1/api-keys", tag = "api-keys", security(("bearer" = [])),
    params(ApiKeyFilter, PageParams),
    responses((status = 200, description = "A page of API keys.", body = ApiKeyPage)))]
pub async fn list_api_keys(
    app: Data<App>,
    actor: Actor<WriteApiKeys>,
    req: HttpRequest,
    Query((filter, page)): Query<(ApiKeyFilter, PageRequest)>,
) -> Result<Response> {
    let now = app.clock.now();
    let only_of = actor.only_of();
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("api keys", &filter, only_of),
            |conn, after, limit| store::list(conn, &filter, only_of, after, limit),
            |row| row.id,
            |conn| store::count(conn, &filter, only_of),
        )?;
        page.try_convert(|rows| ApiKey::all(conn, rows, now))
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Create an API key
///
/// Requires an access token of any role, the password, and a code if the user has a second factor; API keys cannot use
/// it. Returns the key in `key`, once: store it now. Send it as `Authorization: Bearer`. It may use the operations
/// whose `x-right` is one of its scopes, within what the owner's role allows at that moment. A scope beyond the
/// caller's role is refused with 422. A key keeps working when the password is changed. The user is told by mail. The
/// request takes no `Idempotency-Key`, because the response is not stored: if it is lost, revoke the key and create
/// another.
#[utoipa::path(post, path = "/v1/api-keys", tag = "api-keys", security(("bearer" = [])), request_body = CreateApiKey,
    responses(
        (status = 201, description = "The API key, with `key`.", body = ApiKey,
         headers(("Location" = String, description = "The URL of the API key."))),
        (status = 401, description = "`invalid-credentials`: the password or the code is wrong, or the code was used before; this counts as a failed login. `second-factor-required`: repeat the request with `code`."),
        (status = 409, description = "`keys-too-many`: the user has 100 keys. Revoke one."),
    ))]
pub async fn create_api_key(
    app: Data<App>,
    req: HttpRequest,
    actor: Actor<WriteApiKeys>,
    body: Json<CreateApiKey, Small>,
) -> Result<Response> {
    let CreateApiKey { current_password, code, name, scopes, expires_at } = body.value;
    let now = app.clock.now();
    let new = NewApiKey::parse(&name, &scopes, expires_at, now)?;
    let confirmed = confirm_identity(&app, &req, &actor, &current_password, code.as_deref()).await?;
    let emails = AccountEmails::new(&app);
    let create = move |tx: &mut Tx<'_>, user: UserRow| {
        let (row, text) = store::create(tx, user.id, &new)?;
        emails.account_changed(tx, &user, AccountChange::ApiKeyCreated(&row.name))?;
        let location = format!("/v1/api-keys/{}", row.id);
        Response::created(location, &ApiKey::one(tx, row, now)?.with_key(&text))
    };
    confirmed.write(create).await
}
