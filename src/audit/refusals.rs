//! Stores refused requests in the background, at most [`MAX_STORED`] for each reason, so that many refusals for one
//! reason do not displace those for others.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;

use super::{Position, RefusalFilter};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::schema::refusals;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::ActorId;
use crate::base::refusals::{REASONS, Refused};

/// How many refusals for each reason are kept.
pub const MAX_STORED: i64 = 10_000;
/// How long they are kept.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// How many are stored in one write.
const BATCH: usize = 100;

/// A row of `refusals`.
#[derive(Debug, Clone, Queryable)]
pub struct RefusalRow {
    /// Its number.
    pub id: i64,
    /// When it was refused.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// What was requested: the method, and the path template of the route.
    pub operation: String,
    /// Whose token or API key it was, as far as it tells.
    pub actor_id: Option<ActorId>,
    /// The keyed hash of the address that a login named.
    pub account_hash: Option<Vec<u8>>,
    /// The keyed hash of the client's network.
    pub network_hash: Option<Vec<u8>>,
    /// The request.
    pub request_id: String,
}

/// Stores some of the refusals that wait, and returns how many. Those that cannot be stored are dropped and counted.
pub async fn store_some(app: &App) -> usize {
    let batch = app.refusals.take(BATCH);
    let count = batch.len();
    if count == 0 {
        return 0;
    }
    if let Err(error) = app.db.write(move |tx| insert(tx, &batch)).await {
        app.refusals.drop_some(count);
        app.refusals.record(&error, format_args!("storing refusals"));
    }
    count
}

fn insert(tx: &mut Tx<'_>, batch: &[Refused]) -> Result<()> {
    for refused in batch {
        diesel::insert_into(refusals::table)
            .values((
                refusals::at.eq(refused.at),
                refusals::reason.eq(refused.reason),
                refusals::operation.eq(&refused.operation),
                refusals::actor_id.eq(refused.actor),
                refusals::account_hash.eq(refused.account.map(Vec::from)),
                refusals::network_hash.eq(Some(refused.network.to_vec())),
                refusals::request_id.eq(refused.request.as_str()),
            ))
            .execute(&mut **tx)?;
    }
    let reasons: BTreeSet<&str> = batch.iter().map(|refused| refused.reason).collect();
    reasons.into_iter().try_for_each(|reason| delete_surplus(tx, reason))
}

/// Deletes the oldest refusals for a reason beyond the number that is kept.
fn delete_surplus(tx: &mut Tx<'_>, reason: &str) -> Result<()> {
    let alike = refusals::table.filter(refusals::reason.eq(reason));
    let last: Option<i64> = alike
        .order(refusals::id.desc())
        .offset(MAX_STORED)
        .limit(1)
        .select(refusals::id)
        .get_result(&mut **tx)
        .optional()?;
    if let Some(last) = last {
        diesel::delete(alike.filter(refusals::id.le(last))).execute(&mut **tx)?;
    }
    Ok(())
}

/// Deletes up to 500 refusals that are no longer kept. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    REASONS.iter().try_for_each(|reason| delete_surplus(tx, reason))?;
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<i64> =
        refusals::table.filter(refusals::at.le(before)).select(refusals::id).limit(500).load(&mut **tx)?;
    diesel::delete(refusals::table.filter(refusals::id.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == 500)
}

/// Up to `limit` refusals that follow `after`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Connection,
    filter: &RefusalFilter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<RefusalRow>> {
    let mut rows = refusals::table.into_boxed();
    if let Some(actor) = filter.actor {
        rows = rows.filter(refusals::actor_id.eq(actor));
    }
    if let Some(reason) = &filter.reason {
        rows = rows.filter(refusals::reason.eq(reason));
    }
    if let Some(from) = filter.at_gte {
        rows = rows.filter(refusals::at.ge(from));
    }
    if let Some(to) = filter.at_lt {
        rows = rows.filter(refusals::at.lt(to));
    }
    if let Some((at, id)) = after {
        rows = rows.filter(refusals::at.lt(at).or(refusals::at.eq(at).and(refusals::id.lt(id))));
    }
    Ok(rows.order((refusals::at.desc(), refusals::id.desc())).limit(limit).load(conn)?)
}
