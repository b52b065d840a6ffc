//! SQLite's one writer: a thread that runs what is waiting in one transaction, and responds after COMMIT.
//!
//! One fsync serves the whole group, which makes durable writes as fast as undurable ones. Each job has a savepoint of
//! its own, so a refused job leaves its neighbours alone. Some errors make SQLite roll back the *outer* transaction on
//! its own; the next savepoint would then silently open another, so after every error the outer one is looked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use diesel::result::Error as DatabaseError;
use tokio::sync::{mpsc, oneshot};

use super::connection::AnyConnection as Connection;
use super::failure;
use super::generation::Generation;
use super::sqlite_files::OpenFiles;
use super::tx::Tx;
use super::work::{Value, Write, run};
use crate::base::actor::Origin;
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::{Error, Result};
use crate::base::random::Random;

/// How many jobs may wait; further ones are refused.
const QUEUE: usize = 4096;
/// How many jobs share a commit.
const GROUP: usize = 256;

/// A handle on the writer thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    alive: Arc<AtomicBool>,
    files: Arc<OpenFiles>,
}

/// A unit of work, and where its outcome goes.
struct Job {
    origin: Origin,
    work: Write,
    outcome: Option<Result<Value>>,
    reply: oneshot::Sender<Result<Value>>,
}

impl Job {
    /// Does the work inside a savepoint and keeps the outcome.
    fn run(&mut self, tx: &mut Tx<'_>) -> &Result<Value> {
        let work = &mut self.work;
        let outcome = catch_unwind(AssertUnwindSafe(|| run(tx, work)));
        let panicked = || Err(Error::internal("a unit of work panicked"));
        self.outcome.insert(outcome.unwrap_or_else(|_| panicked()))
    }

    /// Sends the outcome, or that nothing of the group was written.
    fn respond(self, commit: Result<(), &Lost>) {
        let outcome = match (self.outcome, commit) {
            // A failure, too: it may come from what a neighbour wrote, which is gone.
            (_, Err(lost)) => Err(lost.error()),
            (Some(outcome), Ok(())) => outcome,
            (None, Ok(())) => Err(Error::internal("a unit of work was not run")),
        };
        // The caller may have gone; the work is done all the same.
        let _ = self.reply.send(outcome);
    }
}

/// Why nothing of a group was written.
#[derive(Debug)]
struct Lost {
    why: String,
    /// Whether the file can no longer be trusted.
    is_fatal: bool,
    /// Whether there is no space left.
    is_full: bool,
}

impl Lost {
    /// What each caller of the group is told.
    fn error(&self) -> Error {
        let why = self.why.as_str();
        if self.is_full { Error::no_space(why) } else { Error::unavailable(why) }
    }
}

impl From<&DatabaseError> for Lost {
    fn from(error: &DatabaseError) -> Self {
        let (is_fatal, is_full) = (failure::is_fatal(error), failure::is_full(error));
        Self { why: error.to_string(), is_fatal, is_full }
    }
}

impl Writer {
    pub(super) fn start(
        mut conn: Connection,
        path: &str,
        clock: Clock,
        random: Random,
        generation: Arc<Generation>,
    ) -> Result<Self> {
        // A savepoint keeps the pages that it changes as they were: in memory, and not in a file. SQLite opens the log with
        // the first read.
        conn.batch_execute("PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_schema")?;
        let files = Arc::new(OpenFiles::of(path)?);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let alive = Arc::new(AtomicBool::new(true));
        let (flag, opened) = (alive.clone(), files.clone());
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                // Without this thread nothing can be written, so readiness must fail.
                let died = catch_unwind(AssertUnwindSafe(|| {
                    write_until_closed(conn, waiting, &opened, &clock, &random, &generation)
                }));
                flag.store(false, Ordering::SeqCst);
                match died {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => fatal(&why),
                    Err(_) => fatal("the writer panicked"),
                }
            })
            .map_err(Error::internal)?;
        Ok(Self { queue, alive, files })
    }

    pub(super) fn is_writable(&self) -> bool {
        self.alive.load(Ordering::SeqCst) && self.files.are_in_place()
    }

    pub(super) async fn run(&self, origin: Origin, work: Write) -> Result<Value> {
        let (reply, outcome) = oneshot::channel();
        self.queue
            .try_send(Job { origin, work, outcome: None, reply })
            .map_err(|_| Error::unavailable("too many writes are waiting"))?;
        outcome.await.map_err(|_| Error::unavailable("the writer is gone"))?
    }
}

