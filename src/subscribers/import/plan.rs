//! What a row changes, planned without I/O from what the file states and what is known here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::RowOutcome;
use super::person::Person;
use crate::base::clock::Timestamp;
use crate::base::ids::{IsId as _, SubscriberId, TopicId};
use crate::base::text::Locale;
use crate::subscribers::consent::{Reason, Status};
use crate::subscribers::profile::{Line, MAX_CUSTOM_BYTES, MAX_LABELS};

/// As much of a known subscriber as a row is compared with. A dry run stores it, so it says which members exist and not
/// their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each tells whether one member exists")]
pub struct ExistingSubscriber {
    /// The subscriber's id.
    pub id: uuid::Uuid,
    /// The status.
    pub status: Status,
    /// When they last confirmed here.
    pub confirmed_here: Option<Timestamp>,
    /// Whether there is a name.
    pub has_name: bool,
    /// Whether there is a source.
    pub has_source: bool,
    /// Whether they follow topics.
    pub has_topics: bool,
    /// The labels.
    pub labels: BTreeSet<String>,
    /// The names of the custom members.
    pub custom: BTreeSet<String>,
    /// The size of the custom members as JSON.
    pub custom_bytes: usize,
    /// Whether a row of this file created them.
    pub is_new: bool,
}

/// What is known of the people in some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The subscribers by the key of their address.
    pub subscribers: BTreeMap<String, ExistingSubscriber>,
    /// The suppressions by the keyed hash of the address.
    pub suppressed: BTreeMap<Vec<u8>, Reason>,
    /// The topics that can be followed, by slug.
    pub topics: BTreeMap<String, TopicId>,
}

/// What the importer states about everyone in the file.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Where the list comes from.
    pub source: Option<Line>,
    /// Labels for everyone.
    pub labels: Vec<String>,
    /// The language of people whose row states none.
    pub locale: Locale,
    /// Whether the file has a column of sources, so that an empty cell means that there is none.
    pub has_sources: bool,
}

/// What is to be written for a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Creates a subscriber.
    Create(NewSubscriber),
    /// Fills in what a known subscriber lacks, and confirms them if they were pending.
    Fill(MissingFields),
    /// Unsubscribes a known subscriber.
    Unsubscribe {
        /// Whom.
        id: SubscriberId,
        /// Why.
        reason: Reason,
    },
}

/// A subscriber to be created, apart from what the row itself states.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSubscriber {
    /// The new id.
    pub id: SubscriberId,
    /// Where they signed up.
    pub source: Option<Line>,
    /// The language they read.
    pub locale: Locale,
    /// The labels.
    pub labels: Vec<String>,
    /// The topics they follow.
    pub topics: Vec<TopicId>,
}

/// What is added to a known subscriber.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingFields {
    /// Whom.
    pub id: SubscriberId,
    /// For a pending subscriber, when they confirmed according to the file, if it states that.
    pub confirmed_at: Option<Option<Timestamp>>,
    /// The name.
    pub name: Option<Line>,
    /// Where they signed up.
    pub source: Option<Line>,
    /// Further labels.
    pub labels: Vec<String>,
    /// The topics they follow.
    pub topics: Vec<TopicId>,
    /// Further custom members.
    pub custom: Map<String, Value>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The outcome that is reported.
    pub outcome: RowOutcome,
    /// The code that is reported.
    pub code: Option<&'static str>,
    /// What is to be written.
    pub action: Option<Action>,
    /// The subscriber whom the row is about.
    pub subscriber: Option<SubscriberId>,
}

/// Plans what a row changes, and updates the snapshot accordingly for the rows after it. `id` is for a new subscriber.
pub fn plan(
    person: &Person,
    hash: &[u8],
    defaults: &Defaults,
    snapshot: &mut Snapshot,
    id: SubscriberId,
) -> Decision {
    let key = person.email.key();
    let suppressed = snapshot.suppressed.get(hash).copied();
    let decision = match (snapshot.subscribers.get(key), person.status.suppression()) {
        // An erased person is not created again, not even as unsubscribed.
        (None, _) if suppressed.is_some() => suppressed_as(suppressed, None),
        (None, _) => create(person, defaults, &snapshot.topics, id),
        (Some(known), None) => match known.status.suppression() {
            Some(here) => suppressed_as(Some(here), Some(known)),
            None if known.status == Status::Pending && suppressed.is_some() => {
                suppressed_as(suppressed, Some(known))
            }
            None => fill(person, defaults, &snapshot.topics, known),
        },
        (Some(known), Some(reason)) => unsubscribe(person, known, reason),
    };
    snapshot.update(person, hash, &decision);
    decision
}

fn suppressed_as(reason: Option<Reason>, known: Option<&ExistingSubscriber>) -> Decision {
    Decision {
        outcome: RowOutcome::Suppressed,
        code: reason.map(Reason::as_str),
        action: None,
        subscriber: known.map(|known| SubscriberId::from_uuid(known.id)),
    }
}

fn labels(person: &Person, defaults: &Defaults, known: &BTreeSet<String>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in defaults.labels.iter().chain(&person.labels) {
        if !known.contains(label) && !labels.contains(label) && known.len() + labels.len() < MAX_LABELS {
            labels.push(label.clone());
        }
    }
    labels
}

