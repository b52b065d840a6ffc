//! Who owns a slug. In each language a slug has one owner: the article whose draft has it, whose live edition has it,
//! a scheduled revision of which has it, an earlier edition of which had it, or which is in the trash with it.

use diesel::prelude::*;

use crate::base::db::schema::{articles, schedules, slugs};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// How many suffixes are tried before a random one is taken.
const TRIES: usize = 20;

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

/// Checks that `article` may have the slug that a client asked for; [`own`] makes it the owner. Conflict `slug-taken`.
pub fn check_free(conn: &mut Connection, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    match owner(conn, locale, slug)? {
        Some((owner, _)) if owner != article => {
            Err(Error::conflict("slug-taken", format!("Another article in {locale} has the slug {slug}.")))
        }
        _ => Ok(()),
    }
}

/// `slug`, or the same with a suffix if it is taken: one that `article` may have. [`own`] makes it the owner.
pub fn find_free(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<Slug> {
    let mut candidate = slug.clone();
    for number in (2..).take(TRIES) {
        match owner(tx, locale, &candidate)? {
            Some((owner, _)) if owner != article => candidate = slug.numbered(number),
            _ => return Ok(candidate),
        }
    }
    Ok(slug.numbered(u32::from_be_bytes(tx.random().bytes()?)))
}

/// Makes `article` the owner of a slug that was free a moment ago. Asks for a retry if another has taken it since.
pub fn own(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let row = diesel::insert_into(slugs::table).values((
        slugs::locale.eq(locale),
        slugs::slug.eq(slug),
        slugs::article_id.eq(article),
        slugs::once_public.eq(false),
    ));
    let inserted = crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    if inserted == 1 || owner(tx, locale, slug)?.is_some_and(|(owner, _)| owner == article) {
        return Ok(());
    }
    Err(Tx::retry())
}

/// Frees the slugs that `article` no longer needs: all but its draft's, that of a scheduled revision, and those that were
/// published.
pub fn release(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let scheduled = schedules::table
        .filter(schedules::article_id.eq(article))
        .filter(schedules::locale.eq(slugs::locale.nullable()))
        .filter(schedules::slug.eq(slugs::slug.nullable()));
    let unseen = slugs::table.filter(slugs::article_id.eq(article)).filter(slugs::once_public.eq(false));
    let others = unseen.filter(slugs::slug.ne(slug).or(slugs::locale.ne(locale)));
    diesel::delete(others.filter(diesel::dsl::not(diesel::dsl::exists(scheduled)))).execute(&mut **tx)?;
    Ok(())
}

/// Marks a slug as published: links to it keep working from now on. Conflict `slug-taken`.
pub fn publish(tx: &mut Tx<'_>, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<()> {
    let mark = |tx: &mut Tx<'_>| {
        let own = slugs::table.filter(slugs::locale.eq(locale)).filter(slugs::slug.eq(slug));
        let own = own.filter(slugs::article_id.eq(article));
        diesel::update(own).set(slugs::once_public.eq(true)).execute(&mut **tx)
    };
    // An old revision can have a slug that the draft has given up.
    if mark(tx)? == 0 {
        check_free(tx, article, locale, slug)?;
        own(tx, article, locale, slug)?;
        mark(tx)?;
    }
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

/// Frees every slug of `article`, published or not.
pub fn forget_all(tx: &mut Tx<'_>, article: ArticleId) -> Result<()> {
    diesel::delete(slugs::table.filter(slugs::article_id.eq(article))).execute(&mut **tx)?;
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
