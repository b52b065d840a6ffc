//! What one row says of one person.

use std::net::IpAddr;

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::cells::{items, unguarded};
use super::columns::{Columns, Format, Meaning};
use super::vocabulary::{self, Said};
use crate::base::clock::Timestamp;
use crate::base::http::json;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::subscribers::{Line, Status};

/// The most bytes that are kept of what a row says beside, as JSON.
const MOST_CUSTOM_BYTES: usize = 8 * 1024;
/// The longest text that is taken over as evidence, in characters.
const MOST_EVIDENCE_CHARS: usize = 100;
/// The longest label, and the most of them.
const MOST_LABEL_CHARS: usize = 60;
const MOST_LABELS: usize = 50;

/// What a file says of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The address.
    pub email: EmailAddress,
    /// What the person wants, or the address takes: anything but pending.
    pub status: Status,
    /// What they are called.
    pub name: Option<Line>,
    /// The language they read, if the file says so.
    pub locale: Option<Locale>,
    /// Where they signed up.
    pub source: Option<Line>,
    /// Words that were put on them.
    pub labels: Vec<String>,
    /// Slugs of the topics that they chose.
    pub topics: Vec<String>,
    /// Everything else.
    pub custom: Map<String, Value>,
    /// When the address was first given.
    pub created_at: Option<Timestamp>,
    /// When they confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When they left.
    pub left_at: Option<Timestamp>,
    /// When the address was found to take no mail.
    pub bounced_at: Option<Timestamp>,
    /// What the file itself has as evidence: its own times and network addresses.
    pub details: Map<String, Value>,
}

/// Why a row is not taken. Says nothing of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// For a person.
    pub detail: &'static str,
}

/// The row is longer than the bound.
pub const TOO_LONG: Refusal =
    Refusal { code: "row-too-long", detail: "longer than 64 KiB, or a quote is not closed" };

impl Columns {
    /// Reads a row. It is `now`.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn person(&self, row: &ByteRecord, now: Timestamp) -> Result<Person, Refusal> {
        let refusal = |code, detail| Refusal { code, detail };
        if row.len() != self.all.len() {
            return Err(refusal("cells-mismatched", "has more or fewer cells than the first line"));
        }
        let cells = Cells::read(self, row)?;
        let address = cells.get(Meaning::Email).unwrap_or_default();
        if address.is_empty() {
            return Err(refusal("email-missing", "has no address"));
        }
        let email = EmailAddress::parse(address).map_err(|invalid| match invalid.code.as_ref() {
            "email-not-ascii" => {
                refusal("email-not-ascii", "the part of the address before the @ is limited to ASCII")
            }
            _ => refusal("email-malformed", "the address is malformed"),
        })?;
        let time = |meaning| cells.get(meaning).and_then(|text| vocabulary::time(text, now));
        let status = match self.said(&cells) {
            Said::Status(status) => status,
            Said::Unconfirmed => {
                return Err(refusal("not-confirmed", "nobody has confirmed the address there"));
            }
            Said::Unknown => return Err(refusal("status-unknown", "the status is none that is known here")),
        };
        let (created, signed_up) = (time(Meaning::CreatedAt), time(Meaning::SignedUpAt));
        // Where nothing is said of a confirmation, the sign-up was one.
        let implied = signed_up.or(created).filter(|_| status == Status::Confirmed);
        let confirmed_at = time(Meaning::ConfirmedAt).or(implied);
        Ok(Person {
            email,
            status,
            name: cells.name(),
            locale: cells.get(Meaning::Locale).and_then(|text| Locale::parse(text).ok()),
            source: cells.get(Meaning::Source).and_then(line),
            labels: cells.labels(),
            topics: cells.get(Meaning::Topics).map(items).unwrap_or_default(),
            custom: cells.custom(self),
            created_at: created.or(signed_up).or(confirmed_at),
            confirmed_at,
            left_at: time(Meaning::UnsubscribedAt),
            bounced_at: time(Meaning::BouncedAt),
            details: cells.details(),
        })
    }

    /// What a row says of the person's wish. A no anywhere is a no.
    fn said(&self, cells: &Cells<'_>) -> Said {
        let no = Said::Status(Status::Unsubscribed);
        if self.format == Format::Mailchimp {
            // Which of the three files it is.
            return match (self.find(Meaning::UnsubscribedAt), self.find(Meaning::BouncedAt)) {
                (Some(_), _) => no,
                (None, Some(_)) => Said::Status(Status::Bounced),
                (None, None) => Said::Status(Status::Confirmed),
            };
        }
        for (meaning, negative) in [(Meaning::Subscribed, false), (Meaning::Unsubscribed, true)] {
            match cells.get(meaning).map(vocabulary::flag) {
                Some(Some(flag)) if flag == negative => return no,
                Some(None) if meaning == Meaning::Subscribed => return Said::Unknown,
                _ => {}
            }
        }
        if self.find(Meaning::Status).is_some() {
            return vocabulary::status(self.format, cells.get(Meaning::Status).unwrap_or_default());
        }
        if cells.filled(Meaning::UnsubscribedAt) {
            return no;
        }
        if cells.filled(Meaning::BouncedAt) {
            return Said::Status(Status::Bounced);
        }
        Said::Status(Status::Confirmed)
    }
}