/// Ends the process: the database file may be damaged, and only a restart recovers it.
fn fatal(why: &str) {
    log::error!("writing has ended: {why}");
    crate::base::logger::finish();
    std::process::exit(70);
}

fn write_until_closed(
    mut conn: Connection,
    mut waiting: mpsc::Receiver<Job>,
    files: &OpenFiles,
    clock: &Clock,
    random: &Random,
    generation: &Generation,
) -> Result<(), String> {
    let mut group: Vec<Job> = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        // The generation is raised before anyone gets a result, so that whoever has one reads what was written.
        let commit = commit_group(&mut conn, &mut group, files, clock, random).map(|seen| {
            if let Some(seen) = seen {
                generation.raise(seen);
            }
        });
        if let Err(lost) = &commit {
            log::error!("a group of {} writes failed: {}", group.len(), lost.why);
        }
        for job in group.drain(..) {
            job.respond(commit.as_ref().copied());
        }
        if let Err(Lost { why, is_fatal: true, .. }) = commit {
            return Err(why);
        }
    }
    Ok(())
}

/// Runs every job of the group in one transaction and commits it. On `Err` nothing of the group was written.
/// Returns the newest event that readers see, and when it happened.
fn commit_group(
    conn: &mut Connection,
    group: &mut [Job],
    files: &OpenFiles,
    clock: &Clock,
    random: &Random,
) -> Result<Option<(i64, Timestamp)>, Lost> {
    let mut newest = None;
    conn.batch_execute("BEGIN IMMEDIATE").map_err(|e| Lost::from(&e))?;
    for job in group {
        conn.batch_execute("SAVEPOINT job").map_err(|e| give_up(conn, &e))?;
        let mut tx = Tx::new(conn, clock, random, job.origin);
        match job.run(&mut tx) {
            Ok(_) => {
                newest = tx.seen.or(newest);
                conn.batch_execute("RELEASE job").map_err(|e| give_up(conn, &e))?;
            }
            Err(error) => {
                let cause = failure::of_database(error);
                if !is_open(conn) {
                    // The unit's own error does not concern the file, and may contain a client's input.
                    let why = || Lost {
                        why: "the transaction is gone".to_owned(),
                        is_fatal: false,
                        is_full: false,
                    };
                    return Err(cause.map_or_else(why, Lost::from));
                }
                conn.batch_execute("ROLLBACK TO job; RELEASE job").map_err(|e| give_up(conn, &e))?;
                if let Some(cause) = cause.filter(|cause| failure::is_fatal(cause)) {
                    return Err(give_up(conn, cause));
                }
            }
        }
    }
    if !files.are_in_place() {
        roll_back(conn);
        let why = "the files of the database were removed or replaced while they were open".to_owned();
        return Err(Lost { why, is_fatal: false, is_full: false });
    }
    conn.batch_execute("COMMIT").map_err(|e| give_up(conn, &e))?;
    Ok(newest)
}

/// Whether the outer transaction is still open. SQLite has no query for that, but refuses a BEGIN inside a
/// transaction.
fn is_open(conn: &mut Connection) -> bool {
    if conn.batch_execute("BEGIN").is_err() {
        return true;
    }
    roll_back(conn);
    false
}

/// Rolls the whole group back for that reason.
fn give_up(conn: &mut Connection, error: &DatabaseError) -> Lost {
    roll_back(conn);
    Lost::from(error)
}

/// Ends the transaction, if there is one left.
fn roll_back(conn: &mut Connection) {
    if let Err(error) = conn.batch_execute("ROLLBACK") {
        log::debug!("nothing left to roll back: {error}");
    }
}
