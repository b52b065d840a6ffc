//! The job that reads a file. One run reads for a second and enqueues the next, so that other jobs get their turn;
//! each of its writes holds some rows and the position after them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::apply::{self, Statement};
use super::columns::Columns;
use super::meaning::Meaning;
use super::parts::{self, PART_BYTES};
use super::person::{HashedPerson, Refusal};
use super::plan::{Action, Decision, Defaults, ExistingSubscriber, Snapshot, plan};
use super::reader::{self, MAX_ROW_BYTES, Rows};
use super::report::Report;
use super::store::{self, Import, ImportOptionsRow, ImportRow};
use super::{ImportStatus, ImportSubscribers, RowOutcome, dry_run, purge, snapshot};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::ids::{ImportId, IsId as _, SubscriberId};
use crate::base::jobs::{self, Job, Outcome};
use crate::subscribers::suppressions;

/// How long one run reads before it enqueues the next.
const RUN: Duration = Duration::from_secs(1);
/// The most and the fewest rows of one write.
const MAX_ROWS: usize = 500;
const MIN_ROWS: usize = 20;
/// How long one write should take, apart from its events, which come last.
const WRITE: Duration = Duration::from_millis(30);
/// How many parts of a file are held at once.
const PARTS_AT_ONCE: i64 = 3;

impl Job<App> for ImportSubscribers {
    const KIND: &'static str = "import-subscribers";

    async fn run(self, app: &App) -> Result<Outcome> {
        let id = self.import;
        match read(app, id).await {
            Ok(()) => Ok(Outcome::Done),
            Err(error @ (Error::Unavailable(_) | Error::NoSpace(_))) => Err(error),
            Err(error) => {
                if let Some(import) = app.db.read(move |conn| store::find(conn, id)).await? {
                    let actor = import.row.actor_id;
                    app.db.write_as(actor, move |tx| store::finish(tx, &import, Some("internal"))).await?;
                    while app.db.write(move |tx| purge::clear(tx, id)).await? {}
                }
                Ok(Outcome::GiveUp(format!("import {id} has failed: {error}")))
            }
        }
    }
}

async fn read(app: &App, id: ImportId) -> Result<()> {
    let (started, mut chunk, mut max) = (Instant::now(), Chunk::default(), MAX_ROWS / 4);
    loop {
        let Some(import) = app.db.read(move |conn| store::find(conn, id)).await? else { return Ok(()) };
        let (row, actor) = (&import.row, import.row.actor_id);
        if !matches!(row.status, ImportStatus::Waiting | ImportStatus::Running) {
            return Ok(());
        }
        if row.next_byte >= row.bytes {
            while app.db.write(move |tx| purge::clear(tx, id)).await? {}
            return app.db.write_as(actor, move |tx| store::finish(tx, &import, None)).await;
        }
        if started.elapsed() >= RUN {
            let next = ImportSubscribers { import: id };
            let enqueue = move |tx: &mut Tx<'_>| {
                let now = tx.now();
                jobs::enqueue(tx, &next, now)
            };
            return app.db.write(enqueue).await;
        }
        chunk = chunk.around(app, row).await?;
        match step(app, import, &chunk, max).await? {
            Step::Written(took) => max = fitting(max, took),
            // A subscriber changed in the meantime: the rows are planned again.
            Step::Changed => {}
            // Another worker runs this import.
            Step::Lost => return Ok(()),
        }
    }
}

/// How many rows the next write takes, if the last one took that long.
fn fitting(rows: usize, took: Duration) -> usize {
    let micros = usize::try_from(took.as_micros()).unwrap_or(usize::MAX).max(1);
    let target = usize::try_from(WRITE.as_micros()).unwrap_or(0);
    (rows.saturating_mul(target) / micros).clamp(rows / 2, rows * 2).clamp(MIN_ROWS, MAX_ROWS)
}

/// Bytes of a file.
#[derive(Debug, Default)]
struct Chunk {
    start: u64,
    bytes: Vec<u8>,
    is_last: bool,
}

impl Chunk {
    /// This chunk, or the next one, so that it contains a whole row at the position of the import.
    async fn around(self, app: &App, row: &ImportRow) -> Result<Self> {
        let at = row.position().byte;
        let end = self.start + self.bytes.len() as u64;
        let is_enough = self.start <= at && at < end && (self.is_last || end - at > 2 * MAX_ROW_BYTES as u64);
        if is_enough {
            return Ok(self);
        }
        let (id, first) = (row.id, at / PART_BYTES as u64);
        let number = i64::try_from(first).unwrap_or(i64::MAX);
        let bytes = app.db.read(move |conn| parts::read(conn, id, number, PARTS_AT_ONCE)).await?;
        let start = first * PART_BYTES as u64;
        let end = start + bytes.len() as u64;
        if end <= at {
            return Err(Error::internal("a part of the file is missing"));
        }
        Ok(Self { start, bytes, is_last: end >= u64::try_from(row.bytes).unwrap_or(0) })
    }

