//! Reads query strings strictly and reports all malformed parameters in one response. Unknown and repeated parameters
//! are refused before the handler runs, by [`check_known`] with the parameters in the operation's documentation.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::collections::BTreeMap;
use std::future::{Ready, ready};
use uuid::Uuid;

use super::canonical::{self, Parameter, Shape};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::ids::IsId;
use crate::base::text::validate;

/// The most items of a list.
const MAX_ITEMS: usize = 100;
/// The longest name of a member of an object, in characters.
pub const MAX_MEMBER_NAME: usize = 100;
/// How many characters of the name of a refused parameter are repeated.
const MAX_KEY: usize = 100;

/// The query parameters of a request, and the errors found so far.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    violations: Violations,
}

/// A type that is read from query parameters.
pub trait FromParams: Sized {
    /// Reads the parameters it needs. Errors are added to `params`; the returned value is then discarded.
    fn from_params(params: &mut Params) -> Self;
}

impl<A: FromParams, B: FromParams> FromParams for (A, B) {
    fn from_params(params: &mut Params) -> Self {
        (A::from_params(params), B::from_params(params))
    }
}

/// A strictly parsed query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: FromParams + 'static> FromRequest for Query<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req.query_string()).map(Self))
    }
}

/// Parses a query string.
///
/// # Errors
/// [`Error::Malformed`] with every parameter that is malformed.
pub fn read<T: FromParams>(query: &str) -> Result<T> {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut params = Params { pairs, violations: Violations::default() };
    let value = T::from_params(&mut params);
    if params.violations.is_empty() { Ok(value) } else { Err(Error::Malformed(params.violations)) }
}

impl Params {
    /// Returns a parameter of at most 1000 characters without U+0000.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.text_within(name, 1000)
    }

    /// Returns a parameter of at most `most` characters without U+0000.
    pub fn text_within(&mut self, name: &str, most: usize) -> Option<String> {
        let value = self.pairs.iter().find(|(key, _)| key == name)?.1.clone();
        if value.contains('\0') || value.chars().nth(most).is_some() {
            let detail = format!("Must be at most {most} characters without U+0000.");
            self.refuse(name, Invalid::new("parameter-malformed", detail));
            return None;
        }
        Some(value)
    }

    /// Returns a parsed parameter.
    pub fn parsed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Invalid>) -> Option<T> {
        let text = self.text(name)?;
        parse(&text).map_err(|invalid| self.refuse(name, invalid)).ok()
    }

    /// Returns a parsed parameter; its absence is an error.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Invalid>) -> Option<T> {
        if self.pairs.iter().any(|(key, _)| key == name) {
            return self.parsed(name, parse);
        }
        self.refuse(name, validate::missing("parameter"));
        None
    }

    /// Returns a list of at most [`MAX_ITEMS`] items, empty if the parameter is absent. `a=1,2` and `a=1&a=2` are equivalent.
    pub fn list<T>(&mut self, name: &str, mut parse: impl FnMut(&str) -> Result<T, Invalid>) -> Vec<T> {
        let given: Vec<String> =
            self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
        let mut items = Vec::new();
        for item in given.iter().flat_map(|value| value.split(',')) {
            if item.contains('\0') || item.is_empty() || items.len() >= MAX_ITEMS {
                self.refuse(name, list_malformed());
                break;
            }
            match parse(item) {
                Ok(item) => items.push(item),
                Err(invalid) => self.refuse(name, invalid),
            }
        }
        items
    }

    /// Returns the members of an object of at most `max` members, each given once as `name[member]=text`: their names, of
    /// 1 to [`MAX_MEMBER_NAME`] characters without brackets and control characters, and what `parse` makes of the texts.
    pub fn object<T>(
        &mut self,
        name: &str,
        max: usize,
        mut parse: impl FnMut(&str) -> Result<T, Invalid>,
    ) -> BTreeMap<String, T> {
        let is_given = |(key, _): &&(String, String)| key == name || canonical::is_member(key, name);
        let given: Vec<(String, String)> = self.pairs.iter().filter(is_given).cloned().collect();
        let mut members = BTreeMap::new();
        if given.len() > max {
            let detail = format!("Must be at most {max} filters.");
            self.refuse(name, Invalid::new("parameter-malformed", detail));
            return members;
        }
        for (key, text) in given {
            let value = member_name(&key, name).and_then(|member| {
                if members.contains_key(member) {
                    return Err(Invalid::new("parameter-repeated", "Must be given only once."));
                }
                Ok((member.to_owned(), parse(&text)?))
            });
            match value {
                Ok((member, value)) => {
                    members.insert(member, value);
                }
                Err(invalid) => self.refuse(&key.chars().take(MAX_KEY).collect::<String>(), invalid),
            }
        }
        members
    }

    /// Returns a parameter that is `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(validate::malformed("boolean", "Must be true or false.")),
        })
    }

    /// Returns an integer parameter within `bounds`.
    pub fn number(&mut self, name: &str, bounds: std::ops::RangeInclusive<i64>) -> Option<i64> {
        self.parsed(name, |text| {
            let number =
                text.parse().map_err(|_| validate::malformed("number", "Must be a whole number."))?;
            validate::number("number", number, &bounds)
        })
    }

    /// Returns a parameter that is an id.
    pub fn id<I: IsId>(&mut self, name: &str) -> Option<I> {
        self.parsed(name, |text| {
            let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(I::from_uuid);
            id.ok_or_else(|| validate::malformed("id", "Must be a UUID."))
        })
    }

    /// Returns a parameter that is an RFC 3339 time.
    pub fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, |text| {
            let detail = "Must be an RFC 3339 time such as 2026-01-31T09:30:00Z.";
            Timestamp::parse(text).ok_or_else(|| validate::malformed("time", detail))
        })
    }

    /// Adds an error for a parameter.
    pub fn refuse(&mut self, name: &str, invalid: Invalid) {
        self.violations.push(Location::Parameter(name.to_owned()), invalid);
    }
}

