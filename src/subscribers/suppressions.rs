//! The addresses that are sent nothing, as keyed hashes. An entry outlives the person's erasure, so that no import adds
//! them again, and is lifted only when the person confirms a new double opt-in.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::consent::Reason;
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::suppressions;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::SuppressionId;

/// A suppressed address as stored.
#[derive(Debug, Clone, Queryable)]
pub struct SuppressionRow {
    /// Its id.
    pub id: SuppressionId,
    /// The keyed hash of the address.
    pub address_hash: Vec<u8>,
    /// Why it is sent nothing.
    pub reason: Reason,
    /// Since when, for this reason.
    pub created_at: Timestamp,
}

/// The keyed hash of an address, given its [`EmailAddress::key`](crate::base::text::email::EmailAddress::key).
#[must_use]
pub fn hash(keys: &Keys, email_key: &str) -> Vec<u8> {
    keys.mac("address", email_key).to_vec()
}

/// The suppression of an address.
pub fn find(conn: &mut Connection, address_hash: &[u8]) -> Result<Option<SuppressionRow>> {
    let row = suppressions::table.filter(suppressions::address_hash.eq(address_hash));
    Ok(row.get_result(conn).optional()?)
}

/// The reasons for which any of these addresses are suppressed.
pub fn find_reasons(conn: &mut Connection, hashes: &[Vec<u8>]) -> Result<BTreeMap<Vec<u8>, Reason>> {
    let rows: Vec<(Vec<u8>, Reason)> = suppressions::table
        .filter(suppressions::address_hash.eq_any(hashes))
        .select((suppressions::address_hash, suppressions::reason))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Suppresses an address. A graver reason replaces a lighter one.
pub fn suppress(tx: &mut Tx<'_>, address_hash: &[u8], reason: Reason) -> Result<SuppressionId> {
    let now = tx.now();
    let row = diesel::insert_into(suppressions::table).values((
        suppressions::id.eq(tx.new_id::<SuppressionId>()?),
        suppressions::address_hash.eq(address_hash),
        suppressions::reason.eq(reason),
        suppressions::created_at.eq(now),
    ));
    crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    let lighter: Vec<Reason> = Reason::ALL.iter().copied().filter(|other| *other < reason).collect();
    let own = suppressions::table.filter(suppressions::address_hash.eq(address_hash));
    diesel::update(own.filter(suppressions::reason.eq_any(lighter)))
        .set((suppressions::reason.eq(reason), suppressions::created_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(own.select(suppressions::id).get_result(&mut **tx)?)
}

/// Lifts the suppression of an address whose owner has confirmed again.
pub(super) fn lift(tx: &mut Tx<'_>, address_hash: &[u8]) -> Result<()> {
    diesel::delete(suppressions::table.filter(suppressions::address_hash.eq(address_hash)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Lists up to `limit` suppressed addresses after `after`, newest first.
pub fn list(
    conn: &mut Connection,
    reasons: &[Reason],
    after: Option<(Timestamp, SuppressionId)>,
    limit: i64,
) -> Result<Vec<SuppressionRow>> {
    let mut rows = suppressions::table
        .order((suppressions::created_at.desc(), suppressions::id.desc()))
        .limit(limit)
        .into_boxed();
    if !reasons.is_empty() {
        rows = rows.filter(suppressions::reason.eq_any(reasons.to_vec()));
    }
    if let Some((at, id)) = after {
        rows = rows
            .filter(suppressions::created_at.le(at))
            .filter(suppressions::created_at.lt(at).or(suppressions::id.lt(id)));
    }
    Ok(rows.load(conn)?)
}

/// Counts suppressed addresses.
pub fn count(conn: &mut Connection, reasons: &[Reason]) -> Result<i64> {
    let mut rows = suppressions::table.into_boxed();
    if !reasons.is_empty() {
        rows = rows.filter(suppressions::reason.eq_any(reasons.to_vec()));
    }
    Ok(rows.count().get_result(conn)?)
}
