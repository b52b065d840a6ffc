//! Finds the article in the path of a request with an access token. Articles that the caller's right does not cover
//! are not found. A right covers one's own articles or all of them; some rights also cover those that one is asked to
//! review.

use super::store::{self, ArticleRow};
use super::{ArticleKey, review_store, slugs};
use crate::auth::{Actor, Identity, Permission, ReadDrafts, Scope};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Denial, Error, Result};
use crate::base::http::details::Details;
use crate::base::ids::{IsId as _, SubjectId};

/// Whether the right `P` of this client covers an article. An article in the trash has no assignee.
pub fn covers<P: Permission>(conn: &mut Connection, client: &Identity, row: &ArticleRow) -> Result<bool> {
    if client.covers::<P>(row.owner_id) {
        return Ok(true);
    }
    let may_be_asked = P::FOR_ASSIGNEES && client.scope::<P>() != Scope::Nothing && row.trashed_at.is_none();
    Ok(may_be_asked && review_store::is_assignee(conn, row.id, client.user)?)
}

/// Finds an article by its id or the slug of its draft. Conflict `slug-moved` if the article had that slug before.
pub fn resolve_article<P: Permission>(
    conn: &mut Connection,
    actor: Actor<P>,
    key: &ArticleKey,
) -> Result<ArticleRow> {
    resolve_if(conn, key, |conn, row| check::<P>(conn, &actor, row))
}

/// Finds an article by its id or the slug of its draft, if `check` allows it. Conflict `slug-moved` if the article had that
/// slug before.
pub fn resolve_if(
    conn: &mut Connection,
    key: &ArticleKey,
    check: impl Fn(&mut Connection, &ArticleRow) -> Result<()>,
) -> Result<ArticleRow> {
    let found = match key {
        ArticleKey::Id(id) => store::find(conn, *id)?,
        ArticleKey::Slug(locale, slug) => store::find_by_slug(conn, locale, slug)?,
    };
    check_found(conn, check, key, found)
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
    let row = check_found(tx, |conn, row| check::<P>(conn, &actor, row), key, found)?;
    tx.set_subject(SubjectId::from_uuid(row.id.uuid()));
    Ok(row)
}

fn check_found(
    conn: &mut Connection,
    check: impl Fn(&mut Connection, &ArticleRow) -> Result<()>,
    key: &ArticleKey,
    found: Option<ArticleRow>,
) -> Result<ArticleRow> {
    let reachable = |conn: &mut Connection, row: Option<ArticleRow>| {
        let row = row.ok_or(Error::NotFound("article"))?;
        check(conn, &row)?;
        Ok(row)
    };
    let (None, ArticleKey::Slug(locale, slug)) = (&found, key) else { return reachable(conn, found) };
    let owner = slugs::owner(conn, locale, slug)?.map(|(owner, _)| owner);
    let moved = owner.map_or(Ok(None), |owner| store::find(conn, owner))?;
    let moved = reachable(conn, moved)?;
    let detail = format!("The slug of the draft is now {}.", moved.slug);
    let details = Details { id: Some(moved.id.uuid()), slug: Some(moved.slug), ..Details::default() };
    Err(details.conflict("slug-moved", detail))
}

/// Checks that the right `P` of this client covers an article. Hidden otherwise, or forbidden to who may read it.
fn check<P: Permission>(conn: &mut Connection, client: &Identity, row: &ArticleRow) -> Result<()> {
    if covers::<P>(conn, client, row)? {
        return Ok(());
    }
    // Whoever may read it knows that it exists.
    let is_known = covers::<ReadDrafts>(conn, client, row)?;
    Err(if is_known { Error::Forbidden(Denial::Right) } else { Error::Hidden("article") })
}
