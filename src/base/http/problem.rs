//! Maps every [`Error`] to its status and problem details (RFC 9457). API handlers return an error and never choose its
//! status, so the same kind of error has the same status everywhere.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::details::Details;
use crate::base::error::{AuthFailure, Denial, Error, Location, Violations};

/// What went wrong, in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where `code` is described, relative to this server.
    #[schema(format = "uri-reference", max_length = 200)]
    pub r#type: String,
    /// The status in words.
    #[schema(max_length = 100)]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong and, where it helps, what is allowed.
    #[schema(max_length = 4000)]
    pub detail: String,
    /// The stable name of the problem, kebab-case. `x-codes` lists all; further ones may be added.
    #[schema(max_length = 60, pattern = "^[a-z0-9-]+$")]
    pub code: String,
    /// The request's id, as in `X-Request-Id`.
    #[schema(max_length = 64)]
    pub request_id: String,
    /// Every broken rule, when the input was bad; at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub errors: Vec<ProblemError>,
    /// Members that help to resolve a conflict.
    #[serde(flatten)]
    #[schema(value_type = Details)]
    pub members: Map<String, Value>,
}

/// One broken rule of the input.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemError {
    /// A JSON pointer to the field of the request body, if it is about the request body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, max_length = 1000)]
    pub pointer: Option<String>,
    /// The name of the parameter or header, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, max_length = 200)]
    pub parameter: Option<String>,
    /// The stable name of the rule. `x-codes` lists all; further ones may be added.
    #[schema(max_length = 60)]
    pub code: String,
    /// What is wrong.
    #[schema(max_length = 1000)]
    pub detail: String,
}

impl Problem {
    /// Creates a problem without broken rules and further members.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: String, request_id: &str) -> Self {
        Self {
            r#type: format!("/docs/errors#{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: Vec::new(),
            members: Map::new(),
        }
    }
}

/// The longest pointer, in characters.
const MAX_POINTER: usize = 1000;
/// The longest detail of a broken rule, in characters.
const MAX_DETAIL: usize = 1000;

fn errors(violations: &Violations) -> Vec<ProblemError> {
    violations
        .as_slice()
        .iter()
        .map(|(place, invalid)| {
            let (pointer, parameter) = match place {
                Location::Pointer(pointer) => (Some(pointer.clone()), None),
                Location::Parameter(name) => (None, Some(name.clone())),
            };
            // Names that the client chose stand in pointers and details.
            let cut = |text: &str, max| text.chars().take(max).collect();
            ProblemError {
                pointer: pointer.map(|pointer| cut(&pointer, MAX_POINTER)),
                parameter,
                code: invalid.code.to_string(),
                detail: cut(&invalid.detail, MAX_DETAIL),
            }
        })
        .collect()
}

/// The status and the code of the response to a failed request.
#[must_use]
pub fn status_and_code(error: &Error) -> (u16, &'static str) {
    (error.status_code().as_u16(), code_and_detail(error).0)
}

fn code_and_detail(error: &Error) -> (&'static str, String) {
    match error {
        Error::Malformed(_) => ("request-malformed", "The request is malformed.".into()),
        Error::Unauthenticated(failure) => (failure.code(), explain(*failure).into()),
        Error::Forbidden(denial) => (denial.code(), refuse(*denial).into()),
        Error::NotFound(what) | Error::Hidden(what) => ("not-found", format!("No such {what}.")),
        Error::Conflict(conflict) | Error::PreconditionFailed(conflict) => {
            (conflict.code, conflict.detail.to_string())
        }
        Error::PreconditionRequired => {
            ("if-match-required", "Send the version you have read: If-Match: \"<number>\".".into())
        }
        Error::Invalid(_) => ("invalid", "Validation failed.".into()),
        Error::TooLarge(limit) => ("too-large", format!("The request body is larger than {limit} bytes.")),
        Error::UnsupportedMediaType(wanted) => ("unsupported-media-type", format!("Send {wanted}.")),
        Error::MethodNotAllowed(allowed) => ("method-not-allowed", format!("This path allows {allowed}.")),
        Error::TooMany(seconds) => {
            ("too-many-requests", format!("Too many requests. Retry in {seconds} seconds."))
        }
        Error::Unavailable(_) => {
            ("unavailable", "Overloaded, or the database is unavailable. Retry in a moment.".into())
        }
        Error::NoSpace(_) => (
            "database-full",
            "The database has no space left. Reads still work; writes are refused until space is freed."
                .into(),
        ),
        Error::Internal(_) => ("internal", "Internal error. It was logged under this request id.".into()),
    }
}

