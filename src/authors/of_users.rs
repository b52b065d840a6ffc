//! Which author a user is: articles name authors, and users log in.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::base::db::schema::{author_details, terms};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{AuthorId, UserId};
use crate::terms::{IsTerm as _, Key, slugs, store};

/// The author that each of these users is; of several the one who was created first.
///
/// # Errors
/// Those of the database.
pub fn find(conn: &mut Connection, users: &[UserId]) -> Result<HashMap<UserId, AuthorId>> {
    let rows: Vec<(Option<UserId>, AuthorId)> = author_details::table
        .inner_join(terms::table.on(terms::id.eq(author_details::author_id)))
        .filter(terms::merged_into.is_null())
        .filter(author_details::user_id.eq_any(users))
        .order(author_details::author_id.desc())
        .select((author_details::user_id, author_details::author_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(user, author)| Some((user?, author))).collect())
}

/// Makes a user that author and no other, or none. If the author was another user, it no longer is.
///
/// # Errors
/// Invalid at `/author_id` with `author-unknown`; conflict `already-merged`.
pub fn set(tx: &mut Tx<'_>, user: UserId, author: Option<AuthorId>) -> Result<()> {
    slugs::lock(tx)?;
    let present: Vec<AuthorId> = author_details::table
        .inner_join(terms::table.on(terms::id.eq(author_details::author_id)))
        .filter(terms::merged_into.is_null())
        .filter(author_details::user_id.eq(user))
        .order(author_details::author_id)
        .select(author_details::author_id)
        .load(&mut **tx)?;
    for other in present.iter().filter(|other| Some(**other) != author) {
        link(tx, *other, None)?;
    }
    match author.filter(|author| !present.contains(author)) {
        Some(author) => link(tx, author, Some(user)).map_err(|error| match error {
            Error::NotFound(_) => {
                Error::invalid("/author_id", AuthorId::UNKNOWN, "There is no author with this id.")
            }
            error => error,
        }),
        None => Ok(()),
    }
}

fn link(tx: &mut Tx<'_>, author: AuthorId, user: Option<UserId>) -> Result<()> {
    let old = store::find_to_change(tx, &Key::Id(author))?;
    let mut new = old.clone();
    new.details.user_id = user;
    new.updated_at = tx.now();
    store::update(tx, &old, &new)
}
