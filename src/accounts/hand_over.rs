//! What erased users owned goes to their successors, in batches, because it may be many articles.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::articles::ownership;
use crate::base::db::schema::users;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::base::jobs::{self, Job, Outcome};

/// How many articles one write hands over.
const BATCH: i64 = 250;
/// How long one run works before it enqueues the next, so that other jobs get their turn.
const RUN: Duration = Duration::from_secs(1);

/// Gives what an erased user owned to their successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who was erased.
    pub user: UserId,
}

impl Job<App> for HandOver {
    const KIND: &'static str = "hand-over";

    async fn run(self, app: &App) -> Result<Outcome> {
        let (started, user) = (Instant::now(), self.user);
        loop {
            let is_late = started.elapsed() >= RUN;
            let step = move |tx: &mut Tx<'_>| {
                let Some(to) = successor(tx, user)? else { return Ok(Step::NoSuccessor) };
                if ownership::hand_over(tx, user, to, BATCH)? == 0 {
                    return Ok(Step::Last);
                }
                if is_late {
                    jobs::enqueue(tx, &Self { user }, tx.now())?;
                    return Ok(Step::Last);
                }
                Ok(Step::More)
            };
            match app.db.write(step).await? {
                Step::More => {}
                Step::Last => return Ok(Outcome::Done),
                Step::NoSuccessor => return Ok(Outcome::GiveUp(format!("user {user} has no successor"))),
            }
        }
    }
}

/// What became of one write.
enum Step {
    More,
    Last,
    NoSuccessor,
}

/// The successor of an erased user. If the successor is erased too, [`inherit`] replaces it.
fn successor(conn: &mut Connection, user: UserId) -> Result<Option<UserId>> {
    let found = users::table.filter(users::id.eq(user)).select(users::successor_id);
    Ok(found.get_result::<Option<UserId>>(conn).optional()?.flatten())
}

/// Makes `successor` the successor of every erased user whose successor was `user`.
///
/// # Errors
/// Those of the database.
pub fn inherit(tx: &mut Tx<'_>, user: UserId, successor: Option<UserId>) -> Result<()> {
    diesel::update(users::table.filter(users::successor_id.eq(user)))
        .set(users::successor_id.eq(successor))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether a user owns anything, or is to get what an erased one owned.
///
/// # Errors
/// Those of the database.
pub fn owns_anything(conn: &mut Connection, user: UserId) -> Result<bool> {
    let mut owners: Vec<UserId> =
        users::table.filter(users::successor_id.eq(user)).select(users::id).load(conn)?;
    owners.push(user);
    ownership::exists(conn, &owners)
}
