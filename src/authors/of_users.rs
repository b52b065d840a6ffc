//! Which author a user is: articles name authors, and users log in.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::base::db::Connection;
use crate::base::db::schema::{author_details, terms};
use crate::base::error::Result;
use crate::base::ids::{AuthorId, UserId};

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
