//! Editions.
pub mod remake;

use crate::db::Tx;
use crate::db::schema::surroundings;
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::random::Random;
use diesel::prelude::*;

/// Notes that a name, a link or a setting which renderings embed has changed: every rendering may be stale from here on
/// and is looked at again, soon by a job, or at once by whoever reads it first.
///
/// # Errors
/// When the database refuses.
pub fn surroundings_changed(tx: &mut Tx<'_>, random: &Random) -> Result<()> {
    let now = tx.now();
    diesel::update(surroundings::table)
        .set(surroundings::epoch.eq(surroundings::epoch + 1))
        .execute(&mut **tx)?;
    jobs::enqueue(tx, random, &Job::RemakeRenderings { after: None }, now)
}
