//! Old addresses on the website, and where they lead now: the slugs that articles had, and those their editors know of
//! from elsewhere (`aliases`). They are kept beside the rendering of the article they lead to, with its own address, so
//! that a live address always wins and nothing leads in a circle.

pub mod routes;
pub mod rules;
pub mod store;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::base::text::Locale;
use crate::base::text::slug::{MAX_LENGTH, Slug};
use crate::render_context::Website;

/// The most bytes of an address, encoded.
pub const MAX_ADDRESS: usize = 2000;

/// A path on the website, perhaps with a query, as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Percent-encoded, without dot segments and without a slash at its end.
    pub path: String,
    /// What tells it from others: the same decoded and in lower case, because many web servers see no difference there,
    /// and what is one address to them must not have two answers.
    pub key: String,
}

impl Address {
    /// Reads a path. `None` for what is none that a redirect could lead from: the website's root, an address with a
    /// fragment, which browsers keep to themselves, U+0000, and more than [`MAX_ADDRESS`] bytes.
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

    /// Where the website shows the article that has a slug.
    #[must_use]
    pub fn of_article(website: &Website, locale: &Locale, slug: &Slug) -> Option<Self> {
        Self::of_url(&website.article(locale, slug))
    }

    fn of_url(url: &str) -> Option<Self> {
        Self::parse(Url::parse(url).ok()?.path())
    }

    /// The slug that the website shows an article of this language by at this address, if it shows any there.
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
