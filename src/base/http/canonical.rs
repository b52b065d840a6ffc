//! The canonical form of a URL: what an operation reads of it, in one spelling. Public responses are cached under it, so
//! that ignored parameters, another order, other escapes and other spellings of a value make no further entries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::ToSchema as _;
use utoipa::openapi::path::{Parameter as Documented, ParameterIn, ParameterStyle};
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
    /// How many values it has.
    pub shape: Shape,
    /// What its value, or each item, is.
    pub kind: Kind,
}

/// How many values a parameter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One.
    Single,
    /// A list, whose items are separated by commas or given by repeating the parameter. Their order does not matter.
    List {
        /// Whether no item may come twice.
        unique: bool,
    },
    /// One of each member, given as `name[member]=value` (`deepObject` in OpenAPI). Their order does not matter.
    Object,
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
        if documented.style == Some(ParameterStyle::DeepObject) {
            return Some(Self { name, shape: Shape::Object, kind: Kind::Text });
        }
        Some(match documented.schema.as_ref() {
            Some(RefOr::T(Schema::Array(list))) => {
                let kind = match &list.items {
                    ArrayItems::RefOrSchema(item) => Kind::of(item),
                    ArrayItems::False => Kind::Text,
                };
                Self { name, shape: Shape::List { unique: list.unique_items }, kind }
            }
            schema => Self { name, shape: Shape::Single, kind: schema.map_or(Kind::Text, Kind::of) },
        })
    }

    /// Whether a key of a query belongs to it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        key == self.name || self.shape == Shape::Object && is_member(key, &self.name)
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
        if name == Timestamp::name() {
            Self::Time
        } else if name == Locale::name() {
            Self::Locale
        } else {
            Self::Text
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

/// Whether a key of a query names a member of an object, as in `name[member]`, or tries to.
#[must_use]
pub fn is_member(key: &str, object: &str) -> bool {
    key.strip_prefix(object).is_some_and(|member| member.starts_with('['))
}

/// Returns the canonical form of a path: the decoded one that routes are matched with. A path with other characters than
/// routes and slugs have stays as it is.
#[must_use]
pub fn path<'a>(decoded: &'a str, given: &'a str) -> &'a str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if decoded.bytes().all(is_plain) { decoded } else { given }
}

/// Returns the canonical form of a query, and whether the operation reads everything in it: the known parameters in their
/// order, the items of a list sorted and without duplicates, the members of an object sorted, of another parameter the
/// first value.
#[must_use]
pub fn query(given: &str, known: &[Parameter]) -> (String, bool) {
    let pairs: Vec<_> = url::form_urlencoded::parse(given.as_bytes()).collect();
    let (mut canonical, mut read) = (String::with_capacity(given.len()), 0);
    let mut push = |key: &str, value: &str| {
        let separator = if canonical.is_empty() { "" } else { "&" };
        canonical.push_str(separator);
        canonical.extend(utf8_percent_encode(key, ESCAPED));
        canonical.push('=');
        canonical.extend(utf8_percent_encode(value, ESCAPED));
    };
    for parameter in known {
        let Parameter { name, shape, kind } = parameter;
        let mut found: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|(key, _)| parameter.has(key))
            .map(|(key, value)| (key.as_ref(), value.as_ref()))
            .collect();
        let Some((_, first)) = found.first() else { continue };
        match shape {
            Shape::Single => {
                read += 1;
                push(name, &kind.spell(first));
            }
            Shape::List { .. } => {
                read += found.len();
                let items = found.iter().flat_map(|(_, value)| value.split(','));
                let mut items: Vec<String> = items.map(|item| kind.spell(item)).collect();
                items.sort_unstable();
                items.dedup();
                push(name, &items.join(","));
            }
            Shape::Object => {
                read += found.len();
                found.sort_unstable();
                for (key, value) in found {
                    push(key, value);
                }
            }
        }
    }
    (canonical, read == pairs.len())
}
