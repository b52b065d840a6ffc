//! Deletes stored responses that name an erased user or one of their API keys.

use std::sync::Arc;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::db::Connection;
use crate::base::db::schema::api_keys;
use crate::base::error::Result;
use crate::base::http::idempotency;
use crate::base::ids::{ActorId, IsId, UserId};
use crate::base::jobs::{Job, Outcome};
use crate::outbox;

/// Deletes the stored responses that name an erased user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetNames {
    /// Who was erased.
    pub user: UserId,
}

impl Job<App> for ForgetNames {
    const KIND: &'static str = "forget-names";

    async fn run(self, app: &App) -> Result<Outcome> {
        let user = self.user;
        let actors = app.db.read(move |conn| actors(conn, user)).await?;
        let ids = actors.iter().map(IsId::uuid).collect();
        idempotency::forget_naming(&app.db, Arc::new(ids)).await?;
        app.db.write(outbox::delete_traces).await?;
        Ok(Outcome::Done)
    }
}

/// A user and their API keys.
fn actors(conn: &mut Connection, user: UserId) -> Result<Vec<ActorId>> {
    let keys = api_keys::table.filter(api_keys::user_id.eq(user)).select(api_keys::id);
    let mut actors: Vec<ActorId> = keys.load(conn)?;
    actors.push(user.into());
    Ok(actors)
}
