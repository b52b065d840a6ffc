//! What a row changes, decided without any I/O: from what the file says, and what is known here already.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Outcome;
use super::person::Person;
use crate::base::clock::Timestamp;
use crate::base::ids::{IsId as _, SubscriberId, TopicId};
use crate::base::text::Locale;
use crate::subscribers::consent::Reason;
use crate::subscribers::{Line, Status};

/// The most labels of a subscriber.
const MOST_LABELS: usize = 50;
/// The most bytes of what is noted of a subscriber, as JSON.
const MOST_CUSTOM_BYTES: usize = 8 * 1024;

/// As much of a subscriber as a row is held against. Says what there is, not what it says, so that a dry run may keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one thing whether it is there")]
pub struct Known {
    /// Who.
    pub id: uuid::Uuid,
    /// Whether they want mail.
    pub status: Status,
    /// When they last confirmed here, by a mail of ours.
    pub confirmed_here: Option<Timestamp>,
    /// Whether there is a name.
    pub has_name: bool,
    /// Whether it is known where they signed up.
    pub has_source: bool,
    /// Whether they chose topics.
    pub has_topics: bool,
    /// The words that were put on them.
    pub labels: BTreeSet<String>,
    /// Under which names something is noted.
    pub notes: BTreeSet<String>,
    /// How many bytes that takes.
    pub notes_bytes: usize,
    /// Whether a row of this file made them.
    pub is_new: bool,
}

/// What is known of the people in some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// By what addresses are compared by.
    pub known: BTreeMap<String, Known>,
    /// Why an address is sent nothing, by its keyed hash.
    pub suppressed: BTreeMap<Vec<u8>, Reason>,
    /// The topics that can be followed, by slug.
    pub topics: BTreeMap<String, TopicId>,
}

/// What the importer says of everyone in the file.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Where the list comes from.
    pub source: Option<Line>,
    /// Words that are put on everyone.
    pub labels: Vec<String>,
    /// The language of those of whom the file does not say.
    pub locale: Locale,
    /// Whether the file itself says where people signed up, and where not.
    pub names_sources: bool,
}

/// What is to be stored of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A new subscriber.
    Create(New),
    /// A known one is filled in, and confirmed if they were pending.
    Fill {
        /// Who.
        id: SubscriberId,
        /// When they confirmed, if that is new.
        confirmed_at: Option<Option<Timestamp>>,
        /// What they are called.
        name: Option<Line>,
        /// Where they signed up.
        source: Option<Line>,
        /// Further words.
        labels: Vec<String>,
        /// What they chose.
        topics: Vec<TopicId>,
        /// What else is noted.
        notes: Map<String, Value>,
    },
    /// A known one gets no more mail.
    End {
        /// Who.
        id: SubscriberId,
        /// Why.
        reason: Reason,
    },
}

/// A subscriber that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    /// Who.
    pub id: SubscriberId,
    /// What they are called, where they signed up, what they read.
    pub source: Option<Line>,
    /// The language they read.
    pub locale: Locale,
    /// The words that are put on them.
    pub labels: Vec<String>,
    /// What they chose.
    pub topics: Vec<TopicId>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In a word.
    pub outcome: Outcome,
    /// In another, where there is more to say.
    pub code: Option<&'static str>,
    /// What is to be stored.
    pub deed: Option<Deed>,
    /// Whom the row is about, if they are known or will be.
    pub subscriber: Option<SubscriberId>,
}

/// The reason for which a status is sent nothing.
pub fn reason(status: Status) -> Option<Reason> {
    match status {
        Status::Pending | Status::Confirmed => None,
        Status::Unsubscribed => Some(Reason::Unsubscribed),
        Status::Bounced => Some(Reason::Bounced),
        Status::Complained => Some(Reason::Complained),
    }
}

/// Decides what a row changes, and changes what is known accordingly, for the rows behind it. `id` is for a new subscriber.
pub fn judge(
    person: &Person,
    hash: &[u8],
    terms: &Terms,
    around: &mut Surroundings,
    id: SubscriberId,
) -> Verdict {
    let key = person.email.key();
    let suppressed = around.suppressed.get(hash).copied();
    let ended = reason(person.status);
    let verdict = match (around.known.get(key), ended) {
        // Nothing is made of somebody who was erased, not even that they left.
        (None, _) if suppressed.is_some() => suppressed_as(suppressed, None),
        (None, _) => create(person, terms, &around.topics, id),
        (Some(known), None) => match reason(known.status) {
            Some(here) => suppressed_as(Some(here), Some(known)),
            None if known.status == Status::Pending && suppressed.is_some() => {
                suppressed_as(suppressed, Some(known))
            }
            None => fill(person, terms, &around.topics, known),
        },
        (Some(known), Some(reason)) => end(person, known, reason),
    };
    learn(person, hash, &verdict, around);
    verdict
}

fn suppressed_as(reason: Option<Reason>, known: Option<&Known>) -> Verdict {
    Verdict {
        outcome: Outcome::Suppressed,
        code: reason.map(Reason::as_str),
        deed: None,
        subscriber: known.map(|known| SubscriberId::from_uuid(known.id)),
    }
}

