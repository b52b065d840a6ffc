//! Locales of articles: the subset of BCP 47 language tags with a language, an optional script and an optional region.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::validate;
use crate::base::error::Invalid;

/// A language tag: a language of two or three letters, optionally with a script and a region, as in `en`, `de-AT` or
/// `zh-Hant-TW`. Stored in the usual case.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[schema(as = LanguageTag, value_type = String, min_length = 2, max_length = 11,
         pattern = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", example = "en")]
#[serde(transparent)]
pub struct Locale(String);

crate::text_column!(Locale);

impl Locale {
    /// Parses a language tag in any case, with hyphens or underscores, and normalises it.
    ///
    /// # Errors
    /// `locale-malformed`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refusal =
            || validate::malformed("locale", "Must be a language tag such as en, de-AT or zh-Hant-TW.");
        if text.len() > 11 || !text.is_ascii() {
            return Err(refusal());
        }
        let mut parts = text.split(['-', '_']).peekable();
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        if !(2..=3).contains(&language.len()) || !language.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(refusal());
        }
        let mut locale = language;
        if let Some(script) =
            parts.next_if(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic()))
        {
            let (first, rest) = script.split_at(1);
            locale = format!("{locale}-{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase());
        }
        let is_region = |part: &&str| {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
                || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
        };
        if let Some(region) = parts.next_if(is_region) {
            locale = format!("{locale}-{}", region.to_ascii_uppercase());
        }
        if parts.next().is_some() { Err(refusal()) } else { Ok(Self(locale)) }
    }

    /// The tag in its canonical case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps a tag from the database, which was validated when it was written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
