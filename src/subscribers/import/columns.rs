//! What each column of a file means. Names are compared without case, accents, blanks and punctuation. Unknown columns are
//! kept under their header, unless they are about payments or internals of the service. Whatever may be about consent is
//! taken for that, under any name and as often as it occurs: what its cells say is judged in [`super::stated`].

use serde::Serialize;
use utoipa::ToSchema;

use super::fold::{Words, fold};
use super::format::Format;
use super::headers::Header;
use super::meaning::Meaning;
use super::{endings, names};
use crate::base::error::Invalid;
use crate::subscribers::consent::Status;

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SubscriberImportColumn)]
pub struct Column {
    /// The first 100 characters of its name in the file.
    #[schema(max_length = 100)]
    pub header: String,
    /// What it means.
    pub meaning: Meaning,
    /// What else its name says.
    #[serde(skip)]
    pub(super) hints: Hints,
}

/// What the name of a column says beside its meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// Whether it asks whether mail is wanted, or is about the answer.
    pub asks_for_mail: bool,
    /// Whether links or tokens stand there, which everybody in the file has.
    pub has_links: bool,
    /// Whether a word that is no status may mean something else: a `State` beside a `City` is part of an address.
    pub is_ambiguous: bool,
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
}

/// As many characters of a header are shown, and are the name of a custom field. All of it is compared: a long question may
/// say at its end what it asks.
const MAX_SHOWN_CHARS: usize = 100;

/// What marks a header as about payments, wherever it occurs in the name.
static PAYMENTS: Words =
    Words::new("stripe paypal creditcard iban revenue lifetimevalue totalspent totalspend");

/// Names of parts of an address, beside which a `State` is one, too.
static PLACES: Words = Words::new(
    "city zip zipcode postcode postalcode street address address1 stadt plz strasse ville codepostal ciudad codigopostal \
     cidade cep citta cap stad miasto",
);
static STATES: Words = Words::new("state estado stato");

impl Columns {
    /// Recognises the columns of a header. Refused with `email-column-missing` if none holds addresses.
    pub fn recognise(header: &[String]) -> Result<Self, Invalid> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let format = Format::of(&folded);
        let is_address = folded.iter().any(|name| PLACES.has(name));
        let mut all: Vec<Column> = Vec::with_capacity(header.len());
        for (at, (written, name)) in header.iter().zip(&folded).enumerate() {
            let own = Header { written, folded: name };
            let meaning = meaning(format, &folded, at, own);
            let is_taken = all.iter().any(|column: &Column| column.meaning == meaning);
            let meaning = if is_taken && !meaning.may_repeat() { Meaning::Ignored } else { meaning };
            let is_ambiguous = is_address && STATES.has(name);
            all.push(Column { header: shown(written, at), meaning, hints: Hints::of(own, is_ambiguous) });
        }
        let columns = Self { format, all, status_of_all: format.status_of_file(&folded) };
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

impl Column {
    /// The column that a member of an object in a cell of this one is read as. What its own name does not say, that of the
    /// column does.
    pub(super) fn member(&self, name: &str) -> Self {
        // Of a deep one the nearest names.
        let far = self.header.chars().count().saturating_sub(MAX_SHOWN_CHARS);
        let header = format!("{} {name}", self.header.chars().skip(far).collect::<String>());
        let (own, folded) = (fold(name), fold(&header));
        let path = Header { written: &header, folded: &folded };
        let is_of_consent = self.meaning.is_of_consent();
        let is_of_another_channel =
            [&own, &folded].into_iter().any(|name| endings::is_of_another_channel(name));
        let meaning = match names::find(&own).filter(|meaning| *meaning != Meaning::Email) {
            _ if is_of_another_channel => Meaning::Ignored,
            Some(meaning) if !meaning.is_of_consent() => Meaning::Ignored,
            found => {
                // A newsletter within `Unsubscribed` is one that was left.
                let may_differ =
                    |meaning: &Meaning| self.meaning.ending().is_none() || meaning.ending().is_some();
                let found = found.or_else(|| path.meaning()).filter(may_differ);
                let found = found.filter(|_| is_of_consent || path.is_of_mail_alone());
                let of_column = (is_of_consent && !path.is_fact()).then_some(self.meaning);
                found.or(of_column).unwrap_or(Meaning::Custom)
            }
        };
        let hints = Hints::of(path, !is_of_consent);
        Self { header, meaning, hints }
    }
}

impl Hints {
    fn of(header: Header<'_>, is_ambiguous: bool) -> Self {
        Self { asks_for_mail: header.asks_for_mail(), has_links: header.has_links(), is_ambiguous }
    }
}

/// A header as it may be stored. Words with an `@` are left out: if the file has no header, its first line holds a person's
/// address.
#[must_use]
pub fn storable(header: &[String]) -> Vec<String> {
    let name = |(at, name): (usize, &String)| {
        let words: Vec<&str> = name.split_whitespace().filter(|word| !word.contains('@')).collect();
        let is_replaced = words.is_empty() && !name.is_empty();
        if is_replaced { numbered(at) } else { words.join(" ").replace(char::is_control, "") }
    };
    header.iter().enumerate().map(name).collect()
}

fn shown(name: &str, at: usize) -> String {
    if name.is_empty() { numbered(at) } else { name.chars().take(MAX_SHOWN_CHARS).collect() }
}

fn numbered(at: usize) -> String {
    format!("column {}", at + 1)
}

fn meaning(format: Format, folded: &[String], at: usize, header: Header<'_>) -> Meaning {
    let name = header.folded;
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
    let is_of_payments = PAYMENTS.occur_in(name);
    let is_of_mail = endings::is_of_mail(name) || header.asks_for_mail();
    let of_consent = || header.meaning().filter(|_| is_of_mail || !is_of_payments);
    let unknown = if is_of_payments { Meaning::Ignored } else { Meaning::Custom };
    names::find(name).or_else(of_consent).unwrap_or(unknown)
}
