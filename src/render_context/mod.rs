//! What every rendering embeds beside its revision: settings of the server, and names and links that belong to other
//! resources. It is one row with a counter, so that any of them can make all renderings stale without knowing who makes
//! renderings.

pub mod store;

use serde::{Deserialize, Serialize};
use url::Url;

pub use store::invalidate;

use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::markdown::RENDERER_VERSION;
use crate::base::text::slug::Slug;

/// The version of what publishing makes: of the Markdown renderer, and (the last three digits) of the edition's JSON, of
/// the search index and of what lists find editions by. Raise it with any change of them, and all renderings are made
/// again.
pub const VERSION: u32 = RENDERER_VERSION * 1000 + 4;

/// What an article path contains for a language that the site's own articles do not have in theirs.
const OPTIONAL_LOCALE: &str = "/{locale?}";

/// The settings that renderings embed, as the server that last ran on this database had them: other commands beside it
/// render with the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderSettings {
    /// See [`VERSION`].
    pub version: u32,
    /// The website and its article path.
    pub website: Website,
    /// Hosts whose `iframe`s are kept.
    pub iframe_hosts: Vec<String>,
}

/// The settings of the server that readers see, as the server that last ran on this database had them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Those that renderings embed.
    #[serde(flatten)]
    pub render: RenderSettings,
    /// The publication's title, unless its editors have set another; `None` if an older release has saved the settings.
    #[serde(default)]
    pub title: Option<String>,
    /// The default language; `None` likewise.
    #[serde(default)]
    pub locale: Option<Locale>,
}

/// The job that renders again what has become stale, some articles at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RerenderArticles {
    /// The last article that was looked at.
    pub after: Option<ArticleId>,
}

/// The website that shows the articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Website {
    /// Without a slash at the end.
    pub url: String,
    /// See [`SiteConfig::article_path`](crate::base::config::site::SiteConfig::article_path).
    pub article_path: String,
    /// The language for which `{locale?}` is empty; `None` if the path does not contain it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_locale: Option<Locale>,
}

impl RenderSettings {
    /// The settings of this process.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            version: VERSION,
            website: Website::new(config.website_url(), &config.site.article_path, &config.site.locale),
            iframe_hosts: config.site.policy().iframe_hosts,
        }
    }
}

impl ServerSettings {
    /// The settings of this process.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            render: RenderSettings::new(config),
            title: Some(config.site.title.clone()),
            locale: Some(config.site.locale.clone()),
        }
    }
}

impl Website {
    /// The website at this URL. `locale` is the language of the site.
    #[must_use]
    pub fn new(url: String, article_path: &str, locale: &Locale) -> Self {
        let site_locale = article_path.contains(OPTIONAL_LOCALE).then(|| locale.clone());
        Self { url, article_path: article_path.to_owned(), site_locale }
    }

    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.url).map_or_else(|_| self.url.clone(), |url| url.origin().ascii_serialization())
    }

    /// The URL of an article that was first published at this time.
    #[must_use]
    pub fn article(&self, locale: &Locale, slug: &Slug, published_at: Timestamp) -> String {
        self.fill(locale, slug.as_str(), &published_at.date())
    }

    /// The URL of an article with this slug and this date of first publication, such as `2026-01-31`.
    #[must_use]
    pub fn fill(&self, locale: &Locale, slug: &str, date: &str) -> String {
        let optional = match &self.site_locale {
            Some(site) if site == locale => String::new(),
            _ => format!("/{locale}"),
        };
        let mut date = date.split('-');
        let mut next = || date.next().unwrap_or_default();
        let path = self
            .article_path
            .replace(OPTIONAL_LOCALE, &optional)
            .replace("{locale}", locale.as_str())
            .replace("{year}", next())
            .replace("{month}", next())
            .replace("{day}", next())
            .replace("{slug}", slug);
        format!("{}{path}", self.url)
    }
}
