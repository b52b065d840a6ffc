//! A checked change of an article's metadata, from any format: JSON, front matter or a patch.

use serde_json::{Map, Value};

use super::{ArticleRef, Cover, Metadata, Seo};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::terms::names::Named;

/// A change of the metadata. `None` leaves a field as it is; `Some(None)` resets it to its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetadataChange {
    /// The title.
    pub title: Option<String>,
    /// The slug. Default: derived from the title.
    pub slug: Option<Option<Slug>>,
    /// The language. Default: the site's.
    pub locale: Option<Option<Locale>>,
    /// The subtitle.
    pub subtitle: Option<Option<String>>,
    /// The summary.
    pub summary: Option<Option<String>>,
    /// The cover image.
    pub cover: Option<Option<Cover>>,
    /// Whether the site features it.
    pub featured: Option<bool>,
    /// Whether it is in lists.
    pub listed: Option<bool>,
    /// The authors.
    pub authors: Option<Vec<Named>>,
    /// The topics.
    pub topics: Option<Vec<Named>>,
    /// The intro.
    pub intro: Option<String>,
    /// Overrides for search engines.
    pub seo: Option<Seo>,
    /// Free-form data of the site.
    pub custom: Option<Map<String, Value>>,
    /// The article this one is a translation of. Default: it leaves its translation group.
    pub translation_of: Option<Option<ArticleRef>>,
    /// Old paths that redirect to the article.
    pub aliases: Option<Vec<String>>,
}

impl MetadataChange {
    /// This change, with `other` for the fields this one leaves alone.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            title: self.title.or(other.title),
            slug: self.slug.or(other.slug),
            locale: self.locale.or(other.locale),
            subtitle: self.subtitle.or(other.subtitle),
            summary: self.summary.or(other.summary),
            cover: self.cover.or(other.cover),
            featured: self.featured.or(other.featured),
            listed: self.listed.or(other.listed),
            authors: self.authors.or(other.authors),
            topics: self.topics.or(other.topics),
            intro: self.intro.or(other.intro),
            seo: self.seo.or(other.seo),
            custom: self.custom.or(other.custom),
            translation_of: self.translation_of.or(other.translation_of),
            aliases: self.aliases.or(other.aliases),
        }
    }

    /// Applies the changes that concern only this article's row.
    pub fn apply(&self, metadata: &mut Metadata) {
        fn set<T: Clone>(target: &mut T, change: Option<&T>) {
            if let Some(value) = change {
                target.clone_from(value);
            }
        }
        set(&mut metadata.title, self.title.as_ref());
        set(&mut metadata.subtitle, self.subtitle.as_ref());
        set(&mut metadata.summary, self.summary.as_ref());
        set(&mut metadata.cover, self.cover.as_ref());
        set(&mut metadata.featured, self.featured.as_ref());
        set(&mut metadata.listed, self.listed.as_ref());
        set(&mut metadata.intro, self.intro.as_ref());
        set(&mut metadata.seo, self.seo.as_ref());
        set(&mut metadata.custom, self.custom.as_ref());
        set(&mut metadata.aliases, self.aliases.as_ref());
    }
}
