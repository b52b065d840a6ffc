//! The rows of imports: what was asked, and how far the file has been read.

use diesel::prelude::*;

use super::columns::Columns;
use super::reader::Position;
use super::report::Report;
use super::{ImportStatus, RowOutcome, parts, report};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{import_options, imports};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ActorId, ImportId};
use crate::base::text::Locale;
use crate::subscribers::profile::{Labels, Line};

/// How far an import is, and what has become of its rows.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = imports)]
pub struct ImportRow {
    /// The import's id.
    pub id: ImportId,
    /// Who imports.
    pub actor_id: ActorId,
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

/// Inserts an import whose upload begins.
pub(super) fn insert(tx: &mut Tx<'_>, import: &Import) -> Result<()> {
    diesel::insert_into(imports::table).values(import.row.clone()).execute(&mut **tx)?;
    diesel::insert_into(import_options::table).values(import.options.clone()).execute(&mut **tx)?;
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
    report::insert(tx, row.id, row.rows() + 1, reports)?;
    parts::delete_read(tx, row.id, row.position(), next)?;
    Ok(true)
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
