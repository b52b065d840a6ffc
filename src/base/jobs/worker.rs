//! Does the jobs that are due: in the background until told to stop, or all at once when a test asks.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::store::{self, Claimed};
use super::{Job, Lane};
use crate::app::App;
use crate::base::error::Result;

/// How often the table is looked at when nothing was due.
const IDLE: Duration = Duration::from_millis(500);
/// How many jobs one claim takes.
const BATCH: i64 = 8;

/// Works until `stop` turns true. What was claimed is finished first; what else is due waits for the next start.
pub async fn run_until(app: App, stop: watch::Receiver<bool>) {
    // What a server was at when it was killed is done by the next one on the same file, which need not wait.
    if app.db.url().is_sqlite()
        && let Err(error) = app.db.write(store::release).await
    {
        log::warn!("jobs that were claimed wait for their time: {error}");
    }
    if let Err(error) = start_recurring(&app).await {
        log::error!("recurring jobs could not be started: {error}");
    }
    futures_util::future::join(work(&app, Lane::Own, stop.clone()), work(&app, Lane::Mail, stop.clone()))
        .await;
}

async fn work(app: &App, lane: Lane, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let done = match run_batch(app, lane).await {
            Ok(done) => done,
            Err(error) => {
                log::warn!("jobs wait: {error}");
                0
            }
        };
        if done == 0 {
            let _ = tokio::time::timeout(IDLE, stop.changed()).await;
        }
    }
}

/// Does everything that is due now, and what that makes due, and returns how many jobs were tried.
///
/// # Errors
/// When the database is away. A job's own failure is written down with the job.
pub async fn run_due(app: &App) -> Result<usize> {
    let mut tried = 0;
    loop {
        match run_batch(app, Lane::Own).await? + run_batch(app, Lane::Mail).await? {
            0 => return Ok(tried),
            more => tried += more,
        }
    }
}

/// Does some of what is due, and returns how many jobs were tried.
async fn run_batch(app: &App, lane: Lane) -> Result<usize> {
    let now = app.clock.now();
    if !app.db.read(move |conn| store::any_due(conn, lane, now)).await? {
        return Ok(0);
    }
    let batch = app.db.write(move |tx| store::claim(tx, lane, BATCH)).await?;
    let tried = batch.len();
    for claimed in batch {
        run_one(app, claimed).await?;
    }
    Ok(tried)
}

async fn run_one(app: &App, Claimed { id, attempts, job }: Claimed) -> Result<()> {
    let outcome = match job {
        // One job's defect is written down with it and ends no other's work.
        Ok(job) => match AssertUnwindSafe(job.run(app)).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|e| e.to_string()),
            Err(_) => Err("the job panicked".to_owned()),
        },
        Err(unreadable) => Err(unreadable),
    };
    match outcome {
        Ok(()) => app.db.write(move |tx| store::finish(tx, id)).await,
        Err(why) => {
            log::warn!("job {id} failed (try {attempts}): {why}");
            app.db.write(move |tx| store::fail(tx, id, attempts, &why)).await
        }
    }
}

async fn start_recurring(app: &App) -> Result<()> {
    app.db
        .write(move |tx| {
            let now = tx.now();
            if store::count(tx, "housekeeping")? > 0 {
                return Ok(());
            }
            store::enqueue(tx, &Job::Housekeeping, now)
        })
        .await
}
