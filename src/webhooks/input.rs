//! What users may set of a webhook, and how it is checked.

use std::collections::BTreeMap;

use hyper::header::{HeaderName, HeaderValue};
use url::Url;

use super::{MAX_HEADERS, MAX_PATTERNS, patterns};
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::outbound::Outbound;
use crate::base::text::{Locale, validate};

/// The most seconds for which events are collected.
pub const MAX_COALESCE: i64 = 300;
/// The most characters of a description.
pub const MAX_DESCRIPTION: usize = 200;
/// The most languages of a webhook.
pub const MAX_LOCALES: usize = 100;
/// The most bytes of the value of a header.
const MAX_VALUE: usize = 2000;

/// Headers that are set by the server, or decide how a request is transferred.
const RESERVED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Checks a URL as far as it can be without asking anybody. [`check_address`] does the rest.
///
/// # Errors
/// `url-malformed`, `url-too-long`.
pub fn check_url(url: &str) -> Result<String, Invalid> {
    let url = validate::url("url", url)?;
    // A longer one can come out of characters that are encoded.
    let is_written_out = Url::parse(&url).is_ok_and(|parsed| parsed.as_str().len() <= 3 * validate::MAX_URL);
    if is_written_out { Ok(url) } else { Err(validate::malformed("url", "Must be an absolute URL.")) }
}

/// Checks whether webhooks may lead there.
///
/// # Errors
/// Invalid `address-refused`.
pub async fn check_address(outbound: &Outbound, url: &str) -> Result<()> {
    let parsed = Url::parse(url).map_err(Error::internal)?;
    let refused = |why: String| Error::invalid("/url", "address-refused", why);
    outbound.check(&parsed).await.map_err(refused)
}

/// Checks patterns, and returns each once.
pub fn parse_events(events: &[String], violations: &mut Violations) -> Option<Vec<String>> {
    if events.is_empty() {
        let invalid = Invalid::new("events-empty", "Must name at least one type of event.");
        violations.push(Location::Pointer("/events".to_owned()), invalid);
        return None;
    }
    violations.take("/events", validate::count("events", events.len(), MAX_PATTERNS))?;
    let checked: Vec<Option<()>> = events
        .iter()
        .enumerate()
        .map(|(at, pattern)| violations.take(format!("/events/{at}"), patterns::check(pattern)))
        .collect();
    checked.into_iter().collect::<Option<Vec<()>>>()?;
    let mut once: Vec<String> = Vec::new();
    once.extend(
        events
            .iter()
            .filter(|pattern| {
                !events.iter().take_while(|e| !std::ptr::eq(*e, *pattern)).any(|e| e == *pattern)
            })
            .cloned(),
    );
    Some(once)
}

/// Checks languages.
pub fn parse_locales(locales: &[String], violations: &mut Violations) -> Option<Vec<String>> {
    violations.take("/locales", validate::count("locales", locales.len(), MAX_LOCALES))?;
    let parsed: Vec<Option<String>> = locales
        .iter()
        .enumerate()
        .map(|(at, text)| {
            violations.take(format!("/locales/{at}"), Locale::parse(text)).map(|locale| locale.to_string())
        })
        .collect();
    parsed.into_iter().collect()
}

/// Checks headers.
pub fn parse_headers(
    headers: &BTreeMap<String, String>,
    violations: &mut Violations,
) -> Option<BTreeMap<String, String>> {
    violations.take("/headers", validate::count("headers", headers.len(), MAX_HEADERS))?;
    let mut parsed = BTreeMap::new();
    for (name, value) in headers {
        let place = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
        let name = violations.take(place, check_header(name, value))?;
        parsed.insert(name, value.clone());
    }
    Some(parsed)
}

fn check_header(name: &str, value: &str) -> Result<String, Invalid> {
    let malformed = || {
        let detail =
            "Must be the name of a header, and a value of 1 to 2,000 visible ASCII characters and spaces.";
        validate::malformed("header", detail)
    };
    let lower = name.to_ascii_lowercase();
    if HeaderName::from_bytes(lower.as_bytes()).is_err() {
        return Err(malformed());
    }
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("webhook-") {
        return Err(Invalid::new("header-not-allowed", "The server sets this header itself."));
    }
    let is_text = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if value.is_empty() || value.len() > MAX_VALUE || !is_text || HeaderValue::from_str(value).is_err() {
        return Err(malformed());
    }
    Ok(name.to_owned())
}

/// Checks for how long events are collected.
///
/// # Errors
/// `coalesce-seconds-out-of-bounds`.
pub fn check_coalesce(seconds: i64) -> Result<i64, Invalid> {
    validate::number("coalesce-seconds", seconds, &(0..=MAX_COALESCE))
}

/// Checks a description.
///
/// # Errors
/// `description-too-long`, `description-malformed`, `description-empty`.
pub fn check_description(text: &str) -> Result<String, Invalid> {
    validate::line("description", text, MAX_DESCRIPTION)
}
