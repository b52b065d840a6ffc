//! Stores the paths that lead to each live article. They are updated with the article's rendering, so that listing
//! redirects is one indexed query.

use diesel::prelude::*;

use super::paths;
use crate::articles::aliases::{CURRENT_PATH, check_alias};
use crate::articles::{Metadata, schedule, slugs, store as articles};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::addresses;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::address::Address;
use crate::base::text::slug::Slug;
use crate::render_context::{self, Website};

/// The rank of a path that the article had before, or would have with an earlier slug.
const OLD_PATH: i64 = 1;
/// The rank of an alias.
const ALIAS: i64 = 2;

/// A path that leads to a live article.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable, Insertable)]
#[diesel(table_name = addresses, treat_none_as_default_value = false)]
pub struct AddressRow {
    /// Identifies the path; see [`Address::key`].
    pub key: String,
    /// The article the path leads to.
    pub article_id: ArticleId,
    /// Of rows with the same key, the one with the lowest rank counts.
    rank: i64,
    /// The path on the website.
    pub path: String,
    /// The language of the slug, or of the article for an alias.
    pub locale: Locale,
    /// The article's current URL.
    pub url: String,
    /// When the article was first published. Of rows with the same key and rank, the earliest counts.
    published_at: Timestamp,
}

/// Replaces the paths of a live article. Returns whether anything changed.
pub fn upsert(
    tx: &mut Tx<'_>,
    article: ArticleId,
    published_at: Timestamp,
    metadata: &Metadata,
    website: &Website,
) -> Result<bool> {
    let Metadata { locale, slug, aliases, .. } = metadata;
    let url = website.article(locale, slug, published_at);
    let current = Address::of_article(website, locale, slug, published_at);
    let past = paths::list(tx, article)?;
    if let Some(current) = &current
        && past.iter().all(|(address, _)| address.key != current.key)
    {
        paths::insert(tx, article, current, locale)?;
    }
    let mut claims = vec![(CURRENT_PATH, current, locale.clone())];
    claims.extend(past.into_iter().map(|(address, locale)| (OLD_PATH, Some(address), locale)));
    for (locale, slug) in slugs::once_public(tx, article)? {
        claims.push((OLD_PATH, Address::of_article(website, &locale, &slug, published_at), locale));
    }
    // A revision from before a path was reserved may have it as an alias.
    let allowed = aliases.iter().filter(|alias| check_alias(alias).is_ok());
    claims.extend(allowed.map(|alias| (ALIAS, Address::parse(alias), locale.clone())));
    let mut wanted: Vec<AddressRow> = Vec::new();
    for (rank, address, locale) in claims {
        // Stores each path of an article once, with its lowest rank.
        let Some(Address { path, key }) = address else { continue };
        if wanted.iter().all(|row| row.key != key) {
            let url = url.clone();
            wanted.push(AddressRow { key, article_id: article, rank, path, locale, url, published_at });
        }
    }
    wanted.sort();
    let of_article = addresses::table.filter(addresses::article_id.eq(article));
    let kept: Vec<AddressRow> = of_article.order(addresses::key).load(&mut **tx)?;
    if kept == wanted {
        return Ok(false);
    }
    if !kept.is_empty() {
        diesel::delete(of_article).execute(&mut **tx)?;
    }
    crate::insert_rows!(&mut **tx, addresses::table, wanted)?;
    Ok(true)
}

/// Which redirects a list contains.
#[derive(Debug, Clone, Default)]
pub struct RedirectFilter {
    /// Only the redirect from this path.
    pub from: Option<Address>,
    /// Only redirects of this language.
    pub locale: Option<Locale>,
}

type Rows<'a> = addresses::BoxedQuery<'a, MultiBackend>;

impl RedirectFilter {
    /// The row that counts for each key, without keys of current paths.
    fn matching(&self) -> Rows<'_> {
        let others = diesel::alias!(addresses as others);
        let best = others
            .filter(others.field(addresses::key).eq(addresses::key))
            .order((
                others.field(addresses::rank),
                others.field(addresses::published_at),
                others.field(addresses::article_id),
            ))
            .select(others.field(addresses::article_id))
            .limit(1);
        let counts = addresses::article_id.nullable().eq(best.single_value());
        let mut rows = addresses::table.filter(addresses::rank.ne(CURRENT_PATH)).filter(counts).into_boxed();
        if let Some(from) = &self.from {
            rows = rows.filter(addresses::key.eq(&from.key));
        }
        if let Some(locale) = &self.locale {
            rows = rows.filter(addresses::locale.eq(locale));
        }
        rows
    }
}

