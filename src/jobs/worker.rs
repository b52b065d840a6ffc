//! Does the jobs that are due: in the background until told to stop, or all at once when a test asks.

use std::time::Duration;

use tokio::sync::watch;

use super::Job;
use super::store::{self, Claimed};
use crate::app::App;
use crate::error::Result;

/// How often the table is looked at when nothing was due.
const IDLE: Duration = Duration::from_millis(500);
/// How many jobs one claim takes.
const BATCH: i64 = 16;

/// Works until `stop` turns true. A claimed job is finished first.
pub async fn run_until(app: App, mut stop: watch::Receiver<bool>) {
    if let Err(error) = start_recurring(&app).await {
        log::error!("recurring jobs could not be started: {error}");
    }
    while !*stop.borrow() {
        let done = match run_due(&app).await {
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
        let now = app.clock.now();
        if !app.db.read(move |conn| store::any_due(conn, now)).await? {
            return Ok(tried);
        }
        let batch = app.db.write(|tx| store::claim(tx, BATCH)).await?;
        if batch.is_empty() {
            return Ok(tried);
        }
        for claimed in batch {
            tried += 1;
            run_one(app, claimed).await?;
        }
    }
}

async fn run_one(app: &App, Claimed { id, attempts, job }: Claimed) -> Result<()> {
    let outcome = match job {
        Ok(job) => job.run(app).await.map_err(|e| e.to_string()),
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
    let random = app.random.clone();
    app.db
        .write(move |tx| {
            let now = tx.now();
            if store::is_waiting(tx, "housekeeping")? {
                return Ok(());
            }
            store::enqueue(tx, &random, &Job::Housekeeping, now)
        })
        .await
}
