//! What one row states about one person.

use std::collections::BTreeSet;
use std::net::IpAddr;

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::cells::{items, unescape};
use super::columns::Columns;
use super::meaning::Meaning;
use super::stated;
use super::times::Times;
use super::vocabulary::StatedStatus;
use crate::base::clock::Timestamp;
use crate::base::http::json;
use crate::base::json::check_name;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::subscribers::consent::Status;
use crate::subscribers::profile::{Line, MAX_CUSTOM_BYTES, MAX_LABEL_CHARS, MAX_LABELS};
use crate::subscribers::topics::MAX_TOPICS;

/// The longest text that is stored as evidence, in characters.
const MAX_EVIDENCE_CHARS: usize = 100;

/// What a row states about a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The address.
    pub email: EmailAddress,
    /// The status: anything but pending.
    pub status: Status,
    /// The name.
    pub name: Option<Line>,
    /// The language they read.
    pub locale: Option<Locale>,
    /// Where they signed up.
    pub source: Option<Line>,
    /// Labels.
    pub labels: Vec<String>,
    /// Slugs of the topics that they follow.
    pub topics: Vec<String>,
    /// The other columns.
    pub custom: Map<String, Value>,
    /// When the address was first given.
    pub created_at: Option<Timestamp>,
    /// When they confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When they unsubscribed.
    pub unsubscribed_at: Option<Timestamp>,
    /// When mail to the address ended the last time, if every date of that can be read.
    pub ended_at: Option<Timestamp>,
    /// Whether the row names more topics than a subscriber can follow; those beyond are left out.
    pub has_too_many_topics: bool,
    /// Whether the row has a date that cannot be read. Only of people who want no mail: others are refused.
    pub has_unreadable_date: bool,
    /// The times and IP addresses in the file, as evidence.
    pub details: Map<String, Value>,
}

impl Person {
    /// The code of what is reported of the row although it is imported.
    #[must_use]
    pub fn remark(&self) -> Option<&'static str> {
        match self {
            Self { has_too_many_topics: true, .. } => Some("topics-too-many"),
            Self { has_unreadable_date: true, .. } => Some("date-unreadable"),
            _ => None,
        }
    }

    /// When somebody who unsubscribed did so: `now` if the row has no time of that, none if it has one that cannot be read.
    #[must_use]
    pub fn unsubscribed_by(&self, now: Timestamp) -> Option<Timestamp> {
        self.unsubscribed_at.or((!self.has_unreadable_date).then_some(now))
    }
}

/// A person and the keyed hash of their address.
#[derive(Debug, Clone)]
pub(super) struct HashedPerson {
    pub person: Person,
    pub hash: Vec<u8>,
}

/// The code of the reason why a row is refused; [`crate::base::codes`] explains it.
pub type Refusal = &'static str;

impl Columns {
    /// Parses a row that is imported at `now`.
    pub fn person(&self, row: &ByteRecord, now: Timestamp) -> Result<Person, Refusal> {
        if row.len() != self.all.len() {
            return Err("cells-mismatched");
        }
        let cells = Cells::read(self, row)?;
        let address = cells.get(Meaning::Email).unwrap_or_default();
        if address.is_empty() {
            return Err("email-missing");
        }
        let email = EmailAddress::parse(address).map_err(|invalid| match invalid.code.as_ref() {
            "email-not-ascii" => "email-not-ascii",
            _ => "email-malformed",
        })?;
        let status = match stated::status(self, &cells.0, list) {
            StatedStatus::Status(status) => status,
            StatedStatus::Unconfirmed => return Err("not-confirmed"),
            StatedStatus::Unknown => return Err("status-unknown"),
        };
        let topics: BTreeSet<String> =
            cells.get(Meaning::Topics).map(items).unwrap_or_default().into_iter().collect();
        let times = Times::read(&cells.0, now);
        let has_unreadable_date = times.are_unreadable();
        if has_unreadable_date && status == Status::Confirmed {
            return Err("date-unreadable");
        }
        let (created, signed_up) =
            (times.first(&[Meaning::CreatedAt]), times.first(&[Meaning::SignedUpAt, Meaning::Subscribed]));
        // If the file has no time of the confirmation, the sign-up counts as one.
        let implied = signed_up.or(created).filter(|_| status == Status::Confirmed);
        let confirmed_at = times.first(&[Meaning::ConfirmedAt, Meaning::Confirmed]).or(implied);
        Ok(Person {
            email,
            status,
            name: cells.name(),
            locale: cells.get(Meaning::Locale).and_then(|text| Locale::parse(text).ok()),
            source: cells.get(Meaning::Source).and_then(line),
            labels: cells.labels(),
            has_too_many_topics: topics.len() > MAX_TOPICS,
            topics: topics.into_iter().take(MAX_TOPICS).collect(),
            custom: cells.custom(self),
            created_at: created.or(signed_up).or(confirmed_at),
            confirmed_at,
            unsubscribed_at: times.last(|meaning| meaning.ending() == Some(Status::Unsubscribed)),
            ended_at: times.last(|meaning| meaning.ending().is_some()),
            has_unreadable_date,
            details: cells.details(),
        })
    }
}

