//! The names of those who acted, users and API keys, for responses.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::base::actor::{ActorKind, ActorRef};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::{api_keys, users};
use crate::base::error::Result;
use crate::base::ids::ActorId;

/// The names of some actors.
#[derive(Debug, Default)]
pub struct Actors(HashMap<ActorId, (ActorKind, Option<String>)>);

impl Actors {
    /// Reads the names of these actors, in one statement if all are users.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load<A: Into<ActorId>>(conn: &mut Connection, ids: impl IntoIterator<Item = A>) -> Result<Self> {
        let mut ids: Vec<ActorId> = ids.into_iter().map(Into::into).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut found = HashMap::new();
        if ids.is_empty() {
            return Ok(Self(found));
        }
        let users: Vec<(ActorId, String, Option<Timestamp>)> = users::table
            .filter(users::id.eq_any(&ids))
            .select((users::id, users::name, users::erased_at))
            .load(conn)?;
        for (id, name, erased_at) in users {
            found.insert(id, (ActorKind::User, erased_at.is_none().then_some(name)));
        }
        ids.retain(|id| !found.contains_key(id));
        if !ids.is_empty() {
            let keys: Vec<(ActorId, String)> = api_keys::table
                .filter(api_keys::id.eq_any(&ids))
                .select((api_keys::id, api_keys::name))
                .load(conn)?;
            // The keys of an erased user have no name.
            let known = |name: String| Some(name).filter(|name| !name.is_empty());
            found.extend(keys.into_iter().map(|(id, name)| (id, (ActorKind::ApiKey, known(name)))));
        }
        Ok(Self(found))
    }

    /// The actor with that id.
    #[must_use]
    pub fn get(&self, id: impl Into<ActorId>) -> ActorRef {
        let id = id.into();
        let (kind, name) = self.0.get(&id).cloned().unwrap_or((ActorKind::User, None));
        ActorRef { kind, id, name }
    }
}
