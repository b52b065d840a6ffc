//! How webhooks are stored.

use diesel::prelude::*;

use super::progress::ProgressRow;
use super::signing::Secrets;
use super::{BodyFormat, DisabledReason, MAX_WEBHOOKS, deliveries, progress};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{webhook_progress, webhooks};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::{self, Event};
use crate::base::ids::{ActorId, UserId, WebhookId};

/// A row of `webhooks`. `Debug` shows no secret.
#[derive(Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct WebhookRow {
    /// The id.
    pub id: WebhookId,
    /// Who created it, or changed where it leads or what is sent: what they may see is sent.
    pub actor_id: ActorId,
    /// The user, if that is one, or else the API key's.
    pub user_id: UserId,
    /// Where it leads.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Which events are sent.
    pub events: Json<Vec<String>>,
    /// Only events about articles in these languages, if there are any.
    pub locales: Json<Vec<String>>,
    /// What the body is.
    pub format: BodyFormat,
    /// For how many seconds events are collected.
    pub coalesce_seconds: i64,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why the server has disabled it, if it has.
    pub disabled_reason: Option<DisabledReason>,
    sealed: Vec<u8>,
    /// Until when the secret before the last rotation signs, too.
    pub previous_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for WebhookRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookRow({})", self.id)
    }
}

/// What is set of a webhook.
#[derive(Debug, Clone)]
pub struct Settings {
    /// See [`WebhookRow`], as the following.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Which events are sent.
    pub events: Vec<String>,
    /// In which languages.
    pub locales: Vec<String>,
    /// What the body is.
    pub format: BodyFormat,
    /// For how many seconds events are collected.
    pub coalesce_seconds: i64,
    /// Whether anything is sent.
    pub enabled: bool,
}

impl WebhookRow {
    /// Which events are sent.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        self.events.clone().read(format_args!("webhooks.events of {}", self.id)).unwrap_or_default()
    }

    /// In which languages; none for all.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        self.locales.clone().read(format_args!("webhooks.locales of {}", self.id)).unwrap_or_default()
    }

    /// Its secrets and headers.
    ///
    /// # Errors
    /// Internal, if they were encrypted with other keys.
    pub fn secrets(&self, keys: &Keys) -> Result<Secrets> {
        Secrets::unseal(keys, &self.sealed)
    }

    /// Replaces its secrets and headers. The row is left to the caller to save.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn set_secrets(&mut self, tx: &Tx<'_>, keys: &Keys, secrets: &Secrets) -> Result<()> {
        self.sealed = secrets.seal(keys, tx.random())?;
        Ok(())
    }

    /// Makes this user or API key the owner.
    pub fn set_owner(&mut self, actor: ActorId, user: UserId) {
        (self.actor_id, self.user_id) = (actor, user);
    }
}

/// Up to `limit` webhooks that follow `after`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Connection, after: Option<WebhookId>, limit: i64) -> Result<Vec<WebhookRow>> {
    let mut rows = webhooks::table.into_boxed();
    if let Some(after) = after {
        rows = rows.filter(webhooks::id.lt(after));
    }
    Ok(rows.order(webhooks::id.desc()).limit(limit).load(conn)?)
}

/// The enabled webhooks with their progress.
pub(super) fn enabled(conn: &mut Connection) -> Result<Vec<(WebhookRow, ProgressRow)>> {
    let progress = webhook_progress::table.on(webhook_progress::webhook_id.eq(webhooks::id));
    let enabled = webhooks::table.inner_join(progress).filter(webhooks::enabled.eq(true));
    Ok(enabled.order(webhooks::id).load(conn)?)
}

/// How many webhooks there are.
///
/// # Errors
/// Those of the database.
pub fn count(conn: &mut Connection) -> Result<i64> {
    Ok(webhooks::table.count().get_result(conn)?)
}

/// The webhook with that id.
///
/// # Errors
/// Not found.
pub fn get(conn: &mut Connection, id: WebhookId) -> Result<WebhookRow> {
    let found = webhooks::table.filter(webhooks::id.eq(id)).get_result(conn).optional()?;
    found.ok_or(Error::NotFound("webhook"))
}

/// The webhook with that id, locked until this unit of work ends.
///
/// # Errors
/// Not found.
pub fn lock(tx: &mut Tx<'_>, id: WebhookId) -> Result<WebhookRow> {
    let wanted = webhooks::table.filter(webhooks::id.eq(id));
    let found = match &mut **tx {
        Connection::Sqlite(conn) => wanted.get_result(conn).optional()?,
        Connection::Postgres(conn) => wanted.for_update().get_result(conn).optional()?,
    };
    found.ok_or(Error::NotFound("webhook"))
}

