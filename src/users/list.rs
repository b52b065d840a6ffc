//! Listing users: filters, newest first.

use diesel::prelude::*;

use super::UserState;
use super::store::UserRow;
use crate::auth::Role;
use crate::base::db::like::{containing, lower};
use crate::base::db::schema::users;
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::http::query::Params;
use crate::base::ids::UserId;
use crate::base::text::validate;

/// Which users are listed. Erased ones never are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Any of these; empty means all.
    pub roles: Vec<Role>,
    /// Any of these; empty means all.
    pub states: Vec<UserState>,
    /// A part of the name, or of the address.
    pub q: Option<String>,
    /// Whether `q` is looked for in addresses, too: for those who may see them.
    pub by_email: bool,
}

type Rows<'a> = users::BoxedQuery<'a, MultiBackend>;

impl UserFilter {
    /// Reads `role`, `state` and `q`.
    pub fn from_params(params: &mut Params) -> Self {
        let role = |name: &str| {
            Role::parse(name).ok_or_else(|| validate::unknown("role", Role::ALL.map(Role::as_str)))
        };
        let state =
            |name: &str| UserState::parse(name).ok_or_else(|| validate::unknown("state", UserState::texts()));
        Self {
            roles: params.list("role", role),
            states: params.list("state", state),
            q: params.text("q").map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
            by_email: false,
        }
    }

    fn rows(&self) -> Rows<'_> {
        let mut rows = users::table.filter(users::erased_at.is_null()).into_boxed::<MultiBackend>();
        if !self.roles.is_empty() {
            rows = rows.filter(users::role.eq_any(self.roles.iter().map(|role| role.as_str())));
        }
        let excludes = |state| !self.states.is_empty() && !self.states.contains(&state);
        let is_disabled = || users::disabled_at.is_not_null();
        if excludes(UserState::Disabled) {
            rows = rows.filter(users::disabled_at.is_null());
        }
        if excludes(UserState::Invited) {
            rows = rows.filter(is_disabled().or(users::password_hash.is_not_null()));
        }
        if excludes(UserState::Active) {
            rows = rows.filter(is_disabled().or(users::password_hash.is_null()));
        }
        if let Some(q) = &self.q {
            let pattern = containing(q);
            let in_name = lower(users::name).like(pattern.clone()).escape('\\');
            rows = if self.by_email {
                rows.filter(in_name.or(users::email_key.like(pattern).escape('\\')))
            } else {
                rows.filter(in_name)
            };
        }
        rows
    }
}

/// Lists up to `limit` users who were created before `after`.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Connection,
    filter: &UserFilter,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserRow>> {
    let mut rows = filter.rows().order(users::id.desc()).limit(limit);
    if let Some(after) = after {
        rows = rows.filter(users::id.lt(after));
    }
    Ok(rows.load(conn)?)
}

/// Counts users.
///
/// # Errors
/// Those of the database.
pub fn count(conn: &mut Connection, filter: &UserFilter) -> Result<i64> {
    Ok(filter.rows().count().get_result(conn)?)
}
