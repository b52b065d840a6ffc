//! Slugs identify articles, topics and authors in URLs; anchors identify sections within an article. Neither may look
//! like a UUID, so that path parameters such as `{article}` and `{section}` can take an id as well.

use std::fmt;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use utoipa::ToSchema;
use uuid::Uuid;

use super::inline::inline_text;
use crate::base::error::Invalid;

/// The maximum length of a slug or an anchor, in characters.
pub const MAX_LENGTH: usize = 120;

/// Slugs that no article can have, because they are paths of the API or common paths of websites. Topics and authors
/// can: they stand below paths of their own.
pub const RESERVED: &[&str] = &[
    "about-this-site",
    "account",
    "admin",
    "api",
    "articles",
    "assets",
    "atom",
    "auth",
    "authors",
    "categories",
    "docs",
    "drafts",
    "editor",
    "favicon",
    "feed",
    "feeds",
    "health",
    "home",
    "index",
    "live",
    "login",
    "logout",
    "me",
    "media",
    "metrics",
    "new",
    "openapi",
    "page",
    "preview",
    "previews",
    "ready",
    "redirects",
    "robots",
    "rss",
    "search",
    "sections",
    "setup",
    "sitemap",
    "static",
    "subscribe",
    "subscribers",
    "tag",
    "tags",
    "topics",
    "unsubscribe",
    "users",
    "v1",
    "v2",
    "well-known",
];

/// A name in URLs: `[a-z0-9]+(-[a-z0-9]+)*`, 1 to 120 characters.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(value_type = String, min_length = 1, max_length = 120, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "tides-and-harbours")]
#[serde(transparent)]
pub struct Slug(String);

crate::text_column!(Slug);

impl Slug {
    /// Parses a slug.
    ///
    /// # Errors
    /// `slug-malformed` for other characters or lengths, `slug-looks-like-id` for a UUID.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() > MAX_LENGTH || !text.split('-').all(plain) {
            return Err(Invalid::new(
                "slug-malformed",
                "A slug is 1 to 120 characters: a–z and 0–9 in words joined by single hyphens.",
            ));
        }
        if looks_like_id(text) {
            return Err(Invalid::new("slug-looks-like-id", "A slug must not look like a UUID."));
        }
        Ok(Self(text.to_owned()))
    }

    /// Generates a slug from a title in any script, cut at the end of a word. `untitled` if no character can be
    /// transliterated; a UUID-like slug gets the suffix `-2`.
    #[must_use]
    pub fn from_title(title: &str) -> Self {
        let opening: String = title.chars().take(4 * MAX_LENGTH).filter(|c| !is_apostrophe(*c)).collect();
        let slug =
            hyphenate(&deunicode::deunicode(&opening).to_ascii_lowercase(), |c| c.is_ascii_alphanumeric());
        match Self::parse(&slug) {
            Ok(slug) => slug,
            Err(_) if slug.is_empty() => Self("untitled".to_owned()),
            Err(_) => Self(slug).numbered(2),
        }
    }

    /// Whether no article can have it: it is one of [`RESERVED`].
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        RESERVED.contains(&self.0.as_str())
    }

    /// Appends `-n` to the slug, which is cut to stay within [`MAX_LENGTH`].
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        Self(numbered(&self.0, n))
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Slug {
    /// Wraps a slug from the database, which was validated when it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a section inside its article: 1–120 letters or digits of any script, `-`, `_` and `.`, kept as given.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(as = SectionAnchor, value_type = String, min_length = 1, max_length = 120, pattern = "^[^\\s#]+$", example = "slack-water")]
#[serde(transparent)]
pub struct Anchor(String);

crate::text_column!(Anchor);

impl Anchor {
    /// Parses an anchor. Case is kept, because links from other sites may contain it.
    ///
    /// # Errors
    /// `anchor-malformed` for other characters or lengths, `anchor-looks-like-id` for a UUID, `anchor-reserved` for the
    /// prefixes of footnote ids (`fn-…`, `fnref-…`).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| is_word(c) || matches!(c, '-' | '_' | '.');
        let starts_well = text.chars().next().is_some_and(char::is_alphanumeric);
        if !starts_well || !text.chars().all(allowed) || text.chars().nth(MAX_LENGTH).is_some() {
            return Err(Invalid::new(
                "anchor-malformed",
                "An anchor is 1 to 120 letters, digits, hyphens, underscores or full stops, and starts with a letter or digit.",
            ));
        }
        if looks_like_id(text) {
            return Err(Invalid::new("anchor-looks-like-id", "An anchor must not look like a UUID."));
        }
        if belongs_to_footnotes(text) {
            return Err(Invalid::new(
                "anchor-reserved",
                "Anchors that start with fn- or fnref- are kept for footnotes.",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Generates an anchor from a heading's inline Markdown without references: its words in lower case, joined by
    /// hyphens. `section` if no character is usable; an anchor that would be rejected gets the prefix `section-`.
    #[must_use]
    pub fn from_heading(heading: &str) -> Self {
        Self::from_text(&inline_text(heading))
    }

    /// Generates an anchor from the plain text of a heading, like [`Anchor::from_heading`].
    pub(super) fn from_text(text: &str) -> Self {
        let text: String = text.nfc().take(4 * MAX_LENGTH).filter(|c| !is_apostrophe(*c)).collect();
        let anchor = hyphenate(&text.to_lowercase(), |c| is_word(c) || matches!(c, '_' | '.'));
        let anchor = anchor.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches(['-', '.']);
        match Self::parse(anchor) {
            Ok(anchor) => anchor,
            Err(_) if anchor.is_empty() => Self("section".to_owned()),
            Err(_) => Self(cut(&format!("section-{anchor}"), MAX_LENGTH).to_owned()),
        }
    }

    /// Appends `-n` to the anchor, which is cut to stay within [`MAX_LENGTH`].
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        Self(numbered(&self.0, n))
    }

    /// The anchor as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Anchor {
    /// Wraps an anchor from the database, which was validated when it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an element id is reserved for the footnotes that the renderer writes.
pub(super) fn belongs_to_footnotes(id: &str) -> bool {
    id.starts_with("fn-") || id.starts_with("fnref-")
}

fn looks_like_id(text: &str) -> bool {
    Uuid::try_parse(text).is_ok()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '\u{ad}')
}

/// Joins runs of kept characters with single hyphens and cuts the result to [`MAX_LENGTH`] at the end of a word.
fn hyphenate(text: &str, keep: impl Fn(char) -> bool) -> String {
    let words: Vec<&str> = text.split(|c| !keep(c)).filter(|word| !word.is_empty()).collect();
    let joined = words.join("-");
    let short = cut(&joined, MAX_LENGTH);
    if short.len() == joined.len() || joined.get(short.len()..).is_some_and(|rest| rest.starts_with('-')) {
        return short.trim_end_matches('-').to_owned();
    }
    short.rsplit_once('-').map_or(short, |(whole_words, _)| whole_words).to_owned()
}

/// The first `characters` characters of a text.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

fn numbered(name: &str, n: u32) -> String {
    let suffix = format!("-{n}");
    let room = MAX_LENGTH.saturating_sub(suffix.len());
    format!("{}{suffix}", cut(name, room).trim_end_matches(['-', '.']))
}
