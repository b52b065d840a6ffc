//! What clients write: the bodies of requests, and how they become changes of the content.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ArticleId, Cover, Metadata, SectionId, Seo, WebsitePath, line, short, tree, web_address};
use crate::clock::Timestamp;
use crate::error::{Invalid, Place, Result, Violations};
use crate::http::json::{self, present};
use crate::text::Locale;
use crate::text::slug::Slug;

/// The most bytes that `custom` takes when written as JSON.
pub const MOST_CUSTOM: usize = 64 * 1024;
/// The most authors of an article.
pub const MOST_AUTHORS: usize = 20;
/// The most topics of an article.
pub const MOST_TOPICS: usize = 50;
const MOST_ALIASES: usize = 100;

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

/// Takes `custom` up to its bound.
///
/// # Errors
/// `too-long`.
pub fn check_custom(custom: &Map<String, Value>) -> Result<(), Invalid> {
    let length = serde_json::to_string(custom).map_or(usize::MAX, |text| text.len());
    if length > MOST_CUSTOM {
        return Err(Invalid::new("too-long", format!("at most {MOST_CUSTOM} bytes as JSON")));
    }
    Ok(())
}

fn check_cover(mut cover: Cover, violations: &mut Violations) -> Option<Cover> {
    let url = violations.take("/cover/url", web_address(&cover.url, true));
    cover.alt = check_short(cover.alt.as_deref(), "/cover/alt", 1000, violations);
    cover.caption = check_short(cover.caption.as_deref(), "/cover/caption", 1000, violations);
    for (pointer, size) in [("/cover/width", cover.width), ("/cover/height", cover.height)] {
        if size.is_some_and(|size| !(1..=100_000).contains(&size)) {
            violations.push(
                Place::Pointer(pointer.into()),
                Invalid::new("out-of-bounds", "from 1 to 100000 pixels"),
            );
        }
    }
    url.map(|_| cover)
}

fn check_seo(seo: Seo, violations: &mut Violations) -> Seo {
    let mut address = |text: Option<String>, pointer: &str, or_path| {
        text.and_then(|text| violations.take(pointer, web_address(&text, or_path)))
    };
    let canonical_url = address(seo.canonical_url, "/seo/canonical_url", false);
    let image_url = address(seo.image_url, "/seo/image_url", true);
    Seo {
        title: check_short(seo.title.as_deref(), "/seo/title", 300, violations),
        description: check_short(seo.description.as_deref(), "/seo/description", 1000, violations),
        canonical_url,
        image_url,
        noindex: seo.noindex,
    }
}

fn check_short(
    text: Option<&str>,
    pointer: &str,
    most: usize,
    violations: &mut Violations,
) -> Option<String> {
    text.and_then(|text| violations.take(pointer, short(text, most)))
}

fn check_named(slugs: &[String], pointer: &str, most: usize, violations: &mut Violations) -> Vec<Named> {
    if slugs.len() > most {
        violations.push(Place::Pointer(pointer.into()), Invalid::new("too-many", format!("at most {most}")));
        return Vec::new();
    }
    let mut named: Vec<Named> = Vec::new();
    for (at, text) in slugs.iter().enumerate() {
        if let Some(slug) = violations.take(format!("{pointer}/{at}"), Slug::parse(text))
            && !named.iter().any(|other| other.slug == slug)
        {
            named.push(Named { name: name_from_slug(&slug), slug });
        }
    }
    named
}

/// `slack-water` is called `Slack water` until someone says better.
fn name_from_slug(slug: &Slug) -> String {
    let words = slug.as_str().replace('-', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn check_aliases(aliases: &[String], violations: &mut Violations) -> Vec<String> {
    if aliases.len() > MOST_ALIASES {
        violations.push(
            Place::Pointer("/aliases".into()),
            Invalid::new("too-many", format!("at most {MOST_ALIASES}")),
        );
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for (at, alias) in aliases.iter().enumerate() {
        let is_path = alias.starts_with('/') && !alias.starts_with("//") && alias.len() <= 500;
        if !is_path || alias.contains(|c: char| c.is_control() || c.is_whitespace()) {
            violations.push(
                Place::Pointer(format!("/aliases/{at}")),
                Invalid::new("malformed-path", "a path that begins with a slash, at most 500 bytes"),
            );
        } else if !kept.contains(alias) {
            kept.push(alias.clone());
        }
    }
    kept
}
