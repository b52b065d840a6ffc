//! Redirects from old paths on the website to the current URLs of articles: the paths of earlier slugs, and the
//! `aliases` that editors enter. Current paths are stored with them, so that a live path always wins and no redirect
//! leads to another.

pub mod routes;
pub mod rules;
pub mod store;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::base::text::Locale;
use crate::base::text::slug::{MAX_LENGTH, Slug};
use crate::render_context::Website;

/// The most bytes of an encoded path, including its query.
pub const MAX_ADDRESS: usize = 2000;

/// A path on the website, optionally with a query, as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Percent-encoded, without dot segments and without a trailing slash.
    pub path: String,
    /// Identifies the path: the same, decoded and in lower case, with the query unchanged. Many web servers do not
    /// distinguish case or encoding, so such paths must not have different redirects.
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
        let decoded = percent_decode_str(path).decode_utf8().unwrap_or(path.into()).to_lowercase();
        let address =
            Self { key: format!("{}{query}", decoded.trim_end_matches('/')), path: format!("{path}{query}") };
        let is_one = !address.key.is_empty()
            && !address.path.starts_with("//")
            && !address.key.contains('\0')
            && address.path.len().max(address.key.len()) <= MAX_ADDRESS;
        is_one.then_some(address)
    }

    /// The path of the article with this slug on the website.
    #[must_use]
    pub fn of_article(website: &Website, locale: &Locale, slug: &Slug) -> Option<Self> {
        Self::of_url(&website.article(locale, slug))
    }

    fn of_url(url: &str) -> Option<Self> {
        Self::parse(Url::parse(url).ok()?.path())
    }

    /// The slug of an article in this language at this path; `None` if the website's URL pattern for articles does not
    /// match.
    #[must_use]
    pub fn slug(&self, website: &Website, locale: &Locale) -> Option<Slug> {
        const SLUG: &str = "{slug}";
        let pattern = website.article_path.replace("{locale}", locale.as_str());
        let pattern = Self::of_url(&format!("{}{pattern}", website.url))?.key;
        let rest = self.key.strip_prefix(pattern.split(SLUG).next()?)?;
        let candidates = (1..=MAX_LENGTH).filter_map(|length| Slug::parse(rest.get(..length)?).ok());
        candidates.into_iter().find(|slug| pattern.replace(SLUG, slug.as_str()) == self.key)
    }
}