/// The cells of a row by what they mean.
struct Cells<'a>(Vec<(Meaning, &'a str)>);

impl<'a> Cells<'a> {
    fn read(columns: &Columns, row: &'a ByteRecord) -> Result<Self, Refusal> {
        let mut cells = Vec::with_capacity(row.len());
        for (column, cell) in columns.all.iter().zip(row) {
            let text = std::str::from_utf8(cell).map_err(|_| "row-not-utf-8")?;
            if text.contains('\0') {
                return Err("row-contains-nul");
            }
            cells.push((column.meaning, unescape(text.trim_matches(' '))));
        }
        Ok(Self(cells))
    }

    /// The first cell with that meaning that is not empty.
    fn get(&self, meaning: Meaning) -> Option<&'a str> {
        let of_meaning = self.0.iter().filter(|(other, _)| *other == meaning);
        of_meaning.map(|(_, text)| text.trim()).find(|text| !text.is_empty())
    }

    fn name(&self) -> Option<Line> {
        self.get(Meaning::Name).and_then(line).or_else(|| {
            let part = |meaning| self.get(meaning).unwrap_or_default();
            line(&format!("{} {}", part(Meaning::FirstName), part(Meaning::LastName)))
        })
    }

    fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for (_, text) in self.0.iter().filter(|(meaning, _)| *meaning == Meaning::Labels) {
            for item in list(text) {
                let Some(label) = line(&item) else { continue };
                let label: String = label.as_str().chars().take(MAX_LABEL_CHARS).collect();
                if !labels.contains(&label) && labels.len() < MAX_LABELS {
                    labels.push(label);
                }
            }
        }
        labels
    }

    /// The columns without a meaning of their own, as far as they fit.
    fn custom(&self, columns: &Columns) -> Map<String, Value> {
        let (mut custom, mut bytes) = (Map::new(), 2);
        let mut insert = |name: &str, value: Value| {
            let size = name.len() + value.to_string().len() + 8;
            let is_name = !name.is_empty() && check_name(name).is_ok();
            if is_name && !custom.contains_key(name) && bytes + size <= MAX_CUSTOM_BYTES {
                bytes += size;
                custom.insert(name.to_owned(), value);
            }
        };
        for (column, (meaning, text)) in columns.all.iter().zip(&self.0) {
            let text = text.trim();
            match meaning {
                _ if text.is_empty() => {}
                Meaning::Object => match json::parse::<Map<String, Value>>(text.as_bytes()) {
                    Ok(members) => {
                        members
                            .into_iter()
                            .filter(|(_, value)| !value.is_null())
                            .for_each(|(name, value)| insert(&name, value));
                    }
                    Err(_) => insert(&column.header, text.into()),
                },
                Meaning::Custom => insert(&column.header, text.into()),
                _ => {}
            }
        }
        custom
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        for (meaning, name) in [
            (Meaning::CreatedAt, "created_at"),
            (Meaning::SignedUpAt, "signed_up_at"),
            (Meaning::SignedUpFrom, "signed_up_from"),
            (Meaning::ConfirmedAt, "confirmed_at"),
            (Meaning::ConfirmedFrom, "confirmed_from"),
            (Meaning::UnsubscribedAt, "unsubscribed_at"),
            (Meaning::UnsubscribedReason, "unsubscribed_reason"),
            (Meaning::BouncedAt, "bounced_at"),
            (Meaning::Source, "source"),
        ] {
            let Some(text) = self.get(meaning) else { continue };
            let is_address = matches!(meaning, Meaning::SignedUpFrom | Meaning::ConfirmedFrom);
            if !is_address || text.parse::<IpAddr>().is_ok() {
                let text: String = text.chars().take(MAX_EVIDENCE_CHARS).collect();
                details.insert(name.to_owned(), text.into());
            }
        }
        details
    }
}

/// The items of a cell: a JSON array, as some services write it, or a line of CSV with commas or else semicolons.
fn list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<String>>(text)
    {
        return items;
    }
    match items(text).as_slice() {
        [one] if one.contains([';', '|']) => {
            one.split([';', '|']).map(|item| item.trim().to_owned()).collect()
        }
        items => items.to_vec(),
    }
}

/// A cell as one line, cut to its bound; `None` if there is nothing in it.
fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let text: String = words.join(" ").chars().take(200).collect();
    Line::parse("name", &text).ok()
}
