//! The rows of subscribers.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::consent::Status;
use super::profile::{Custom, Labels, Line};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{subscriber_labels, subscriber_topics, subscribers, terms};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::SubscriberId;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;

/// A subscriber as stored.
#[derive(Debug, Clone, Queryable)]
pub struct SubscriberRow {
    /// Its id.
    pub id: SubscriberId,
    /// The address as typed.
    pub email: String,
    /// The address as compared.
    pub email_key: String,
    /// The name.
    pub name: Option<Line>,
    /// Whether they want mail.
    pub status: Status,
    /// The language they read.
    pub locale: Locale,
    /// Further members, defined by the publication.
    pub custom: Json<Custom>,
    /// Where they signed up.
    pub source: Option<Line>,
    /// When someone last signed up with the address.
    pub signed_up_at: Timestamp,
    /// When someone first did.
    pub created_at: Timestamp,
    /// When they confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When they unsubscribed.
    pub unsubscribed_at: Option<Timestamp>,
    /// When anything of this was last changed.
    pub updated_at: Timestamp,
}

/// What an editor changes; `None` keeps the present value.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = subscribers)]
pub struct SubscriberChanges {
    /// The name.
    pub name: Option<Option<Line>>,
    /// The language they read.
    pub locale: Option<Locale>,
    /// Further members, defined by the publication.
    pub custom: Option<Json<Custom>>,
    /// When this is.
    pub updated_at: Option<Timestamp>,
}

/// A subscriber with what other tables hold of them.
#[derive(Debug, Clone)]
pub struct SubscriberRecord {
    /// The row.
    pub row: SubscriberRow,
    /// The labels that editors gave them.
    pub labels: Labels,
    /// The topics they follow.
    pub topics: Vec<Slug>,
}

/// The value of `custom`; its default if it cannot be read.
pub fn read_custom<T: std::fmt::Debug + Default>(id: SubscriberId, custom: Json<T>) -> T {
    custom.read(format_args!("subscribers.custom of {id}")).unwrap_or_default()
}

/// The subscriber with that id.
pub fn find(conn: &mut Connection, id: SubscriberId) -> Result<Option<SubscriberRow>> {
    Ok(subscribers::table.filter(subscribers::id.eq(id)).get_result(conn).optional()?)
}

/// The subscriber with that address.
pub fn find_by_address(conn: &mut Connection, email: &EmailAddress) -> Result<Option<SubscriberId>> {
    let own = subscribers::table.filter(subscribers::email_key.eq(email.key()));
    Ok(own.select(subscribers::id).get_result(conn).optional()?)
}

/// The language of a subscriber.
pub fn find_locale(conn: &mut Connection, id: SubscriberId) -> Result<Option<Locale>> {
    let locale = subscribers::table.filter(subscribers::id.eq(id)).select(subscribers::locale);
    Ok(locale.get_result(conn).optional()?)
}

/// A subscriber with labels and topics.
pub fn get(conn: &mut Connection, id: SubscriberId) -> Result<SubscriberRecord> {
    let row = find(conn, id)?.ok_or(Error::NotFound("subscriber"))?;
    load_records(conn, vec![row])?.pop().ok_or(Error::NotFound("subscriber"))
}

/// Adds labels and topics to rows.
pub fn load_records(conn: &mut Connection, rows: Vec<SubscriberRow>) -> Result<Vec<SubscriberRecord>> {
    let ids: Vec<SubscriberId> = rows.iter().map(|row| row.id).collect();
    let mut labels: BTreeMap<SubscriberId, Vec<String>> = BTreeMap::new();
    let found: Vec<(SubscriberId, String)> = subscriber_labels::table
        .filter(subscriber_labels::subscriber_id.eq_any(&ids))
        .order(subscriber_labels::label)
        .load(conn)?;
    for (id, label) in found {
        labels.entry(id).or_default().push(label);
    }
    let mut followed: BTreeMap<SubscriberId, Vec<Slug>> = BTreeMap::new();
    let found: Vec<(SubscriberId, Slug)> = subscriber_topics::table
        .inner_join(terms::table.on(terms::id.eq(subscriber_topics::topic_id)))
        .filter(subscriber_topics::subscriber_id.eq_any(&ids))
        .order(terms::slug)
        .select((subscriber_topics::subscriber_id, terms::slug))
        .load(conn)?;
    for (id, slug) in found {
        followed.entry(id).or_default().push(slug);
    }
    let record = |row: SubscriberRow| SubscriberRecord {
        labels: Labels::from_stored(labels.remove(&row.id).unwrap_or_default()),
        topics: followed.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(record).collect())
}

/// The subscriber with that id, locked until the end of the unit of work.
pub(super) fn lock(tx: &mut Tx<'_>, id: SubscriberId) -> Result<Option<SubscriberRow>> {
    // An update that changes nothing takes the row's lock on PostgreSQL; SQLite has one writer anyway.
    diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
        .set(subscribers::id.eq(subscribers::id))
        .execute(&mut **tx)?;
    find(tx, id)
}

/// Updates a subscriber. `change` gets the locked row and returns what is changed in it.
pub fn update(
    tx: &mut Tx<'_>,
    id: SubscriberId,
    labels: Option<&Labels>,
    change: impl FnOnce(SubscriberRow) -> Result<SubscriberChanges>,
) -> Result<SubscriberRecord> {
    let now = tx.now();
    let row = lock(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
    let changes = SubscriberChanges { updated_at: Some(now), ..change(row)? };
    diesel::update(subscribers::table.filter(subscribers::id.eq(id))).set(changes).execute(&mut **tx)?;
    if let Some(labels) = labels {
        replace_labels(tx, id, labels)?;
    }
    tx.append(Event::SubscriberUpdated(id));
    get(tx, id)
}

/// Replaces the labels of a subscriber.
fn replace_labels(tx: &mut Tx<'_>, id: SubscriberId, labels: &Labels) -> Result<()> {
    let own = subscriber_labels::table.filter(subscriber_labels::subscriber_id.eq(id));
    diesel::delete(own).execute(&mut **tx)?;
    for label in labels.iter() {
        diesel::insert_into(subscriber_labels::table)
            .values((subscriber_labels::subscriber_id.eq(id), subscriber_labels::label.eq(label)))
            .execute(&mut **tx)?;
    }
    Ok(())
}