/// At most `limit` redirects with keys after `after`, ordered by key.
pub fn list(
    conn: &mut Connection,
    filter: &RedirectFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<AddressRow>> {
    let mut rows = filter.matching();
    if let Some(after) = after {
        rows = rows.filter(addresses::key.gt(after));
    }
    Ok(rows.order(addresses::key).limit(limit).load(conn)?)
}

/// The number of redirects in the whole list.
pub fn count(conn: &mut Connection, filter: &RedirectFilter) -> Result<i64> {
    Ok(filter.matching().count().get_result(conn)?)
}

/// Deletes the redirect from an old path of an article in this language. If the path is that of an old slug, this frees the
/// slug.
///
/// # Errors
/// Not found; conflict `address-in-use` if the article has the path, or its draft or a scheduled revision has the slug, or
/// `redirect-is-alias` if the path is an alias.
pub fn remove(tx: &mut Tx<'_>, from: &Address, locale: &Locale, config: &Config) -> Result<()> {
    let website = render_context::store::website(tx, config)?;
    let of_slug = find_slug(tx, from, locale, &website)?;
    let article = match &of_slug {
        Some((article, _)) => Some(*article),
        None => paths::find(tx, from, locale)?,
    };
    let Some(article) = article else { return Err(unknown(tx, from, locale)) };
    let row = articles::lock(tx, article)?.ok_or(Error::NotFound("redirect"))?;
    let live = articles::find_published(tx, &row)?.map(|content| content.metadata).zip(row.published_at);
    let current =
        live.as_ref().and_then(|(live, at)| Address::of_article(&website, &live.locale, &live.slug, *at));
    let is_unknown = row.live_edition.is_some() && current.is_none();
    let keeps_slug = match &of_slug {
        Some((_, slug)) => {
            (&row.locale, &row.slug) == (locale, slug) || schedule::keeps_slug(tx, article, locale, slug)?
        }
        None => false,
    };
    if is_unknown || keeps_slug || current.is_some_and(|current| current.key == from.key) {
        let detail = "The article has this path, or the slug in it is that of its draft or its schedule.";
        return Err(Error::conflict("address-in-use", detail));
    }
    if let Some((_, slug)) = &of_slug {
        slugs::forget(tx, article, locale, slug)?;
    }
    paths::delete(tx, article, from)?;
    if let Some((metadata, published_at)) = live {
        upsert(tx, article, published_at, &metadata, &website)?;
    }
    tx.append(Event::RedirectRemoved { article });
    Ok(())
}

/// The article whose old slug in this language makes this path, and the slug.
fn find_slug(
    conn: &mut Connection,
    from: &Address,
    locale: &Locale,
    website: &Website,
) -> Result<Option<(ArticleId, Slug)>> {
    let Some(slug) = from.slug(website, locale) else { return Ok(None) };
    let Some((article, true)) = slugs::owner(conn, locale, &slug)? else { return Ok(None) };
    let published_at = articles::find(conn, article)?.and_then(|row| row.published_at);
    let own = published_at.and_then(|at| Address::of_article(website, locale, &slug, at));
    Ok(own.filter(|own| own.key == from.key).map(|_| (article, slug)))
}

/// The error for a path that no article had.
fn unknown(tx: &mut Tx<'_>, from: &Address, locale: &Locale) -> Error {
    let alias = addresses::table
        .filter(addresses::key.eq(&from.key))
        .filter(addresses::locale.eq(locale))
        .filter(addresses::rank.eq(ALIAS));
    match diesel::select(diesel::dsl::exists(alias)).get_result(&mut **tx) {
        Ok(true) => {
            let detail = "This is an alias. Remove it from the article's `aliases` and publish.";
            Error::conflict("redirect-is-alias", detail)
        }
        Ok(false) => Error::NotFound("redirect"),
        Err(error) => error.into(),
    }
}
