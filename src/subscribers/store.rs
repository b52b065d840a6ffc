//! How subscribers are kept.

use diesel::prelude::*;

use super::consent::{PENDING_FOR, QUESTIONS_KEPT_FOR};
use super::{ConfirmationId, Custom, Labels, Line, SignUp, Status, SubscriberId};
use crate::clock::Timestamp;
use crate::db::schema::{confirmations, subscribers};
use crate::db::types::Json;
use crate::db::{Connection, Tx, violation};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::jobs::{self, Job};
use crate::random::Random;
use crate::text::Locale;
use crate::users::UserId;

/// How many rows one write drops.
const PURGED_AT_ONCE: i64 = 250;

/// A subscriber as kept.
#[derive(Debug, Clone, Queryable)]
pub struct SubscriberRow {
    /// Names the subscriber.
    pub id: SubscriberId,
    /// The address as typed.
    pub email: String,
    /// The address as compared.
    pub email_key: String,
    /// What they are called.
    pub name: Option<Line>,
    /// Whether they want mail.
    pub status: Status,
    /// The language they read.
    pub locale: Locale,
    /// What editors put on them.
    pub labels: Json<Labels>,
    /// What the publication notes of them.
    pub custom: Json<Custom>,
    /// Where they signed up.
    pub source: Option<Line>,
    /// When someone last signed up with the address.
    pub signed_up_at: Timestamp,
    /// When someone first did.
    pub created_at: Timestamp,
    /// When they confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When they left.
    pub unsubscribed_at: Option<Timestamp>,
    /// When anything of this was last changed.
    pub updated_at: Timestamp,
}

/// What an editor changes; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = subscribers)]
pub struct SubscriberChanges {
    /// What they are called.
    pub name: Option<Option<Line>>,
    /// The language they read.
    pub locale: Option<Locale>,
    /// What editors put on them.
    pub labels: Option<Json<Labels>>,
    /// What the publication notes of them.
    pub custom: Option<Json<Custom>>,
    /// When.
    pub updated_at: Option<Timestamp>,
}

/// Writes down that someone signed up, and that it is to be decided what follows. New or known, whatever the status: one
/// look-up, one row written, one job, so that the answer's time tells nothing.
///
/// # Errors
/// When the database refuses.
pub fn sign_up(tx: &mut Tx<'_>, random: &Random, sign_up: &SignUp) -> Result<()> {
    let now = tx.now();
    let key = sign_up.email.key();
    let known: Option<(SubscriberId, Status)> = subscribers::table
        .filter(subscribers::email_key.eq(key))
        .select((subscribers::id, subscribers::status))
        .get_result(&mut **tx)
        .optional()?;
    let id = match known {
        Some((id, status)) => {
            // A stranger's word is not put over what a subscriber said.
            let listens = matches!(status, Status::Pending | Status::Unsubscribed);
            let name = sign_up.name.as_ref().filter(|_| listens);
            let source = sign_up.source.as_ref().filter(|_| listens);
            diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
                .set((
                    subscribers::signed_up_at.eq(now),
                    name.map(|name| subscribers::name.eq(name)),
                    source.map(|source| subscribers::source.eq(source)),
                    listens.then(|| subscribers::locale.eq(&sign_up.locale)),
                ))
                .execute(&mut **tx)?;
            id
        }
        None => insert(tx, random.id(now)?, sign_up)?,
    };
    jobs::enqueue(tx, random, &Job::AskConsent { subscriber: id }, now)
}

