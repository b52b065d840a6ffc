//! How addresses are kept: written with the rendering they lead to, so that a list of redirects is one indexed query.

use diesel::prelude::*;

use super::Address;
use crate::articles::{Metadata, slugs, store as articles};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::addresses;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::render_context::{self, Website};

/// The rank of the address that a live article has.
const OWN: i64 = 0;
/// The rank of an address that an article had by a slug of its own.
const OLD_SLUG: i64 = 1;
/// The rank of an address that an article's editors know of from elsewhere.
const ALIAS: i64 = 2;

/// An address that leads to a live article.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable, Insertable)]
#[diesel(table_name = addresses)]
pub struct AddressRow {
    /// What tells it from others.
    pub key: String,
    /// Which article it leads to.
    pub article_id: ArticleId,
    /// Whose claim is better: the lower one.
    rank: i64,
    /// The path on the website.
    pub path: String,
    /// The language of the slug, or of the article whose editors know of it.
    pub locale: Locale,
    /// Where the article is now.
    pub url: String,
    /// When the article was first published: of equal claims the older one counts.
    published_at: Timestamp,
}

/// Keeps the addresses of a live article, and says whether any of them leads elsewhere than before.
pub fn upsert(
    tx: &mut Tx<'_>,
    article: ArticleId,
    published_at: Timestamp,
    metadata: &Metadata,
    website: &Website,
) -> Result<bool> {
    let Metadata { locale, slug, aliases, .. } = metadata;
    let url = website.article(locale, slug);
    let mut claims = vec![(OWN, Address::of_article(website, locale, slug), locale.clone())];
    for (locale, slug) in slugs::once_public(tx, article)? {
        claims.push((OLD_SLUG, Address::of_article(website, &locale, &slug), locale));
    }
    claims.extend(aliases.iter().map(|alias| (ALIAS, Address::parse(alias), locale.clone())));
    let mut wanted: Vec<AddressRow> = Vec::new();
    for (rank, address, locale) in claims {
        // An article has an address once, by its best claim.
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
    diesel::delete(of_article).execute(&mut **tx)?;
    for row in wanted {
        diesel::insert_into(addresses::table).values(row).execute(&mut **tx)?;
    }
    Ok(true)
}

/// Which redirects a list contains.
#[derive(Debug, Clone, Default)]
pub struct RedirectFilter {
    /// Only the redirect from this address.
    pub from: Option<Address>,
    /// Only redirects of this language.
    pub locale: Option<Locale>,
}

type Rows<'a> = addresses::BoxedQuery<'a, MultiBackend>;

impl RedirectFilter {
    /// Of the addresses with the same key, only the one that counts, and only if no article has it now.
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
        let mut rows = addresses::table.filter(addresses::rank.ne(OWN)).filter(counts).into_boxed();
        if let Some(from) = &self.from {
            rows = rows.filter(addresses::key.eq(&from.key));
        }
        if let Some(locale) = &self.locale {
            rows = rows.filter(addresses::locale.eq(locale));
        }
        rows
    }
}

/// At most `limit` redirects with keys behind `after`, by key.
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

/// How many there are.
pub fn count(conn: &mut Connection, filter: &RedirectFilter) -> Result<i64> {
    Ok(filter.matching().count().get_result(conn)?)
}

/// Forgets that `from` was an article's address by a slug of this language, which frees that slug.
///
/// # Errors
/// Not found; conflict `address-in-use` if the article still has the slug, `redirect-is-alias` if editors wrote the address down.
pub fn remove(tx: &mut Tx<'_>, from: &Address, locale: &Locale, config: &Config) -> Result<()> {
    let website = render_context::store::website(tx, config)?;
    let slug = from.slug(&website, locale).ok_or_else(|| unknown(tx, from, locale))?;
    let Some((article, true)) = slugs::owner(tx, locale, &slug)? else {
        return Err(unknown(tx, from, locale));
    };
    let row = articles::lock(tx, article)?.ok_or(Error::NotFound("redirect"))?;
    let live = articles::find_published(tx, &row)?.map(|content| content.metadata);
    let published = live.as_ref().map(|metadata| (&metadata.locale, &metadata.slug));
    if [Some((&row.locale, &row.slug)), published].contains(&Some((locale, &slug))) {
        return Err(Error::conflict("address-in-use", format!("The article still has the slug {slug}.")));
    }
    slugs::forget(tx, article, locale, &slug)?;
    if let (Some(metadata), Some(published_at)) = (live, row.published_at) {
        upsert(tx, article, published_at, &metadata, &website)?;
    }
    tx.append(Event::RedirectRemoved { article });
    Ok(())
}

/// Why an address that no slug made cannot be removed.
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