/// Returns the response to a failed request.
#[must_use]
pub fn respond(error: &Error, request_id: &str) -> HttpResponse {
    let status = error.status_code();
    let (code, detail) = code_and_detail(error);
    let mut problem = Problem::new(status, code, detail, request_id);
    match error {
        Error::Malformed(violations) | Error::Invalid(violations) => problem.errors = errors(violations),
        Error::Conflict(conflict) | Error::PreconditionFailed(conflict) => {
            problem.members.clone_from(&conflict.members);
        }
        _ => {}
    }
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_TYPE, "application/problem+json"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    match error {
        Error::Unauthenticated(failure) => {
            response.insert_header((header::WWW_AUTHENTICATE, challenge(*failure)));
        }
        Error::MethodNotAllowed(allowed) => {
            if let Ok(allowed) = HeaderValue::from_str(allowed) {
                response.insert_header((header::ALLOW, allowed));
            }
        }
        Error::TooMany(seconds) => {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        Error::Unavailable(_) => {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        Error::NoSpace(_) => {
            response.insert_header((header::RETRY_AFTER, "60"));
        }
        _ => {}
    }
    let body =
        serde_json::to_vec(&problem).unwrap_or_else(|_| json!({"code": "internal"}).to_string().into_bytes());
    response.body(body)
}

fn explain(failure: AuthFailure) -> &'static str {
    match failure {
        AuthFailure::WrongPassword | AuthFailure::UnknownAccount | AuthFailure::WrongCode => {
            "No active user has these credentials."
        }
        AuthFailure::MissingCode => "This user has a second factor. Send its current code as `code`.",
        AuthFailure::MissingToken => "Send an access token or an API key: Authorization: Bearer …",
        AuthFailure::InvalidToken => "The token is invalid. Log in again.",
        AuthFailure::ExpiredToken => "The access token has expired. Refresh the session.",
        AuthFailure::EndedSession | AuthFailure::ReusedToken => "The session has ended. Log in again.",
        AuthFailure::ExpiredKey => "The API key has expired. Its owner can create another one.",
        AuthFailure::UnknownLink => {
            "There is no such preview link, or it no longer works. Ask whoever sent it for another one."
        }
        AuthFailure::ExpiredLink => "The preview link has expired. Ask whoever sent it for another one.",
    }
}

fn refuse(denial: Denial) -> &'static str {
    match denial {
        Denial::Right => "Your role, or this API key, does not have this right.",
        Denial::PreviewLink => "A preview link shows what it was created for. Leave `revision` out.",
        Denial::SecondFactor => "Your role requires a second factor. Set one up with POST /v1/me/totp.",
        Denial::Origin => "A page of this origin may not use the cookie.",
    }
}

/// The challenge of RFC 6750, section 3: it names no error if no access token was sent.
fn challenge(failure: AuthFailure) -> &'static str {
    match failure {
        AuthFailure::WrongPassword
        | AuthFailure::UnknownAccount
        | AuthFailure::WrongCode
        | AuthFailure::MissingCode
        | AuthFailure::MissingToken => "Bearer",
        AuthFailure::InvalidToken => {
            r#"Bearer error="invalid_token", error_description="The token is invalid""#
        }
        AuthFailure::ExpiredToken => {
            r#"Bearer error="invalid_token", error_description="The access token has expired""#
        }
        AuthFailure::EndedSession | AuthFailure::ReusedToken => {
            r#"Bearer error="invalid_token", error_description="The session has ended""#
        }
        AuthFailure::ExpiredKey => {
            r#"Bearer error="invalid_token", error_description="The API key has expired""#
        }
        AuthFailure::UnknownLink => {
            r#"Bearer error="invalid_token", error_description="The preview link does not work""#
        }
        AuthFailure::ExpiredLink => {
            r#"Bearer error="invalid_token", error_description="The preview link has expired""#
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::Hidden(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::PreconditionFailed(_) => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::NoSpace(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A placeholder. The pipeline replaces it with [`respond`], because it knows the request id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
