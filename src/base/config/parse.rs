//! Parsers of the values of settings. An error says what is allowed; the name of the setting is put before it.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use ipnet::IpNet;
use url::Url;

/// An http or https URL without query and fragment. A slash at the end is dropped.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let is_allowed = |url: Url| {
        matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
    };
    if Url::parse(text).is_ok_and(is_allowed) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("must be an http or https URL without query and fragment, such as https://website.example".into())
}

/// A web origin.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let is_allowed =
        |url: Url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text;
    if Url::parse(text).is_ok_and(is_allowed) {
        return Ok(text.to_owned());
    }
    Err("must be a scheme, a host and optionally a port, such as https://console.website.example".into())
}

/// A host without scheme, port and path.
pub(super) fn host(text: &str) -> Result<String, String> {
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    if text.chars().all(is_host) && url::Host::parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("must be hosts separated by commas, such as player.example,video.example".into())
}

/// An address to listen on.
pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8143 or [::]:8143".into())
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "must be networks separated by commas, such as 10.0.0.0/8,2001:db8::/32".into())
}

/// Yes or no.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".into())
}

/// A parser of whole numbers within bounds.
pub(super) fn number<N>(bounds: RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| format!("must be a whole number from {} to {}", bounds.start(), bounds.end()))
    }
}

/// A log filter: levels, each for everything or for a module. `env_logger` would take a level that it does not know for the
/// name of a module, and log nothing.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let is_level = |level: &str| log::LevelFilter::from_str(level).is_ok();
    let is_module = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-'))
    };
    let is_directive = |directive: &str| match directive.trim().split_once('=') {
        Some((module, level)) => is_module(module.trim()) && is_level(level.trim()),
        None => is_level(directive.trim()),
    };
    if text.split(',').all(is_directive) {
        return Ok(text.to_owned());
    }
    Err("must be levels separated by commas, as in info or lede=debug,warn; the levels are off, error, warn, info, debug \
         and trace"
        .into())
}

/// Parses the trimmed content of the file that a setting names. The setting's name stands before an error.
pub(super) fn file<T>(
    setting: &str,
    file: &Path,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, String> {
    let content = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()));
    let value = content.and_then(|text| match text.trim() {
        "" => Err(format!("{}: the file is empty", file.display())),
        text => parse(text),
    });
    value.map_err(|why| format!("{setting}: {why}"))
}
