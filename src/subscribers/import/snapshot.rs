//! Reads what is known of the people in some rows, in a few queries.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::person::HashedPerson;
use super::plan::{ExistingSubscriber, Snapshot};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{
    consents, import_dry_run_people, subscriber_labels, subscriber_topics, subscribers,
};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ImportId, IsId as _, SubscriberId, TopicId};
use crate::base::text::slug::Slug;
use crate::subscribers::consent::Status;
use crate::subscribers::evidence::Kind;
use crate::subscribers::profile::Line;
use crate::subscribers::store::read_custom;
use crate::subscribers::{suppressions, topics};

type ExistingRow = (SubscriberId, String, Status, Option<Line>, Option<Line>, Json<Map<String, Value>>);

/// What is known of these people; in a dry run, what would be known by now.
pub(super) fn read(
    conn: &mut Connection,
    people: &[HashedPerson],
    dry_run: Option<ImportId>,
) -> Result<Snapshot> {
    let keys: BTreeSet<&str> = people.iter().map(|one| one.person.email.key()).collect();
    let hashes: Vec<Vec<u8>> =
        people.iter().map(|one| one.hash.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let rows: Vec<ExistingRow> = subscribers::table
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
    let mut snapshot = Snapshot {
        subscribers: read_subscribers(conn, rows)?,
        suppressed: suppressions::find_reasons(conn, &hashes)?,
        topics: read_topics(conn, people)?,
    };
    if let Some(import) = dry_run {
        let seen: BTreeMap<Vec<u8>, Json<ExistingSubscriber>> = import_dry_run_people::table
            .filter(import_dry_run_people::import_id.eq(import))
            .filter(import_dry_run_people::address_hash.eq_any(&hashes))
            .select((import_dry_run_people::address_hash, import_dry_run_people::state))
            .load::<(Vec<u8>, Json<ExistingSubscriber>)>(conn)?
            .into_iter()
            .collect();
        for HashedPerson { person, hash } in people {
            // A state that cannot be read is that of a person whom this dry run has not met.
            let state = seen.get(hash).cloned();
            if let Some(state) =
                state.and_then(|state| state.read(format_args!("import_dry_run_people.state of {import}")))
            {
                if let Some(reason) = state.status.suppression() {
                    snapshot.suppressed.insert(hash.clone(), reason);
                }
                snapshot.subscribers.insert(person.email.key().to_owned(), state);
            }
        }
    }
    Ok(snapshot)
}

/// Locks these subscribers until the end of the unit of work. SQLite has one writer anyway.
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

/// The topics that can be followed, by the slugs that the rows have for them.
fn read_topics(conn: &mut Connection, people: &[HashedPerson]) -> Result<BTreeMap<String, TopicId>> {
    let slugs: BTreeSet<&str> =
        people.iter().flat_map(|one| &one.person.topics).map(String::as_str).collect();
    let slugs: Vec<Slug> = slugs.into_iter().filter_map(|slug| Slug::parse(slug).ok()).collect();
    if slugs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = topics::find_followable(conn, &slugs)?;
    Ok(slugs.iter().zip(found).filter_map(|(slug, id)| Some((slug.as_str().to_owned(), id?))).collect())
}

fn read_subscribers(
    conn: &mut Connection,
    rows: Vec<ExistingRow>,
) -> Result<BTreeMap<String, ExistingSubscriber>> {
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
    let followers: BTreeSet<SubscriberId> = subscriber_topics::table
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
    let known = rows.into_iter().map(|(id, key, status, name, source, custom)| {
        let custom = read_custom(id, custom);
        let known = ExistingSubscriber {
            id: id.uuid(),
            status,
            confirmed_here: confirmed.get(&id).copied(),
            has_name: name.is_some(),
            has_source: source.is_some(),
            has_topics: followers.contains(&id),
            labels: labels.remove(&id).unwrap_or_default(),
            custom_bytes: if custom.is_empty() { 0 } else { Value::from(custom.clone()).to_string().len() },
            custom: custom.into_iter().map(|(name, _)| name).collect(),
            is_new: false,
        };
        (key, known)
    });
    Ok(known.collect())
}
