//! Pages of lists: a bound, an opaque cursor that carries the place where the last page ended, and the link to the next.

use actix_web::http::header;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::answer::Answer;
use super::json::sha256;
use super::query::{FromParams, Params};
use crate::error::{Error, Invalid, Result};

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// How many items at most, 1 to 100.
    pub limit: i64,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Whether to count them all.
    pub include_total: bool,
}

/// Which page of a list is wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what PageRequest reads")]
pub struct PageParams {
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether to count all items.
    include_total: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct Cursor<K> {
    /// The place: the sort keys and the id of the last item.
    at: K,
    /// What list it belongs to: a hash of its filters and its order.
    of: String,
}

impl FromParams for PageRequest {
    fn from_params(params: &mut Params) -> Self {
        Self {
            limit: params.number("limit", 1..=100).unwrap_or(20),
            cursor: params.text("cursor"),
            include_total: params.flag("include_total").unwrap_or(false),
        }
    }
}

impl PageRequest {
    /// The place where the page before ended. `list` tells this list from others: its filters and its order.
    ///
    /// # Errors
    /// Malformed, if the cursor is not one of this list's.
    pub fn after<K: DeserializeOwned>(&self, list: &impl std::fmt::Debug) -> Result<Option<K>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let refusal =
            || Error::parameter("cursor", "foreign-cursor", "not a cursor of this list with these filters");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refusal())?;
        let cursor: Cursor<K> = serde_json::from_slice(&bytes).map_err(|_| refusal())?;
        if cursor.of == hash(list) { Ok(Some(cursor.at)) } else { Err(refusal()) }
    }
}

/// The cursor that stands at `at` in `list`.
///
/// # Errors
/// Internal, if the place cannot be written.
pub fn cursor<K: Serialize>(at: &K, list: &impl std::fmt::Debug) -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Cursor { at, of: hash(list) })?))
}

fn hash(list: &impl std::fmt::Debug) -> String {
    let hash = sha256(format!("{list:?}").as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hash.get(..9).unwrap_or_default())
}

/// Adds the link to the next page.
#[must_use]
pub fn with_next_link(answer: Answer, path: &str, query: &str, next_cursor: Option<&str>) -> Answer {
    let Some(next) = next_cursor else { return answer };
    let mut link = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "cursor") {
        link.append_pair(&key, &value);
    }
    link.append_pair("cursor", next);
    answer.header(header::LINK, format!("<{path}?{}>; rel=\"next\"", link.finish()))
}

/// Reads a `sort` parameter: names separated by commas, each with `-` in front for descending order, none twice.
///
/// # Errors
/// `unknown-sort`, naming what is known.
pub fn sort<T: Copy + PartialEq>(text: &str, known: &[(&str, T)]) -> Result<Vec<(T, bool)>, Invalid> {
    let mut keys: Vec<(T, bool)> = Vec::new();
    for part in text.split(',') {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        match known.iter().find(|(known, _)| *known == name) {
            Some((_, key)) if !keys.iter().any(|(other, _)| other == key) => keys.push((*key, descending)),
            _ => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                return Err(Invalid::new("unknown-sort", format!("any of {}, each once", names.join(", "))));
            }
        }
    }
    Ok(keys)
}
