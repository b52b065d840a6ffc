//! The rows of imports: what was asked, the parts of the file, how far it has been read, and what became of each row.

use std::time::Duration;

use diesel::prelude::*;

use super::columns::Columns;
use super::plan::ExistingSubscriber;
use super::reader::Position;
use super::{ImportStatus, RowOutcome};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{import_dry_run_people, import_options, import_parts, import_rows, imports};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ImportId, SubscriberId, UserId};
use crate::base::text::Locale;
use crate::subscribers::profile::{Labels, Line};

/// How many bytes a part has; the last one has fewer.
pub const PART_BYTES: usize = 256 * 1024;
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

/// How far an import is, and what has become of its rows.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = imports)]
pub struct ImportRow {
    /// The import's id.
    pub id: ImportId,
    /// Who imports.
    pub user_id: UserId,
    /// The status.
    pub status: ImportStatus,
    /// The size of the file.
    pub bytes: i64,
    /// How many bytes have been read.
    pub next_byte: i64,
    /// The number of the line there.
    pub next_line: i64,
    /// Whether the rest of that line belongs to a row that was too long.
    pub skips_line: bool,
    /// How many rows created a subscriber.
    pub created: i64,
    /// How many rows updated one.
    pub updated: i64,
    /// How many rows changed nothing.
    pub unchanged: i64,
    /// How many rows have a suppressed address.
    pub suppressed: i64,
    /// How many rows could not be imported.
    pub refused: i64,
    /// The code of the reason why it ended early.
    pub error: Option<String>,
    /// When the upload began.
    pub created_at: Timestamp,
    /// When the first rows were read.
    pub started_at: Option<Timestamp>,
    /// When the last rows were read, or it ended early.
    pub finished_at: Option<Timestamp>,
}

/// What was asked, and how the file is read.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = import_options)]
pub struct ImportOptionsRow {
    /// The import's id.
    pub import_id: ImportId,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// Where the list comes from.
    pub source: Option<Line>,
    /// How the people in it consented, as the importer states.
    pub statement: Option<String>,
    /// Labels for everyone.
    pub labels: Json<Labels>,
    /// The language of people whose row states none.
    pub locale: Locale,
    /// The delimiter of cells.
    pub delimiter: String,
    /// The names of the columns.
    pub header: Json<Vec<String>>,
}

/// An import.
#[derive(Debug, Clone, Queryable)]
pub struct Import {
    /// How far it is.
    pub row: ImportRow,
    /// What was asked.
    pub options: ImportOptionsRow,
}

impl ImportOptionsRow {
    /// The labels for everyone; none if they cannot be read.
    #[must_use]
    pub fn labels(&self) -> Labels {
        self.labels
            .clone()
            .read(format_args!("import_options.labels of {}", self.import_id))
            .unwrap_or_default()
    }

    /// What the columns of the file mean; `None` if the header cannot be read or is no longer recognised.
    #[must_use]
    pub fn columns(&self) -> Option<Columns> {
        let header = self.header.clone().read(format_args!("import_options.header of {}", self.import_id))?;
        Columns::recognise(&header).ok()
    }
}

impl ImportRow {
    /// Where the next rows begin.
    #[must_use]
    pub fn position(&self) -> Position {
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        Position { byte: number(self.next_byte), line: number(self.next_line), skips_line: self.skips_line }
    }

    /// How many rows have been read.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.created + self.updated + self.unchanged + self.suppressed + self.refused
    }
}

/// What became of a row.
#[derive(Debug, Clone, Queryable)]
pub struct ReportRow {
    /// Its number among the rows of the file, from 1.
    pub number: i64,
    /// The line at which it begins.
    pub line: i64,
    /// The outcome.
    pub outcome: RowOutcome,
    /// The code of the reason.
    pub code: Option<String>,
    /// The subscriber whom it is about.
    pub subscriber: Option<SubscriberId>,
}

/// What became of a row, before it has a number.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub line: u64,
    pub outcome: RowOutcome,
    pub code: Option<&'static str>,
    pub subscriber: Option<SubscriberId>,
}

/// The import with that id.
pub fn find(conn: &mut Connection, id: ImportId) -> Result<Option<Import>> {
    let import = imports::table
        .inner_join(import_options::table.on(import_options::import_id.eq(imports::id)))
        .filter(imports::id.eq(id))
        .select((imports::all_columns, import_options::all_columns));
    Ok(import.get_result(conn).optional()?)
}

/// Lists up to `limit` imports after `after`, newest first, except those that are being uploaded.
pub fn list(conn: &mut Connection, after: Option<(Timestamp, ImportId)>, limit: i64) -> Result<Vec<Import>> {
    let mut rows = imports::table
        .inner_join(import_options::table.on(import_options::import_id.eq(imports::id)))
        .filter(imports::status.ne(ImportStatus::Receiving))
        .order((imports::created_at.desc(), imports::id.desc()))
        .limit(limit)
        .select((imports::all_columns, import_options::all_columns))
        .into_boxed();
    if let Some((at, id)) = after {
        let same = imports::created_at.eq(at).and(imports::id.lt(id));
        rows = rows.filter(imports::created_at.lt(at).or(same));
    }
    Ok(rows.load(conn)?)
}

/// Counts the imports that are listed.
pub fn count(conn: &mut Connection) -> Result<i64> {
    Ok(imports::table.filter(imports::status.ne(ImportStatus::Receiving)).count().get_result(conn)?)
}

