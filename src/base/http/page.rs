//! Cursor pagination for all lists. A cursor contains the sort keys of the last item and a hash of the list's filters
//! and order, so that it is refused for any other list.

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::json::sha256;
use super::query::{FromParams, Params};
use super::response::Response;
use crate::base::db::Connection;
use crate::base::error::{Error, Invalid, Result};
use crate::base::json;

/// The most bytes of items on a page of a list whose items can be large. A larger item has a page of its own.
pub const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;
/// How many items a page has unless a request says otherwise.
const DEFAULT_LIMIT: i64 = 20;
/// The longest cursor, in bytes. It contains the sort keys of an item, such as a title, which may be non-ASCII.
pub const MAX_CURSOR: usize = 4000;

/// The pagination parameters of a request.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The maximum number of items, 1 to 100.
    pub limit: i64,
    /// The cursor from the previous page; `None` for the first page.
    pub cursor: Option<String>,
    /// Whether to count all items of the list.
    pub include_total: bool,
}

/// A page of a list, as it is serialized into the response.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last.
    pub next_cursor: Option<String>,
    /// The number of items in the whole list, if `include_total` is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// What every list takes, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct PageParams {
    /// How many items a page has at most. It has fewer if it would exceed 2 MiB otherwise: `next_cursor`, not the number
    /// of items, says whether there are more.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page, with the same filters and the same order.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
    /// Whether to count the whole list, as `total`.
    #[param(default = false, nullable = false)]
    include_total: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct Cursor<K> {
    /// The sort keys and the id of the last item.
    at: K,
    /// A hash of the list's filters and order, and of `at`, to detect a cursor of another list.
    of: String,
}

impl FromParams for PageRequest {
    fn from_params(params: &mut Params) -> Self {
        Self {
            limit: params.number("limit", 1..=100).unwrap_or(DEFAULT_LIMIT),
            cursor: params.text_within("cursor", MAX_CURSOR),
            include_total: params.flag("include_total").unwrap_or(false),
        }
    }
}

/// The pagination parameters of a list with longer pages that is never counted.
#[derive(Debug, Clone)]
pub struct LongPageRequest(pub PageRequest);

impl FromParams for LongPageRequest {
    fn from_params(params: &mut Params) -> Self {
        Self(PageRequest {
            limit: params.number("limit", 1..=1000).unwrap_or(DEFAULT_LIMIT),
            cursor: params.text_within("cursor", MAX_CURSOR),
            include_total: false,
        })
    }
}

/// What a list with longer pages takes, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what LongPageRequest reads")]
pub struct LongPageParams {
    /// How many items a page has at most.
    #[param(minimum = 1, maximum = 1000, default = 20, nullable = false)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page, with the same filters.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

impl PageRequest {
    /// Whether it asks for no more than a page has by default, and not for the length of the list.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.limit <= DEFAULT_LIMIT && !self.include_total
    }

    /// Reads one page. `list` is the list's filters and order, `find` reads at most a number of rows after these sort keys,
    /// `at` returns a row's sort keys, and `count` counts the whole list; it is called only if `include_total` is true.
    ///
    /// # Errors
    /// As [`PageRequest::after`], `find` and `count`.
    pub fn read<T, K: Serialize + DeserializeOwned>(
        &self,
        conn: &mut Connection,
        list: &impl std::fmt::Debug,
        find: impl FnOnce(&mut Connection, Option<K>, i64) -> Result<Vec<T>>,
        at: impl Fn(&T) -> K,
        count: impl FnOnce(&mut Connection) -> Result<i64>,
    ) -> Result<Page<T>> {
        let after = self.after(list)?;
        let total = self.include_total.then(|| count(conn)).transpose()?;
        let mut items = find(conn, after, self.limit + 1)?;
        let next_cursor = self.cut(&mut items, list, at)?;
        Ok(Page { items, next_cursor, total })
    }

    /// Decodes the cursor into the sort keys of the previous page's last item. `list` is the list's filters and order.
    ///
    /// # Errors
    /// [`Error::Malformed`] with `cursor-invalid` if the cursor does not belong to this list.
    pub fn after<K: Serialize + DeserializeOwned>(&self, list: &impl std::fmt::Debug) -> Result<Option<K>> {
        self.cursor.as_ref().map(|given| parse_cursor(given, list)?.ok_or_else(foreign_cursor)).transpose()
    }

    /// Truncates rows, of which `limit` + 1 were read, to one page, and returns the cursor of the next page. `at`
    /// returns a row's sort keys in `list`.
    ///
    /// # Errors
    /// As [`cursor`].
    pub fn cut<T, K: Serialize>(
        &self,
        rows: &mut Vec<T>,
        list: &impl std::fmt::Debug,
        at: impl Fn(&T) -> K,
    ) -> Result<Option<String>> {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        rows.last().filter(|_| more).map(|last| cursor(&at(last), list)).transpose()
    }
}

