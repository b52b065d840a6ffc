//! The redirects that editors create, from paths without an article. An article's own addresses, current and old, come
//! first: a redirect is not listed while an article has its path. A redirect to an address of an article follows the
//! article, and none leads to another, so that there are no loops.

use std::collections::HashMap;

use diesel::prelude::*;
use url::Url;

use crate::articles::aliases::CURRENT_PATH;
use crate::base::db::like;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{addresses, redirects};
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::RedirectId;
use crate::base::text::address::Address;
use crate::render_context::Website;

/// The most redirects that there can be.
pub const MAX_REDIRECTS: i64 = 10_000;

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A path on the website, with its query and fragment.
    Path(String),
    /// An http or https URL.
    Url(String),
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = redirects, treat_none_as_default_value = false)]
pub struct CreatedRow {
    /// Identifies the redirect.
    pub id: RedirectId,
    /// Identifies the path; see [`Address::key`].
    pub key: String,
    /// The path on the website.
    pub path: String,
    /// 301, 302 or 410.
    pub status: i64,
    /// The path on the website, or the URL; `None` with the status 410.
    pub target: Option<String>,
    /// The key of the path.
    target_key: Option<String>,
}

impl Target {
    /// Reads a [valid](crate::base::text::validate::url_or_path) URL or path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            let url = Url::parse(&format!("http://website.invalid{text}")).ok()?;
            return Some(Self::Path(path_of(&url)));
        }
        Url::parse(text).ok().map(|url| Self::Url(url.into()))
    }

    /// The URL or path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Url(text) => text,
        }
    }

    /// A URL of the website becomes a path, so that it follows the website to another address.
    fn on(self, website: &Website) -> Self {
        let Self::Url(text) = &self else { return self };
        let same_host = |url: &Url, own: &Url| (url.host(), url.port()) == (own.host(), own.port());
        match (Url::parse(text), Url::parse(&website.url)) {
            (Ok(url), Ok(own)) if same_host(&url, &own) => Self::Path(path_of(&url)),
            _ => self,
        }
    }
}

fn path_of(url: &Url) -> String {
    url[url::Position::BeforePath..].to_owned()
}

/// Creates a redirect. `target` is `None` with the status 410.
///
/// # Errors
/// Conflict `address-in-use` if an article has the path as an address, `redirect-exists`, `redirect-chain` or
/// `redirects-too-many`.
pub fn create(
    tx: &mut Tx<'_>,
    from: Address,
    target: Option<Target>,
    status: i64,
    website: &Website,
) -> Result<CreatedRow> {
    AdvisoryLock::Redirects.take(tx)?;
    let target = target.map(|target| target.on(website));
    let target_key = match &target {
        Some(Target::Path(path)) => {
            let without_fragment = path.split('#').next().unwrap_or_default();
            Address::parse(without_fragment).map(|address| address.key)
        }
        _ => None,
    };
    let of_article = addresses::table.filter(addresses::key.eq(&from.key));
    if diesel::select(diesel::dsl::exists(of_article)).get_result(&mut **tx)? {
        return Err(Error::conflict("address-in-use", "The path is an address of an article."));
    }
    let same = redirects::table.filter(redirects::key.eq(&from.key));
    if diesel::select(diesel::dsl::exists(same)).get_result(&mut **tx)? {
        return Err(Error::conflict("redirect-exists", "There is a redirect from this path."));
    }
    // Servers may apply a redirect whatever the query is.
    let target_path = target_key.as_deref().map(|key| path_part(key).to_owned());
    let next = redirects::table.filter(redirects::key.nullable().eq_any([&target_key, &target_path]));
    let with_query = format!("{}?%", like::escaped(path_part(&from.key)));
    let before = redirects::table.filter(
        redirects::target_key
            .eq(path_part(&from.key))
            .or(redirects::target_key.like(with_query).escape('\\')),
    );
    let others = diesel::dsl::exists(next).or(diesel::dsl::exists(before));
    let is_own = target_path.as_deref() == Some(path_part(&from.key));
    if is_own || diesel::select(others).get_result(&mut **tx)? {
        let detail = "The redirect would lead to itself or to another one, or another one leads to its path.";
        return Err(Error::conflict("redirect-chain", detail));
    }
    if redirects::table.count().get_result::<i64>(&mut **tx)? >= MAX_REDIRECTS {
        let detail = format!("There are {MAX_REDIRECTS} redirects, which is the most.");
        return Err(Error::conflict("redirects-too-many", detail));
    }
    let target = target.map(|target| target.as_str().to_owned());
    let Address { path, key } = from;
    let row = CreatedRow { id: tx.new_id()?, key, path, status, target, target_key };
    diesel::insert_into(redirects::table).values(row.clone()).execute(&mut **tx)?;
    tx.append(Event::RedirectCreated(row.id));
    Ok(row)
}