fn insert(tx: &mut Tx<'_>, id: SubscriberId, sign_up: &SignUp) -> Result<SubscriberId> {
    let now = tx.now();
    diesel::insert_into(subscribers::table)
        .values((
            subscribers::id.eq(id),
            subscribers::email.eq(sign_up.email.as_str()),
            subscribers::email_key.eq(sign_up.email.key()),
            subscribers::name.eq(&sign_up.name),
            subscribers::status.eq(Status::Pending),
            subscribers::locale.eq(&sign_up.locale),
            subscribers::labels.eq(Json(Labels::default())),
            subscribers::custom.eq(Json(Custom::default())),
            subscribers::source.eq(&sign_up.source),
            subscribers::signed_up_at.eq(now),
            subscribers::created_at.eq(now),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)
        .map_err(|error| match violation::unique(&error) {
            // The same address signed up at the same moment: run again, the row is found.
            Some(_) => Error::unavailable(violation::RETRY),
            None => error.into(),
        })?;
    Ok(id)
}

/// The subscriber with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: SubscriberId) -> Result<Option<SubscriberRow>> {
    Ok(subscribers::table.filter(subscribers::id.eq(id)).get_result(conn).optional()?)
}

/// The same, and until the end of the unit of work nobody else changes it.
pub(super) fn lock(tx: &mut Tx<'_>, id: SubscriberId) -> Result<Option<SubscriberRow>> {
    // An update that changes nothing takes the row's lock on PostgreSQL; SQLite has one writer anyway.
    diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
        .set(subscribers::id.eq(subscribers::id))
        .execute(&mut **tx)?;
    find(tx, id)
}

/// Changes what is kept of a subscriber, and gives the row as it was and is to be changed to `change`.
///
/// # Errors
/// Not found; what `change` says.
pub fn update(
    tx: &mut Tx<'_>,
    actor: UserId,
    id: SubscriberId,
    change: impl FnOnce(SubscriberRow) -> Result<SubscriberChanges>,
) -> Result<SubscriberRow> {
    let now = tx.now();
    let row = lock(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
    let changes = SubscriberChanges { updated_at: Some(now), ..change(row)? };
    diesel::update(subscribers::table.filter(subscribers::id.eq(id))).set(changes).execute(&mut **tx)?;
    tx.append(Some(actor), Event::SubscriberUpdated(id));
    find(tx, id)?.ok_or(Error::NotFound("subscriber"))
}

/// Erases a subscriber and every question to them. What the log and waiting jobs know is an id that names nobody now.
///
/// # Errors
/// Not found.
pub fn erase(tx: &mut Tx<'_>, actor: Option<UserId>, id: SubscriberId) -> Result<()> {
    if diesel::delete(subscribers::table.filter(subscribers::id.eq(id))).execute(&mut **tx)? == 0 {
        return Err(Error::NotFound("subscriber"));
    }
    tx.append(actor, Event::SubscriberErased(id));
    Ok(())
}

/// Drops those whom nobody confirmed in time, and questions of long ago. Says whether there may be more.
///
/// # Errors
/// When the database refuses.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    // Who was asked again lately may still answer.
    let answerable = confirmations::table
        .filter(confirmations::subscriber_id.eq(subscribers::id))
        .filter(confirmations::closed_at.is_null())
        .filter(confirmations::expires_at.gt(now));
    let silent: Vec<SubscriberId> = subscribers::table
        .filter(subscribers::status.eq(Status::Pending))
        .filter(subscribers::created_at.le(now.minus(PENDING_FOR)))
        .filter(diesel::dsl::not(diesel::dsl::exists(answerable)))
        .select(subscribers::id)
        .limit(PURGED_AT_ONCE)
        .load(&mut **tx)?;
    for id in &silent {
        erase(tx, None, *id)?;
    }
    let old: Vec<ConfirmationId> = confirmations::table
        .filter(confirmations::created_at.le(now.minus(QUESTIONS_KEPT_FOR)))
        .select(confirmations::id)
        .limit(PURGED_AT_ONCE)
        .load(&mut **tx)?;
    for id in &old {
        diesel::delete(confirmations::table.filter(confirmations::id.eq(id))).execute(&mut **tx)?;
    }
    let most = usize::try_from(PURGED_AT_ONCE).unwrap_or(0);
    Ok(silent.len() == most || old.len() == most)
}