impl<T> Page<T> {
    /// Converts each item.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, next_cursor, total } = self;
        Page { items: items.into_iter().map(convert).collect(), next_cursor, total }
    }

    /// Converts all items together.
    ///
    /// # Errors
    /// Those of `convert`.
    pub fn try_convert<U>(self, convert: impl FnOnce(Vec<T>) -> Result<Vec<U>>) -> Result<Page<U>> {
        let Self { items, next_cursor, total } = self;
        Ok(Page { items: convert(items)?, next_cursor, total })
    }
}

impl<T: Serialize> Page<T> {
    /// Returns the response to a caller with a token, with the link to the next page.
    ///
    /// # Errors
    /// As [`Response::ok`].
    pub fn private(&self, req: &HttpRequest) -> Result<Response> {
        Ok(with_next_link(Response::ok(self)?, req, self.next_cursor.as_deref()))
    }

    /// Returns the public response, with the link to the next page.
    ///
    /// # Errors
    /// As [`Response::public_json`].
    pub fn public(&self, req: &HttpRequest) -> Result<Response> {
        Ok(with_next_link(Response::public_json(self)?, req, self.next_cursor.as_deref()))
    }
}

/// The cursor after the first `shown` of a page's rows, if not all of them fit on it; otherwise `next`, which
/// [`PageRequest::cut`] has returned.
///
/// # Errors
/// As [`cursor`].
pub fn after_shown<T, K: Serialize>(
    rows: &[T],
    shown: usize,
    next: Option<String>,
    list: &impl std::fmt::Debug,
    at: impl Fn(&T) -> K,
) -> Result<Option<String>> {
    match rows.get(..shown) {
        Some([.., last]) if shown < rows.len() => cursor(&at(last), list).map(Some),
        _ => Ok(next),
    }
}

/// Encodes the cursor after the item with the sort keys `at` in `list`.
///
/// # Errors
/// [`Error::Internal`] if the sort keys cannot be serialized.
pub fn cursor<K: Serialize>(at: &K, list: &impl std::fmt::Debug) -> Result<String> {
    let place = serde_json::to_string(at)?;
    let hash = sha256(format!("{list:?} {place}").as_bytes());
    let of = BASE64_URL_SAFE_NO_PAD.encode(hash.get(..9).unwrap_or_default());
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Cursor { at, of })?))
}

/// Decodes a cursor into the sort keys of the item that it stands after. `None` if it is malformed, or of another list.
///
/// # Errors
/// As [`cursor`].
pub fn parse_cursor<K: Serialize + DeserializeOwned>(
    given: &str,
    list: &impl std::fmt::Debug,
) -> Result<Option<K>> {
    // Clients can change cursors, so they are parsed as strictly as a request body.
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(given).ok();
    let value =
        bytes.and_then(|bytes| json::parse(&bytes).ok()).filter(|value| json::find_nul(value).is_none());
    let read = value.and_then(|value| serde_json::from_value::<Cursor<K>>(value).ok());
    let Some(Cursor { at, .. }) = read else { return Ok(None) };
    Ok(if cursor(&at, list)? == *given { Some(at) } else { None })
}

/// Returns the error for a malformed cursor, or one of another list, other filters or another order.
#[must_use]
pub fn foreign_cursor() -> Error {
    let detail = "Not a cursor of this list with these filters and this order. Start again without a cursor.";
    Error::parameter("cursor", "cursor-invalid", detail)
}

/// Adds the `Link` header (RFC 8288) with the next page, if there is one.
#[must_use]
pub fn with_next_link(response: Response, req: &HttpRequest, next_cursor: Option<&str>) -> Response {
    let Some(next) = next_cursor else { return response };
    let mut link = url::form_urlencoded::Serializer::new(String::new());
    let pairs = url::form_urlencoded::parse(req.query_string().as_bytes());
    for (key, value) in pairs.filter(|(key, _)| key != "cursor") {
        link.append_pair(&key, &value);
    }
    link.append_pair("cursor", next);
    response.header(header::LINK, format!("<{}?{}>; rel=\"next\"", req.path(), link.finish()))
}

/// Parses a `sort` query parameter: names separated by commas, each with `-` in front for descending order, none twice.
/// Returns each key and whether its order is descending.
///
/// # Errors
/// `sort-unknown` with the allowed names, for an unknown or repeated name.
pub fn sort<T: Copy + PartialEq>(text: &str, known: &[(&str, T)]) -> Result<Vec<(T, bool)>, Invalid> {
    let mut keys: Vec<(T, bool)> = Vec::new();
    for part in text.split(',') {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        match known.iter().find(|(known, _)| *known == name) {
            Some((_, key)) if !keys.iter().any(|(other, _)| other == key) => keys.push((*key, descending)),
            _ => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                let detail = format!("Must be one or more of {}, each at most once.", names.join(", "));
                return Err(Invalid::new("sort-unknown", detail));
            }
        }
    }
    Ok(keys)
}
