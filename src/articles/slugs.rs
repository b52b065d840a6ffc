//! Who owns a slug. In each language a slug has one owner: the article whose draft has it, whose live edition has it,
//! an earlier edition of which had it, or which is in the trash with it.

use diesel::prelude::*;

use crate::base::db::schema::{articles, slugs};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// How many suffixes are tried before a random one is taken.
const TRIES: u32 = 20;

/// Parses the slug of an article. `slug-reserved` for one that is kept, besides what [`Slug::parse`] refuses.
pub fn parse(text: &str) -> Result<Slug, Invalid> {
    let slug = Slug::parse(text)?;
    if slug.is_reserved() {
        return Err(Invalid::new("slug-reserved", "This slug is kept for the website or the API."));
    }
    Ok(slug)
}

/// Generates the slug of an article from its title. One that is kept gets the suffix `-2`.
#[must_use]
pub fn from_title(title: &str) -> Slug {
    let slug = Slug::from_title(title);
    if slug.is_reserved() { slug.numbered(2) } else { slug }
}

/// The owner of a slug, and whether it was ever published.
pub fn owner(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<(ArticleId, bool)>> {
    Ok(slugs::table
        .filter(slugs::locale.eq(locale))
        .filter(slugs::slug.eq(slug))
        .select((slugs::article_id, slugs::once_public))
        .get_result(conn)
        .optional()?)
}

/// Makes `article` the owner of the slug that a client asked for. Conflict `slug-taken`.
pub fn claim(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let taken = || Error::conflict("slug-taken", format!("Another article in {locale} has the slug {slug}."));
    match owner(tx, locale, slug)? {
        Some((owner, _)) if owner == article => Ok(()),
        None if insert(tx, article, locale, slug)? => Ok(()),
        Some(_) | None => Err(taken()),
    }
}

/// Makes `article` the owner of `slug`, or of the same slug with a suffix if it is taken.
pub fn claim_free(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<Slug> {
    let mut candidate = slug.clone();
    let mut number = 2;
    for _ in 0..TRIES {
        match owner(tx, locale, &candidate)? {
            Some((owner, _)) if owner == article => return Ok(candidate),
            Some(_) => {
                candidate = slug.numbered(number);
                number += 1;
            }
            None if insert(tx, article, locale, &candidate)? => return Ok(candidate),
            // Taken in this very moment: the same candidate is looked at again, and has an owner now.
            None => {}
        }
    }
    candidate = slug.numbered(u32::from_be_bytes(tx.random().bytes()?));
    if insert(tx, article, locale, &candidate)? { Ok(candidate) } else { Err(Tx::retry()) }
}

/// Inserts a slug, unless another transaction does so at the same time: PostgreSQL waits until that is certain.
fn insert(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<bool> {
    let row = diesel::insert_into(slugs::table).values((
        slugs::locale.eq(locale),
        slugs::slug.eq(slug),
        slugs::article_id.eq(article),
        slugs::once_public.eq(false),
    ));
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => row.execute(conn)?,
        Connection::Postgres(conn) => row.on_conflict_do_nothing().execute(conn)?,
    } == 1)
}

/// Frees the slugs that `article` no longer needs: all but its draft's and those that were published.
pub fn release(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let unseen = slugs::table.filter(slugs::article_id.eq(article)).filter(slugs::once_public.eq(false));
    diesel::delete(unseen.filter(slugs::slug.ne(slug).or(slugs::locale.ne(locale)))).execute(&mut **tx)?;
    Ok(())
}

/// Marks a slug as published: links to it keep working from now on. Conflict `slug-taken`.
pub fn publish(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    claim(tx, article, locale, slug)?;
    diesel::update(slugs::table.filter(slugs::locale.eq(locale)).filter(slugs::slug.eq(slug)))
        .set(slugs::once_public.eq(true))
        .execute(&mut **tx)?;
    Ok(())
}

/// The published slugs of an article, the live one included.
pub fn once_public(conn: &mut Connection, article: ArticleId) -> Result<Vec<(Locale, Slug)>> {
    Ok(slugs::table
        .filter(slugs::article_id.eq(article))
        .filter(slugs::once_public.eq(true))
        .order((slugs::locale, slugs::slug))
        .select((slugs::locale, slugs::slug))
        .load(conn)?)
}

/// Frees a published slug of `article`: links to it stop working.
pub fn forget(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let own = slugs::table.filter(slugs::article_id.eq(article));
    diesel::delete(own.filter(slugs::locale.eq(locale)).filter(slugs::slug.eq(slug))).execute(&mut **tx)?;
    Ok(())
}

/// The id of the article whose draft has that slug.
pub fn find_draft(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<ArticleId>> {
    Ok(articles::table
        .filter(articles::locale.eq(locale))
        .filter(articles::slug.eq(slug))
        .select(articles::id)
        .get_result(conn)
        .optional()?)
}
