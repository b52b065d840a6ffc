//! What is to become of an article's metadata, checked, from whatever it was read.

use serde_json::{Map, Value};

use super::{Cover, Metadata, Seo};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// What is to become of the metadata: absent members stay as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetadataChange {
    /// The title.
    pub title: Option<String>,
    /// The slug; `None` inside makes one from the title.
    pub slug: Option<Option<Slug>>,
    /// The language; `None` inside is the site's.
    pub locale: Option<Option<Locale>>,
    /// The subtitle.
    pub subtitle: Option<Option<String>>,
    /// The summary.
    pub summary: Option<Option<String>>,
    /// The picture.
    pub cover: Option<Option<Cover>>,
    /// Whether the site puts it forward.
    pub featured: Option<bool>,
    /// Whether it stands in lists.
    pub listed: Option<bool>,
    /// The authors.
    pub authors: Option<Vec<Named>>,
    /// The topics.
    pub topics: Option<Vec<Named>>,
    /// The intro.
    pub intro: Option<String>,
    /// For search engines.
    pub seo: Option<Seo>,
    /// Whatever else.
    pub custom: Option<Map<String, Value>>,
    /// The article this one translates.
    pub translation_of: Option<Option<ArticleId>>,
    /// Old addresses.
    pub aliases: Option<Vec<String>>,
}

/// A topic or an author by slug, and what to call it if it has to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub slug: Slug,
    /// For a new one.
    pub name: String,
}

impl MetadataChange {
    /// This change, with `other` for the members this one leaves alone.
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

    /// Makes the changes that concern nothing but this article.
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
