//! The request bodies that create and change articles, and how they become changes of metadata.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::aliases::check_aliases;
use super::checks::{MAX_AUTHORS, MAX_TOPICS, check_cover, check_markdown, check_named, check_seo};
use super::metadata_change::MetadataChange;
use super::section_input::SectionInput;
use super::{ArticleRef, Cover, Metadata, Seo, WebsitePath, slugs};
use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::json::{from_value, present};
use crate::base::ids::UserId;
use crate::base::json;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::base::text::validate;

/// The fields that creating and updating an article have in common. `null` resets a field to its default.
macro_rules! with_metadata {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// One line.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, nullable = false, format = "line", min_length = 1, max_length = 300)]
            pub title: Option<Option<String>>,
            /// The name in URLs, unique per language. Default: made from the title.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, min_length = 1, max_length = 120,
                     pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
            pub slug: Option<Option<String>>,
            /// The language, such as `en` or `de-AT`. Default: the site's.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, format = "language-tag", min_length = 2, max_length = 11)]
            pub locale: Option<Option<String>>,
            /// One line below the title.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 500)]
            pub subtitle: Option<Option<String>>,
            /// What lists show. Default: taken from the opening when published.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, max_length = 1000)]
            pub summary: Option<Option<String>>,
            /// The cover image, linked by URL.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<CoverInput>)]
            pub cover: Option<Option<Cover>>,
            /// Whether the site features it. Default: false.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<bool>)]
            pub featured: Option<Option<bool>>,
            /// Whether it is in lists, feeds and search results. Default: true.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<bool>)]
            pub listed: Option<Option<bool>>,
            /// Slugs of the authors, in order. Unknown authors are created if the caller may create them; otherwise 422
            /// `author-unknown`.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<Slug>>, max_items = 20)]
            pub authors: Option<Option<Vec<String>>>,
            /// Slugs of the topics, in order. Unknown topics are created if the caller may create topics; otherwise 422
            /// `topic-unknown`.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<Slug>>, max_items = 50)]
            pub topics: Option<Option<Vec<String>>>,
            /// Markdown before the first section. Headings are refused with `heading-in-body`: make them sections.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, max_length = 200_000)]
            pub intro: Option<Option<String>>,
            /// Overrides for search engines.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<SeoInput>)]
            pub seo: Option<Option<Seo>>,
            /// Any other data of the site; at most 64 KiB as JSON.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Object>)]
            pub custom: Option<Option<Map<String, Value>>>,
            /// The article that this one is a translation of: its id, or its slug in the site's language. This article joins
            /// the translation group of that one at once, without being published; `null` leaves the group. Requires the
            /// right to edit both, and to publish the members of the group that are live; 422 `article-unknown` or
            /// `translation-of-forbidden` otherwise. 409 `translation-exists` if the group has another article in this
            /// language.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<String>, min_length = 1, max_length = 120,
                     pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "tides-and-harbours")]
            pub translation_of: Option<Option<String>>,
            /// Old paths on the website that redirect to the article, such as `/2019/tides`. 422 `alias-reserved` for
            /// paths of the API and those that no slug may be, and `alias-taken` for the path of another published
            /// article.
            #[serde(default, deserialize_with = "present")]
            #[schema(value_type = Option<Vec<WebsitePath>>, max_items = 100)]
            pub aliases: Option<Option<Vec<String>>>,
            $($(#[$attribute])* pub $field: $type,)*
        }

        impl $name {
            /// Checks every field and turns them into one change.
            pub fn change(&self, violations: &mut Violations) -> MetadataChange {
                MetadataChange {
                    title: self.title.as_ref().and_then(|title| {
                        let title = title.as_deref().ok_or_else(|| validate::missing("title"));
                        violations.take("/title", title.and_then(|title| validate::line("title", title, 300)))
                    }),
                    slug: self.slug.as_ref().map(|slug| {
                        slug.as_deref().and_then(|slug| violations.take("/slug", slugs::parse(slug)))
                    }),
                    locale: self.locale.as_ref().map(|locale| {
                        locale.as_deref().and_then(|locale| violations.take("/locale", Locale::parse(locale)))
                    }),
                    subtitle: self.subtitle.as_ref().map(|text| {
                        text.as_deref().and_then(|text| violations.take("/subtitle", validate::line("subtitle", text, 500)))
                    }),
                    summary: self.summary.as_ref().map(|text| {
                        text.as_deref().and_then(|text| violations.take("/summary", validate::text("summary", text, 1000)))
                    }),
                    cover: self.cover.clone().map(|cover| cover.and_then(|cover| check_cover(cover, violations))),
                    featured: self.featured.map(|flag| flag.unwrap_or(false)),
                    listed: self.listed.map(|flag| flag.unwrap_or(true)),
                    authors: self.authors.as_ref().map(|slugs| {
                        check_named(slugs.as_deref().unwrap_or_default(), "authors", MAX_AUTHORS, violations)
                    }),
                    topics: self.topics.as_ref().map(|slugs| {
                        check_named(slugs.as_deref().unwrap_or_default(), "topics", MAX_TOPICS, violations)
                    }),
                    intro: self.intro.as_ref().map(|intro| {
                        let intro = intro.as_deref().unwrap_or_default();
                        violations.take("/intro", check_markdown(intro)).unwrap_or_default()
                    }),
                    seo: self.seo.clone().map(|seo| check_seo(seo.unwrap_or_default(), violations)),
                    custom: self.custom.clone().map(|custom| {
                        let custom = custom.unwrap_or_default();
                        violations.take("/custom", validate::custom(&custom));
                        custom
                    }),
                    translation_of: self.translation_of.as_ref().map(|article| {
                        article.as_deref().and_then(|article| violations.take("/translation_of", ArticleRef::parse(article)))
                    }),
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
        /// The sections at the top level, with those below them.
        #[serde(default, deserialize_with = "present")]
        #[schema(max_items = 1000, nullable = false)]
        sections: Option<Vec<SectionInput>>,
        /// A whole Markdown document, with or without front matter. Its headings become sections. Other fields of the
        /// request override its front matter.
        #[serde(default, deserialize_with = "present")]
        #[schema(max_length = 1_000_000, nullable = false)]
        markdown: Option<String>,
        /// A whole HTML document. Its headings become sections.
        #[serde(default, deserialize_with = "present")]
        #[schema(max_length = 1_000_000, nullable = false)]
        html: Option<String>,
        /// When the article was first published elsewhere: a time in the past. Editors and admins only.
        #[serde(default, deserialize_with = "present")]
        #[schema(nullable = false)]
        published_at: Option<Timestamp>,
    }
}

with_metadata! {
    /// A change of a draft's metadata and intro. Omitted fields keep their value; `null` resets a field to its default.
    pub struct UpdateDraft {
        /// The id of another active user, who owns the article from then on. Owners and editors can give it away.
        #[serde(default, deserialize_with = "present")]
        #[schema(nullable = false)]
        owner_id: Option<UserId>,
    }
}

/// A cover image. Omitted fields are `null`, or keep their value in an update.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents what is read as a Cover")]
#[schema(as = ArticleCoverInput)]
pub struct CoverInput {
    /// Its URL: http, https, or a path on the website. Required for a new cover.
    #[schema(required = false, format = "url-or-path", min_length = 1, max_length = 2000)]
    url: String,
    /// A text alternative for people who cannot see it.
    #[schema(max_length = 1000)]
    alt: Option<String>,
    /// A caption.
    #[schema(max_length = 1000)]
    caption: Option<String>,
    /// Its width in pixels.
    #[schema(minimum = 1, maximum = 100_000)]
    width: Option<u32>,
    /// Its height in pixels.
    #[schema(minimum = 1, maximum = 100_000)]
    height: Option<u32>,
}

/// Overrides for search engines. Omitted fields are `null`, or keep their value in an update.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "documents what is read as a Seo")]
#[schema(as = ArticleSeoInput)]
pub struct SeoInput {
    /// Replaces the title.
    #[schema(max_length = 300)]
    title: Option<String>,
    /// Replaces the summary.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// The URL where the article first appeared, if elsewhere: http or https.
    #[schema(format = "web-url", max_length = 2000)]
    canonical_url: Option<String>,
    /// The image for link previews: http, https, or a path on the website.
    #[schema(format = "url-or-path", max_length = 2000)]
    image_url: Option<String>,
    /// Whether search engines are asked not to index it. Default: false.
    #[schema(required = false)]
    noindex: bool,
}

/// A merge patch (RFC 7396) of a draft's metadata and intro. What does not depend on the draft is checked before the
/// write: its Markdown.
#[derive(Debug, Clone)]
pub struct DraftPatch {
    /// Without the intro.
    patch: Value,
    intro: Option<Result<String, Invalid>>,
}

impl DraftPatch {
    /// Parses the intro.
    #[must_use]
    pub fn new(mut patch: Value) -> Self {
        let intro = patch.get("intro").and_then(Value::as_str).map(check_markdown);
        if let (Some(_), Value::Object(fields)) = (&intro, &mut patch) {
            fields.remove("intro");
        }
        Self { patch, intro }
    }

    /// The intro, if it is valid.
    #[must_use]
    pub fn intro(&self) -> Option<&str> {
        self.intro.as_ref()?.as_deref().ok()
    }

    /// The change it makes to this metadata, and the new owner: where it goes into an object, the rest of that object stays.
    /// Invalid for unknown fields, wrong types and broken rules.
    pub fn change(&self, metadata: &Metadata) -> Result<(MetadataChange, Option<UserId>)> {
        let Metadata { cover, seo, custom, .. } = metadata;
        self.change_of(cover.as_ref(), seo, custom)
    }

    /// Checks what does not depend on the draft. Invalid like [`DraftPatch::change`], for what is wrong on every draft.
    pub fn check(&self) -> Result<()> {
        // A cover without a URL may be right for an article that has a cover.
        let cover = Cover { url: "/".into(), alt: None, caption: None, width: None, height: None };
        self.change_of(Some(&cover), &Seo::default(), &Map::new()).map(|_| ())
    }

    fn change_of(
        &self,
        cover: Option<&Cover>,
        seo: &Seo,
        custom: &Map<String, Value>,
    ) -> Result<(MetadataChange, Option<UserId>)> {
        let mut whole = self.patch.clone();
        let objects = [
            ("cover", serde_json::to_value(cover)?),
            ("seo", serde_json::to_value(seo)?),
            ("custom", serde_json::to_value(custom)?),
        ];
        for (name, present) in objects {
            if let Some(Value::Object(field)) = whole.get_mut(name) {
                let mut merged = present.as_object().cloned().unwrap_or_default();
                json::merge(&mut merged, field);
                *field = merged;
            }
        }
        let update: UpdateDraft = from_value(whole)?;
        let mut violations = Violations::default();
        let mut change = update.change(&mut violations);
        if let Some(intro) = &self.intro {
            change.intro = violations.take("/intro", intro.clone());
        }
        violations.check()?;
        Ok((change, update.owner_id))
    }
}
