//! How imports are kept: what was asked, the pieces of the file, how far it is read, and what became of each row.

use std::time::Duration;

use diesel::prelude::*;

use super::plan::Known;
use super::reader::Place;
use super::{Outcome, Progress};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{import_parts, import_rows, import_seen, imports};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ImportId, SubscriberId, UserId};
use crate::base::text::Locale;
use crate::subscribers::{Labels, Line};

/// How many bytes a piece has; the last has fewer.
pub const PART_BYTES: usize = 256 * 1024;
/// How long a file is kept whose rows are not read.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);
/// How long a file may be on its way.
const RECEIVED_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How long it is told what became of the rows.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many pieces one write drops.
const PARTS_AT_ONCE: i64 = 16;
/// How many rows one write drops.
const ROWS_AT_ONCE: i64 = 500;

/// An import as kept.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = imports)]
pub struct ImportRow {
    /// Names the import.
    pub id: ImportId,
    /// Who imports.
    pub user_id: UserId,
    /// How far it is.
    pub status: Progress,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
    /// Where the list comes from.
    pub source: Option<Line>,
    /// How the people in it consented, by the importer's word.
    pub statement: Option<String>,
    /// Words that are put on everyone.
    pub labels: Json<Labels>,
    /// The language of those of whom the file does not say.
    pub locale: Locale,
    /// What separates cells.
    pub delimiter: String,
    /// The names of the columns.
    pub header: Json<Vec<String>>,
    /// How many bytes the file has.
    pub bytes: i64,
    /// How many of them were read.
    pub next_byte: i64,
    /// The number of the line there.
    pub next_line: i64,
    /// Whether the rest of that line belongs to a row that was too long.
    pub midline: bool,
    /// How many rows were read.
    pub rows: i64,
    /// How many of them made a subscriber.
    pub created: i64,
    /// How many changed one.
    pub updated: i64,
    /// How many changed nothing.
    pub unchanged: i64,
    /// How many are of somebody who is sent nothing.
    pub suppressed: i64,
    /// How many could not be taken.
    pub refused: i64,
    /// The code of what ended it early.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its first rows were read.
    pub started_at: Option<Timestamp>,
    /// When its last ones were.
    pub finished_at: Option<Timestamp>,
}

impl ImportRow {
    /// Where the next rows begin.
    #[must_use]
    pub fn place(&self) -> Place {
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        Place { byte: number(self.next_byte), line: number(self.next_line), midline: self.midline }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Queryable)]
pub struct ReportRow {
    /// Its number among the rows of the file, from 1.
    pub number: i64,
    /// The line at which it begins.
    pub line: i64,
    /// In a word.
    pub outcome: Outcome,
    /// In another.
    pub code: Option<String>,
    /// Whom it is about.
    pub subscriber: Option<SubscriberId>,
}

/// What became of a row, before it has a number.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub line: u64,
    pub outcome: Outcome,
    pub code: Option<&'static str>,
    pub subscriber: Option<SubscriberId>,
}

/// The import with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: ImportId) -> Result<Option<ImportRow>> {
    Ok(imports::table.filter(imports::id.eq(id)).get_result(conn).optional()?)
}

