//! Redirects from paths on the website. Those to the current URLs of articles start at the paths that the articles had
//! before, and at the `aliases` that editors enter; current paths are stored with them, so that a live path always wins and
//! no redirect leads to another. Paths without an article have redirects that editors create.

pub mod created;
pub mod list;
mod paths;
pub mod routes;
pub mod rules;
pub mod store;

use url::Url;

use crate::base::clock::Timestamp;
use crate::base::text::Locale;
use crate::base::text::address::Address;
use crate::base::text::slug::Slug;
use crate::render_context::Website;

/// The place of the slug in the URL of an article.
const SLUG: &str = "{slug}";
/// A date as long as any other.
const ANY_DATE: &str = "0000-00-00";

impl Address {
    /// The path on the website of the article with this slug that was first published at this time.
    #[must_use]
    pub fn of_article(
        website: &Website,
        locale: &Locale,
        slug: &Slug,
        published_at: Timestamp,
    ) -> Option<Self> {
        Self::of_url(&website.article(locale, slug, published_at))
    }

    fn of_url(url: &str) -> Option<Self> {
        Self::parse(Url::parse(url).ok()?.path())
    }

    /// The slug that an article in this language must have for this to be its path. `None` if none can. The rest of the
    /// path is not compared, because it depends on the article's date of first publication.
    #[must_use]
    pub fn slug(&self, website: &Website, locale: &Locale) -> Option<Slug> {
        let pattern = Self::of_url(&website.fill(locale, SLUG, ANY_DATE))?.key;
        let (start, count) = (pattern.find(SLUG)?, pattern.matches(SLUG).count());
        let length = self.key.len().checked_sub(pattern.len() - count * SLUG.len())? / count;
        Slug::parse(self.key.get(start..start + length)?).ok()
    }
}