fn labels(person: &Person, terms: &Terms, known: &BTreeSet<String>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in terms.labels.iter().chain(&person.labels) {
        if !known.contains(label) && !labels.contains(label) && known.len() + labels.len() < MOST_LABELS {
            labels.push(label.clone());
        }
    }
    labels
}

/// The topics that can be followed, and whether that is all that were chosen.
fn topics(person: &Person, followable: &BTreeMap<String, TopicId>) -> (Vec<TopicId>, bool) {
    let found: BTreeSet<TopicId> =
        person.topics.iter().filter_map(|slug| followable.get(slug)).copied().collect();
    let all = person.topics.iter().all(|slug| followable.contains_key(slug));
    (found.into_iter().collect(), all)
}

fn source(person: &Person, terms: &Terms) -> Option<Line> {
    person.source.clone().or_else(|| terms.source.clone().filter(|_| !terms.names_sources))
}

fn create(
    person: &Person,
    terms: &Terms,
    followable: &BTreeMap<String, TopicId>,
    id: SubscriberId,
) -> Verdict {
    let (topics, all) = topics(person, followable);
    let new = New {
        id,
        source: source(person, terms),
        locale: person.locale.clone().unwrap_or_else(|| terms.locale.clone()),
        labels: labels(person, terms, &BTreeSet::new()),
        topics,
    };
    Verdict {
        outcome: Outcome::Created,
        code: (!all).then_some("topic-unknown"),
        deed: Some(Deed::Create(new)),
        subscriber: Some(id),
    }
}

/// What is missing here is taken from the row; what is there stays.
fn fill(person: &Person, terms: &Terms, followable: &BTreeMap<String, TopicId>, known: &Known) -> Verdict {
    let is_pending = known.status == Status::Pending;
    let mut notes: Map<String, Value> = person
        .custom
        .iter()
        .filter(|(name, _)| !known.notes.contains(*name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let fits = known.notes_bytes + bytes(&notes) <= MOST_CUSTOM_BYTES;
    if !fits {
        notes.clear();
    }
    let (mut chosen, mut all) = topics(person, followable);
    if known.has_topics || !is_pending {
        (chosen, all) = (Vec::new(), true);
    }
    let name = person.name.clone().filter(|_| !known.has_name);
    let source = source(person, terms).filter(|_| !known.has_source);
    let labels = labels(person, terms, &known.labels);
    let code = if fits { (!all).then_some("topic-unknown") } else { Some("custom-too-long") };
    let id = SubscriberId::from_uuid(known.id);
    let changes = is_pending || name.is_some() || source.is_some() || !labels.is_empty() || !notes.is_empty();
    let confirmed_at = is_pending.then_some(person.confirmed_at);
    let deed = Deed::Fill { id, confirmed_at, name, source, labels, topics: chosen, notes };
    Verdict {
        outcome: if changes { Outcome::Updated } else { Outcome::Unchanged },
        code,
        deed: changes.then_some(deed),
        subscriber: Some(id),
    }
}

fn end(person: &Person, known: &Known, reason: Reason) -> Verdict {
    let id = SubscriberId::from_uuid(known.id);
    let unchanged = |code| Verdict { outcome: Outcome::Unchanged, code, deed: None, subscriber: Some(id) };
    if !matches!(known.status, Status::Pending | Status::Confirmed) {
        return unchanged(None);
    }
    let left = person.left_at.or(person.bounced_at);
    if known.confirmed_here.zip(left).is_some_and(|(confirmed, left)| confirmed > left) {
        return unchanged(Some("confirmed-since"));
    }
    Verdict {
        outcome: Outcome::Updated,
        code: None,
        deed: Some(Deed::End { id, reason }),
        subscriber: Some(id),
    }
}

/// What is known when the verdict is carried out.
fn learn(person: &Person, hash: &[u8], verdict: &Verdict, around: &mut Surroundings) {
    let key = person.email.key();
    match &verdict.deed {
        None => {}
        Some(Deed::Create(new)) => {
            let known = Known {
                id: new.id.uuid(),
                status: person.status,
                confirmed_here: None,
                has_name: person.name.is_some(),
                has_source: new.source.is_some(),
                has_topics: !new.topics.is_empty(),
                labels: new.labels.iter().cloned().collect(),
                notes: person.custom.keys().cloned().collect(),
                notes_bytes: bytes(&person.custom),
                is_new: true,
            };
            around.known.insert(key.to_owned(), known);
            if let Some(reason) = reason(person.status) {
                around.suppressed.insert(hash.to_vec(), reason);
            }
        }
        Some(Deed::Fill { name, source, labels, topics, notes, .. }) => {
            if let Some(known) = around.known.get_mut(key) {
                known.status = Status::Confirmed;
                known.has_name |= name.is_some();
                known.has_source |= source.is_some();
                known.has_topics |= !topics.is_empty();
                known.labels.extend(labels.iter().cloned());
                known.notes.extend(notes.keys().cloned());
                known.notes_bytes += bytes(notes);
            }
        }
        Some(Deed::End { reason, .. }) => {
            if let Some(known) = around.known.get_mut(key) {
                known.status = person.status;
            }
            around.suppressed.insert(hash.to_vec(), *reason);
        }
    }
}

fn bytes(notes: &Map<String, Value>) -> usize {
    if notes.is_empty() { 0 } else { serde_json::to_string(notes).map_or(0, |text| text.len()) }
}
