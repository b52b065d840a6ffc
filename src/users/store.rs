//! How users are stored.

use diesel::prelude::*;

use super::{EmailAddress, User};
use crate::auth::Role;
use crate::base::clock::Timestamp;
use crate::base::db::schema::users;
use crate::base::db::{Connection, Tx, violation};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;

/// A row of `users`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// The id.
    pub id: UserId,
    /// The email address as typed.
    pub email: String,
    /// The email address as compared.
    pub email_key: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: String,
    /// The password's hash, as a PHC string.
    pub password_hash: String,
    /// When the user was disabled.
    pub disabled_at: Option<Timestamp>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let role = Role::parse(&row.role).unwrap_or(Role::Contributor);
        Self { id: row.id, email: row.email, name: row.name, role, created_at: row.created_at }
    }
}

/// Inserts a user.
///
/// # Errors
/// Conflict `email-taken`.
pub fn insert(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    diesel::insert_into(users::table).values(user.clone()).execute(&mut **tx).map_err(|error| {
        match violation::unique(&error).as_deref() {
            Some("users_email_key") => Error::conflict(
                "email-taken",
                "Another user has this email address. Addresses must be unique.",
            ),
            _ => error.into(),
        }
    })?;
    Ok(())
}

/// The user with that id.
pub fn find(conn: &mut Connection, id: UserId) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::id.eq(id)).get_result(conn).optional()?)
}

/// The user with that email address, unless disabled.
pub fn find_active_by_email(conn: &mut Connection, email: &EmailAddress) -> Result<Option<UserRow>> {
    let rows = users::table.filter(users::email_key.eq(email.key())).filter(users::disabled_at.is_null());
    Ok(rows.get_result(conn).optional()?)
}

/// The active admin who was created first.
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