/// The cells of a row by what they mean.
struct Cells<'a>(Vec<(Meaning, &'a str)>);

impl<'a> Cells<'a> {
    fn read(columns: &Columns, row: &'a ByteRecord) -> Result<Self, Refusal> {
        let mut cells = Vec::with_capacity(row.len());
        for (column, cell) in columns.all.iter().zip(row) {
            let text = std::str::from_utf8(cell)
                .map_err(|_| Refusal { code: "row-not-utf-8", detail: "holds bytes that are not UTF-8" })?;
            if text.contains('\0') {
                return Err(Refusal { code: "row-contains-nul", detail: "holds U+0000" });
            }
            cells.push((column.meaning, unguarded(text.trim_matches(' '))));
        }
        Ok(Self(cells))
    }

    /// The cell with that meaning, if there is such a column.
    fn get(&self, wanted: Meaning) -> Option<&'a str> {
        self.0.iter().find(|(meaning, _)| *meaning == wanted).map(|(_, text)| text.trim())
    }

    fn filled(&self, meaning: Meaning) -> bool {
        self.get(meaning).is_some_and(|text| !text.is_empty())
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
                let label: String = label.as_str().chars().take(MOST_LABEL_CHARS).collect();
                if !labels.contains(&label) && labels.len() < MOST_LABELS {
                    labels.push(label);
                }
            }
        }
        labels
    }

    /// Everything that has no place of its own, as much of it as there is room for.
    fn custom(&self, columns: &Columns) -> Map<String, Value> {
        let (mut custom, mut bytes) = (Map::new(), 2);
        let mut put = |name: &str, value: Value| {
            let size = name.len() + value.to_string().len() + 8;
            if !custom.contains_key(name) && !name.is_empty() && bytes + size <= MOST_CUSTOM_BYTES {
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
                            .for_each(|(name, value)| put(&name, value));
                    }
                    Err(_) => put(&column.header, text.into()),
                },
                Meaning::Custom => put(&column.header, text.into()),
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
            let Some(text) = self.get(meaning).filter(|text| !text.is_empty()) else { continue };
            let is_address = matches!(meaning, Meaning::SignedUpFrom | Meaning::ConfirmedFrom);
            if !is_address || text.parse::<IpAddr>().is_ok() {
                let text: String = text.chars().take(MOST_EVIDENCE_CHARS).collect();
                details.insert(name.to_owned(), text.into());
            }
        }
        details
    }
}

/// The items of a cell: a JSON array as some services write it, or CSV within the cell, with commas or else semicolons.
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
