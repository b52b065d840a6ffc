//! How users are kept.

use diesel::prelude::*;

use super::EmailAddress;
use crate::auth::Role;
use crate::base::clock::Timestamp;
use crate::base::db::schema::users;
use crate::base::db::{Connection, Tx, violation};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;

/// A user as kept.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// Names the user.
    pub id: UserId,
    /// The address as typed.
    pub email: String,
    /// The address as compared.
    pub email_key: String,
    /// What they are called.
    pub name: String,
    /// What they are.
    pub role: String,
    /// A PHC string.
    pub password_hash: String,
    /// Since when they may no longer log in.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When anything of this was last changed.
    pub updated_at: Timestamp,
}

/// Adds a user.
///
/// # Errors
/// Conflict `email-taken`.
pub fn insert(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    diesel::insert_into(users::table).values(user.clone()).execute(&mut **tx).map_err(|error| {
        match violation::unique(&error).as_deref() {
            Some("users_email_key") => Error::conflict("email-taken", "another user has this address"),
            _ => error.into(),
        }
    })?;
    Ok(())
}

/// The user with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: UserId) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::id.eq(id)).get_result(conn).optional()?)
}

/// The user with that address, unless disabled.
///
/// # Errors
/// When the database refuses.
pub fn find_active_by_email(conn: &mut Connection, email: &EmailAddress) -> Result<Option<UserRow>> {
    let rows = users::table.filter(users::email_key.eq(email.key())).filter(users::disabled_at.is_null());
    Ok(rows.get_result(conn).optional()?)
}

/// The admin who was added first.
///
/// # Errors
/// When the database refuses.
pub fn find_first_admin(conn: &mut Connection) -> Result<Option<UserId>> {
    Ok(users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::disabled_at.is_null())
        .order(users::id)
        .select(users::id)
        .limit(1)
        .get_result(conn)
        .optional()?)
}
