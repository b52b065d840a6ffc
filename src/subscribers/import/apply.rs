//! Applies the actions that were planned for rows.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::person::{HashedPerson, Person};
use super::plan::{Action, MissingFields, NewSubscriber};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{subscriber_labels, subscriber_topics, subscribers};
use crate::base::db::types::Json;
use crate::base::db::{Tx, violation};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{ImportId, SubscriberId, TopicId};
use crate::subscribers::consent::Status;
use crate::subscribers::evidence::{self, Evidence, Kind, Via};
use crate::subscribers::profile::Line;
use crate::subscribers::store::read_custom;
use crate::subscribers::{confirmations, suppressions, unsubscribe};

/// What is recorded as evidence for everyone in the file.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub import: ImportId,
    /// Where the list comes from.
    pub source: Option<Line>,
    /// How those who want mail consented.
    pub text: Option<String>,
}

/// Applies an action.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    keys: &Keys,
    statement: &Statement,
    HashedPerson { person, hash }: &HashedPerson,
    action: &Action,
) -> Result<()> {
    match action {
        Action::Create(new) => create(tx, statement, person, hash, new),
        Action::Fill(missing) => fill(tx, statement, person, missing),
        Action::Unsubscribe { id, reason } => {
            let evidence = statement.evidence((*reason).into(), person);
            let at = person.unsubscribed_by(tx.now());
            unsubscribe::unsubscribe_at(tx, keys, *id, *reason, at, &evidence)
        }
    }
}

fn create(
    tx: &mut Tx<'_>,
    statement: &Statement,
    person: &Person,
    hash: &[u8],
    new: &NewSubscriber,
) -> Result<()> {
    let now = tx.now();
    let confirmed_at = match person.status {
        Status::Confirmed => Some(person.confirmed_at.unwrap_or(now)),
        _ => person.confirmed_at,
    };
    let created_at = person.created_at.unwrap_or(now).min(confirmed_at.unwrap_or(now));
    let unsubscribed_at = match person.status {
        Status::Confirmed => None,
        Status::Unsubscribed => person.unsubscribed_by(now),
        _ => person.unsubscribed_at,
    };
    diesel::insert_into(subscribers::table)
        .values((
            subscribers::id.eq(new.id),
            subscribers::email.eq(person.email.as_str()),
            subscribers::email_key.eq(person.email.key()),
            subscribers::name.eq(&person.name),
            subscribers::status.eq(person.status),
            subscribers::locale.eq(&new.locale),
            subscribers::custom.eq(Json::Readable(person.custom.clone())),
            subscribers::source.eq(&new.source),
            subscribers::signed_up_at.eq(created_at),
            subscribers::created_at.eq(created_at),
            subscribers::confirmed_at.eq(confirmed_at),
            subscribers::unsubscribed_at.eq(unsubscribed_at),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)
        .map_err(|error| match violation::unique(&error) {
            // The same address signed up at the same moment: a second run finds the row.
            Some(_) => Tx::retry(),
            None => error.into(),
        })?;
    insert_details(tx, new.id, &new.labels, &new.topics)?;
    if let Some(reason) = person.status.suppression() {
        suppressions::suppress(tx, hash, reason)?;
    }
    evidence::append(tx, new.id, &statement.evidence(Kind::Imported, person))?;
    tx.append(Event::SubscriberImported(new.id));
    Ok(())
}

fn fill(tx: &mut Tx<'_>, statement: &Statement, person: &Person, missing: &MissingFields) -> Result<()> {
    let (id, now) = (missing.id, tx.now());
    let own = || subscribers::table.filter(subscribers::id.eq(id));
    let mut custom = None;
    if !missing.custom.is_empty() {
        let stored: Json<Map<String, Value>> = own().select(subscribers::custom).get_result(&mut **tx)?;
        let mut members = read_custom(id, stored);
        members.extend(missing.custom.clone());
        custom = Some(Json::Readable(members));
    }
    diesel::update(own())
        .set((
            missing.name.as_ref().map(|name| subscribers::name.eq(name)),
            missing.source.as_ref().map(|source| subscribers::source.eq(source)),
            custom.map(|custom| subscribers::custom.eq(custom)),
            missing.confirmed_at.map(|at| {
                (
                    subscribers::status.eq(Status::Confirmed),
                    subscribers::confirmed_at.eq(Some(at.unwrap_or(now))),
                    subscribers::unsubscribed_at.eq(None::<Timestamp>),
                )
            }),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    insert_details(tx, id, &missing.labels, &missing.topics)?;
    if missing.confirmed_at.is_none() {
        tx.append(Event::SubscriberUpdated(id));
        return Ok(());
    }
    confirmations::close(tx, id)?;
    evidence::append(tx, id, &statement.evidence(Kind::Imported, person))?;
    tx.append(Event::SubscriberImported(id));
    Ok(())
}

fn insert_details(tx: &mut Tx<'_>, id: SubscriberId, labels: &[String], topics: &[TopicId]) -> Result<()> {
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

impl Statement {
    /// What the file and the importer state about a person. How people consented is stated of those who want mail only.
    fn evidence(&self, kind: Kind, person: &Person) -> Evidence {
        let mut details = person.details.clone();
        details.insert("import".to_owned(), self.import.to_string().into());
        details.insert("status".to_owned(), person.status.as_str().into());
        let text = self.text.clone().filter(|_| person.status == Status::Confirmed);
        Evidence { text, source: self.source.clone(), details, ..Evidence::new(kind, Via::Import) }
    }
}
