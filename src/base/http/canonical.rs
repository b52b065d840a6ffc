//! The canonical form of a URL: what an operation reads of it, in one spelling. Public responses are cached under it, so
//! that ignored parameters, another order, other escapes and other spellings of a value make no further entries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::openapi::path::{Parameter as Documented, ParameterIn};
use utoipa::openapi::schema::{ArrayItems, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::base::clock::Timestamp;
use crate::base::text::Locale;

/// What is escaped in a query: everything but the characters that clients usually leave as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'/');

/// A query parameter that an operation reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// Whether it is a list, whose items are separated by commas or given by repeating it. Their order does not matter.
    pub is_list: bool,
    /// What its value, or each item, is.
    pub kind: Kind,
}

/// What a value is, as far as it has several spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Has one spelling.
    Text,
    /// An integer.
    Number,
    /// An RFC 3339 time.
    Time,
    /// A language tag.
    Locale,
}

impl Parameter {
    /// Returns the query parameter that an operation documents; `None` for a parameter of another place.
    #[must_use]
    pub fn of(documented: &Documented) -> Option<Self> {
        if documented.parameter_in != ParameterIn::Query {
            return None;
        }
        let name = documented.name.clone();
        Some(match documented.schema.as_ref() {
            Some(RefOr::T(Schema::Array(list))) => {
                let kind = match &list.items {
                    ArrayItems::RefOrSchema(item) => Kind::of(item),
                    ArrayItems::False => Kind::Text,
                };
                Self { name, is_list: true, kind }
            }
            schema => Self { name, is_list: false, kind: schema.map_or(Kind::Text, Kind::of) },
        })
    }
}

impl Kind {
    fn of(schema: &RefOr<Schema>) -> Self {
        let name = match schema {
            RefOr::Ref(named) => named.ref_location.rsplit('/').next().unwrap_or_default(),
            RefOr::T(Schema::Object(object)) if object.schema_type == Type::Integer.into() => {
                return Self::Number;
            }
            RefOr::T(_) => return Self::Text,
        };
        match name {
            "Timestamp" => Self::Time,
            "LanguageTag" => Self::Locale,
            _ => Self::Text,
        }
    }

    /// The canonical spelling of a value. A malformed one stays as it is: the handler refuses it.
    fn spell(self, value: &str) -> String {
        match self {
            Self::Text => None,
            Self::Number => value.parse().ok().map(|number: i64| number.to_string()),
            Self::Time => Timestamp::parse(value).map(|time| time.to_string()),
            Self::Locale => Locale::parse(value).ok().map(|locale| locale.to_string()),
        }
        .unwrap_or_else(|| value.to_owned())
    }
}

/// Returns the canonical form of a path: the decoded one that routes are matched with. A path with other characters than
/// routes and slugs have stays as it is.
#[must_use]
pub fn path<'a>(decoded: &'a str, given: &'a str) -> &'a str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if decoded.bytes().all(is_plain) { decoded } else { given }
}

/// Returns the canonical form of a query, and whether the operation reads everything in it: the known parameters in their
/// order, the items of a list sorted and without duplicates, of another parameter the first value.
#[must_use]
pub fn query(given: &str, known: &[Parameter]) -> (String, bool) {
    let pairs: Vec<_> = url::form_urlencoded::parse(given.as_bytes()).collect();
    let (mut canonical, mut read) = (String::with_capacity(given.len()), 0);
    for Parameter { name, is_list, kind } in known {
        let mut values =
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_ref()).peekable();
        if values.peek().is_none() {
            continue;
        }
        let value = if *is_list {
            let values: Vec<&str> = values.collect();
            read += values.len();
            let mut items: Vec<String> =
                values.iter().flat_map(|value| value.split(',')).map(|item| kind.spell(item)).collect();
            items.sort_unstable();
            items.dedup();
            items.join(",")
        } else {
            read += 1;
            kind.spell(values.next().unwrap_or_default())
        };
        let separator = if canonical.is_empty() { "" } else { "&" };
        let value = utf8_percent_encode(&value, ESCAPED);
        canonical.extend([separator, name, "="]);
        canonical.extend(value);
    }
    (canonical, read == pairs.len())
}
