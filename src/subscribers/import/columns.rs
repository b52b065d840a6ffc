//! What each column of a file means. Names are compared without case, accents, blanks and punctuation. Unknown columns are
//! kept under their header, unless they are about payments or internals of the service. Whatever may be about consent is
//! taken for that, under any name and as often as it occurs: what its cells say is judged in [`super::stated`].

use serde::Serialize;
use utoipa::ToSchema;

use super::fold::fold;
use super::format::Format;
use super::meaning::Meaning;
use super::{endings, names};
use crate::base::error::Invalid;
use crate::subscribers::consent::Status;

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SubscriberImportColumn)]
pub struct Column {
    /// Its name in the file.
    #[schema(max_length = 100)]
    pub header: String,
    /// What it means.
    pub meaning: Meaning,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The service that exported the file.
    pub format: Format,
    /// In the order of the file.
    pub all: Vec<Column>,
    /// The status of everybody in the file, if its columns tell it.
    pub status_of_all: Option<Status>,
    /// The index of a column of statuses whose name is that of a part of an address, too.
    pub(super) state_of_address: Option<usize>,
}

/// The longest header that is stored, in characters.
const MAX_HEADER_CHARS: usize = 100;

/// What marks a header as about payments, wherever it occurs in the name.
const PAYMENT_MARKERS: &[&str] =
    &["stripe", "paypal", "creditcard", "iban", "revenue", "lifetimevalue", "totalspent", "totalspend"];
/// What marks a status as one of something else.
const OTHER_STATUSES: &[&str] = &[
    "marital", "familien", "family", "civil", "order", "payment", "billing", "shipping", "employ", "ticket",
    "lead", "deal", "loyalty", "login", "http",
];
/// What marks a header as evidence of consent, which is text.
const EVIDENCE_MARKERS: &[&str] = &[
    "text",
    "source",
    "url",
    "method",
    "version",
    "statement",
    "note",
    "campaign",
    "page",
    "referrer",
    "host",
];
/// What marks a header as the reason for something, which is text.
const REASON_MARKERS: &[&str] =
    &["reason", "grund", "raison", "motiv", "motif", "reden", "powod", "comment", "feedback"];
/// What marks a header as about whether mail is wanted.
const CONSENT_MARKERS: &[&str] = &[
    "optin",
    "optedin",
    "subscribedto",
    "consent",
    "permission",
    "acceptsmarketing",
    "acceptsemail",
    "einwilligung",
    "zustimmung",
    "toestemming",
    "zgoda",
    "подписан",
    "订阅",
    "購読",
];
/// Names of parts of an address, beside which a `State` is one, too.
const PLACES: &[&str] = &[
    "city",
    "zip",
    "zipcode",
    "postcode",
    "postalcode",
    "street",
    "address",
    "address1",
    "stadt",
    "plz",
    "strasse",
    "ville",
    "codepostal",
    "ciudad",
    "codigopostal",
    "cidade",
    "cep",
    "citta",
    "cap",
    "stad",
    "miasto",
];

impl Columns {
    /// Recognises the columns of a header. Refused with `email-column-missing` if none holds addresses.
    pub fn recognise(header: &[String]) -> Result<Self, Invalid> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let format = Format::of(&folded);
        let mut all: Vec<Column> = Vec::with_capacity(header.len());
        for (at, name) in header.iter().enumerate() {
            let meaning = meaning(format, &folded, at);
            let is_taken = all.iter().any(|column: &Column| column.meaning == meaning);
            let meaning = if is_taken && !meaning.may_repeat() { Meaning::Ignored } else { meaning };
            all.push(Column { header: shown(name, at), meaning });
        }
        let is_place = folded.iter().any(|name| PLACES.contains(&name.as_str()));
        let state = || folded.iter().position(|name| matches!(name.as_str(), "state" | "estado" | "stato"));
        let columns = Self {
            format,
            all,
            status_of_all: format.status_of_file(&folded),
            state_of_address: if is_place { state() } else { None },
        };
        if columns.find(Meaning::Email).is_none() {
            let detail = "No column contains email addresses. One must be named `email` in the first line.";
            return Err(Invalid::new("email-column-missing", detail));
        }
        Ok(columns)
    }

    /// The index of the column with that meaning.
    #[must_use]
    pub fn find(&self, meaning: Meaning) -> Option<usize> {
        self.all.iter().position(|column| column.meaning == meaning)
    }
}

/// A header as it may be stored. A name with an `@` is replaced: the file has no header, and its first line holds a person's
/// address.
#[must_use]
pub fn storable(header: &[String]) -> Vec<String> {
    let name = |(at, name): (usize, &String)| match name {
        name if name.contains('@') => format!("column {}", at + 1),
        name => name.chars().filter(|c| !c.is_control()).take(MAX_HEADER_CHARS).collect(),
    };
    header.iter().enumerate().map(name).collect()
}

fn shown(name: &str, at: usize) -> String {
    if name.is_empty() { format!("column {}", at + 1) } else { name.to_owned() }
}

fn meaning(format: Format, folded: &[String], at: usize) -> Meaning {
    let name = folded.get(at).map_or("", String::as_str);
    let has = |meaning| folded.iter().any(|name| names::find(name) == Some(meaning));
    // Merge fields of an audience, which stand before what Mailchimp itself knows of a person.
    let is_merge_field = format == Format::Mailchimp
        && folded.iter().position(|name| name == "memberrating").is_none_or(|own| at < own);
    match (format, name) {
        (_, "") => return Meaning::Ignored,
        (Format::Buttondown, "type" | "subscribertype") => return Meaning::Status,
        (Format::Buttondown, "metadata") | (Format::Listmonk, "attributes") | (Format::Lede, "custom") => {
            return Meaning::Object;
        }
        (Format::Mailchimp, "status" | "state" | "region") if is_merge_field => return Meaning::Custom,
        // The first name if there is a column for the last name, otherwise the whole name.
        (_, "nom") if has(Meaning::FirstName) => return Meaning::LastName,
        (_, "nombre" | "nome") if has(Meaning::LastName) => return Meaning::FirstName,
        (_, "nom" | "nombre" | "nome") => return Meaning::Name,
        _ => {}
    }
    let has_marker = |markers: &[&str]| markers.iter().any(|marker| name.contains(marker));
    names::find(name)
        .or_else(|| has_marker(PAYMENT_MARKERS).then_some(Meaning::Ignored))
        .or_else(|| of_consent(name))
        .unwrap_or(Meaning::Custom)
}

/// What a column means that is about consent, by the words in its name.
fn of_consent(name: &str) -> Option<Meaning> {
    let has_marker = |markers: &[&str]| markers.iter().any(|marker| name.contains(marker));
    if endings::is_of_another_channel(name) {
        return None;
    }
    if let Some(status) = endings::find(name) {
        return Some(match status {
            Status::Complained => Meaning::Complained,
            Status::Bounced => Meaning::Bounced,
            _ if has_marker(REASON_MARKERS) => Meaning::UnsubscribedReason,
            _ => Meaning::Unsubscribed,
        });
    }
    let is_status = ["status", "statut", "статус", "状态", "狀態", "ステータス"]
        .iter()
        .any(|word| name.contains(&fold(word)));
    if is_status && !has_marker(OTHER_STATUSES) {
        return Some(Meaning::Status);
    }
    // "Consent information" is no name of a form.
    let is_evidence = has_marker(EVIDENCE_MARKERS) || name.ends_with("form");
    (CONSENT_MARKERS.iter().any(|word| name.contains(&fold(word))) && !is_evidence)
        .then_some(Meaning::Subscribed)
}
