//! Reads the front matter of Hugo, Jekyll, Astro and Ghost exporters, and reads and writes our own, which exports a
//! draft without loss. Only broken syntax and excessive length are errors; unknown keys and unusable values are kept in
//! `custom`.

mod syntax;
mod yaml;

use std::collections::HashSet;
use std::hash::Hash;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::dates;
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
    /// `translation_of`: an article's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation_of: Option<String>,
    /// `summary`, `description`, `excerpt`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// `published_at`, `date`, `pubDate`, `publishDate`, `datePublished`, and `published` unless it is a flag. Values
    /// without an offset are UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// What stands in their place and cannot be read as a time; as JSON unless it is a text.
    #[serde(skip)]
    pub unreadable_date: Option<String>,
    /// `updated_at`, `lastmod`, `updatedDate`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// `draft`, or the inverse of `published`. A value that cannot be read makes a draft.
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
    pub authors: Vec<TermName>,
    /// `topics`, `tags` and `categories` combined, without duplicates. A string is split at commas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TermName>,
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

/// A topic or an author, by name, slug or both. A plain string is a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TermName {
    /// The name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The slug.
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

/// Splits a document into its front matter (`---` YAML, `+++` TOML, `{` JSON) and the Markdown after it. Front matter
/// may stand after blank lines.
///
/// If there is no front matter, or the text between two `---` is not a mapping, the whole document is Markdown.
///
/// # Errors
/// `front-matter-malformed`, with the line, for broken syntax; `front-matter-too-long` above [`MAX_LENGTH`].
pub fn split(document: &str) -> Result<(FrontMatter, &str), Invalid> {
    Ok(match syntax::read(document)? {
        Some((map, markdown)) => (understand(map), markdown),
        None => (FrontMatter::default(), document.strip_prefix('\u{feff}').unwrap_or(document)),
    })
}

/// Writes front matter as YAML that [`split`] reads as the same value, including both `---` lines and a blank line.
#[must_use]
pub fn write(front_matter: &FrontMatter) -> String {
    format!("---\n{}---\n\n", syntax::to_yaml(front_matter))
}

/// The keys of the first publication.
const DATES: &[&str] = &["published_at", "date", "pubDate", "publishDate", "datePublished", "published"];

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
        title: keys.first(&["title"], words),
        subtitle: keys.first(&["subtitle"], words),
        slug: keys.first(&["slug"], text),
        locale: keys.first(&["locale", "lang"], text),
        translation_of: keys.first(&["translation_of"], text),
        summary: keys.first(&["summary", "description", "excerpt"], text),
        published_at: keys.first(DATES, time),
        updated_at: keys.first(&["updated_at", "lastmod", "updatedDate"], time),
        draft: keys.first(&["draft"], flag),
        featured: keys.first(&["featured"], flag),
        listed: keys.first(&["listed"], flag),
        unreadable_date: None,
        authors: keys.items(&["authors", "author"], None, term),
        topics: keys.items(&["topics", "tags", "categories"], Some(','), term),
        cover: keys.first(&["cover", "image", "heroImage"], cover),
        seo,
        aliases: keys.items(&["aliases", "permalink"], Some('\n'), text),
        sections: keys.first(&["sections"], |value| value.as_object().cloned()).unwrap_or_default(),
        custom: Map::new(),
    };
    if found.published_at.is_none() {
        let unread = DATES.iter().find_map(|name| keys.get(name));
        found.unreadable_date = unread.map(|value| text(value).unwrap_or_else(|| value.to_string()));
    }
    // What may say that nobody is to read it yet, but not in a way that is understood.
    let is_unclear =
        keys.get("draft").is_some() || keys.get("published").is_some_and(|value| time(value).is_none());
    found.draft = found.draft.or(is_unclear.then_some(true)).or(published.map(|published| !published));
    let own = keys.first(&["custom"], |value| value.as_object().cloned()).unwrap_or_default();
    found.custom = keys.0;
    found.custom.extend(own);
    found
}

/// The keys that have not been read yet; the rest becomes `custom`. They are found without regard to case, `_` and `-`.
struct Keys(Map<String, Value>);

impl Keys {
    /// The key that is written like this, or else in another way.
    fn find(&self, name: &str) -> Option<String> {
        if self.0.contains_key(name) {
            return Some(name.to_owned());
        }
        self.0.keys().find(|key| is_same(key, name)).cloned()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&self.find(name)?)
    }

    /// Removes and returns the first usable value under one of several names. `null` values are removed and ignored.
    fn first<T>(&mut self, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        for name in names {
            let Some(key) = self.find(name) else { continue };
            let value = self.0.get(&key).filter(|value| !value.is_null());
            let found = value.and_then(&read);
            if value.is_none() || found.is_some() {
                self.0.remove(&key);
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Removes and returns the items under all names, without duplicates. A text is split at `separator`. Items that
    /// cannot be used stay; the others do not wait for them.
    fn items<T: Clone + Eq + Hash>(
        &mut self,
        names: &[&str],
        separator: Option<char>,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Vec<T> {
        let (mut found, mut known): (Vec<T>, HashSet<T>) = (Vec::new(), HashSet::new());
        for name in names {
            let Some((key, value)) = self.find(name).and_then(|key| self.0.remove_entry(&key)) else {
                continue;
            };
            let items = match (value, separator) {
                (Value::Array(items), _) => items,
                (Value::String(text), Some(separator)) => text
                    .split(separator)
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(Value::from)
                    .collect(),
                (value, _) => vec![value],
            };
            let mut unusable = Vec::new();
            for item in items {
                match read(&item) {
                    Some(item) if known.insert(item.clone()) => found.push(item),
                    Some(_) => {}
                    None if item.is_null() || item.as_str() == Some("") => {}
                    None => unusable.push(item),
                }
            }
            if unusable.len() > 1 {
                self.0.insert(key, unusable.into());
            } else if let Some(one) = unusable.pop() {
                self.0.insert(key, one);
            }
        }
        found
    }
}

/// Whether two keys are the same apart from case, `_` and `-`.
fn is_same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

fn letters(key: &str) -> impl Iterator<Item = u8> + '_ {
    key.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text that people read, which may be a word such as `true`.
fn words(value: &Value) -> Option<String> {
    text(value).or_else(|| value.as_bool().map(|word| word.to_string()))
}

fn time(value: &Value) -> Option<Timestamp> {
    dates::read(&text(value)?).map(Timestamp::from)
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

fn term(value: &Value) -> Option<TermName> {
    let filled = |value: &Value| words(value).filter(|text| !text.trim().is_empty());
    let member = |name: &str| value.get(name).and_then(filled);
    let found = match value {
        Value::Object(_) => TermName { name: member("name"), slug: member("slug") },
        name => TermName { name: filled(name), slug: None },
    };
    (found != TermName::default()).then_some(found)
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
