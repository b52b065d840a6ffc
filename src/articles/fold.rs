//! Groups revisions into lines: edits that one actor made shortly after each other are one line.

use std::time::Duration;

use super::history::{self, RevisionRow};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::{Page, PageRequest, cursor};
use crate::base::ids::ArticleId;

/// The longest time between two edits of one line.
const MAX_GAP: Duration = Duration::from_secs(10 * 60);
/// The most edits of a line.
pub const MAX_EDITS: i64 = 1000;
/// How many revisions are read for a page. If their lines do not fill it, the page is shorter.
const MAX_READ: i64 = 2000;

/// Edits that one actor made shortly after each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The last of them. An earlier one has no label.
    pub newest: RevisionRow,
    /// The first of them.
    pub first: i64,
    /// When that was made.
    first_at: Timestamp,
    /// How many there are.
    pub edits: i64,
}

impl Line {
    /// The line of one edit.
    #[must_use]
    pub fn of(row: RevisionRow) -> Self {
        Self { first: row.revision, first_at: row.created_at, newest: row, edits: 1 }
    }

    /// Whether the edit before the first belongs to this line, too.
    fn takes(&self, earlier: &RevisionRow) -> bool {
        self.edits < MAX_EDITS
            && earlier.label.is_none()
            && earlier.actor_id == self.newest.actor_id
            && earlier.created_at.plus(MAX_GAP) >= self.first_at
    }
}

/// The lines of these revisions, newest first as they are.
#[must_use]
pub fn fold(rows: Vec<RevisionRow>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        match lines.last_mut() {
            Some(line) if line.takes(&row) => {
                line.first = row.revision;
                line.first_at = row.created_at;
                line.edits += 1;
            }
            _ => lines.push(Line::of(row)),
        }
    }
    lines
}

/// A page of lines, newest first. The total is that of revisions.
///
/// # Errors
/// As [`PageRequest::after`].
pub fn page(conn: &mut Connection, article: ArticleId, page: &PageRequest) -> Result<Page<Line>> {
    let list = ("lines of revisions", article);
    let before: Option<i64> = page.after(&list)?;
    let total = page.include_total.then(|| history::count_revisions(conn, article)).transpose()?;
    let rows = history::list_revisions(conn, article, before, MAX_READ)?;
    let is_all = i64::try_from(rows.len()).unwrap_or(MAX_READ) < MAX_READ;
    let mut items = fold(rows);
    if !is_all {
        // The last line may continue on the next page. There is another line, because a line is shorter than what was read.
        items.pop();
    }
    let limit = usize::try_from(page.limit).unwrap_or_default();
    let has_more = !is_all || items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| has_more).map(|last| cursor(&last.first, &list)).transpose()?;
    Ok(Page { items, next_cursor, total })
}
