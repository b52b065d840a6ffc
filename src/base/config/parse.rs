//! Parsers of values that settings of several areas have.

use std::path::Path;

use url::Url;

/// An http or https URL without query and fragment. A slash at the end is dropped.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err("must be an http or https URL without query and fragment".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A web origin.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    let origin = url.origin().ascii_serialization();
    if !matches!(url.scheme(), "http" | "https") || origin != text {
        return Err(
            "must be a scheme, a host and optionally a port, such as https://console.website.example".into(),
        );
    }
    Ok(origin)
}

/// The trimmed content of a file that holds a setting.
pub(super) fn file(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file)
        .map(|text| text.trim().to_owned())
        .map_err(|e| format!("{}: {e}", file.display()))
}
