//! Stores the paths that lead to each live article. They are updated with the article's rendering, so that listing
//! redirects is one indexed query.

use diesel::prelude::*;

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
use crate::render_context::{self, Website};

/// The rank of the path of an earlier slug.
const OLD_SLUG: i64 = 1;
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
    let url = website.article(locale, slug);
    let mut claims = vec![(CURRENT_PATH, Address::of_article(website, locale, slug), locale.clone())];
    for (locale, slug) in slugs::once_public(tx, article)? {
        claims.push((OLD_SLUG, Address::of_article(website, &locale, &slug), locale));
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

/// Deletes the redirect from the path of an old slug in this language, which frees the slug.
///
/// # Errors
/// Not found; conflict `address-in-use` if the article or a scheduled revision of it has the slug, or `redirect-is-alias` if the path is an
/// alias.
pub fn remove(tx: &mut Tx<'_>, from: &Address, locale: &Locale, config: &Config) -> Result<()> {
    let website = render_context::store::website(tx, config)?;
    let slug = from.slug(&website, locale).ok_or_else(|| unknown(tx, from, locale))?;
    let Some((article, true)) = slugs::owner(tx, locale, &slug)? else {
        return Err(unknown(tx, from, locale));
    };
    let row = articles::lock(tx, article)?.ok_or(Error::NotFound("redirect"))?;
    let live = articles::find_published(tx, &row)?.map(|content| content.metadata);
    let published = live.as_ref().map(|metadata| (&metadata.locale, &metadata.slug));
    let is_unknown = row.live_edition.is_some() && published.is_none();
    if is_unknown
        || [Some((&row.locale, &row.slug)), published].contains(&Some((locale, &slug)))
        || schedule::keeps_slug(tx, article, locale, &slug)?
    {
        return Err(Error::conflict("address-in-use", format!("The article still has the slug {slug}.")));
    }
    slugs::forget(tx, article, locale, &slug)?;
    if let (Some(metadata), Some(published_at)) = (live, row.published_at) {
        upsert(tx, article, published_at, &metadata, &website)?;
    }
    tx.append(Event::RedirectRemoved { article });
    Ok(())
}

/// The error for a path that does not belong to an old slug.
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
