//! Paths on the website, as redirects start from them.

use percent_encoding::percent_decode_str;
use url::Url;

use super::slug::RESERVED;

/// The most bytes of an encoded path, including its query.
pub const MAX_ADDRESS: usize = 2000;

/// The first segments of paths that the server serves, or keeps for itself, on a host that it shares with the website.
const SERVED: &[&str] = &[
    ".well-known",
    "account",
    "admin",
    "api",
    "docs",
    "feeds",
    "health",
    "metrics",
    "openapi-3.0.json",
    "openapi.json",
    "preview",
    "sitemap.xml",
    "subscribe",
    "v1",
];

/// A path on the website, optionally with a query, as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Percent-encoded, without dot segments and without a trailing slash.
    pub path: String,
    /// Identifies the path: the same as a web server may see it, with the query unchanged. It is decoded, in lower
    /// case, without empty segments and dot segments. Many web servers do not distinguish these, so such paths must not
    /// have different redirects. `%`, `?`, `#`, control characters and bytes that are not UTF-8 stay encoded.
    pub key: String,
}

impl Address {
    /// Parses a path. Returns `None` if no redirect can start from it: the website's root, a path that starts with
    /// `//`, a path with a fragment (browsers do not send it) or U+0000, or one of more than [`MAX_ADDRESS`] bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.starts_with('/') || text.contains('#') {
            return None;
        }
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let mut url = Url::parse("http://website.invalid").ok()?;
        url.set_path(path);
        url.set_query(query);
        let path = Some(url.path().trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or("/");
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        let address =
            Self { key: format!("{}{query}", normalized(&decoded)), path: format!("{path}{query}") };
        let is_one = !address.key.is_empty()
            && !address.path.starts_with("//")
            && !decoded.contains(&0)
            && address.path.len().max(address.key.len()) <= MAX_ADDRESS;
        is_one.then_some(address)
    }
}

/// A decoded path in the form of [`Address::key`]. Encoded slashes and dots have the same effect as plain ones, as in
/// many web servers, and so do backslashes.
fn normalized(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars().flat_map(char::to_lowercase) {
            match c {
                '\\' => text.push('/'),
                '%' | '?' | '#' => text.push_str(&format!("%{:02x}", u32::from(c))),
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    text.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02x}")));
                }
                c => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02x}")));
    }
    let mut segments = Vec::new();
    for segment in text.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    segments.iter().flat_map(|segment| ["/", *segment]).collect()
}

/// Whether the path with this [`Address::key`] is kept for the server or the website: anything below a path that the
/// server serves, or a single segment that no slug may be, with any file extension. Parameters after a `;` and dots at
/// the end, which some web servers ignore, do not count.
#[must_use]
pub fn is_reserved(key: &str) -> bool {
    let (first, is_alone) = first_segment(key);
    let name = first.split_once('.').map_or(first, |(name, _)| name);
    SERVED.contains(&first) || is_alone && RESERVED.contains(&name)
}

/// Whether the server serves the path with this [`Address::key`], or keeps it for itself: the first half of
/// [`is_reserved`].
#[must_use]
pub fn is_served(key: &str) -> bool {
    SERVED.contains(&first_segment(key).0)
}

/// The first segment of the path with this key, and whether it has no other.
fn first_segment(key: &str) -> (&str, bool) {
    let path = key.split_once('?').map_or(key, |(path, _)| path).trim_start_matches('/');
    let (first, below) = path.split_once('/').map_or((path, None), |(first, below)| (first, Some(below)));
    (first.split(';').next().unwrap_or_default().trim_end_matches(['.', ' ']), below.is_none())
}
