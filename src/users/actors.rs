//! The names of those who acted, for responses.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::base::actor::{ActorKind, ActorRef};
use crate::base::db::Connection;
use crate::base::db::schema::users;
use crate::base::error::Result;
use crate::base::ids::UserId;

/// The names of some actors.
#[derive(Debug, Default)]
pub struct Actors(HashMap<UserId, String>);

impl Actors {
    /// Reads the names of these users in one statement.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(conn: &mut Connection, ids: impl IntoIterator<Item = UserId>) -> Result<Self> {
        let mut ids: Vec<UserId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let names: Vec<(UserId, String)> =
            users::table.filter(users::id.eq_any(ids)).select((users::id, users::name)).load(conn)?;
        Ok(Self(names.into_iter().collect()))
    }

    /// The actor with that id.
    #[must_use]
    pub fn get(&self, id: UserId) -> ActorRef {
        ActorRef { kind: ActorKind::User, id, name: self.0.get(&id).cloned() }
    }
}
