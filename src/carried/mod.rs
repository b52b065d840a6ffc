//! What topics and authors have in common: an article carries both, each has a slug and a name, and one can go up in
//! another. The rules stand here; `store.rs` writes the queries once for the two tables.

pub mod routes;
pub(crate) mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::base::error::{Conflict, Error, Invalid, Result};
use crate::base::ids::IsId;
use crate::base::text::slug::Slug;

/// The most characters of a name.
pub const MOST_NAME: usize = 200;
/// The most characters of a description or a biography.
pub const MOST_TEXT: usize = 2000;
/// The most characters of an address on the web.
pub const MOST_URL: usize = 2000;

/// What an address names one by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key<I> {
    /// By its id.
    Id(I),
    /// By its slug.
    Slug(Slug),
}

/// In which order a list stands; ties are broken by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub enum Order {
    /// By name, from A on.
    #[default]
    #[serde(rename = "name")]
    NameAscending,
    /// By name, from Z on.
    #[serde(rename = "-name")]
    NameDescending,
    /// The oldest first.
    #[serde(rename = "created_at")]
    OldestFirst,
    /// The newest first.
    #[serde(rename = "-created_at")]
    NewestFirst,
}

/// Where a page of a list ends: the key it is sorted by, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place<I> {
    /// In a list by name.
    Name(String, I),
    /// In a list by time.
    CreatedAt(Timestamp, I),
}

/// How one is embedded, and what it went up in, if it did.
pub type Found<I, R> = BTreeMap<I, (R, Option<I>)>;

impl<I: IsId> Key<I> {
    /// Reads an id in lower case or a slug; `None` when it can be neither, so that there is no such thing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match uuid::Uuid::try_parse(text) {
            Ok(uuid) if uuid.to_string() == text => Some(Self::Id(I::from_uuid(uuid))),
            _ => Slug::parse(text).ok().map(Self::Slug),
        }
    }
}

impl Order {
    /// Reads the parameter `sort`.
    ///
    /// # Errors
    /// `unknown-sort`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "name" => Ok(Self::NameAscending),
            "-name" => Ok(Self::NameDescending),
            "created_at" => Ok(Self::OldestFirst),
            "-created_at" => Ok(Self::NewestFirst),
            _ => Err(Invalid::new("unknown-sort", "one of name, -name, created_at, -created_at")),
        }
    }

    /// The place of an item in this order.
    #[must_use]
    pub fn place<I>(self, name: &str, created_at: Timestamp, id: I) -> Place<I> {
        match self {
            Self::NameAscending | Self::NameDescending => Place::Name(name.to_owned(), id),
            Self::OldestFirst | Self::NewestFirst => Place::CreatedAt(created_at, id),
        }
    }
}

/// Reads a name: one line of 1 to [`MOST_NAME`] characters; space around it is dropped.
///
/// # Errors
/// `name-malformed`.
pub fn name(text: &str) -> Result<String, Invalid> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > MOST_NAME || name.chars().any(char::is_control) {
        return Err(Invalid::new("name-malformed", "A name is one line of 1 to 200 characters."));
    }
    Ok(name.to_owned())
}

/// Reads a text of at most [`MOST_TEXT`] characters; one without any word is none.
///
/// # Errors
/// `too-long`.
pub fn text(text: &str) -> Result<Option<String>, Invalid> {
    if text.chars().nth(MOST_TEXT).is_some() {
        return Err(Invalid::new("too-long", "at most 2000 characters"));
    }
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Reads an address on the web: absolute, http or https, without a password, at most [`MOST_URL`] characters as it is
/// kept.
///
/// # Errors
/// `url-malformed`.
pub fn web_url(text: &str) -> Result<String, Invalid> {
    let parsed = url::Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= MOST_URL
    });
    parsed.map(String::from).ok_or_else(|| {
        Invalid::new("url-malformed", "An absolute http or https address of at most 2000 characters.")
    })
}

