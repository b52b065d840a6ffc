//! Finds the article in the path of a request with an access token. Articles that the caller's right does not cover
//! are not found.

use super::store::{self, ArticleRow};
use super::{ArticleKey, slugs};
use crate::auth::{Actor, Permission};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::details::Details;
use crate::base::ids::IsId as _;

/// Finds an article by its id or the slug of its draft. Conflict `slug-moved` if the article had that slug before.
pub fn resolve_article<P: Permission>(
    conn: &mut Connection,
    actor: Actor<P>,
    key: &ArticleKey,
) -> Result<ArticleRow> {
    let found = match key {
        ArticleKey::Id(id) => store::find(conn, *id)?,
        ArticleKey::Slug(locale, slug) => store::find_by_slug(conn, locale, slug)?,
    };
    check_found(conn, actor, key, found)
}

/// Finds and locks an article for a write: the first thing that every write to an article does. Conflict `slug-moved`
/// or `in-trash`.
pub fn lock_article<P: Permission>(tx: &mut Tx<'_>, actor: Actor<P>, key: &ArticleKey) -> Result<ArticleRow> {
    let row = lock(tx, actor, key)?;
    check_not_in_trash(&row)?;
    Ok(row)
}

/// Conflict `in-trash`.
pub fn check_not_in_trash(row: &ArticleRow) -> Result<()> {
    if row.trashed_at.is_some() {
        return Err(Error::conflict("in-trash", "The article is in the trash. Restore it first."));
    }
    Ok(())
}

/// Finds and locks an article in the trash. Conflict `slug-moved`, or `not-in-trash`.
pub fn lock_trashed_article<P: Permission>(
    tx: &mut Tx<'_>,
    actor: Actor<P>,
    key: &ArticleKey,
) -> Result<ArticleRow> {
    let row = lock(tx, actor, key)?;
    if row.trashed_at.is_none() {
        return Err(Error::conflict("not-in-trash", "The article is not in the trash."));
    }
    Ok(row)
}

fn lock<P: Permission>(tx: &mut Tx<'_>, actor: Actor<P>, key: &ArticleKey) -> Result<ArticleRow> {
    let found = match key {
        ArticleKey::Id(id) => store::lock(tx, *id)?,
        ArticleKey::Slug(locale, slug) => store::lock_by_slug(tx, locale, slug)?,
    };
    check_found(tx, actor, key, found)
}

fn check_found<P: Permission>(
    conn: &mut Connection,
    actor: Actor<P>,
    key: &ArticleKey,
    found: Option<ArticleRow>,
) -> Result<ArticleRow> {
    let reachable = |row: Option<ArticleRow>| match row {
        Some(row) if actor.covers(row.owner_id) => Ok(row),
        Some(_) => Err(Error::Hidden("article")),
        None => Err(Error::NotFound("article")),
    };
    let (None, ArticleKey::Slug(locale, slug)) = (&found, key) else { return reachable(found) };
    let owner = slugs::owner(conn, locale, slug)?.map(|(owner, _)| owner);
    let moved = reachable(owner.map_or(Ok(None), |owner| store::find(conn, owner))?)?;
    let detail = format!("The slug of the draft is now {}.", moved.slug);
    let details = Details { id: Some(moved.id.uuid()), slug: Some(moved.slug), ..Details::default() };
    Err(details.conflict("slug-moved", detail))
}
