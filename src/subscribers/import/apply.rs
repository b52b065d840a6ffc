//! How what rows say is kept: what is known of the people in them, asked in a few queries, and the deeds that were decided.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::person::Person;
use super::plan::{Deed, Known, New, Surroundings, reason};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{
    consents, import_seen, subscriber_labels, subscriber_topics, subscribers, terms, topic_details,
};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{ImportId, IsId as _, SubscriberId, TopicId};
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{self, Evidence, Kind, Via};
use crate::subscribers::{Line, Status, confirmations, suppressions};
use crate::terms::IsTerm as _;

/// A person in a row, and the keyed hash of their address.
#[derive(Debug, Clone)]
pub(super) struct Hashed {
    pub person: Person,
    pub hash: Vec<u8>,
}

/// Who imports what, for the evidence.
#[derive(Debug, Clone)]
pub(super) struct Importer {
    pub import: ImportId,
    pub source: Option<Line>,
    pub statement: Option<String>,
}

type KnownRow = (SubscriberId, String, Status, Option<Line>, Option<Line>, Json<Map<String, Value>>);

/// What is known of these people; in a dry run, how they would be by now.
pub(super) fn look(
    conn: &mut Connection,
    people: &[Hashed],
    dry_run: Option<ImportId>,
) -> Result<Surroundings> {
    let keys: BTreeSet<&str> = people.iter().map(|one| one.person.email.key()).collect();
    let hashes: Vec<Vec<u8>> =
        people.iter().map(|one| one.hash.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let rows: Vec<KnownRow> = subscribers::table
        .filter(subscribers::email_key.eq_any(keys))
        .select((
            subscribers::id,
            subscribers::email_key,
            subscribers::status,
            subscribers::name,
            subscribers::source,
            subscribers::custom,
        ))
        .load(conn)?;
    let mut known = known(conn, rows)?;
    let mut suppressed = suppressions::among(conn, &hashes)?;
    if let Some(import) = dry_run {
        let seen: BTreeMap<Vec<u8>, Json<Known>> = import_seen::table
            .filter(import_seen::import_id.eq(import))
            .filter(import_seen::hash.eq_any(&hashes))
            .select((import_seen::hash, import_seen::state))
            .load::<(Vec<u8>, Json<Known>)>(conn)?
            .into_iter()
            .collect();
        for Hashed { person, hash } in people {
            if let Some(Json(state)) = seen.get(hash) {
                if let Some(reason) = reason(state.status) {
                    suppressed.insert(hash.clone(), reason);
                }
                known.insert(person.email.key().to_owned(), state.clone());
            }
        }
    }
    let slugs: BTreeSet<&str> =
        people.iter().flat_map(|one| &one.person.topics).map(String::as_str).collect();
    let mut followable = BTreeMap::new();
    if !slugs.is_empty() {
        followable = terms::table
            .inner_join(topic_details::table.on(topic_details::topic_id.eq(terms::id)))
            .filter(terms::kind.eq(TopicId::KIND))
            .filter(terms::slug.eq_any(slugs))
            .filter(topic_details::followable.eq(true))
            .filter(terms::merged_into.is_null())
            .select((terms::slug, terms::id))
            .load::<(String, TopicId)>(conn)?
            .into_iter()
            .collect();
    }
    Ok(Surroundings { known, suppressed, topics: followable })
}

fn known(conn: &mut Connection, rows: Vec<KnownRow>) -> Result<BTreeMap<String, Known>> {
    let ids: Vec<SubscriberId> = rows.iter().map(|row| row.0).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut labels: BTreeMap<SubscriberId, BTreeSet<String>> = BTreeMap::new();
    let found: Vec<(SubscriberId, String)> = subscriber_labels::table
        .filter(subscriber_labels::subscriber_id.eq_any(&ids))
        .select((subscriber_labels::subscriber_id, subscriber_labels::label))
        .load(conn)?;
    for (id, label) in found {
        labels.entry(id).or_default().insert(label);
    }
    let chose: BTreeSet<SubscriberId> = subscriber_topics::table
        .filter(subscriber_topics::subscriber_id.eq_any(&ids))
        .select(subscriber_topics::subscriber_id)
        .load(conn)?
        .into_iter()
        .collect();
    let mut confirmed: BTreeMap<SubscriberId, Timestamp> = BTreeMap::new();
    let found: Vec<(SubscriberId, Timestamp)> = consents::table
        .filter(consents::subscriber_id.eq_any(&ids))
        .filter(consents::kind.eq(Kind::Confirmed))
        .select((consents::subscriber_id, consents::at))
        .load(conn)?;
    for (id, at) in found {
        let newest = confirmed.entry(id).or_insert(at);
        *newest = at.max(*newest);
    }
    let known = rows.into_iter().map(|(id, key, status, name, source, Json(custom))| {
        let known = Known {
            id: id.uuid(),
            status,
            confirmed_here: confirmed.get(&id).copied(),
            has_name: name.is_some(),
            has_source: source.is_some(),
            has_topics: chose.contains(&id),
            labels: labels.remove(&id).unwrap_or_default(),
            notes_bytes: if custom.is_empty() { 0 } else { Value::from(custom.clone()).to_string().len() },
            notes: custom.into_iter().map(|(name, _)| name).collect(),
            is_new: false,
        };
        (key, known)
    });
    Ok(known.collect())
}

/// Until the end of the unit of work nobody else changes these subscribers. SQLite has one writer anyway.
pub(super) fn lock(tx: &mut Tx<'_>, ids: &BTreeSet<SubscriberId>) -> Result<()> {
    if let Connection::Postgres(conn) = &mut **tx
        && !ids.is_empty()
    {
        let rows =
            subscribers::table.filter(subscribers::id.eq_any(ids.iter().copied())).order(subscribers::id);
        let _: Vec<SubscriberId> = rows.select(subscribers::id).for_update().load(conn)?;
    }
    Ok(())
}

/// Does what was decided of a row.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    keys: &Keys,
    importer: &Importer,
    Hashed { person, hash }: &Hashed,
    deed: &Deed,
) -> Result<()> {
    match deed {
        Deed::Create(new) => create(tx, importer, person, hash, new),
        Deed::Fill { .. } => fill(tx, importer, person, deed),
        Deed::End { id, reason } => {
            let kind = match reason {
                Reason::Bounced => Kind::Bounced,
                Reason::Complained => Kind::Complained,
                Reason::Unsubscribed | Reason::Erased => Kind::Withdrawn,
            };
            confirmations::end(tx, keys, *id, *reason, &importer.evidence(kind, person))
        }
    }
}

