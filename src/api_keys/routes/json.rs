//! API keys as JSON, and who may use which.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api_keys::ApiKeyScope;
use crate::api_keys::store::{self, ApiKeyRow};
use crate::auth::api_key::{ApiKeyText, START};
use crate::auth::{Actor, WriteApiKeys};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Denial, Error, Result};
use crate::base::ids::ApiKeyId;
use crate::users::Actors;

/// An API key: what a program sends as `Authorization: Bearer`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKey {
    id: ApiKeyId,
    /// What the key is for.
    #[schema(min_length = 1, max_length = 100, example = "Website build")]
    name: String,
    /// How the key begins, to recognise it.
    #[schema(min_length = 13, max_length = 13, pattern = "^lede_[0-9A-Za-z]{8}$", example = "lede_4fQ0ZbX1")]
    prefix: String,
    /// The key itself. Only in the response that creates or rotates it; only a hash of it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, min_length = 63, max_length = 63)]
    key: Option<String>,
    /// What the key may do, as long as the owner's role allows it, too.
    #[schema(value_type = Vec<ApiKeyScope>, min_items = 1, max_items = 50)]
    scopes: Vec<String>,
    /// The user for whom the key acts.
    owner: ActorRef,
    /// When the key was created.
    created_at: Timestamp,
    /// When the key stops working; `null` for never.
    expires_at: Option<Timestamp>,
    /// When the key was last used, to the minute; `null` if it never was.
    last_used_at: Option<Timestamp>,
    /// Until when the secret before the last rotation works; `null` if it does not.
    previous_until: Option<Timestamp>,
}

impl ApiKey {
    /// Keys as they are at `now`.
    pub fn all(conn: &mut Connection, rows: Vec<ApiKeyRow>, now: Timestamp) -> Result<Vec<Self>> {
        let owners = Actors::load(conn, rows.iter().map(|row| row.user_id))?;
        Ok(rows.into_iter().map(|row| Self::new(row, &owners, now)).collect())
    }

    /// A key as it is at `now`.
    pub fn one(conn: &mut Connection, row: ApiKeyRow, now: Timestamp) -> Result<Self> {
        let owners = Actors::load(conn, [row.user_id])?;
        Ok(Self::new(row, &owners, now))
    }

    /// The same, with the key itself.
    pub fn with_key(self, text: &ApiKeyText) -> Self {
        Self { key: Some(text.expose()), ..self }
    }

    fn new(row: ApiKeyRow, owners: &Actors, now: Timestamp) -> Self {
        Self {
            prefix: format!("{START}{}", row.prefix),
            key: None,
            scopes: row.scopes.read(format_args!("api_keys.scopes of {}", row.id)).unwrap_or_default(),
            owner: owners.get(row.user_id),
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            previous_until: row.previous_until.filter(|until| *until > now),
        }
    }
}

/// A key that the caller may read: their own, and for admins anyone's.
pub fn find(conn: &mut Connection, actor: Actor<WriteApiKeys>, id: ApiKeyId) -> Result<ApiKeyRow> {
    check(actor, store::get(conn, id)?)
}

/// A key that the caller may revoke: their own, and for admins anyone's.
pub fn lock(tx: &mut Tx<'_>, actor: Actor<WriteApiKeys>, id: ApiKeyId) -> Result<ApiKeyRow> {
    check(actor, store::lock(tx, id)?)
}

/// A key that the caller owns. Others' are hidden, or forbidden to those who may read them.
pub fn lock_own(tx: &mut Tx<'_>, actor: Actor<WriteApiKeys>, id: ApiKeyId) -> Result<ApiKeyRow> {
    let row = lock(tx, actor, id)?;
    if row.user_id == actor.user { Ok(row) } else { Err(Error::Forbidden(Denial::Right)) }
}

fn check(actor: Actor<WriteApiKeys>, row: ApiKeyRow) -> Result<ApiKeyRow> {
    if actor.covers(row.user_id) { Ok(row) } else { Err(Error::Hidden("API key")) }
}
