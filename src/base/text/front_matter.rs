//! Reads the front matter of Hugo, Jekyll, Astro and Ghost exporters, and reads and writes our own, which exports a
//! draft without loss. Only broken syntax and excessive length are errors; unknown keys and unusable values are kept in
//! `custom`.

mod dates;
mod syntax;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::base::clock::Timestamp;
use crate::base::error::Invalid;

/// The maximum length of front matter, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// Front matter as written: slugs, URLs and locales in it are not validated yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FrontMatter {
    /// `id`: the exported article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// `title`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `subtitle`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// `slug`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// `locale`, `lang`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// `translation_of`: an article's id or slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation_of: Option<String>,
    /// `summary`, `description`, `excerpt`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// `published_at`, `date`, `pubDate`. Values without an offset are UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// `updated_at`, `lastmod`, `updatedDate`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// `draft`, or the inverse of `published`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
    /// `featured`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    /// `listed`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
    /// `authors`, `author`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<AuthorName>,
    /// `topics`, `tags` and `categories` combined, without duplicates. A string is split at commas.
    #[serde(rename = "topics", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `cover`, `image`, `heroImage`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// `seo`, and `canonical_url` if `seo` has none.
    #[serde(skip_serializing_if = "Seo::is_empty")]
    pub seo: Seo,
    /// `aliases` and `permalink`: former URLs of the article.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// `sections`: the `id` and `custom` of each section, by anchor. Only in our own format.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub sections: Map<String, Value>,
    /// `custom`, and all keys that are unknown or have an unusable value.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
}

/// An author, by name, slug or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuthorName {
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The author's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
}

/// The cover image of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// `url`, `src`, `image` or `path`
    pub url: String,
    /// The alternative text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// The caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// Values that override the article's metadata for search engines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seo {
    /// Overrides the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Overrides the summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URL of the original article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// Overrides the cover image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether search engines are asked not to index the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noindex: Option<bool>,
}

impl Seo {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Splits a document into its front matter (`---` YAML, `+++` TOML, `{` JSON) and the Markdown after it.
///
/// If there is no front matter, or the text between two `---` is not a mapping, the whole document is Markdown.
///
/// # Errors
/// `front-matter-malformed`, with the line, for broken syntax; `front-matter-too-long` above [`MAX_LENGTH`].
pub fn split(document: &str) -> Result<(FrontMatter, &str), Invalid> {
    let document = document.strip_prefix('\u{feff}').unwrap_or(document);
    Ok(match syntax::read(document)? {
        Some((map, markdown)) => (understand(map), markdown),
        None => (FrontMatter::default(), document),
    })
}

/// Writes front matter as YAML that [`split`] reads as the same value, including both `---` lines and a blank line.
#[must_use]
pub fn write(front_matter: &FrontMatter) -> String {
    format!("---\n{}---\n\n", syntax::to_yaml(front_matter))
}

fn understand(map: Map<String, Value>) -> FrontMatter {
    let mut keys = Keys(map);
    let published = keys.first(&["published"], flag);
    let mut seo: Seo =
        keys.first(&["seo"], |value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    if seo.canonical_url.is_none() {
        seo.canonical_url = keys.first(&["canonical_url"], text);
    }
    let mut found = FrontMatter {
        id: keys.first(&["id"], |value| Uuid::try_parse(value.as_str()?).ok()),
        title: keys.first(&["title"], text),
        subtitle: keys.first(&["subtitle"], text),
        slug: keys.first(&["slug"], text),
        locale: keys.first(&["locale", "lang"], text),
        translation_of: keys.first(&["translation_of"], text),
        summary: keys.first(&["summary", "description", "excerpt"], text),
        published_at: keys.first(&["published_at", "date", "pubDate"], time),
        updated_at: keys.first(&["updated_at", "lastmod", "updatedDate"], time),
        draft: keys.first(&["draft"], flag).or(published.map(|published| !published)),
        featured: keys.first(&["featured"], flag),
        listed: keys.first(&["listed"], flag),
        authors: keys.first(&["authors", "author"], authors).unwrap_or_default(),
        tags: keys.all(&["topics", "tags", "categories"], |value| list(value, ',')),
        cover: keys.first(&["cover", "image", "heroImage"], cover),
        seo,
        aliases: keys.all(&["aliases", "permalink"], |value| list(value, '\n')),
        sections: keys.first(&["sections"], |value| value.as_object().cloned()).unwrap_or_default(),
        custom: Map::new(),
    };
    let own = keys.first(&["custom"], |value| value.as_object().cloned()).unwrap_or_default();
    found.custom = keys.0;
    found.custom.extend(own);
    found
}

/// The keys that have not been read yet; the rest becomes `custom`.
struct Keys(Map<String, Value>);

impl Keys {
    /// Removes and returns the first usable value under one of several names. `null` values are removed and ignored.
    fn first<T>(&mut self, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        for name in names {
            if self.0.get(*name).is_some_and(Value::is_null) {
                self.0.remove(*name);
            }
            if let Some(value) = self.0.get(*name).and_then(&read) {
                self.0.remove(*name);
                return Some(value);
            }
        }
        None
    }

    /// Removes and returns the values under all names, without duplicates.
    fn all(&mut self, names: &[&str], read: impl Fn(&Value) -> Option<Vec<String>>) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let lists = names.iter().filter_map(|name| self.first(&[name], &read));
        lists.flatten().filter(|item| seen.insert(item.clone())).collect()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    dates::parse(value.as_str()?).map(Timestamp::from)
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Reads an array of strings or of objects with a `slug` or `name`, or one string split at the separator.
fn list(value: &Value, separator: char) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(|item| text(named(item))).collect(),
        single => Some(
            text(single)?
                .split(separator)
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
    }
}

fn named(item: &Value) -> &Value {
    item.get("slug").or_else(|| item.get("name")).unwrap_or(item)
}

fn authors(value: &Value) -> Option<Vec<AuthorName>> {
    match value {
        Value::Array(items) => items.iter().map(author).collect(),
        single => Some(vec![author(single)?]),
    }
}

fn author(value: &Value) -> Option<AuthorName> {
    let found = match value {
        Value::Object(_) => {
            AuthorName { name: value.get("name").and_then(text), slug: value.get("slug").and_then(text) }
        }
        name => AuthorName { name: text(name), slug: None },
    };
    (found != AuthorName::default()).then_some(found)
}

fn cover(value: &Value) -> Option<Cover> {
    let Value::Object(members) = value else {
        return text(value).map(|url| Cover { url, ..Cover::default() });
    };
    let get = |name: &str| members.get(name).and_then(text);
    let pixels = |name: &str| members.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    Some(Cover {
        url: ["url", "src", "image", "path"].into_iter().find_map(get)?,
        alt: get("alt"),
        caption: get("caption"),
        width: pixels("width"),
        height: pixels("height"),
    })
}
