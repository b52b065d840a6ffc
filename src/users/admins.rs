//! The admins, of whom one always remains: a publication without an active admin could be repaired by nobody but its
//! operator.

use diesel::prelude::*;

use super::UserState;
use super::store::UserRow;
use crate::auth::Role;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::users;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;

/// A user whom nobody else can change before this unit of work has ended, and neither any of the admins.
#[derive(Debug, Clone)]
pub struct LockedUser {
    /// The user as they are now.
    pub row: UserRow,
    /// Another user who was to be locked, too, if there is one.
    pub companion: Option<UserRow>,
    /// Whether another user is an active admin.
    pub has_other_admin: bool,
}

/// Finds and locks a user, a companion and every admin, in the order of their ids, so that no two wait for each other, and
/// of two admins who demote each other the second sees what the first has done. SQLite has one writer anyway.
///
/// # Errors
/// Not found, if there is no such user, or no longer.
pub fn lock(tx: &mut Tx<'_>, id: UserId, companion: Option<UserId>) -> Result<LockedUser> {
    AdvisoryLock::Accounts.take(tx)?;
    let named = [id, companion.unwrap_or(id)];
    let rows = users::table
        .filter(users::erased_at.is_null())
        .filter(users::role.eq(Role::Admin.as_str()).or(users::id.eq_any(named)))
        .order(users::id);
    let rows: Vec<UserRow> = match &mut **tx {
        Connection::Sqlite(conn) => rows.load(conn)?,
        // Rows that refer to users can be inserted meanwhile.
        Connection::Postgres(conn) => rows.for_no_key_update().load(conn)?,
    };
    let has_other_admin = rows.iter().any(|row| row.id != id && is_active_admin(row));
    let find = |id| rows.iter().find(|row| row.id == id).cloned();
    let row = find(id).ok_or(Error::NotFound("user"))?;
    Ok(LockedUser { row, companion: companion.and_then(find), has_other_admin })
}

impl LockedUser {
    /// Checks that an active admin remains when this user has become `new`, or is gone.
    ///
    /// # Errors
    /// Conflict `last-admin`.
    pub fn check_admin_remains(&self, new: Option<&UserRow>) -> Result<()> {
        if self.has_other_admin || !is_active_admin(&self.row) || new.is_some_and(is_active_admin) {
            return Ok(());
        }
        let detail = "The user is the only active admin. Make another user an admin first.";
        Err(Error::conflict("last-admin", detail))
    }
}

fn is_active_admin(user: &UserRow) -> bool {
    user.role == Role::Admin.as_str() && user.state() == UserState::Active
}