    fn from(&self, byte: u64) -> &[u8] {
        let skipped = usize::try_from(byte.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.get(skipped..).unwrap_or_default()
    }
}

/// What became of a write.
enum Step {
    Written(Duration),
    Changed,
    Lost,
}

/// A row as it is to be written.
struct PlannedRow {
    report: Report,
    /// Whom it is about and what is to be done.
    person: Option<HashedPerson>,
    action: Option<Action>,
    /// How they are afterwards, in a dry run.
    state: Option<ExistingSubscriber>,
}

/// Reads up to `max` rows, plans and writes.
async fn step(app: &App, Import { row, options }: Import, chunk: &Chunk, max: usize) -> Result<Step> {
    let columns = options.columns().ok_or_else(|| Error::internal("a header is no longer recognised"))?;
    let delimiter = options.delimiter.bytes().next().unwrap_or(b',');
    let position = row.position();
    let read = reader::read(chunk.from(position.byte), position, chunk.is_last, delimiter, max);
    if read.next == position {
        return Err(Error::internal("reading does not advance"));
    }
    let parsed = parse(app, &columns, &read);
    let people: Vec<HashedPerson> =
        parsed.iter().filter_map(|(_, person)| person.as_ref().ok()).cloned().collect();
    let dry_run = options.dry_run.then_some(row.id);
    let asked = people.clone();
    let seen = app.db.snapshot(move |conn| snapshot::read(conn, &asked, dry_run)).await?;
    let defaults = defaults(&options, &columns);
    let planned = plan_rows(app, parsed, &defaults, seen.clone(), options.dry_run)?;
    let reports: Vec<Report> = planned.iter().map(|one| one.report.clone()).collect();
    let statement = Statement { import: row.id, source: options.source, text: options.statement };
    let known: BTreeSet<SubscriberId> =
        seen.subscribers.values().map(|known| SubscriberId::from_uuid(known.id)).collect();
    let (keys, next, actor) = (app.keys.clone(), read.next, row.actor_id);
    let write = move |tx: &mut Tx<'_>| {
        let started = Instant::now();
        if !options.dry_run {
            snapshot::lock(tx, &known)?;
            if snapshot::read(tx, &people, None)? != seen {
                return Ok(Step::Changed);
            }
        }
        if !store::advance(tx, &row, next, &reports)? {
            return Ok(Step::Lost);
        }
        for one in &planned {
            if let (Some(person), Some(action)) = (&one.person, &one.action) {
                apply::apply(tx, &keys, &statement, person, action)?;
            }
            if let (Some(person), Some(state)) = (&one.person, &one.state) {
                dry_run::upsert(tx, row.id, &person.hash, state)?;
            }
        }
        Ok(Step::Written(started.elapsed()))
    };
    app.db.write_as(actor, write).await
}

type ParsedRow = (u64, Result<HashedPerson, Refusal>);

/// Parses the rows and hashes the addresses in them.
fn parse(app: &App, columns: &Columns, read: &Rows) -> Vec<ParsedRow> {
    let now = app.clock.now();
    let person = |row: &reader::Row| {
        let person = columns.person(row.cells.as_ref().ok_or("row-too-long")?, now)?;
        let hash = suppressions::hash(&app.keys, person.email.key());
        Ok(HashedPerson { person, hash })
    };
    read.rows.iter().map(|row| (row.line, person(row))).collect()
}

fn defaults(options: &ImportOptionsRow, columns: &Columns) -> Defaults {
    Defaults {
        source: options.source.clone(),
        labels: options.labels().iter().map(str::to_owned).collect(),
        locale: options.locale.clone(),
        has_sources: columns.find(Meaning::Source).is_some(),
    }
}

fn plan_rows(
    app: &App,
    rows: Vec<ParsedRow>,
    defaults: &Defaults,
    mut snapshot: Snapshot,
    dry_run: bool,
) -> Result<Vec<PlannedRow>> {
    let now = app.clock.now();
    let mut planned = Vec::with_capacity(rows.len());
    for (line, person) in rows {
        planned.push(match person {
            Err(code) => PlannedRow {
                report: Report { line, outcome: RowOutcome::Refused, code: Some(code), subscriber: None },
                person: None,
                action: None,
                state: None,
            },
            Ok(hashed) => {
                let id = app.random.id(now)?;
                let Decision { outcome, code, action, subscriber } =
                    plan(&hashed.person, &hashed.hash, defaults, &mut snapshot, id);
                let known = snapshot.subscribers.get(hashed.person.email.key());
                // A dry run creates nobody, so there is no subscriber to report.
                let subscriber = subscriber.filter(|_| !dry_run || known.is_some_and(|known| !known.is_new));
                let state = action.as_ref().and_then(|_| known.cloned());
                PlannedRow {
                    report: Report { line, outcome, code, subscriber },
                    person: Some(hashed),
                    action: action.filter(|_| !dry_run),
                    state: state.filter(|_| dry_run),
                }
            }
        });
    }
    Ok(planned)
}
