//! How responses name who acted: by kind, id and name, never by a bare id.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::base::db::Connection;
use crate::base::db::schema::users;
use crate::base::error::Result;
use crate::base::ids::UserId;

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorRef {
    kind: ActorKind,
    /// The id.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    id: UserId,
    /// The name; `null` for a user who was deleted.
    #[schema(max_length = 200)]
    name: Option<String>,
}

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person who can log in.
    User,
}

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
