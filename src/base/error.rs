//! The error type of the whole application. It is independent of HTTP; `http/problem.rs` maps it to statuses and
//! problem details.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

/// A result whose error is an [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause of an error, for the log: a message or another library's error.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// An error, classified by what the client can do about it.
#[derive(Debug, Clone)]
pub enum Error {
    /// The request cannot be parsed: malformed JSON, an unknown query parameter, a cursor of another list.
    Malformed(Violations),
    /// Wrong credentials, or an access token that is missing, invalid, expired or revoked. The reason is counted and
    /// logged; the client learns of it no more than [`AuthFailure::code`].
    Unauthenticated(AuthFailure),
    /// The client is authenticated but not authorized.
    Forbidden(Denial),
    /// The resource does not exist. Contains the kind of resource.
    NotFound(&'static str),
    /// The resource exists, but the user may not know that. To the client it equals [`Error::NotFound`]; it is counted
    /// and logged as a denied right.
    Hidden(&'static str),
    /// The current state of the resource does not allow the operation.
    Conflict(Conflict),
    /// `If-Match` does not match: the resource has changed since, or the header is not the entity tag of a draft.
    PreconditionFailed(Conflict),
    /// The operation requires `If-Match`.
    PreconditionRequired,
    /// The request was parsed, but its values are invalid. Contains all violations, so that a client can fix them
    /// together.
    Invalid(Violations),
    /// The request body is too large. Contains the limit in bytes.
    TooLarge(u64),
    /// The media type of the request body is not supported. Contains what is supported.
    UnsupportedMediaType(&'static str),
    /// The path exists, but not with this method. Contains the allowed methods.
    MethodNotAllowed(String),
    /// A rate limit is used up. Contains after how many seconds to retry.
    TooMany(u64),
    /// Overload, or the database is unreachable. The client can retry.
    Unavailable(Cause),
    /// The database has no space left for a write.
    NoSpace(Cause),
    /// A defect. The cause is logged and never sent to the client.
    Internal(Cause),
}

/// Why a request is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The role, or the scopes of the API key, lack the right.
    Right,
    /// The role requires a second factor, and the user has none yet.
    SecondFactor,
    /// A request with the token of a preview link is for something else than what the link shows.
    PreviewLink,
    /// A request with a cookie comes from a page that may not use it.
    Origin,
}

impl Denial {
    /// The code that the client gets, which is also the reason's name in metrics and in the log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Right | Self::PreviewLink => "forbidden",
            Self::SecondFactor => "second-factor-missing",
            Self::Origin => "origin-not-allowed",
        }
    }
}

/// Why a request is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthFailure {
    /// A login with the wrong password.
    WrongPassword,
    /// A login with an address that no active user has.
    UnknownAccount,
    /// A login of a user with a second factor without a code.
    MissingCode,
    /// A login with the right password and a wrong or used code.
    WrongCode,
    /// The operation requires an access token and there is none, or credentials of another scheme than `Bearer`.
    MissingToken,
    /// The access token, refresh token or API key is malformed, is not one of ours, or is not valid yet.
    InvalidToken,
    /// The access token has expired.
    ExpiredToken,
    /// The session has ended or expired, or its user is disabled or erased.
    EndedSession,
    /// A refresh token was used a second time, which has ended the session.
    ReusedToken,
    /// The API key has expired.
    ExpiredKey,
    /// There is no such preview link, or it was revoked, or its creator may no longer read the draft.
    UnknownLink,
    /// The preview link has expired.
    ExpiredLink,
}

impl AuthFailure {
    /// The reason's name in metrics and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong-password",
            Self::UnknownAccount => "unknown-account",
            Self::MissingCode => "missing-code",
            Self::WrongCode => "wrong-code",
            Self::MissingToken => "missing-token",
            Self::InvalidToken => "invalid-token",
            Self::ExpiredToken => "expired-token",
            Self::EndedSession => "ended-session",
            Self::ReusedToken => "reused-token",
            Self::ExpiredKey => "expired-key",
            Self::UnknownLink => "unknown-link",
            Self::ExpiredLink => "expired-link",
        }
    }

    /// The code that the client gets. It does not tell which accounts exist or are active.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongPassword | Self::UnknownAccount | Self::WrongCode => "invalid-credentials",
            Self::MissingCode => "second-factor-required",
            Self::MissingToken => "token-missing",
            Self::InvalidToken | Self::UnknownLink => "token-invalid",
            Self::ExpiredToken => "token-expired",
            Self::EndedSession | Self::ReusedToken => "session-ended",
            Self::ExpiredKey => "key-expired",
            Self::ExpiredLink => "link-expired",
        }
    }
}

