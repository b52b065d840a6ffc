//! What clients write: the bodies of requests, and how they become changes of the content.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::checks::{
    MOST_AUTHORS, MOST_TOPICS, check_aliases, check_cover, check_custom, check_named, check_seo,
};
use super::metadata_change::MetadataChange;
use super::{Cover, Metadata, Seo, WebsitePath, line, short, tree};
use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::json::{self, present};
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// The members that creating and changing an article have in common. `null` clears: it puts the default back.
macro_rules! with_metadata {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// One line.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
            pub title: Option<Option<String>>,
            /// The name in addresses, unique in its language. Made from the title if none is given.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, min_length = 1, max_length = 120,
                     pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
            pub slug: Option<Option<String>>,
            /// The language, as in `en` or `de-AT`. Default: the site's.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, min_length = 2, max_length = 11)]
            pub locale: Option<Option<String>>,
            /// One line below the title.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, max_length = 500)]
            pub subtitle: Option<Option<String>>,
            /// What lists show. Without one, editions show the opening.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, max_length = 1000)]
            pub summary: Option<Option<String>>,
            /// The picture.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<CoverInput>)]
            pub cover: Option<Option<Cover>>,
            /// Whether the site puts it forward. Default: no.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<bool>)]
            pub featured: Option<Option<bool>>,
            /// Whether it stands in lists, feeds and search. Default: yes.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<bool>)]
            pub listed: Option<Option<bool>>,
            /// Slugs of the authors, in their order. An unknown author is made, if the caller may.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<Slug>>, max_items = 20)]
            pub authors: Option<Option<Vec<String>>>,
            /// Slugs of the topics, in their order. An unknown topic is made, if the caller may.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<Slug>>, max_items = 50)]
            pub topics: Option<Option<Vec<String>>>,
            /// Markdown before the first section, without headings.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, max_length = 200_000)]
            pub intro: Option<Option<String>>,
            /// For search engines.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<SeoInput>)]
            pub seo: Option<Option<Seo>>,
            /// Whatever else the site wants to keep; at most 64 KiB as JSON.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Object>)]
            pub custom: Option<Option<Map<String, Value>>>,
            /// The id of the article this one translates.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<ArticleId>)]
            pub translation_of: Option<Option<ArticleId>>,
            /// Old addresses: paths on the website, as in `/2019/tides`.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<WebsitePath>>, max_items = 100)]
            pub aliases: Option<Option<Vec<String>>>,
            $($(#[$attribute])* pub $field: $type,)*
        }

        impl $name {
            /// Checks every member and turns them into one change.
            pub fn change(&self, violations: &mut Violations) -> MetadataChange {
                MetadataChange {
                    title: self.title.as_ref().and_then(|title| {
                        let title = title.as_deref().ok_or_else(|| Invalid::new("required", "an article has a title"));
                        violations.take("/title", title.and_then(|title| line(title, 300)))
                    }),
                    slug: self.slug.as_ref().map(|slug| {
                        slug.as_deref().and_then(|slug| violations.take("/slug", Slug::parse(slug)))
                    }),
                    locale: self.locale.as_ref().map(|locale| {
                        locale.as_deref().and_then(|locale| violations.take("/locale", Locale::parse(locale)))
                    }),
                    subtitle: self.subtitle.as_ref().map(|text| {
                        text.as_deref().and_then(|text| violations.take("/subtitle", line(text, 500)))
                    }),
                    summary: self.summary.as_ref().map(|text| {
                        text.as_deref().and_then(|text| violations.take("/summary", short(text, 1000)))
                    }),
                    cover: self.cover.clone().map(|cover| cover.and_then(|cover| check_cover(cover, violations))),
                    featured: self.featured.map(|flag| flag.unwrap_or(false)),
                    listed: self.listed.map(|flag| flag.unwrap_or(true)),
                    authors: self.authors.as_ref().map(|slugs| {
                        check_named(slugs.as_deref().unwrap_or_default(), "/authors", MOST_AUTHORS, violations)
                    }),
                    topics: self.topics.as_ref().map(|slugs| {
                        check_named(slugs.as_deref().unwrap_or_default(), "/topics", MOST_TOPICS, violations)
                    }),
                    intro: self.intro.as_ref().map(|intro| {
                        let intro = intro.as_deref().unwrap_or_default();
                        violations.take("/intro", tree::body(intro)).unwrap_or_default()
                    }),
                    seo: self.seo.clone().map(|seo| check_seo(seo.unwrap_or_default(), violations)),
                    custom: self.custom.clone().map(|custom| {
                        let custom = custom.unwrap_or_default();
                        violations.take("/custom", check_custom(&custom));
                        custom
                    }),
                    translation_of: self.translation_of,
                    aliases: self.aliases.as_ref().map(|aliases| {
                        check_aliases(aliases.as_deref().unwrap_or_default(), violations)
                    }),
                }
            }
        }
    };
}

