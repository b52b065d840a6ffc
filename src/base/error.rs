//! Every failure the system knows, on one page. What each looks like over HTTP is decided in `http/problem.rs` alone.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

/// What can fail, fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed, for the log: a sentence, or another library's error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure, by what the caller can do about it.
#[derive(Debug)]
pub enum Error {
    /// The request cannot be understood: broken JSON, an unknown parameter, a foreign cursor.
    Malformed(Violations),
    /// No token, or one that is not good (any more).
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// There is no such thing, or the caller may not know of it. Says what was looked for.
    NotFound(&'static str),
    /// The present state of things does not allow it.
    Conflict(Conflict),
    /// What the caller has seen has been changed since, or names another kind of tag.
    PreconditionFailed(Conflict),
    /// The write has to name the version it has seen.
    PreconditionRequired,
    /// Understood, but rules are broken: all of them, at once.
    Invalid(Violations),
    /// Asks too much of something: a body over its bound.
    TooLarge(u64),
    /// The body is of a kind the operation does not take. Says which it takes.
    UnsupportedMediaType(&'static str),
    /// The path is there, the method is not. Says which are.
    MethodNotAllowed(String),
    /// Asks too often: again after that many seconds.
    TooMany(u64),
    /// Too busy, or the database is away: again in a moment.
    Unavailable(Cause),
    /// A defect. Logged with its cause, told to nobody.
    Internal(Cause),
}

/// A clash with the present state: a stable code, a sentence, and members that help to resolve it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Stable, kebab-case, e.g. `slug-taken`.
    pub code: &'static str,
    /// What clashes with what.
    pub detail: Cow<'static, str>,
    /// Further members of the problem, e.g. `version`.
    pub members: Map<String, Value>,
}

/// Why a value was refused at the door: a stable kebab-case code and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Stable, kebab-case: the noun, then what is wrong with it, e.g. `title-too-long`.
    pub code: Cow<'static, str>,
    /// What is wrong and what would be right.
    pub detail: Cow<'static, str>,
}

/// Where a broken rule was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A JSON pointer into the body.
    Pointer(String),
    /// A parameter of the query, the path or the header.
    Parameter(String),
}

/// Broken rules and where: at most fifty are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<(Location, Invalid)>);

impl Invalid {
    /// A refusal with its code and sentence.
    pub fn new(code: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}

impl Violations {
    const MAX: usize = 50;

    /// Notes a broken rule.
    pub fn push(&mut self, place: Location, invalid: Invalid) {
        if self.0.len() < Self::MAX {
            self.0.push((place, invalid));
        }
    }

    /// Notes the refusal of the member at `pointer`, if it was refused.
    pub fn take<T>(&mut self, pointer: impl Into<String>, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.push(Location::Pointer(pointer.into()), invalid)).ok()
    }

    /// Notes what a part of the same input was refused for.
    ///
    /// # Errors
    /// What is not about broken rules.
    pub fn gather<T>(&mut self, part: Result<T>) -> Result<Option<T>> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(Error::Invalid(found)) => {
                found.0.into_iter().for_each(|(place, invalid)| self.push(place, invalid));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether every rule was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The broken rules, in the order they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[(Location, Invalid)] {
        &self.0
    }

    /// Ends the parsing of a body.
    ///
    /// # Errors
    /// [`Error::Invalid`] if any rule was broken.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl Error {
    /// One broken rule of the body.
    pub fn invalid(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(Violations(vec![(Location::Pointer(pointer.into()), Invalid::new(code, detail))]))
    }

    /// A parameter that cannot be understood.
    pub fn parameter(
        name: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Malformed(Violations(vec![(Location::Parameter(name.into()), Invalid::new(code, detail))]))
    }

    /// A body that cannot be understood.
    pub fn malformed(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Malformed(Violations(vec![(Location::Pointer(pointer.into()), Invalid::new(code, detail))]))
    }

    /// A clash without further members.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(Conflict { code, detail: detail.into(), members: Map::new() })
    }

    /// A failed precondition with further members.
    pub fn stale(
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
        members: Map<String, Value>,
    ) -> Self {
        Self::PreconditionFailed(Conflict { code, detail: detail.into(), members })
    }

    /// Something that is away just now.
    pub fn unavailable(why: impl Into<Cause>) -> Self {
        Self::Unavailable(why.into())
    }

    /// A defect, with its cause for the log.
    pub fn internal(why: impl Into<Cause>) -> Self {
        Self::Internal(why.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(found) | Self::Invalid(found) => {
                let mut separator = "";
                for (place, invalid) in &found.0 {
                    let (Location::Pointer(place) | Location::Parameter(place)) = place;
                    write!(f, "{separator}{place}: {}", invalid.detail)?;
                    separator = "; ";
                }
                Ok(())
            }
            Self::Unauthenticated => f.write_str("not logged in"),
            Self::Forbidden => f.write_str("not allowed"),
            Self::NotFound(what) => write!(f, "no such {what}"),
            Self::Conflict(conflict) | Self::PreconditionFailed(conflict) => f.write_str(&conflict.detail),
            Self::PreconditionRequired => f.write_str("If-Match is missing"),
            Self::TooLarge(limit) => write!(f, "larger than {limit} bytes"),
            Self::UnsupportedMediaType(wanted) => write!(f, "the media type is not {wanted}"),
            Self::TooMany(seconds) => write!(f, "too often; again in {seconds} s"),
            Self::MethodNotAllowed(allowed) => write!(f, "allowed are {allowed}"),
            Self::Unavailable(why) | Self::Internal(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    /// Of values we made ourselves; a client's JSON is read by `http/json.rs`.
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
