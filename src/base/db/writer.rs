//! SQLite's one writer: a thread that takes what is waiting, does it in one transaction, and answers after COMMIT.
//!
//! One fsync serves the whole group, which makes durable writes as fast as undurable ones. Each job has a savepoint of
//! its own, so a refused job leaves its neighbours alone. Some errors make SQLite roll back the *outer* transaction on
//! its own; the next savepoint would then silently open another, so after every error the outer one is looked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use tokio::sync::{mpsc, oneshot};

use super::{Connection, Tx, Value, Write, violation};
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::{Error, Result};
use crate::base::events::Generation;
use crate::base::ids::UserId;
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
}

/// A unit of work, and where its outcome goes.
struct Job {
    actor: Option<UserId>,
    work: Write,
    outcome: Option<Result<Value>>,
    reply: oneshot::Sender<Result<Value>>,
}

impl Job {
    /// Does the work inside a savepoint and keeps the outcome. Says whether the savepoint is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), String> {
        let work = &mut self.work;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let value = work(tx)?;
            tx.finish()?;
            Ok(value)
        }))
        .unwrap_or_else(|_| Err(Error::internal("a unit of work panicked")));
        // A refusal may quote what a client sent; only the database's own words tell what became of the file.
        let kept = outcome.as_ref().map(|_| ()).map_err(|error| match error {
            Error::Unavailable(why) | Error::Internal(why) => why.clone(),
            _ => "refused".to_owned(),
        });
        self.outcome = Some(outcome);
        kept
    }

    /// Sends the outcome, or that the group's commit failed.
    fn answer(self, commit: Result<(), &str>) {
        let outcome = match (self.outcome, commit) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(why)) => Err(Error::unavailable(why)),
            (None, Ok(())) => Err(Error::internal("a unit of work was not run")),
        };
        // The caller may have gone; the work is done all the same.
        let _ = self.reply.send(outcome);
    }
}

impl Writer {
    pub(super) fn start(
        conn: Connection,
        clock: Clock,
        random: Random,
        generation: Arc<Generation>,
    ) -> Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let alive = Arc::new(AtomicBool::new(true));
        let flag = alive.clone();
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                // Whatever ends this thread ends the process's ability to write: readiness has to tell.
                let died = catch_unwind(AssertUnwindSafe(|| {
                    write_until_closed(conn, waiting, &clock, &random, &generation)
                }));
                flag.store(false, Ordering::SeqCst);
                match died {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => fatal(&why),
                    Err(_) => fatal("the writer panicked"),
                }
            })
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self { queue, alive })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    pub(super) async fn run(&self, actor: Option<UserId>, work: Write) -> Result<Value> {
        let (reply, outcome) = oneshot::channel();
        self.queue
            .try_send(Job { actor, work, outcome: None, reply })
            .map_err(|_| Error::unavailable("too many writes are waiting"))?;
        outcome.await.map_err(|_| Error::unavailable("the writer is gone"))?
    }
}

/// Ends the process: what the disk holds can no longer be vouched for, and only a fresh start reads it anew.
fn fatal(why: &str) {
    log::error!("writing has ended: {why}");
    crate::base::logger::finish();
    std::process::exit(70);
}

fn write_until_closed(
    mut conn: Connection,
    mut waiting: mpsc::Receiver<Job>,
    clock: &Clock,
    random: &Random,
    generation: &Generation,
) -> Result<(), String> {
    let mut group: Vec<Job> = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        // Whoever is answered reads what was written: the number rises first.
        let commit = commit_group(&mut conn, &mut group, clock, random).map(|seen| {
            if let Some(seen) = seen {
                generation.raise(seen);
            }
        });
        if let Err(why) = &commit {
            log::error!("a group of {} writes failed: {why}", group.len());
        }
        for job in group.drain(..) {
            job.answer(commit.as_ref().copied().map_err(String::as_str));
        }
        if let Err(why) = commit
            && violation::is_fatal(&why)
        {
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
    clock: &Clock,
    random: &Random,
) -> Result<Option<(i64, Timestamp)>, String> {
    let mut newest = None;
    conn.batch_execute("BEGIN IMMEDIATE").map_err(|e| e.to_string())?;
    for job in group {
        let kept = conn.batch_execute("SAVEPOINT job").map_err(|e| e.to_string()).and_then(|()| {
            let mut tx = Tx::new(conn, clock, random, job.actor);
            job.run(&mut tx).map(|()| tx.seen)
        });
        match kept {
            Ok(seen) => {
                newest = seen.or(newest);
                conn.batch_execute("RELEASE job").map_err(|e| roll_back(conn, &e.to_string()))?;
            }
            Err(why) => {
                if !is_open(conn) {
                    return Err(why);
                }
                conn.batch_execute("ROLLBACK TO job; RELEASE job")
                    .map_err(|e| roll_back(conn, &e.to_string()))?;
                if violation::is_fatal(&why) {
                    return Err(roll_back(conn, &why));
                }
            }
        }
    }
    conn.batch_execute("COMMIT").map_err(|e| roll_back(conn, &e.to_string()))?;
    Ok(newest)
}

/// Whether the outer transaction still stands. SQLite refuses a BEGIN inside one, which is how it is asked.
fn is_open(conn: &mut Connection) -> bool {
    if conn.batch_execute("BEGIN").is_err() {
        return true;
    }
    roll_back(conn, "");
    false
}

/// Gives the transaction up, if there is one left, and passes the reason on.
fn roll_back(conn: &mut Connection, why: &str) -> String {
    if let Err(error) = conn.batch_execute("ROLLBACK") {
        log::debug!("nothing left to roll back: {error}");
    }
    why.to_owned()
}
