//! The job that reads a file. One run reads for a while and orders the next, so that other jobs have their turn and no
//! claim grows old; each of its writes holds some rows and the place behind them, and none that somebody else has done.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::apply::{self, Hashed, Importer};
use super::columns::{Columns, Meaning};
use super::person::{Refusal, TOO_LONG};
use super::plan::{Deed, Known, Surroundings, Terms, Verdict, judge};
use super::reader::{self, MOST_ROW_BYTES, Slice};
use super::store::{self, ImportRow, PART_BYTES, Report};
use super::{ImportSubscribers, Progress};
use crate::app::App;
use crate::base::db::types::Json;
use crate::base::error::{Error, Result};
use crate::base::ids::{ImportId, IsId as _, SubscriberId};
use crate::base::jobs::{self, Job, Outcome};
use crate::subscribers::suppressions;

/// How long one run reads before it orders the next.
const RUN: Duration = Duration::from_secs(1);
/// The most rows of one write, and the fewest that are tried.
const MOST_ROWS: usize = 500;
const FEWEST_ROWS: usize = 20;
/// How long one write should take, its events aside, which come last.
const WRITE: Duration = Duration::from_millis(30);
/// How many pieces of a file are held at once.
const PARTS_AT_ONCE: i64 = 3;

impl Job<App> for ImportSubscribers {
    const KIND: &'static str = "import-subscribers";

    /// Reads some of a file, or records why it cannot be read.
    async fn run(self, app: &App) -> Result<Outcome> {
        let id = self.import;
        match read(app, id).await {
            Ok(()) => Ok(Outcome::Done),
            Err(Error::Unavailable(why)) => Err(Error::Unavailable(why)),
            Err(error) => {
                if let Some(row) = app.db.read(move |conn| store::find(conn, id)).await? {
                    app.db.write_as(row.user_id, move |tx| store::finish(tx, &row, Some("internal"))).await?;
                    while app.db.write(move |tx| store::clear(tx, id)).await? {}
                }
                Ok(Outcome::GiveUp(format!("import {id} has failed: {error}")))
            }
        }
    }
}

async fn read(app: &App, id: ImportId) -> Result<()> {
    let (started, mut piece, mut most) = (Instant::now(), Piece::default(), MOST_ROWS / 4);
    loop {
        let Some(row) = app.db.read(move |conn| store::find(conn, id)).await? else { return Ok(()) };
        if !matches!(row.status, Progress::Waiting | Progress::Running) {
            return Ok(());
        }
        if row.next_byte >= row.bytes {
            while app.db.write(move |tx| store::clear(tx, id)).await? {}
            return app.db.write_as(row.user_id, move |tx| store::finish(tx, &row, None)).await;
        }
        if started.elapsed() >= RUN {
            let next = move |tx: &mut crate::base::db::Tx<'_>| {
                let now = tx.now();
                jobs::enqueue(tx, &ImportSubscribers { import: id }, now)
            };
            return app.db.write(next).await;
        }
        piece = piece.around(app, &row).await?;
        match step(app, row, &piece, most).await? {
            Stepped::Wrote(took) => most = fitting(most, took),
            // Somebody changed what was looked at, and it is looked at again.
            Stepped::Changed => {}
            // Another worker does this import.
            Stepped::Lost => return Ok(()),
        }
    }
}

/// How many rows the next write takes, if the last took so long.
fn fitting(rows: usize, took: Duration) -> usize {
    let micros = usize::try_from(took.as_micros()).unwrap_or(usize::MAX).max(1);
    let wanted = usize::try_from(WRITE.as_micros()).unwrap_or(0);
    (rows.saturating_mul(wanted) / micros).clamp(rows / 2, rows * 2).clamp(FEWEST_ROWS, MOST_ROWS)
}

/// Bytes of a file.
#[derive(Debug, Default)]
struct Piece {
    start: u64,
    bytes: Vec<u8>,
    last: bool,
}

impl Piece {
    /// These bytes, or further ones, so that there is a whole row behind the place where the import is.
    async fn around(self, app: &App, row: &ImportRow) -> Result<Self> {
        let at = row.place().byte;
        let end = self.start + self.bytes.len() as u64;
        let is_enough = self.start <= at && at < end && (self.last || end - at > 2 * MOST_ROW_BYTES as u64);
        if is_enough {
            return Ok(self);
        }
        let (id, first) = (row.id, at / PART_BYTES as u64);
        let number = i64::try_from(first).unwrap_or(i64::MAX);
        let bytes = app.db.read(move |conn| store::parts(conn, id, number, PARTS_AT_ONCE)).await?;
        let start = first * PART_BYTES as u64;
        let end = start + bytes.len() as u64;
        if end <= at {
            return Err(Error::internal("a piece of the file is missing"));
        }
        Ok(Self { start, bytes, last: end >= u64::try_from(row.bytes).unwrap_or(0) })
    }

