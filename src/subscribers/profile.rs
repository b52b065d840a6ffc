//! The parts of a subscriber's profile: lines such as the name, labels, and members that the publication defines.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::base::error::Invalid;
use crate::base::json;
use crate::base::text::validate;

/// The most labels of a subscriber.
pub const MAX_LABELS: usize = 50;
/// The longest label, in characters.
pub const MAX_LABEL_CHARS: usize = 60;
/// The most bytes of [`Custom`], as JSON.
pub const MAX_CUSTOM_BYTES: usize = 8 * 1024;

/// One line of text: 1 to 200 characters, none of them a control character.
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct Line(String);

crate::text_column!(Line);

impl Line {
    /// Parses a line, as [`validate::line`].
    pub fn parse(noun: &str, text: &str) -> Result<Self, Invalid> {
        validate::line(noun, &text.nfc().collect::<String>(), 200).map(Self)
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A line that was parsed before it was stored.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }
}

/// The labels that editors gave a subscriber: at most 50, each a line of at most 60 characters, none twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Labels(Vec<String>);

/// A label: one line.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SubscriberLabel, format = "line", min_length = 1, max_length = 60)]
pub struct Label(#[expect(dead_code, reason = "documents what `Labels` keeps")] String);

/// Where a subscriber signed up: one line.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(format = "line", min_length = 1, max_length = 200)]
pub struct Source(#[expect(dead_code, reason = "documents what `source` filters by")] String);

impl Labels {
    /// Parses labels. Repeated ones are kept once.
    pub fn parse(given: &[String]) -> Result<Self, Invalid> {
        let mut labels: Vec<String> = Vec::new();
        for label in given {
            let Line(label) = Line::parse("label", label)?;
            if label.chars().count() > MAX_LABEL_CHARS {
                return Err(Invalid::new("label-too-long", "Must be at most 60 characters."));
            }
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        validate::count("labels", given.len(), MAX_LABELS)?;
        Ok(Self(labels))
    }
}

impl Labels {
    /// The labels.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Labels that were parsed before they were stored.
    pub(crate) fn from_stored(labels: Vec<String>) -> Self {
        Self(labels)
    }
}

/// Members that the publication defines: a JSON object of at most 8 KiB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Custom(Map<String, Value>);

impl Custom {
    /// Applies a merge patch (RFC 7396).
    pub fn merged(self, patch: &Map<String, Value>) -> Result<Self, Invalid> {
        let mut members = self.0;
        json::merge(&mut members, patch);
        validate::custom_within(&members, MAX_CUSTOM_BYTES)?;
        Ok(Self(members))
    }
}
