//! Reads the front matter of Hugo, Jekyll, Astro and Ghost exporters, and reads and writes our own, which exports a
//! draft without loss. Only broken syntax and excessive length are errors; unknown keys and unusable values are kept in
//! `custom`.

mod keys;
mod syntax;
mod values;
mod yaml;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::keys::Keys;
pub use self::values::{Cover, TermName};
use self::values::{flag, is_status_of_draft, text, time, words};
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
    /// `translation_of`: an article's id or slug; `Some(None)` if it stands there as `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation_of: Option<Option<String>>,
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
    /// Whether `draft`, `published` or a `status` says that it is a draft. A value that cannot be read makes one, too.
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
    /// The names of values that have no place in all this, such as `cover.credit`.
    #[serde(skip)]
    pub left_out: Vec<String>,
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

/// The time under a key without a field of its own, such as `expiryDate`, in whatever spelling; `Err` with the value if it
/// cannot be read as a time.
#[must_use]
pub fn time_in(custom: &Map<String, Value>, name: &str) -> Option<Result<Timestamp, String>> {
    let (_, value) = custom.iter().find(|(key, value)| keys::is_same(key, name) && !value.is_null())?;
    Some(time(value).ok_or_else(|| text(value).unwrap_or_else(|| value.to_string())))
}

/// The keys of the first publication.
const DATES: &[&str] = &["published_at", "date", "pubDate", "publishDate", "datePublished", "published"];

fn understand(map: Map<String, Value>) -> FrontMatter {
    let (mut keys, mut left_out) = (Keys(map), Vec::new());
    let published = keys.first(&["published"], flag);
    let leaves_group = keys.get("translation_of").is_some_and(Value::is_null);
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
        translation_of: keys.first(&["translation_of"], text).map(Some).or(leaves_group.then_some(None)),
        summary: keys.first(&["summary", "description", "excerpt"], text),
        published_at: keys.first(DATES, time),
        draft: keys.first(&["draft"], flag),
        featured: keys.first(&["featured"], flag),
        listed: keys.first(&["listed"], flag),
        unreadable_date: None,
        authors: keys
            .items(&["authors", "author"], None, |value| values::term("authors", value, &mut left_out)),
        topics: keys.items(&["topics", "tags", "categories"], Some(','), |value| {
            values::term("topics", value, &mut left_out)
        }),
        cover: keys.first(&["cover", "image", "heroImage"], |value| values::cover(value, &mut left_out)),
        seo,
        aliases: keys.items(&["aliases", "permalink"], Some('\n'), text),
        sections: keys.first(&["sections"], |value| value.as_object().cloned()).unwrap_or_default(),
        custom: Map::new(),
        left_out: Vec::new(),
    };
    if found.published_at.is_none() {
        let unread = DATES.iter().find_map(|name| keys.get(name));
        found.unreadable_date = unread.map(|value| text(value).unwrap_or_else(|| value.to_string()));
    }
    // What may say that nobody is to read it yet, if not in a way that is understood.
    let may_be_draft = keys.get("draft").is_some()
        || keys.get("published").is_some_and(|value| time(value).is_none())
        || keys.get("status").is_some_and(is_status_of_draft);
    let said = [found.draft, published.map(|published| !published), may_be_draft.then_some(true)];
    found.draft = said.into_iter().max().flatten();
    let own = keys.first(&["custom"], |value| value.as_object().cloned()).unwrap_or_default();
    let differs = |name: &String, value: &Value| own.get(name).is_some_and(|own| own != value);
    left_out.extend(keys.0.iter().filter(|(name, value)| differs(name, value)).map(|(name, _)| name.clone()));
    found.custom = keys.0;
    found.custom.extend(own);
    found.left_out = left_out;
    found
}
