//! The owners of articles. The owner is no part of the content: a change of it creates no revision.

use diesel::prelude::*;

use super::draft::Draft;

use crate::base::db::schema::articles;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{ArticleId, UserId};
use crate::users::UserState;
use crate::users::store as users;

/// Whether any of these users owns an article, in the trash or not.
///
/// # Errors
/// Those of the database.
pub fn exists(conn: &mut Connection, owners: &[UserId]) -> Result<bool> {
    let owned =
        articles::table.filter(articles::owner_id.eq_any(owners)).filter(articles::purging_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(owned)).get_result(conn)?)
}

/// Gives an article to `owner`, if that is an active user, and leaves it to the caller to save it. Invalid `owner-unknown`.
///
/// # Errors
/// Those of the database, too.
pub fn set_owner(tx: &mut Tx<'_>, draft: &mut Draft, owner: Option<UserId>) -> Result<()> {
    let Some(owner) = owner.filter(|owner| *owner != draft.row.owner_id) else { return Ok(()) };
    if users::find(tx, owner)?.is_none_or(|user| user.state() != UserState::Active) {
        return Err(Error::invalid("/owner_id", "owner-unknown", "Must be the id of an active user."));
    }
    draft.row.owner_id = owner;
    Ok(())
}

/// Gives up to `limit` articles of one user to another. Returns how many.
///
/// # Errors
/// Those of the database.
pub fn hand_over(tx: &mut Tx<'_>, from: UserId, to: UserId, limit: i64) -> Result<usize> {
    let some: Vec<ArticleId> = articles::table
        .filter(articles::owner_id.eq(from))
        .order(articles::id)
        .select(articles::id)
        .limit(limit)
        .load(&mut **tx)?;
    let of_former = articles::table.filter(articles::id.eq_any(some)).filter(articles::owner_id.eq(from));
    Ok(diesel::update(of_former).set(articles::owner_id.eq(to)).execute(&mut **tx)?)
}