/// Lists what became of up to `limit` rows after number `after`.
pub fn list_rows(
    conn: &mut Connection,
    id: ImportId,
    outcomes: &[RowOutcome],
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

/// Inserts an import whose upload begins.
pub(super) fn insert(tx: &mut Tx<'_>, import: &Import) -> Result<()> {
    diesel::insert_into(imports::table).values(import.row.clone()).execute(&mut **tx)?;
    diesel::insert_into(import_options::table).values(import.options.clone()).execute(&mut **tx)?;
    Ok(())
}

/// Stores a part of a file.
pub(super) fn insert_part(tx: &mut Tx<'_>, id: ImportId, number: i64, bytes: &[u8]) -> Result<()> {
    diesel::insert_into(import_parts::table)
        .values((
            import_parts::import_id.eq(id),
            import_parts::number.eq(number),
            import_parts::bytes.eq(bytes),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Marks a file as uploaded.
pub fn mark_received(tx: &mut Tx<'_>, id: ImportId, bytes: i64) -> Result<Import> {
    let receiving =
        imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(ImportStatus::Receiving));
    diesel::update(receiving)
        .set((imports::status.eq(ImportStatus::Waiting), imports::bytes.eq(bytes)))
        .execute(&mut **tx)?;
    find(tx, id)?.ok_or(Error::NotFound("import"))
}

/// Deletes a file that is not marked as uploaded. Returns whether there was one.
pub fn discard(tx: &mut Tx<'_>, id: ImportId) -> Result<bool> {
    let receiving =
        imports::table.filter(imports::id.eq(id)).filter(imports::status.eq(ImportStatus::Receiving));
    Ok(diesel::delete(receiving).execute(&mut **tx)? > 0)
}

/// The bytes of up to `max` parts from number `first` on.
pub(super) fn read_parts(conn: &mut Connection, id: ImportId, first: i64, max: i64) -> Result<Vec<u8>> {
    let parts: Vec<Vec<u8>> = import_parts::table
        .filter(import_parts::import_id.eq(id))
        .filter(import_parts::number.ge(first))
        .filter(import_parts::number.lt(first + max))
        .order(import_parts::number)
        .select(import_parts::bytes)
        .load(conn)?;
    Ok(parts.concat())
}

/// Advances from the position of `row` to `next` and stores what became of the rows between. Returns false if another worker
/// has advanced it.
pub(super) fn advance(tx: &mut Tx<'_>, row: &ImportRow, next: Position, reports: &[Report]) -> Result<bool> {
    let now = tx.now();
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let count = |outcome| {
        i64::try_from(reports.iter().filter(|report| report.outcome == outcome).count()).unwrap_or(0)
    };
    let here = imports::table
        .filter(imports::id.eq(row.id))
        .filter(imports::status.eq_any([ImportStatus::Waiting, ImportStatus::Running]))
        .filter(imports::next_byte.eq(row.next_byte))
        .filter(imports::skips_line.eq(row.skips_line));
    let advanced = diesel::update(here)
        .set((
            imports::status.eq(ImportStatus::Running),
            imports::next_byte.eq(number(next.byte)),
            imports::next_line.eq(number(next.line)),
            imports::skips_line.eq(next.skips_line),
            imports::created.eq(imports::created + count(RowOutcome::Created)),
            imports::updated.eq(imports::updated + count(RowOutcome::Updated)),
            imports::unchanged.eq(imports::unchanged + count(RowOutcome::Unchanged)),
            imports::suppressed.eq(imports::suppressed + count(RowOutcome::Suppressed)),
            imports::refused.eq(imports::refused + count(RowOutcome::Refused)),
            imports::started_at.eq(Some(row.started_at.unwrap_or(now))),
        ))
        .execute(&mut **tx)?;
    if advanced == 0 {
        return Ok(false);
    }
    for (at, report) in (row.rows() + 1..).zip(reports) {
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
    if read > row.position().byte / PART_BYTES as u64 {
        let own = import_parts::table.filter(import_parts::import_id.eq(row.id));
        diesel::delete(own.filter(import_parts::number.lt(number(read)))).execute(&mut **tx)?;
    }
    Ok(true)
}

/// Stores how a subscriber would be after the rows that a dry run has read.
pub(super) fn upsert_dry_run_person(
    tx: &mut Tx<'_>,
    id: ImportId,
    hash: &[u8],
    state: &ExistingSubscriber,
) -> Result<()> {
    let row = diesel::insert_into(import_dry_run_people::table).values((
        import_dry_run_people::import_id.eq(id),
        import_dry_run_people::address_hash.eq(hash),
        import_dry_run_people::state.eq(Json::Readable(state.clone())),
    ));
    let inserted = crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    if inserted == 0 {
        let own = import_dry_run_people::table
            .filter(import_dry_run_people::import_id.eq(id))
            .filter(import_dry_run_people::address_hash.eq(hash));
        diesel::update(own)
            .set(import_dry_run_people::state.eq(Json::Readable(state.clone())))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Ends an import, with an error if it ends early.
pub(super) fn finish(tx: &mut Tx<'_>, Import { row, options }: &Import, error: Option<&str>) -> Result<()> {
    let now = tx.now();
    let open = imports::table
        .filter(imports::id.eq(row.id))
        .filter(imports::status.eq_any([ImportStatus::Waiting, ImportStatus::Running]));
    let status = if error.is_some() { ImportStatus::Failed } else { ImportStatus::Done };
    let ended = diesel::update(open)
        .set((
            imports::status.eq(status),
            imports::error.eq(error),
            imports::started_at.eq(Some(row.started_at.unwrap_or(now))),
            imports::finished_at.eq(Some(now)),
        ))
        .execute(&mut **tx)?;
    if ended > 0 && !options.dry_run {
        tx.append(Event::SubscribersImported(row.id));
    }
    Ok(())
}

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

/// Deletes uploads that were never completed, what finished imports have left, and old reports. Returns whether there may be
/// more.
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