/// Puts the new value in place of the old, if there is one.
pub fn set<T: Clone>(old: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        old.clone_from(new);
    }
}

/// Replaces those that went up in another by what remains, drops those that are gone, and keeps the order; nothing comes
/// twice.
#[must_use]
pub fn follow<I: Copy + Ord, R: Clone + PartialEq>(ids: &[I], found: &Found<I, R>) -> Vec<R> {
    let mut remaining = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(one) = follow_one(*id, found)
            && !remaining.contains(one)
        {
            remaining.push(one.clone());
        }
    }
    remaining
}

/// What remains of one: itself, or what it went up in. A merge leaves no chains, so there is one step at most.
#[must_use]
pub fn follow_one<I: Copy + Ord, R>(id: I, found: &Found<I, R>) -> Option<&R> {
    match found.get(&id)? {
        (one, None) => Some(one),
        (_, Some(into)) => found.get(into).map(|(one, _)| one),
    }
}

/// Refuses to merge a thing into itself, directly or by way of what it went up in.
///
/// # Errors
/// Conflict `merge-into-itself`.
pub fn check_merge<I: PartialEq>(from: &I, into: &I) -> Result<()> {
    if from == into {
        return Err(Error::conflict("merge-into-itself", "That is the very one, or has gone up in it."));
    }
    Ok(())
}

/// The refusal to change one that has gone up in another, which the answer names.
#[must_use]
pub fn merged(into: &impl IsId) -> Error {
    let members = Map::from_iter([("into".to_owned(), json!(into.uuid()))]);
    let detail = "This has gone up in another, named by `into`; change that one.".into();
    Error::Conflict(Conflict { code: "already-merged", detail, members })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::TopicId;

    #[test]
    fn merged_ones_are_replaced_and_removed_ones_dropped() {
        let found: Found<u8, &str> =
            [(1, ("sea", None)), (2, ("ocean", Some(1))), (3, ("land", None)), (4, ("lost", Some(9)))].into();
        assert_eq!(follow(&[3, 2, 1, 4, 7, 3], &found), ["land", "sea"]);
    }

    #[test]
    fn a_key_is_an_id_in_lower_case_or_a_slug() {
        let id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert!(matches!(Key::<TopicId>::parse(id), Some(Key::Id(_))));
        assert!(matches!(Key::<TopicId>::parse("sea"), Some(Key::Slug(_))));
        for neither in [&id.to_uppercase(), &id.replace('-', ""), "Sea", "", "a b", "topics", "a\0"] {
            assert_eq!(Key::<TopicId>::parse(neither), None, "{neither:?}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(name("  Sea & shore ").unwrap(), "Sea & shore");
        assert!(name(&"é".repeat(200)).is_ok());
        for bad in ["", " \t", "a\nb", &"é".repeat(201)] {
            assert_eq!(name(bad).unwrap_err().code, "name-malformed", "{bad:?}");
        }
    }

    #[test]
    fn a_text_without_words_is_none() {
        assert_eq!(text(" \n ").unwrap(), None);
        assert_eq!(text("One.\n\nTwo.").unwrap().as_deref(), Some("One.\n\nTwo."));
        assert_eq!(text(&"x".repeat(2001)).unwrap_err().code, "too-long");
    }

    #[test]
    fn addresses_are_absolute_and_of_the_web() {
        assert_eq!(web_url("https://example.org").unwrap(), "https://example.org/");
        let long = format!("https://example.org/{}", "x".repeat(2000));
        for bad in ["", "/a", "javascript:alert(1)", "data:text/html,x", "ftp://a/", "https://a:b@c/", &long]
        {
            assert_eq!(web_url(bad).unwrap_err().code, "url-malformed", "{bad:?}");
        }
    }

    #[test]
    fn nothing_goes_up_in_itself() {
        assert!(check_merge(&1, &2).is_ok());
        assert!(matches!(check_merge(&1, &1), Err(Error::Conflict(c)) if c.code == "merge-into-itself"));
    }
}