/// Whether a member of an object can be named in a query.
#[must_use]
pub fn is_member_name(name: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && c != '[' && c != ']';
    !name.is_empty() && name.chars().all(is_plain) && name.chars().nth(MAX_MEMBER_NAME).is_none()
}

/// The member that a key of an object names.
fn member_name<'a>(key: &'a str, object: &str) -> Result<&'a str, Invalid> {
    let member = key.strip_prefix(object).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
    member.filter(|member| is_member_name(member)).ok_or_else(|| {
        let detail = format!(
            "Must be {object}[name]=text, with a name of 1 to {MAX_MEMBER_NAME} characters without brackets and \
             control characters."
        );
        Invalid::new("parameter-malformed", detail)
    })
}

fn list_malformed() -> Invalid {
    validate::malformed("list", "Must be at most 100 items, none of them empty.")
}

/// Refuses unknown parameters, repeated ones that are no lists, repeated items of lists in which none may come twice, and
/// lists that are too long, before their canonical form drops what comes twice. `known` are the operation's.
///
/// # Errors
/// [`Error::Malformed`] with `parameter-unknown`, `parameter-repeated` or `list-malformed` for each.
pub fn check_known(query: &str, known: &[Parameter]) -> Result<()> {
    if query.is_empty() {
        return Ok(());
    }
    let repeated = |detail| Invalid::new("parameter-repeated", detail);
    let mut violations = Violations::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut lists: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let Some(Parameter { name, shape, .. }) = known.iter().find(|known| known.has(&key)) else {
            violations.push(
                Location::Parameter(key.chars().take(MAX_KEY).collect()),
                Invalid::new("parameter-unknown", "This operation has no such parameter."),
            );
            continue;
        };
        match shape {
            Shape::Single if seen.contains(&name.as_str()) => {
                violations.push(Location::Parameter(name.clone()), repeated("Must be given only once."));
            }
            Shape::Single => seen.push(name),
            Shape::List { unique } => {
                let (count, items) = lists.entry(name).or_default();
                *count += value.split(',').count();
                if *unique {
                    items.extend(value.split(',').map(str::to_owned));
                }
            }
            // Its parser checks its members.
            Shape::Object => {}
        }
    }
    for (name, (count, mut items)) in lists {
        let location = Location::Parameter(name.to_owned());
        let given = items.len();
        items.sort_unstable();
        items.dedup();
        if count > MAX_ITEMS {
            violations.push(location, list_malformed());
        } else if items.len() < given {
            violations.push(location, repeated("Must not name anything twice."));
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Error::Malformed(violations)) }
}
