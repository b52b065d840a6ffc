//! The report of an import: what became of each row of the file, by line and never by name or address.

use diesel::prelude::*;

use super::RowOutcome;
use crate::base::db::schema::import_rows;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ImportId, SubscriberId};

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

/// Lists what became of up to `limit` rows after number `after`.
pub fn list(
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

/// Stores what became of rows, of which the first has the number `first`.
pub(super) fn insert(tx: &mut Tx<'_>, id: ImportId, first: i64, reports: &[Report]) -> Result<()> {
    for (number, report) in (first..).zip(reports) {
        diesel::insert_into(import_rows::table)
            .values((
                import_rows::import_id.eq(id),
                import_rows::number.eq(number),
                import_rows::line.eq(i64::try_from(report.line).unwrap_or(i64::MAX)),
                import_rows::outcome.eq(report.outcome),
                import_rows::code.eq(report.code),
                import_rows::subscriber_id.eq(report.subscriber),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}