/// A key without its query.
fn path_part(key: &str) -> &str {
    key.split_once('?').map_or(key, |(path, _)| path)
}

/// Deletes the redirect from this path. Returns whether there was one.
pub fn delete(tx: &mut Tx<'_>, from: &Address) -> Result<bool> {
    let own = redirects::table.filter(redirects::key.eq(&from.key));
    let id: Option<RedirectId> = own.select(redirects::id).get_result(&mut **tx).optional()?;
    let Some(id) = id else { return Ok(false) };
    diesel::delete(own).execute(&mut **tx)?;
    tx.append(Event::RedirectDeleted(id));
    Ok(true)
}

/// At most `limit` redirects with keys after `after`, or the one from the path `from`, ordered by key.
pub fn list(
    conn: &mut Connection,
    website: &Website,
    from: Option<&Address>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<CreatedRow>> {
    let mut rows = listed(website, from);
    if let Some(after) = after {
        rows = rows.filter(redirects::key.gt(after));
    }
    Ok(rows.order(redirects::key).limit(limit).load(conn)?)
}

/// The number of redirects in the whole list.
pub fn count(conn: &mut Connection, website: &Website, from: Option<&Address>) -> Result<i64> {
    Ok(listed(website, from).count().get_result(conn)?)
}

/// Those whose path no article has. A URL of a host that has become the website's own since is left out: it may lead
/// back.
fn listed<'a>(website: &Website, from: Option<&'a Address>) -> redirects::BoxedQuery<'a, MultiBackend> {
    let of_article = addresses::table.filter(addresses::key.eq(redirects::key));
    let mut rows = redirects::table.filter(diesel::dsl::not(diesel::dsl::exists(of_article))).into_boxed();
    let origin = website.origin();
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let host = like::escaped(host);
    for scheme in ["http", "https"] {
        let leads_back =
            redirects::target.assume_not_null().like(format!("{scheme}://{host}/%")).escape('\\');
        rows = rows.filter(redirects::target.is_null().or(diesel::dsl::not(leads_back)));
    }
    if let Some(from) = from {
        rows = rows.filter(redirects::key.eq(&from.key));
    }
    rows
}

/// The URLs that these redirects lead to, in their order: that of the article if the path is an address of one.
pub fn urls(conn: &mut Connection, website: &Website, rows: &[CreatedRow]) -> Result<Vec<Option<String>>> {
    let keys: Vec<&String> = rows.iter().filter_map(|row| row.target_key.as_ref()).collect();
    let mut articles: HashMap<String, (i64, String)> = HashMap::new();
    if !keys.is_empty() {
        let found: Vec<(String, i64, String)> = addresses::table
            .filter(addresses::key.eq_any(keys))
            .order((addresses::key, addresses::rank, addresses::published_at, addresses::article_id))
            .select((addresses::key, addresses::rank, addresses::url))
            .load(conn)?;
        for (key, rank, url) in found {
            articles.entry(key).or_insert((rank, url));
        }
    }
    let url = |row: &CreatedRow| {
        let target = row.target.as_ref()?;
        let article = row.target_key.as_ref().and_then(|key| articles.get(key));
        Some(match article {
            Some((rank, url)) if *rank != CURRENT_PATH => url.clone(),
            _ if target.starts_with('/') => format!("{}{target}", website.origin()),
            _ => target.clone(),
        })
    };
    Ok(rows.iter().map(url).collect())
}
