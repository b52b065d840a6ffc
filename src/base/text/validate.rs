//! Input checks shared by all resources. They build error codes of one form, `{noun}-{problem}`, as in `title-too-long`
//! or `url-malformed`; the caller passes the noun in kebab case.

use serde_json::{Map, Value};
use url::Url;

use crate::base::error::Invalid;

/// The maximum length of a URL, in bytes.
pub const MAX_URL: usize = 2000;
/// The maximum length of a `custom` object as JSON, in bytes.
pub const MAX_CUSTOM: usize = 64 * 1024;

/// Checks a single line of 1 to `max` characters. Surrounding white space is removed.
///
/// # Errors
/// `{noun}-empty`; `{noun}-too-long`, which counts the surrounding white space, as `maxLength` in the OpenAPI document does;
/// or `{noun}-malformed` for control characters and line separators.
pub fn line(noun: &str, value: &str, max: usize) -> Result<String, Invalid> {
    let value = text(noun, value, max)?;
    let value = value.trim();
    if value.is_empty() {
        return Err(empty(noun));
    }
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(malformed(noun, "Must be one line without control characters."));
    }
    Ok(value.to_owned())
}

/// Checks a text of at most `max` characters. White space is kept.
///
/// # Errors
/// `{noun}-too-long`.
pub fn text(noun: &str, value: &str, max: usize) -> Result<String, Invalid> {
    if value.chars().nth(max).is_some() {
        return Err(too_long(noun, format!("Must be at most {max} characters.")));
    }
    Ok(value.to_owned())
}

/// Checks a text of 1 to `max` characters. Surrounding white space is removed.
///
/// # Errors
/// `{noun}-empty`; `{noun}-too-long`, which counts the surrounding white space.
pub fn filled_text(noun: &str, value: &str, max: usize) -> Result<String, Invalid> {
    let value = text(noun, value, max)?;
    let value = value.trim();
    if value.is_empty() { Err(empty(noun)) } else { Ok(value.to_owned()) }
}

/// Checks a text of at most `max` characters and removes surrounding white space; `None` if nothing is left.
///
/// # Errors
/// `{noun}-too-long`, which counts the surrounding white space.
pub fn optional_text(noun: &str, value: &str, max: usize) -> Result<Option<String>, Invalid> {
    let value = text(noun, value, max)?;
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

/// Checks an absolute http or https URL of at most [`MAX_URL`] bytes without user name or password. It is not
/// normalised.
///
/// # Errors
/// `{noun}-malformed`, `{noun}-too-long`.
pub fn url(noun: &str, value: &str) -> Result<String, Invalid> {
    check_address(noun, value, MAX_URL)?;
    if is_web_url(value) {
        return Ok(value.to_owned());
    }
    Err(malformed(noun, "Must be an absolute http or https URL without user name or password."))
}

/// Checks either a URL as [`url`](fn@url) does or a path that starts with a single slash.
///
/// # Errors
/// `{noun}-malformed`, `{noun}-too-long`.
pub fn url_or_path(noun: &str, value: &str) -> Result<String, Invalid> {
    check_address(noun, value, MAX_URL)?;
    if is_path(value) || is_web_url(value) {
        return Ok(value.to_owned());
    }
    let detail =
        "Must be an absolute http or https URL without user name or password, or a path starting with /.";
    Err(malformed(noun, detail))
}

/// Checks a path of at most `max` bytes that starts with a single slash; `//` would start a host name.
///
/// # Errors
/// `{noun}-malformed`, `{noun}-too-long`.
pub fn path(noun: &str, value: &str, max: usize) -> Result<String, Invalid> {
    check_address(noun, value, max)?;
    if is_path(value) {
        return Ok(value.to_owned());
    }
    Err(malformed(noun, "Must be a path that starts with a single slash."))
}

/// Checks the length of a list. The noun is a plural.
///
/// # Errors
/// `{noun}-too-many`.
pub fn count(noun: &str, len: usize, max: usize) -> Result<(), Invalid> {
    if len > max {
        return Err(Invalid::new(format!("{noun}-too-many"), format!("Must be at most {max}.")));
    }
    Ok(())
}

/// Checks a number against inclusive bounds.
///
/// # Errors
/// `{noun}-out-of-bounds`.
pub fn number(noun: &str, value: i64, bounds: &std::ops::RangeInclusive<i64>) -> Result<i64, Invalid> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let detail = format!("Must be from {} to {}.", bounds.start(), bounds.end());
    Err(Invalid::new(format!("{noun}-out-of-bounds"), detail))
}

/// Checks that a `custom` object is within [`MAX_CUSTOM`].
///
/// # Errors
/// `custom-too-long`.
pub fn custom(custom: &Map<String, Value>) -> Result<(), Invalid> {
    custom_within(custom, MAX_CUSTOM)
}

/// Checks that a `custom` object has at most `max` bytes as JSON.
///
/// # Errors
/// `custom-too-long`.
pub fn custom_within(custom: &Map<String, Value>, max: usize) -> Result<(), Invalid> {
    let length = serde_json::to_string(custom).map_or(usize::MAX, |json| json.len());
    if length > max {
        return Err(too_long("custom", format!("Must be at most {max} bytes as JSON.")));
    }
    Ok(())
}

/// The error `{noun}-unknown` for a value that is not one of `known`.
#[must_use]
pub fn unknown<'a>(noun: &str, known: impl IntoIterator<Item = &'a str>) -> Invalid {
    let known: Vec<&str> = known.into_iter().collect();
    Invalid::new(format!("{noun}-unknown"), format!("Must be one of {}.", known.join(", ")))
}

/// The error `{noun}-missing` for an absent required value.
#[must_use]
pub fn missing(noun: &str) -> Invalid {
    Invalid::new(format!("{noun}-missing"), "Required.")
}

/// The error `{noun}-malformed`. The detail states the correct form.
#[must_use]
pub fn malformed(noun: &str, detail: &'static str) -> Invalid {
    Invalid::new(format!("{noun}-malformed"), detail)
}

fn empty(noun: &str) -> Invalid {
    Invalid::new(format!("{noun}-empty"), "Must not be empty.")
}

fn too_long(noun: &str, detail: String) -> Invalid {
    Invalid::new(format!("{noun}-too-long"), detail)
}

/// Checks the length of a URL or path, and rejects characters that browsers strip or encode.
fn check_address(noun: &str, value: &str, max: usize) -> Result<(), Invalid> {
    if value.len() > max {
        return Err(too_long(noun, format!("Must be at most {max} bytes.")));
    }
    if value.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(malformed(noun, "Must not contain white space or control characters."));
    }
    Ok(())
}

fn is_path(value: &str) -> bool {
    value.starts_with('/') && !value.starts_with("//")
}

fn is_web_url(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    })
}
