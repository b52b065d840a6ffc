//! The list of every background job. A job that is not listed is refused as unknown when it falls due.

use tokio::sync::watch;

use super::backups::{self, BackUp};
use super::housekeeping::{self, Housekeeping};
use super::purging::ForgetPurged;
use crate::accounts::resets::SendPasswordReset;
use crate::accounts::{ForgetNames, HandOver};
use crate::app::App;
use crate::base::error::Result;
use crate::base::jobs::{Kind, Worker};
use crate::editions::purge::PurgeArticle;
use crate::outbox::{DeleteTraces, SendEmail};
use crate::render_context::RerenderArticles;
use crate::search::forget_words::ForgetWords;
use crate::subscribers::RequestConfirmation;
use crate::subscribers::import::ImportSubscribers;

/// Every kind of job.
pub const JOBS: &[Kind<App>] = &[
    // Rerenders articles after a name, link or setting that they embed has changed.
    Kind::of::<RerenderArticles>(),
    // Decides whether someone who signed up is asked to confirm.
    Kind::of::<RequestConfirmation>(),
    // Decides whether someone who asked for it is sent a link to choose another password.
    Kind::of::<SendPasswordReset>(),
    // Sends an email.
    Kind::of::<SendEmail>(),
    // Imports some rows of a file of subscribers, and continues until all are read.
    Kind::of::<ImportSubscribers>(),
    // Deletes what is left of erased people outside the tables.
    Kind::of::<DeleteTraces>(),
    // Gives what an erased user owned to their successor.
    Kind::of::<HandOver>(),
    // Deletes the stored responses that name an erased user.
    Kind::of::<ForgetNames>(),
    // Deletes the rows of an article that was deleted for good.
    Kind::of::<PurgeArticle>(),
    // Removes purged articles from stored responses and from deliveries to webhooks.
    Kind::of::<ForgetPurged>(),
    // Deletes words that no searchable text has any more.
    Kind::of::<ForgetWords>(),
    // Makes a backup, as often as the settings say.
    Kind::of::<BackUp>(),
    // Deletes what has expired, once an hour.
    Kind::of::<Housekeeping>(),
];

/// Runs jobs in the background until `stop` turns true.
pub async fn run_until(app: App, stop: watch::Receiver<bool>) {
    let first = app.db.write(move |tx| housekeeping::schedule(tx, tx.now()));
    if let Err(error) = first.await {
        log::error!("housekeeping could not be scheduled: {error}");
    }
    if let Err(error) = backups::start(&app).await {
        log::error!("backups could not be scheduled: {error}");
    }
    worker(&app).run_until(stop).await;
}

/// Runs every job that is due now, and returns how many ran. For tests, which control the clock.
///
/// # Errors
/// When the database cannot be reached.
pub async fn run_due(app: &App) -> Result<usize> {
    worker(app).run_due().await
}

fn worker(app: &App) -> Worker<'_, App> {
    Worker { db: &app.db, clock: &app.clock, kinds: JOBS, env: app }
}