/// Why the current state does not allow an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// A stable code in kebab-case, such as `slug-taken`.
    pub code: &'static str,
    /// A sentence for people: what conflicts with what.
    pub detail: Cow<'static, str>,
    /// What helps to resolve it: the members that `http::details` declares.
    pub members: Map<String, Value>,
}

/// Why a value is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A stable code in kebab-case: the noun, then what is wrong with it, such as `title-too-long`.
    pub code: Cow<'static, str>,
    /// A sentence for people: what is wrong and what is allowed.
    pub detail: Cow<'static, str>,
}

/// Where a violation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A JSON pointer into the request body.
    Pointer(String),
    /// A query parameter, path parameter or header.
    Parameter(String),
}

/// Violations with their locations. At most 50 are kept, which bounds the response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<(Location, Invalid)>);

impl Invalid {
    /// Creates a violation from its code and sentence.
    pub fn new(code: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}

impl Violations {
    const MAX: usize = 50;

    /// Adds a violation.
    pub fn push(&mut self, place: Location, invalid: Invalid) {
        if self.0.len() < Self::MAX {
            self.0.push((place, invalid));
        }
    }

    /// Adds all of `found`.
    pub fn extend(&mut self, found: Self) {
        found.0.into_iter().for_each(|(place, invalid)| self.push(place, invalid));
    }

    /// Returns the value of the member at `pointer`, or adds its violation.
    pub fn take<T>(&mut self, pointer: impl Into<String>, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.push(Location::Pointer(pointer.into()), invalid)).ok()
    }

    /// Returns the value of a part of the input, or adds its violations.
    ///
    /// # Errors
    /// Every error that is not [`Error::Invalid`].
    pub fn gather<T>(&mut self, part: Result<T>) -> Result<Option<T>> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(Error::Invalid(found)) => {
                self.extend(found);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The violations of a part of the request body, which is at `pointer`.
    #[must_use]
    pub fn below(self, pointer: &str) -> Self {
        let place = |place| match place {
            Location::Pointer(rest) => Location::Pointer(format!("{pointer}{rest}")),
            place @ Location::Parameter(_) => place,
        };
        Self(self.0.into_iter().map(|(at, invalid)| (place(at), invalid)).collect())
    }

    /// Whether there are no violations.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the violations in the order they were added.
    #[must_use]
    pub fn as_slice(&self) -> &[(Location, Invalid)] {
        &self.0
    }

    /// Ends the validation of a request body.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is any violation.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl Error {
    /// Creates an [`Error::Invalid`] with one violation in the request body.
    pub fn invalid(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(Violations(vec![(Location::Pointer(pointer.into()), Invalid::new(code, detail))]))
    }

    /// Creates an [`Error::Malformed`] for a parameter or header.
    pub fn parameter(
        name: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Malformed(Violations(vec![(Location::Parameter(name.into()), Invalid::new(code, detail))]))
    }

    /// Creates an [`Error::Malformed`] for the request body.
    pub fn malformed(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Malformed(Violations(vec![(Location::Pointer(pointer.into()), Invalid::new(code, detail))]))
    }

    /// Creates an [`Error::Conflict`] without further members.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(Conflict { code, detail: detail.into(), members: Map::new() })
    }

    /// Creates an [`Error::PreconditionFailed`] without further members.
    pub fn stale(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::PreconditionFailed(Conflict { code, detail: detail.into(), members: Map::new() })
    }

    /// Creates an [`Error::Unavailable`] with its cause for the log.
    pub fn unavailable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(why.into().into())
    }

    /// Creates an [`Error::NoSpace`] with its cause for the log.
    pub fn no_space(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::NoSpace(why.into().into())
    }

    /// Creates an [`Error::Internal`] with its cause for the log.
    pub fn internal(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(why.into().into())
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
            Self::Unauthenticated(_) => f.write_str("not logged in"),
            Self::Forbidden(_) => f.write_str("not allowed"),
            Self::NotFound(what) | Self::Hidden(what) => write!(f, "no such {what}"),
            Self::Conflict(conflict) | Self::PreconditionFailed(conflict) => f.write_str(&conflict.detail),
            Self::PreconditionRequired => f.write_str("If-Match is missing"),
            Self::TooLarge(limit) => write!(f, "larger than {limit} bytes"),
            Self::UnsupportedMediaType(wanted) => write!(f, "the media type is not {wanted}"),
            Self::TooMany(seconds) => write!(f, "too often; again in {seconds} s"),
            Self::MethodNotAllowed(allowed) => write!(f, "allowed are {allowed}"),
            Self::Unavailable(why) | Self::NoSpace(why) | Self::Internal(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    /// For values that the application serializes itself. `http/json.rs` handles the JSON of clients.
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
