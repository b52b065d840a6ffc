//! Deletes what imports leave behind, a little at a time.

use std::time::Duration;

use diesel::prelude::*;

use super::ImportStatus;
use crate::base::db::Tx;
use crate::base::db::schema::{import_dry_run_people, import_parts, import_rows, imports};
use crate::base::error::Result;
use crate::base::ids::ImportId;

/// How long the file of an import is kept whose job has died.
const ABANDONED_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);
/// How long an upload may take.
const RECEIVED_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How long the report of an import is kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many parts one write deletes.
const PARTS_BATCH: i64 = 16;
/// How many rows one write deletes.
const ROWS_BATCH: i64 = 500;

/// Deletes some of what an import no longer needs after its last row. Returns whether there may be more.
pub(super) fn clear(tx: &mut Tx<'_>, id: ImportId) -> Result<bool> {
    let parts: Vec<i64> = import_parts::table
        .filter(import_parts::import_id.eq(id))
        .select(import_parts::number)
        .limit(PARTS_BATCH)
        .load(&mut **tx)?;
    let own = import_parts::table.filter(import_parts::import_id.eq(id));
    diesel::delete(own.filter(import_parts::number.eq_any(&parts))).execute(&mut **tx)?;
    let people: Vec<Vec<u8>> = import_dry_run_people::table
        .filter(import_dry_run_people::import_id.eq(id))
        .select(import_dry_run_people::address_hash)
        .limit(ROWS_BATCH)
        .load(&mut **tx)?;
    let own = import_dry_run_people::table.filter(import_dry_run_people::import_id.eq(id));
    diesel::delete(own.filter(import_dry_run_people::address_hash.eq_any(&people))).execute(&mut **tx)?;
    Ok(!parts.is_empty() || !people.is_empty())
}

/// Deletes uploads that were never completed, what finished imports have left, and old reports. Returns whether there
/// may be more.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    let incomplete =
        imports::status.eq(ImportStatus::Receiving).and(imports::created_at.le(now.minus(RECEIVED_WITHIN)));
    // Addresses are not kept for an import whose job has died.
    let abandoned = imports::status
        .eq_any([ImportStatus::Waiting, ImportStatus::Running])
        .and(imports::created_at.le(now.minus(ABANDONED_AFTER)));
    diesel::update(imports::table.filter(abandoned))
        .set((
            imports::status.eq(ImportStatus::Failed),
            imports::error.eq("abandoned"),
            imports::finished_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let ended = imports::status.eq_any([ImportStatus::Done, ImportStatus::Failed]);
    let has_parts = diesel::dsl::exists(import_parts::table.filter(import_parts::import_id.eq(imports::id)));
    let old = imports::finished_at.le(now.minus(KEPT_FOR));
    let candidate: Option<(ImportId, ImportStatus)> = imports::table
        .filter(incomplete.or(ended.and(has_parts)).nullable().or(old))
        .select((imports::id, imports::status))
        .order(imports::created_at)
        .limit(1)
        .get_result(&mut **tx)
        .optional()?;
    let Some((id, status)) = candidate else { return Ok(false) };
    if clear(tx, id)? {
        return Ok(true);
    }
    let rows: Vec<i64> = import_rows::table
        .filter(import_rows::import_id.eq(id))
        .select(import_rows::number)
        .limit(ROWS_BATCH)
        .load(&mut **tx)?;
    let own = import_rows::table.filter(import_rows::import_id.eq(id));
    diesel::delete(own.filter(import_rows::number.eq_any(&rows))).execute(&mut **tx)?;
    if rows.is_empty() {
        diesel::delete(imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(status)))
            .execute(&mut **tx)?;
    }
    Ok(true)
}
