//! What every rendering embeds beside its revision: settings of the server, and names and links that belong to other
//! resources. It is one row with a counter, so that any of them can make all renderings stale without knowing who makes
//! renderings.

pub mod store;

use serde::{Deserialize, Serialize};
use url::Url;

pub use store::invalidate;

use crate::base::config::Config;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::markdown::RENDERER_VERSION;
use crate::base::text::slug::Slug;

/// The version of what publishing makes: of the Markdown renderer, and (the last three digits) of the edition's JSON, of
/// the search index and of what lists find editions by. Raise it with any change of them, and all renderings are made
/// again.
pub const VERSION: u32 = RENDERER_VERSION * 1000 + 4;

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
    /// With `{slug}` and perhaps `{locale}`.
    pub article_path: String,
}

impl RenderSettings {
    /// The settings of this process.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            version: VERSION,
            website: Website { url: config.website_url(), article_path: config.site.article_path.clone() },
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
    /// Scheme, host and port, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.url).map_or_else(|_| self.url.clone(), |url| url.origin().ascii_serialization())
    }

    /// The URL of an article.
    #[must_use]
    pub fn article(&self, locale: &Locale, slug: &Slug) -> String {
        let path = self.article_path.replace("{slug}", slug.as_str()).replace("{locale}", locale.as_str());
        format!("{}{path}", self.url)
    }
}
