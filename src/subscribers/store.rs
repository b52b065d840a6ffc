//! How subscribers are kept.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;

use super::consent::{PENDING_FOR, QUESTIONS_KEPT_FOR, Reason};
use super::{
    Custom, Labels, Line, RequestConfirmation, SignUp, Status, evidence, outbox, suppressions, topics,
};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{
    confirmations, subscriber_labels, subscriber_topics, subscribers, terms, unanswered_questions,
};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{MailId, SubscriberId};
use crate::base::jobs;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;

/// How long deciding whether somebody is asked may take.
const ASKED_WITHIN: Duration = Duration::from_secs(3600);
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
    /// What the publication notes of them.
    pub custom: Option<Json<Custom>>,
    /// When.
    pub updated_at: Option<Timestamp>,
}

/// A subscriber with what stands in rows of its own.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The subscriber.
    pub row: SubscriberRow,
    /// The words that editors put on them.
    pub labels: Labels,
    /// The topics they chose.
    pub topics: Vec<Slug>,
}

/// The statuses in which a sign-up, which may be a stranger's, is listened to: not while someone is subscribed.
const LISTENING: [Status; 4] = [Status::Pending, Status::Unsubscribed, Status::Bounced, Status::Complained];

/// Writes down that someone signed up, and that it is to be decided what follows. New or known, whatever the status: the
/// same statements, so that neither the answer nor its time tells anything.
///
/// # Errors
/// When the database refuses.
pub fn sign_up(tx: &mut Tx<'_>, sign_up: &SignUp) -> Result<()> {
    let now = tx.now();
    let row = diesel::insert_into(subscribers::table).values((
        subscribers::id.eq(tx.new_id::<SubscriberId>()?),
        subscribers::email.eq(sign_up.email.as_str()),
        subscribers::email_key.eq(sign_up.email.key()),
        subscribers::status.eq(Status::Pending),
        subscribers::locale.eq(&sign_up.locale),
        subscribers::custom.eq(Json(Custom::default())),
        subscribers::signed_up_at.eq(now),
        subscribers::created_at.eq(now),
        subscribers::updated_at.eq(now),
    ));
    crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    let own = subscribers::table.filter(subscribers::email_key.eq(sign_up.email.key()));
    let id: SubscriberId = diesel::update(own)
        .set(subscribers::signed_up_at.eq(now))
        .returning(subscribers::id)
        .get_result(&mut **tx)
        .optional()?
        // Erased in this very moment: the same once more makes a new row.
        .ok_or_else(Tx::retry)?;
    let listening =
        || subscribers::table.filter(subscribers::id.eq(id)).filter(subscribers::status.eq_any(LISTENING));
    diesel::update(listening())
        .set((
            sign_up.name.as_ref().map(|name| subscribers::name.eq(name)),
            sign_up.evidence.source.as_ref().map(|source| subscribers::source.eq(source)),
            subscribers::locale.eq(&sign_up.locale),
        ))
        .execute(&mut **tx)?;
    if !sign_up.topics.is_empty() {
        let chosen = subscriber_topics::table.filter(subscriber_topics::subscriber_id.eq(id));
        let heard = diesel::dsl::exists(listening());
        diesel::delete(chosen.filter(heard)).execute(&mut **tx)?;
        topics::follow(tx, id, &sign_up.topics, Some(&LISTENING))?;
    }
    evidence::append(tx, id, &sign_up.evidence)?;
    jobs::enqueue(tx, &RequestConfirmation { subscriber: id }, now)
}