/// Up to `limit` imports behind `after`, the newest first; those that are still arriving are not among them.
///
/// # Errors
/// When the database refuses.
pub fn list(
    conn: &mut Connection,
    after: Option<(Timestamp, ImportId)>,
    limit: i64,
) -> Result<Vec<ImportRow>> {
    let mut rows = imports::table
        .filter(imports::status.ne(Progress::Receiving))
        .order((imports::created_at.desc(), imports::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((at, id)) = after {
        let same = imports::created_at.eq(at).and(imports::id.lt(id));
        rows = rows.filter(imports::created_at.lt(at).or(same));
    }
    Ok(rows.load(conn)?)
}

/// How many there are.
///
/// # Errors
/// When the database refuses.
pub fn count(conn: &mut Connection) -> Result<i64> {
    Ok(imports::table.filter(imports::status.ne(Progress::Receiving)).count().get_result(conn)?)
}

/// What became of up to `limit` rows behind number `after`.
///
/// # Errors
/// When the database refuses.
pub fn rows(
    conn: &mut Connection,
    id: ImportId,
    outcomes: &[Outcome],
    after: i64,
    limit: i64,
) -> Result<Vec<ReportRow>> {
    let mut rows = import_rows::table
        .filter(import_rows::import_id.eq(id))
        .filter(import_rows::number.gt(after))
        .order(import_rows::number)
        .limit(limit)
        .select((
            import_rows::number,
            import_rows::line,
            import_rows::outcome,
            import_rows::code,
            import_rows::subscriber_id,
        ))
        .into_boxed();
    if !outcomes.is_empty() {
        rows = rows.filter(import_rows::outcome.eq_any(outcomes.to_vec()));
    }
    Ok(rows.load(conn)?)
}

/// Takes a file in: it begins to arrive.
pub(super) fn insert(tx: &mut Tx<'_>, row: &ImportRow) -> Result<()> {
    diesel::insert_into(imports::table).values(row.clone()).execute(&mut **tx)?;
    Ok(())
}

/// Keeps a piece of a file.
pub(super) fn add_part(tx: &mut Tx<'_>, id: ImportId, number: i64, bytes: &[u8]) -> Result<()> {
    diesel::insert_into(import_parts::table)
        .values((
            import_parts::import_id.eq(id),
            import_parts::number.eq(number),
            import_parts::bytes.eq(bytes),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The file is there as a whole.
pub fn arrive(tx: &mut Tx<'_>, id: ImportId, bytes: i64) -> Result<ImportRow> {
    let receiving = imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(Progress::Receiving));
    diesel::update(receiving)
        .set((imports::status.eq(Progress::Waiting), imports::bytes.eq(bytes)))
        .execute(&mut **tx)?;
    find(tx, id)?.ok_or(Error::NotFound("import"))
}

/// Forgets a file that has not arrived, and says whether there was one.
pub fn discard(tx: &mut Tx<'_>, id: ImportId) -> Result<bool> {
    let receiving = imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(Progress::Receiving));
    Ok(diesel::delete(receiving).execute(&mut **tx)? > 0)
}

/// The bytes of up to `most` pieces from number `first` on.
pub(super) fn parts(conn: &mut Connection, id: ImportId, first: i64, most: i64) -> Result<Vec<u8>> {
    let parts: Vec<Vec<u8>> = import_parts::table
        .filter(import_parts::import_id.eq(id))
        .filter(import_parts::number.ge(first))
        .filter(import_parts::number.lt(first + most))
        .order(import_parts::number)
        .select(import_parts::bytes)
        .load(conn)?;
    Ok(parts.concat())
}

/// Moves on from where `row` is to `next`, with what became of the rows between. False if somebody else has moved on.
pub(super) fn advance(tx: &mut Tx<'_>, row: &ImportRow, next: Place, reports: &[Report]) -> Result<bool> {
    let now = tx.now();
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let count = |outcome| {
        i64::try_from(reports.iter().filter(|report| report.outcome == outcome).count()).unwrap_or(0)
    };
    let here = imports::table
        .filter(imports::id.eq(row.id))
        .filter(imports::status.eq_any([Progress::Waiting, Progress::Running]))
        .filter(imports::next_byte.eq(row.next_byte))
        .filter(imports::midline.eq(row.midline));
    let moved = diesel::update(here)
        .set((
            imports::status.eq(Progress::Running),
            imports::next_byte.eq(number(next.byte)),
            imports::next_line.eq(number(next.line)),
            imports::midline.eq(next.midline),
            imports::rows.eq(imports::rows + i64::try_from(reports.len()).unwrap_or(0)),
            imports::created.eq(imports::created + count(Outcome::Created)),
            imports::updated.eq(imports::updated + count(Outcome::Updated)),
            imports::unchanged.eq(imports::unchanged + count(Outcome::Unchanged)),
            imports::suppressed.eq(imports::suppressed + count(Outcome::Suppressed)),
            imports::refused.eq(imports::refused + count(Outcome::Refused)),
            imports::started_at.eq(Some(row.started_at.unwrap_or(now))),
        ))
        .execute(&mut **tx)?;
    if moved == 0 {
        return Ok(false);
    }
    for (at, report) in (row.rows + 1..).zip(reports) {
        diesel::insert_into(import_rows::table)
            .values((
                import_rows::import_id.eq(row.id),
                import_rows::number.eq(at),
                import_rows::line.eq(number(report.line)),
                import_rows::outcome.eq(report.outcome),
                import_rows::code.eq(report.code),
                import_rows::subscriber_id.eq(report.subscriber),
            ))
            .execute(&mut **tx)?;
    }
    let read = next.byte / PART_BYTES as u64;
    if read > row.place().byte / PART_BYTES as u64 {
        let own = import_parts::table.filter(import_parts::import_id.eq(row.id));
        diesel::delete(own.filter(import_parts::number.lt(number(read)))).execute(&mut **tx)?;
    }
    Ok(true)
}

/// Keeps how somebody would be whom a dry run has met.
pub(super) fn remember(tx: &mut Tx<'_>, id: ImportId, hash: &[u8], state: &Known) -> Result<()> {
    let row = diesel::insert_into(import_seen::table).values((
        import_seen::import_id.eq(id),
        import_seen::hash.eq(hash),
        import_seen::state.eq(Json(state.clone())),
    ));
    let inserted = crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    if inserted == 0 {
        let own = import_seen::table.filter(import_seen::import_id.eq(id)).filter(import_seen::hash.eq(hash));
        diesel::update(own).set(import_seen::state.eq(Json(state.clone()))).execute(&mut **tx)?;
    }
    Ok(())
}

/// The import has ended: well, or for that reason.
pub(super) fn finish(tx: &mut Tx<'_>, row: &ImportRow, error: Option<&str>) -> Result<()> {
    let now = tx.now();
    let open = imports::table
        .filter(imports::id.eq(row.id))
        .filter(imports::status.eq_any([Progress::Waiting, Progress::Running]));
    let status = if error.is_some() { Progress::Failed } else { Progress::Done };
    let ended = diesel::update(open)
        .set((
            imports::status.eq(status),
            imports::error.eq(error),
            imports::started_at.eq(Some(row.started_at.unwrap_or(now))),
            imports::finished_at.eq(Some(now)),
        ))
        .execute(&mut **tx)?;
    if ended > 0 && !row.dry_run {
        tx.append(Event::SubscribersImported(row.id));
    }
    Ok(())
}

/// Drops some of what an import that has read its last row needs no more. Says whether there may be more.
pub(super) fn clear(tx: &mut Tx<'_>, id: ImportId) -> Result<bool> {
    let parts: Vec<i64> = import_parts::table
        .filter(import_parts::import_id.eq(id))
        .select(import_parts::number)
        .limit(PARTS_AT_ONCE)
        .load(&mut **tx)?;
    let own = import_parts::table.filter(import_parts::import_id.eq(id));
    diesel::delete(own.filter(import_parts::number.eq_any(&parts))).execute(&mut **tx)?;
    let seen: Vec<Vec<u8>> = import_seen::table
        .filter(import_seen::import_id.eq(id))
        .select(import_seen::hash)
        .limit(ROWS_AT_ONCE)
        .load(&mut **tx)?;
    let own = import_seen::table.filter(import_seen::import_id.eq(id));
    diesel::delete(own.filter(import_seen::hash.eq_any(&seen))).execute(&mut **tx)?;
    Ok(!parts.is_empty() || !seen.is_empty())
}

/// Drops files that never arrived as a whole, what ended imports have left behind, and reports of long ago. Says whether
/// there may be more.
///
/// # Errors
/// When the database refuses.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    let received = now.minus(RECEIVED_WITHIN);
    let lost = imports::status.eq(Progress::Receiving).and(imports::created_at.le(received));
    // One whose job has died: nobody's address is kept for it for ever.
    let given_up = imports::status
        .eq_any([Progress::Waiting, Progress::Running])
        .and(imports::created_at.le(now.minus(GIVEN_UP_AFTER)));
    diesel::update(imports::table.filter(given_up))
        .set((
            imports::status.eq(Progress::Failed),
            imports::error.eq("given-up"),
            imports::finished_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let ended = imports::status.eq_any([Progress::Done, Progress::Failed]);
    let left = diesel::dsl::exists(import_parts::table.filter(import_parts::import_id.eq(imports::id)));
    let old = imports::finished_at.le(now.minus(KEPT_FOR));
    let candidate: Option<(ImportId, Progress)> = imports::table
        .filter(lost.or(ended.and(left)).nullable().or(old))
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
        .limit(ROWS_AT_ONCE)
        .load(&mut **tx)?;
    let own = import_rows::table.filter(import_rows::import_id.eq(id));
    diesel::delete(own.filter(import_rows::number.eq_any(&rows))).execute(&mut **tx)?;
    if rows.is_empty() {
        diesel::delete(imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(status)))
            .execute(&mut **tx)?;
    }
    Ok(true)
}