    fn from(&self, byte: u64) -> &[u8] {
        let skipped = usize::try_from(byte.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.get(skipped..).unwrap_or_default()
    }
}

/// What became of a write.
enum Stepped {
    Wrote(Duration),
    Changed,
    Lost,
}

/// A row as it is to be written.
struct Decided {
    report: Report,
    /// Whom it is about and what is to be done.
    person: Option<Hashed>,
    deed: Option<Deed>,
    /// How they are afterwards, in a dry run.
    state: Option<Known>,
}

/// Reads up to `most` rows, decides and writes.
async fn step(app: &App, row: ImportRow, piece: &Piece, most: usize) -> Result<Stepped> {
    let Json(header) = &row.header;
    let columns = Columns::recognise(header).map_err(|_| Error::internal("a header is no longer known"))?;
    let delimiter = row.delimiter.bytes().next().unwrap_or(b',');
    let slice = reader::read(piece.from(row.place().byte), row.place(), piece.last, delimiter, most);
    if slice.next == row.place() {
        return Err(Error::internal("reading does not go on"));
    }
    let people = parse(app, &columns, &slice);
    let all: Vec<Hashed> = people.iter().filter_map(|(_, person)| person.as_ref().ok()).cloned().collect();
    let dry_run = row.dry_run.then_some(row.id);
    let for_look = all.clone();
    let seen = app.db.snapshot(move |conn| apply::look(conn, &for_look, dry_run)).await?;
    let terms = terms(&row, &columns);
    let decided = decide(app, people, &terms, seen.clone(), row.dry_run)?;
    let importer = Importer { import: row.id, source: row.source.clone(), statement: row.statement.clone() };
    let (keys, next) = (app.keys.clone(), slice.next);
    let reports: Vec<Report> = decided.iter().map(|one| one.report.clone()).collect();
    let changed: BTreeSet<SubscriberId> =
        seen.known.values().map(|known| SubscriberId::from_uuid(known.id)).collect();
    app.db
        .write_as(row.user_id, move |tx| {
            let started = Instant::now();
            // Checked before anything is written.
            if !row.dry_run {
                apply::lock(tx, &changed)?;
                if apply::look(tx, &all, None)? != seen {
                    return Ok(Stepped::Changed);
                }
            }
            if !store::advance(tx, &row, next, &reports)? {
                return Ok(Stepped::Lost);
            }
            for one in &decided {
                if let (Some(person), Some(deed)) = (&one.person, &one.deed) {
                    apply::carry_out(tx, &keys, &importer, person, deed)?;
                }
                if let (Some(person), Some(state)) = (&one.person, &one.state) {
                    store::remember(tx, row.id, &person.hash, state)?;
                }
            }
            Ok(Stepped::Wrote(started.elapsed()))
        })
        .await
}

type Parsed = (u64, Result<Hashed, Refusal>);

/// What the rows say, and the hashes of their addresses.
fn parse(app: &App, columns: &Columns, slice: &Slice) -> Vec<Parsed> {
    let now = app.clock.now();
    let person = |row: &reader::Row| {
        let person = columns.person(row.cells.as_ref().ok_or(TOO_LONG)?, now)?;
        let hash = suppressions::hash(&app.keys, person.email.key());
        Ok(Hashed { person, hash })
    };
    slice.rows.iter().map(|row| (row.line, person(row))).collect()
}

fn terms(row: &ImportRow, columns: &Columns) -> Terms {
    Terms {
        source: row.source.clone(),
        labels: row.labels.0.iter().map(str::to_owned).collect(),
        locale: row.locale.clone(),
        names_sources: columns.find(Meaning::Source).is_some(),
    }
}

fn decide(
    app: &App,
    people: Vec<Parsed>,
    terms: &Terms,
    mut around: Surroundings,
    dry_run: bool,
) -> Result<Vec<Decided>> {
    let now = app.clock.now();
    let mut all = Vec::with_capacity(people.len());
    for (line, person) in people {
        all.push(match person {
            Err(refusal) => Decided {
                report: Report {
                    line,
                    outcome: super::Outcome::Refused,
                    code: Some(refusal.code),
                    subscriber: None,
                },
                person: None,
                deed: None,
                state: None,
            },
            Ok(hashed) => {
                let id = app.random.id(now)?;
                let Verdict { outcome, code, deed, subscriber } =
                    judge(&hashed.person, &hashed.hash, terms, &mut around, id);
                let known = around.known.get(hashed.person.email.key());
                // Whom a dry run would make, nobody finds.
                let subscriber = subscriber.filter(|_| !dry_run || known.is_some_and(|known| !known.is_new));
                let state = deed.as_ref().and_then(|_| known.cloned());
                Decided {
                    report: Report { line, outcome, code, subscriber },
                    person: Some(hashed),
                    deed: deed.filter(|_| !dry_run),
                    state: state.filter(|_| dry_run),
                }
            }
        });
    }
    Ok(all)
}
