//! The job that deletes what has expired, every hour.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::purging::forget_purged;
use crate::accounts::{attempts, links, sessions};
use crate::app::App;
use crate::articles::retention;
use crate::auth::signing_keys;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::idempotency;
use crate::base::jobs::{self, Job, Outcome};
use crate::editions::purge::purge_trashed_before;
use crate::{audit, outbox, previews, search, subscribers, webhooks};

/// How long after one run the next is due.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Deletes some expired rows, and returns whether there may be more.
type Purge = fn(&mut Tx<'_>) -> Result<bool>;

/// What is deleted. One that fails does not keep the others from it.
const PURGES: &[(&str, Purge)] = &[
    ("idempotency keys", idempotency::purge),
    ("signing keys", signing_keys::purge),
    ("sessions", sessions::purge),
    ("login attempts", attempts::purge),
    ("links in account emails", links::purge),
    ("preview links", previews::store::purge),
    ("refusals", audit::refusals::purge),
    ("subscribers", subscribers::erasure::purge),
    ("imports of subscribers", subscribers::import::purge::purge),
    ("emails", outbox::purge),
    ("deliveries to webhooks", webhooks::deliveries::purge),
    ("search index", search::store::tidy),
];

/// The job that deletes expired rows and compacts the search index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Housekeeping;

impl Job<App> for Housekeeping {
    const KIND: &'static str = "housekeeping";
    const TIMEOUT: Duration = Duration::from_secs(300);

    async fn run(self, app: &App) -> Result<Outcome> {
        let mut failed = Vec::new();
        for (what, purge) in PURGES {
            if let Err(error) = purge_all(app, *purge).await {
                failed.push(format!("{what}: {error}"));
            }
        }
        if let Err(error) = purge_trash(app).await {
            failed.push(format!("trash: {error}"));
        }
        if let Err(error) = outbox::delete_files(app).await {
            failed.push(format!("files of emails: {error}"));
        }
        if let Err(error) = purge_revisions(app).await {
            failed.push(format!("revisions: {error}"));
        }
        let next = |tx: &mut Tx<'_>| {
            // A delivery may have been written while its article was purged.
            forget_purged(tx)?;
            schedule(tx, tx.now().plus(INTERVAL))
        };
        app.db.write(next).await?;
        if failed.is_empty() { Ok(Outcome::Done) } else { Err(Error::unavailable(failed.join("; "))) }
    }
}

/// Deletes the revisions that are older than the settings say, if they do.
async fn purge_revisions(app: &App) -> Result<()> {
    let Some(days) = app.config.site.keep_revisions_days else { return Ok(()) };
    let life = Duration::from_secs(u64::from(days) * 24 * 3600);
    retention::purge(&app.db, app.clock.now().minus(life)).await
}

async fn purge_all(app: &App, purge: Purge) -> Result<()> {
    while app.db.write(purge).await? {}
    Ok(())
}

/// Deletes the articles for good that have been in the trash for long.
async fn purge_trash(app: &App) -> Result<()> {
    let days = u64::from(app.config.site.trash_days);
    if days == 0 {
        return Ok(());
    }
    let before = app.clock.now().minus(Duration::from_secs(days * 24 * 3600));
    while app.db.write(move |tx| purge_trashed_before(tx, before)).await? {}
    Ok(())
}

/// Makes a run due at `run_at`, unless one is waiting: should two ever run at the same time, only one follows.
pub(super) fn schedule(tx: &mut Tx<'_>, run_at: Timestamp) -> Result<()> {
    jobs::enqueue_once(tx, &Housekeeping, run_at)
}