with_metadata! {
    /// A new article: metadata, and at most one of `sections` (with `intro`), `markdown` and `html`.
    pub struct CreateArticle {
        /// The tree.
        #[serde(default)]
        #[schema(max_items = 1000, nullable = false)]
        sections: Option<Vec<SectionInput>>,
        /// A whole document, perhaps with front matter: its headings become the tree. Members beside it come first.
        #[serde(default)]
        #[schema(max_length = 1_000_000, nullable = false)]
        markdown: Option<String>,
        /// A whole document as HTML: its headings become the tree.
        #[serde(default)]
        #[schema(max_length = 1_000_000, nullable = false)]
        html: Option<String>,
        /// When it was first published, if that was elsewhere; in the past. For editors.
        #[serde(default)]
        #[schema(nullable = false)]
        published_at: Option<Timestamp>,
    }
}

with_metadata! {
    /// Changes of a draft's metadata and intro. `null` clears.
    pub struct UpdateDraft {}
}

/// A picture as written: absent members are `null`, or stay as they are.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents what is read as a Cover")]
pub struct CoverInput {
    /// Where it is: http, https, or a path on the website. A new picture has one.
    #[schema(required = false, min_length = 1, max_length = 2000)]
    url: String,
    /// What it shows, for those who cannot see it.
    #[schema(max_length = 1000)]
    alt: Option<String>,
    /// What stands below it.
    #[schema(max_length = 1000)]
    caption: Option<String>,
    /// Its width in pixels.
    #[schema(minimum = 1, maximum = 100_000)]
    width: Option<u32>,
    /// Its height in pixels.
    #[schema(minimum = 1, maximum = 100_000)]
    height: Option<u32>,
}

/// What search engines are told, as written: absent members are `null`, or stay as they are.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents what is read as a Seo")]
pub struct SeoInput {
    /// In place of the title.
    #[schema(max_length = 300)]
    title: Option<String>,
    /// In place of the summary.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Where the article first appeared, if elsewhere: http or https.
    #[schema(max_length = 2000)]
    canonical_url: Option<String>,
    /// The picture for previews: http, https, or a path on the website.
    #[schema(max_length = 2000)]
    image_url: Option<String>,
    /// Whether search engines should pass it over. Default: no.
    #[schema(required = false)]
    noindex: bool,
}

impl UpdateDraft {
    /// Reads a merge patch (RFC 7396): where it goes into an object, the rest of that stays as `metadata` has it.
    ///
    /// # Errors
    /// Invalid for unknown members and wrong types.
    pub fn of_patch(patch: &Value, metadata: &Metadata) -> Result<Self> {
        let mut whole = patch.clone();
        let objects = [
            ("cover", serde_json::to_value(&metadata.cover)?),
            ("seo", serde_json::to_value(&metadata.seo)?),
            ("custom", serde_json::to_value(&metadata.custom)?),
        ];
        for (name, present) in objects {
            if let Some(Value::Object(member)) = whole.get_mut(name) {
                let mut merged = present.as_object().cloned().unwrap_or_default();
                json::merge(&mut merged, member);
                *member = merged;
            }
        }
        json::from_value(whole)
    }
}

/// A section as written.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SectionInput {
    /// A section of this article that is kept; a new one is made without it.
    #[serde(default)]
    #[schema(nullable = false)]
    pub id: Option<SectionId>,
    /// One line of inline Markdown; a section may have none.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub heading: Option<String>,
    /// The name inside the page; made from the heading once, if none is given.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub anchor: Option<String>,
    /// Markdown without headings.
    #[serde(default)]
    #[schema(max_length = 200_000, nullable = false)]
    pub body: Option<String>,
    /// Whatever else the site wants to keep; at most 64 KiB as JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub custom: Option<Map<String, Value>>,
    /// The parts below it; five deep at most.
    #[serde(default)]
    #[schema(max_items = 1000, no_recursion, nullable = false)]
    pub sections: Option<Vec<SectionInput>>,
}