/// Creates a webhook. It is sent what happens from now on.
///
/// # Errors
/// Conflict `webhooks-too-many`.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (actor, user): (ActorId, UserId),
    settings: &Settings,
    headers: std::collections::BTreeMap<String, String>,
) -> Result<(WebhookRow, String)> {
    AdvisoryLock::Webhooks.take(tx)?;
    if count(tx)? >= MAX_WEBHOOKS {
        let detail = format!("There can be {MAX_WEBHOOKS} webhooks. Delete one that is not needed.");
        return Err(Error::conflict("webhooks-too-many", detail));
    }
    let (now, secrets) = (tx.now(), Secrets::make(tx.random(), headers)?);
    let row = WebhookRow {
        id: tx.new_id()?,
        actor_id: actor,
        user_id: user,
        url: settings.url.clone(),
        description: settings.description.clone(),
        events: Json::Readable(settings.events.clone()),
        locales: Json::Readable(settings.locales.clone()),
        format: settings.format,
        coalesce_seconds: settings.coalesce_seconds,
        enabled: settings.enabled,
        disabled_reason: None,
        sealed: secrets.seal(keys, tx.random())?,
        previous_until: None,
        created_at: now,
        updated_at: now,
    };
    let insert = || diesel::insert_into(webhooks::table).values(&row);
    crate::on_each!(&mut **tx, conn => insert().execute(conn))?;
    let newest = events::newest(tx)?;
    progress::start(tx, row.id, newest)?;
    tx.append(Event::WebhookCreated(row.id));
    Ok((row, secrets.secret))
}

/// Saves a locked webhook that was changed. One that is enabled again is sent what happens from now on. With another URL or
/// other headers, what was rejected is sent again at once; failures at the former URL do not count for the next.
///
/// # Errors
/// Those of the database.
pub fn update(tx: &mut Tx<'_>, before: &WebhookRow, mut row: WebhookRow) -> Result<WebhookRow> {
    if row == *before {
        return Ok(row);
    }
    if row.enabled && !before.enabled {
        row.disabled_reason = None;
        let newest = events::newest(tx)?;
        progress::restart(tx, row.id, newest)?;
    }
    if row.url != before.url {
        progress::reset(tx, row.id)?;
        deliveries::reset_attempts(tx, row.id)?;
    }
    if row.url != before.url || row.sealed != before.sealed {
        deliveries::make_due(tx, row.id)?;
    }
    save(tx, &mut row)?;
    tx.append(Event::WebhookUpdated(row.id));
    Ok(row)
}

fn save(tx: &mut Tx<'_>, row: &mut WebhookRow) -> Result<()> {
    row.updated_at = tx.now();
    let own = webhooks::table.filter(webhooks::id.eq(row.id));
    diesel::update(own).set(&*row).execute(&mut **tx)?;
    Ok(())
}

/// Gives a locked webhook another secret; the one that is replaced signs for another day.
///
/// # Errors
/// Internal, if there are no random bytes.
pub fn rotate(tx: &mut Tx<'_>, keys: &Keys, mut row: WebhookRow) -> Result<(WebhookRow, String)> {
    let mut secrets = row.secrets(keys)?;
    row.previous_until = Some(secrets.rotate(tx.random(), tx.now())?);
    row.set_secrets(tx, keys, &secrets)?;
    save(tx, &mut row)?;
    tx.append(Event::WebhookRotated(row.id));
    Ok((row, secrets.secret))
}

/// Disables a locked webhook for that reason.
///
/// # Errors
/// Those of the database.
pub(super) fn disable(tx: &mut Tx<'_>, row: &mut WebhookRow, reason: DisabledReason) -> Result<()> {
    row.enabled = false;
    row.disabled_reason = Some(reason);
    save(tx, row)?;
    tx.append(Event::WebhookDisabled { webhook: row.id, reason: reason.as_str().to_owned() });
    Ok(())
}

/// Begins to send a locked webhook again what follows the event with the number `after`.
///
/// # Errors
/// Those of the database.
pub fn replay(tx: &mut Tx<'_>, id: WebhookId, after: i64) -> Result<()> {
    let newest = events::newest(tx)?;
    if after < newest {
        progress::replay(tx, id, after, newest)?;
    }
    tx.append(Event::WebhookReplayed(id));
    Ok(())
}

/// Deletes a webhook. Its deliveries are deleted in the background.
///
/// # Errors
/// Not found.
pub fn delete(tx: &mut Tx<'_>, id: WebhookId) -> Result<()> {
    // In the order in which all others lock these rows.
    lock(tx, id)?;
    diesel::delete(webhook_progress::table.filter(webhook_progress::webhook_id.eq(id))).execute(&mut **tx)?;
    diesel::delete(webhooks::table.filter(webhooks::id.eq(id))).execute(&mut **tx)?;
    tx.append(Event::WebhookDeleted(id));
    Ok(())
}

/// Gives the webhooks of a user who is erased to another, who may see what is sent from then on. Those of the user's API keys,
/// which could see less, are disabled instead, and so are all if there is no other user.
///
/// # Errors
/// Those of the database.
pub fn hand_over(tx: &mut Tx<'_>, from: UserId, to: Option<UserId>) -> Result<()> {
    let own: Vec<WebhookId> =
        webhooks::table.filter(webhooks::user_id.eq(from)).select(webhooks::id).load(&mut **tx)?;
    for id in own {
        let mut row = lock(tx, id)?;
        match to.filter(|_| row.actor_id == ActorId::from(from)) {
            Some(to) => {
                row.set_owner(to.into(), to);
                save(tx, &mut row)?;
            }
            None => disable(tx, &mut row, DisabledReason::OwnerErased)?,
        }
    }
    Ok(())
}