/// The topics in the row that can be followed, and whether all can.
fn topics(person: &Person, followable: &BTreeMap<String, TopicId>) -> (Vec<TopicId>, bool) {
    let found: BTreeSet<TopicId> =
        person.topics.iter().filter_map(|slug| followable.get(slug)).copied().collect();
    let all = person.topics.iter().all(|slug| followable.contains_key(slug));
    (found.into_iter().collect(), all)
}

fn source(person: &Person, defaults: &Defaults) -> Option<Line> {
    person.source.clone().or_else(|| defaults.source.clone().filter(|_| !defaults.has_sources))
}

fn create(
    person: &Person,
    defaults: &Defaults,
    followable: &BTreeMap<String, TopicId>,
    id: SubscriberId,
) -> Decision {
    let (topics, all) = topics(person, followable);
    let new = NewSubscriber {
        id,
        source: source(person, defaults),
        locale: person.locale.clone().unwrap_or_else(|| defaults.locale.clone()),
        labels: labels(person, defaults, &BTreeSet::new()),
        topics,
    };
    Decision {
        outcome: RowOutcome::Created,
        code: person.remark().or((!all).then_some("topic-unknown")),
        action: Some(Action::Create(new)),
        subscriber: Some(id),
    }
}

/// Takes from the row what is missing here.
fn fill(
    person: &Person,
    defaults: &Defaults,
    followable: &BTreeMap<String, TopicId>,
    known: &ExistingSubscriber,
) -> Decision {
    let is_pending = known.status == Status::Pending;
    let mut custom: Map<String, Value> = person
        .custom
        .iter()
        .filter(|(name, _)| !known.custom.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let fits = known.custom_bytes + bytes(&custom) <= MAX_CUSTOM_BYTES;
    if !fits {
        custom.clear();
    }
    let (mut topics, mut all) = topics(person, followable);
    if known.has_topics || !is_pending {
        (topics, all) = (Vec::new(), true);
    }
    let name = person.name.clone().filter(|_| !known.has_name);
    let source = source(person, defaults).filter(|_| !known.has_source);
    let labels = labels(person, defaults, &known.labels);
    let code = if fits { (!all).then_some("topic-unknown") } else { Some("custom-too-long") };
    let code = code.or_else(|| person.remark());
    let id = SubscriberId::from_uuid(known.id);
    let changes =
        is_pending || name.is_some() || source.is_some() || !labels.is_empty() || !custom.is_empty();
    let confirmed_at = is_pending.then_some(person.confirmed_at);
    let missing = MissingFields { id, confirmed_at, name, source, labels, topics, custom };
    Decision {
        outcome: if changes { RowOutcome::Updated } else { RowOutcome::Unchanged },
        code,
        action: changes.then_some(Action::Fill(missing)),
        subscriber: Some(id),
    }
}

fn unsubscribe(person: &Person, known: &ExistingSubscriber, reason: Reason) -> Decision {
    let id = SubscriberId::from_uuid(known.id);
    let decision = |outcome, code, action| Decision { outcome, code, action, subscriber: Some(id) };
    if known.status.suppression().is_some() {
        return decision(RowOutcome::Unchanged, None, None);
    }
    if known.confirmed_here.zip(person.ended_at).is_some_and(|(confirmed, ended)| confirmed > ended) {
        return decision(RowOutcome::Unchanged, Some("confirmed-since"), None);
    }
    decision(RowOutcome::Updated, person.remark(), Some(Action::Unsubscribe { id, reason }))
}

impl Snapshot {
    /// What will be known when the decision has been applied.
    fn update(&mut self, person: &Person, hash: &[u8], decision: &Decision) {
        let key = person.email.key();
        match &decision.action {
            None => {}
            Some(Action::Create(new)) => {
                let known = ExistingSubscriber {
                    id: new.id.uuid(),
                    status: person.status,
                    confirmed_here: None,
                    has_name: person.name.is_some(),
                    has_source: new.source.is_some(),
                    has_topics: !new.topics.is_empty(),
                    labels: new.labels.iter().cloned().collect(),
                    custom: person.custom.keys().cloned().collect(),
                    custom_bytes: bytes(&person.custom),
                    is_new: true,
                };
                self.subscribers.insert(key.to_owned(), known);
                if let Some(reason) = person.status.suppression() {
                    self.suppressed.insert(hash.to_vec(), reason);
                }
            }
            Some(Action::Fill(missing)) => {
                if let Some(known) = self.subscribers.get_mut(key) {
                    known.status = Status::Confirmed;
                    known.has_name |= missing.name.is_some();
                    known.has_source |= missing.source.is_some();
                    known.has_topics |= !missing.topics.is_empty();
                    known.labels.extend(missing.labels.iter().cloned());
                    known.custom.extend(missing.custom.keys().cloned());
                    known.custom_bytes += bytes(&missing.custom);
                }
            }
            Some(Action::Unsubscribe { reason, .. }) => {
                if let Some(known) = self.subscribers.get_mut(key) {
                    known.status = person.status;
                }
                self.suppressed.insert(hash.to_vec(), *reason);
            }
        }
    }
}

fn bytes(custom: &Map<String, Value>) -> usize {
    if custom.is_empty() { 0 } else { serde_json::to_string(custom).map_or(0, |text| text.len()) }
}
