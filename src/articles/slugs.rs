//! Who owns an address. A slug has one owner in its language: the article whose draft has it, whose live edition has it,
//! whose edition once had it, or which lies in the trash with it.

use diesel::prelude::*;

use crate::base::db::schema::{articles, slugs};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// How many suffixes are tried before a random one is taken.
const TRIES: u32 = 20;

/// The owner of a slug, and whether readers ever saw it.
///
/// # Errors
/// When the database refuses.
pub fn owner(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<(ArticleId, bool)>> {
    Ok(slugs::table
        .filter(slugs::locale.eq(locale))
        .filter(slugs::slug.eq(slug))
        .select((slugs::article_id, slugs::once_public))
        .get_result(conn)
        .optional()?)
}

/// Makes `article` the owner of a slug that was asked for by name.
///
/// # Errors
/// Conflict `slug-taken`.
pub fn claim(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let taken = || Error::conflict("slug-taken", format!("another article in {locale} has the slug {slug}"));
    match owner(tx, locale, slug)? {
        Some((owner, _)) if owner == article => Ok(()),
        None if insert(tx, article, locale, slug)? => Ok(()),
        Some(_) | None => Err(taken()),
    }
}

/// Makes `article` the owner of `slug`, or of the same with a suffix if that is taken.
///
/// # Errors
/// Asks to be run again when another has taken the slug meanwhile.
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

/// Takes a slug, unless another took it in this very moment: PostgreSQL waits until that is certain.
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

/// Gives back what `article` owns and no longer needs: all but its draft's slug and those readers have seen.
///
/// # Errors
/// When the database refuses.
pub fn release(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let unseen = slugs::table.filter(slugs::article_id.eq(article)).filter(slugs::once_public.eq(false));
    diesel::delete(unseen.filter(slugs::slug.ne(slug).or(slugs::locale.ne(locale)))).execute(&mut **tx)?;
    Ok(())
}

/// Readers see this slug from now on; links to it never die.
///
/// # Errors
/// Conflict `slug-taken`.
pub fn publish(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    claim(tx, article, locale, slug)?;
    diesel::update(slugs::table.filter(slugs::locale.eq(locale)).filter(slugs::slug.eq(slug)))
        .set(slugs::once_public.eq(true))
        .execute(&mut **tx)?;
    Ok(())
}

/// The slugs that readers ever saw of an article, the live one included.
///
/// # Errors
/// When the database refuses.
pub fn once_public(conn: &mut Connection, article: ArticleId) -> Result<Vec<(Locale, Slug)>> {
    Ok(slugs::table
        .filter(slugs::article_id.eq(article))
        .filter(slugs::once_public.eq(true))
        .order((slugs::locale, slugs::slug))
        .select((slugs::locale, slugs::slug))
        .load(conn)?)
}

/// Gives back a slug that `article` once had, though readers saw it: links to it die.
///
/// # Errors
/// When the database refuses.
pub fn forget(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let own = slugs::table.filter(slugs::article_id.eq(article));
    diesel::delete(own.filter(slugs::locale.eq(locale)).filter(slugs::slug.eq(slug))).execute(&mut **tx)?;
    Ok(())
}

/// The article whose draft has that slug.
///
/// # Errors
/// When the database refuses.
pub fn draft(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<ArticleId>> {
    Ok(articles::table
        .filter(articles::locale.eq(locale))
        .filter(articles::slug.eq(slug))
        .select(articles::id)
        .get_result(conn)
        .optional()?)
}