/// Puts these words on a subscriber in place of those that were there.
///
/// # Errors
/// When the database refuses.
pub fn put_labels(tx: &mut Tx<'_>, id: SubscriberId, labels: &Labels) -> Result<()> {
    let own = subscriber_labels::table.filter(subscriber_labels::subscriber_id.eq(id));
    diesel::delete(own).execute(&mut **tx)?;
    for label in labels.iter() {
        diesel::insert_into(subscriber_labels::table)
            .values((subscriber_labels::subscriber_id.eq(id), subscriber_labels::label.eq(label)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// These subscribers with their labels and topics.
///
/// # Errors
/// When the database refuses.
pub fn complete(conn: &mut Connection, rows: Vec<SubscriberRow>) -> Result<Vec<Kept>> {
    let ids: Vec<SubscriberId> = rows.iter().map(|row| row.id).collect();
    let mut labels: BTreeMap<SubscriberId, Vec<String>> = BTreeMap::new();
    let found: Vec<(SubscriberId, String)> = subscriber_labels::table
        .filter(subscriber_labels::subscriber_id.eq_any(&ids))
        .order(subscriber_labels::label)
        .load(conn)?;
    for (id, label) in found {
        labels.entry(id).or_default().push(label);
    }
    let mut topics: BTreeMap<SubscriberId, Vec<Slug>> = BTreeMap::new();
    let found: Vec<(SubscriberId, Slug)> = subscriber_topics::table
        .inner_join(terms::table.on(terms::id.eq(subscriber_topics::topic_id)))
        .filter(subscriber_topics::subscriber_id.eq_any(&ids))
        .order(terms::slug)
        .select((subscriber_topics::subscriber_id, terms::slug))
        .load(conn)?;
    for (id, slug) in found {
        topics.entry(id).or_default().push(slug);
    }
    let complete = |row: SubscriberRow| Kept {
        labels: Labels::from_stored(labels.remove(&row.id).unwrap_or_default()),
        topics: topics.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(complete).collect())
}

/// A subscriber with labels and topics.
///
/// # Errors
/// Not found.
pub fn get(conn: &mut Connection, id: SubscriberId) -> Result<Kept> {
    let row = find(conn, id)?.ok_or(Error::NotFound("subscriber"))?;
    complete(conn, vec![row])?.pop().ok_or(Error::NotFound("subscriber"))
}

/// The subscriber with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: SubscriberId) -> Result<Option<SubscriberRow>> {
    Ok(subscribers::table.filter(subscribers::id.eq(id)).get_result(conn).optional()?)
}

/// Who has that address.
///
/// # Errors
/// When the database refuses.
pub fn find_by_address(conn: &mut Connection, email: &EmailAddress) -> Result<Option<SubscriberId>> {
    let own = subscribers::table.filter(subscribers::email_key.eq(email.key()));
    Ok(own.select(subscribers::id).get_result(conn).optional()?)
}

/// The subscriber with that id, and until the end of the unit of work nobody else changes it.
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
    id: SubscriberId,
    labels: Option<&Labels>,
    change: impl FnOnce(SubscriberRow) -> Result<SubscriberChanges>,
) -> Result<Kept> {
    let now = tx.now();
    let row = lock(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
    let changes = SubscriberChanges { updated_at: Some(now), ..change(row)? };
    diesel::update(subscribers::table.filter(subscribers::id.eq(id))).set(changes).execute(&mut **tx)?;
    if let Some(labels) = labels {
        put_labels(tx, id, labels)?;
    }
    tx.append(Event::SubscriberUpdated(id));
    get(tx, id)
}

/// Erases a subscriber, with every question, mail and piece of evidence. What the log and waiting jobs know is an id that
/// names nobody now; of the address a keyed hash stays, so that no import brings it back.
///
/// # Errors
/// Not found.
pub fn erase(tx: &mut Tx<'_>, keys: &Keys, id: SubscriberId) -> Result<()> {
    let row = lock(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
    // Why they were sent nothing is remembered beyond the person.
    let reason = match row.status {
        Status::Pending | Status::Confirmed => Reason::Erased,
        Status::Unsubscribed => Reason::Unsubscribed,
        Status::Bounced => Reason::Bounced,
        Status::Complained => Reason::Complained,
    };
    suppressions::suppress(tx, &suppressions::hash(keys, &row.email_key), reason)?;
    diesel::delete(subscribers::table.filter(subscribers::id.eq(id))).execute(&mut **tx)?;
    tx.append(Event::SubscriberErased(id));
    Ok(())
}

/// Drops those whom nobody confirmed in time, and questions, mails and words of long ago. Says whether there may be more.
///
/// # Errors
/// When the database refuses.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    // Who was asked again lately may still answer, and who signed up just now is yet to be asked.
    let answerable = || {
        confirmations::table
            .filter(confirmations::subscriber_id.eq(subscribers::id))
            .filter(confirmations::closed_at.is_null())
            .filter(confirmations::expires_at.gt(now))
    };
    let silent = || {
        subscribers::table
            .filter(subscribers::status.eq(Status::Pending))
            .filter(subscribers::created_at.le(now.minus(PENDING_FOR)))
            .filter(subscribers::signed_up_at.le(now.minus(ASKED_WITHIN)))
            .filter(diesel::dsl::not(diesel::dsl::exists(answerable())))
    };
    let ids: Vec<SubscriberId> = silent().select(subscribers::id).limit(PURGED_AT_ONCE).load(&mut **tx)?;
    for id in &ids {
        // Locked and looked at once more: they may have confirmed in this very moment.
        lock(tx, *id)?;
        if diesel::delete(silent().filter(subscribers::id.eq(id))).execute(&mut **tx)? == 1 {
            tx.append(Event::SubscriberErased(*id));
        }
    }
    let long_ago = now.minus(QUESTIONS_KEPT_FOR);
    let old: Vec<MailId> = confirmations::table
        .filter(confirmations::created_at.le(long_ago))
        .select(confirmations::id)
        .limit(PURGED_AT_ONCE)
        .load(&mut **tx)?;
    diesel::delete(confirmations::table.filter(confirmations::id.eq_any(&old))).execute(&mut **tx)?;
    let mails = outbox::purge(tx, long_ago, PURGED_AT_ONCE)?;
    let texts = evidence::purge_texts(tx, PURGED_AT_ONCE)?;
    let forgotten = unanswered_questions::table.filter(unanswered_questions::asked_at.le(long_ago));
    diesel::delete(forgotten).execute(&mut **tx)?;
    let most = usize::try_from(PURGED_AT_ONCE).unwrap_or(0);
    Ok([ids.len(), old.len(), mails, texts].contains(&most))
}
