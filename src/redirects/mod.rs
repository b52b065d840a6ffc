//! Redirects from paths on the website. Those to the current URLs of articles start at the paths of earlier slugs, and at
//! the `aliases` that editors enter; current paths are stored with them, so that a live path always wins and no redirect
//! leads to another. Paths without an article have redirects that editors create.

pub mod created;
pub mod list;
pub mod routes;
pub mod rules;
pub mod store;

use url::Url;

use crate::base::text::Locale;
use crate::base::text::address::Address;
use crate::base::text::slug::{MAX_LENGTH, Slug};
use crate::render_context::Website;

impl Address {
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
