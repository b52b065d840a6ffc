//! Reads values of front matter: texts, dates, flags, and the objects that stand for topics, authors and covers.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::dates;
use crate::base::clock::Timestamp;

/// What a `status` says that is not public yet, or no longer.
const DRAFT_STATUSES: &str =
    "draft drafts auto-draft pending private scheduled future unpublished trash trashed wip";

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

/// A text, or a number as it is written.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text that people read, which may be a word such as `true`.
pub(super) fn words(value: &Value) -> Option<String> {
    text(value).or_else(|| value.as_bool().map(|word| word.to_string()))
}

/// A text that is a date.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    dates::read(&text(value)?).map(Timestamp::from)
}

/// A yes or no.
pub(super) fn flag(value: &Value) -> Option<bool> {
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

/// Whether a `status` is that of a draft.
pub(super) fn is_status_of_draft(value: &Value) -> bool {
    let word = value.as_str().map(|word| word.trim().to_lowercase());
    word.is_some_and(|word| DRAFT_STATUSES.split(' ').any(|known| known == word))
}

/// A topic or an author. Adds the names of members that are not used to `left_out`.
pub(super) fn term(key: &str, value: &Value, left_out: &mut Vec<String>) -> Option<TermName> {
    let filled = |value: &Value| words(value).filter(|text| !text.trim().is_empty());
    let Value::Object(members) = value else {
        return filled(value).map(|name| TermName { name: Some(name), slug: None });
    };
    let mut members = Members::of(members);
    let found = TermName { name: members.take("name", filled), slug: members.take("slug", filled) };
    (found != TermName::default()).then(|| {
        members.leave(key, left_out);
        found
    })
}

/// A cover. Adds the names of members that are not used to `left_out`.
pub(super) fn cover(value: &Value, left_out: &mut Vec<String>) -> Option<Cover> {
    let Value::Object(members) = value else {
        return text(value).map(|url| Cover { url, ..Cover::default() });
    };
    let mut members = Members::of(members);
    let pixels = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok());
    let cover = Cover {
        url: ["url", "src", "image", "path"].into_iter().find_map(|name| members.take(name, text))?,
        alt: members.take("alt", text),
        caption: members.take("caption", text),
        width: members.take("width", pixels),
        height: members.take("height", pixels),
    };
    members.leave("cover", left_out);
    Some(cover)
}

/// The members of an object that are not used yet.
struct Members<'a>(Vec<(&'a str, &'a Value)>);

impl<'a> Members<'a> {
    fn of(members: &'a Map<String, Value>) -> Self {
        Self(members.iter().map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// Uses a member, if it is usable.
    fn take<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let at = self.0.iter().position(|(other, _)| *other == name)?;
        let found = self.0.get(at).and_then(|(_, value)| read(value));
        if found.is_some() {
            self.0.remove(at);
        }
        found
    }

    /// Adds the names of the others to `left_out`, each once, unless there is nothing in them.
    fn leave(self, key: &str, left_out: &mut Vec<String>) {
        for (name, _) in self.0.into_iter().filter(|(_, value)| !value.is_null() && *value != "") {
            let name = format!("{key}.{name}");
            if !left_out.contains(&name) {
                left_out.push(name);
            }
        }
    }
}