fn create(tx: &mut Tx<'_>, importer: &Importer, person: &Person, hash: &[u8], new: &New) -> Result<()> {
    let now = tx.now();
    let confirmed_at = match person.status {
        Status::Confirmed => Some(person.confirmed_at.unwrap_or(now)),
        _ => person.confirmed_at,
    };
    let created_at = person.created_at.unwrap_or(now).min(confirmed_at.unwrap_or(now));
    let left_at = match person.status {
        Status::Confirmed => None,
        Status::Unsubscribed => Some(person.left_at.unwrap_or(now)),
        _ => person.left_at,
    };
    diesel::insert_into(subscribers::table)
        .values((
            subscribers::id.eq(new.id),
            subscribers::email.eq(person.email.as_str()),
            subscribers::email_key.eq(person.email.key()),
            subscribers::name.eq(&person.name),
            subscribers::status.eq(person.status),
            subscribers::locale.eq(&new.locale),
            subscribers::custom.eq(Json(person.custom.clone())),
            subscribers::source.eq(&new.source),
            subscribers::signed_up_at.eq(created_at),
            subscribers::created_at.eq(created_at),
            subscribers::confirmed_at.eq(confirmed_at),
            subscribers::unsubscribed_at.eq(left_at),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)
        .map_err(|error| match crate::base::db::violation::unique(&error) {
            // The same address signed up at the same moment: run again, the row is found.
            Some(_) => Tx::retry(),
            None => error.into(),
        })?;
    put(tx, new.id, &new.labels, &new.topics)?;
    if let Some(reason) = reason(person.status) {
        suppressions::suppress(tx, hash, reason)?;
    }
    evidence::append(tx, new.id, &importer.evidence(Kind::Imported, person))?;
    tx.append(Event::SubscriberImported(new.id));
    Ok(())
}

fn fill(tx: &mut Tx<'_>, importer: &Importer, person: &Person, deed: &Deed) -> Result<()> {
    let Deed::Fill { id, confirmed_at, name, source, labels, topics, notes } = deed else { return Ok(()) };
    let (id, now) = (*id, tx.now());
    let own = || subscribers::table.filter(subscribers::id.eq(id));
    let mut custom = None;
    if !notes.is_empty() {
        let Json(mut kept): Json<Map<String, Value>> =
            own().select(subscribers::custom).get_result(&mut **tx)?;
        kept.extend(notes.clone());
        custom = Some(Json(kept));
    }
    diesel::update(own())
        .set((
            name.as_ref().map(|name| subscribers::name.eq(name)),
            source.as_ref().map(|source| subscribers::source.eq(source)),
            custom.map(|custom| subscribers::custom.eq(custom)),
            confirmed_at.map(|at| {
                (
                    subscribers::status.eq(Status::Confirmed),
                    subscribers::confirmed_at.eq(Some(at.unwrap_or(now))),
                    subscribers::unsubscribed_at.eq(None::<Timestamp>),
                )
            }),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    put(tx, id, labels, topics)?;
    if confirmed_at.is_none() {
        tx.append(Event::SubscriberUpdated(id));
        return Ok(());
    }
    confirmations::close_questions(tx, id)?;
    evidence::append(tx, id, &importer.evidence(Kind::Imported, person))?;
    tx.append(Event::SubscriberImported(id));
    Ok(())
}

fn put(tx: &mut Tx<'_>, id: SubscriberId, labels: &[String], topics: &[TopicId]) -> Result<()> {
    for label in labels {
        diesel::insert_into(subscriber_labels::table)
            .values((subscriber_labels::subscriber_id.eq(id), subscriber_labels::label.eq(label)))
            .execute(&mut **tx)?;
    }
    for topic in topics {
        diesel::insert_into(subscriber_topics::table)
            .values((subscriber_topics::subscriber_id.eq(id), subscriber_topics::topic_id.eq(topic)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

impl Importer {
    /// What the file says of a person's wish. The importer's own statement is of those who want mail.
    fn evidence(&self, kind: Kind, person: &Person) -> Evidence {
        let mut details = person.details.clone();
        details.insert("import".to_owned(), self.import.to_string().into());
        details.insert("status".to_owned(), person.status.as_str().into());
        let text = self.statement.clone().filter(|_| person.status == Status::Confirmed);
        let source = self.source.clone();
        Evidence { text, source, details, ..Evidence::new(kind, Via::Import) }
    }
}
