//! The job that makes a backup at every interval. Several servers that start may have a job each; the one that gets the lease
//! makes the backup.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::archive::folder::Folder;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::leases::Lease;
use crate::base::error::{Error, Result};
use crate::base::jobs::{self, Job, Outcome};

/// How often a quiet copy looks whether it was resumed.
const WHILE_QUIET: Duration = Duration::from_secs(300);

/// The lease of the server that makes a backup.
const LEASE: &str = "backups";
/// How long it lasts if its server dies. The backup begins again when another job is due: that of a server that starts, or
/// this one after its `TIMEOUT`.
const LEASE_FOR: Duration = Duration::from_secs(30);
/// How often another server looks whether it is free.
const RETRY: Duration = Duration::from_secs(10);

/// Makes a backup in `LEDE_BACKUP_DIR`, and leaves the next one to another job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackUp;

impl Job<App> for BackUp {
    const KIND: &'static str = "back-up";
    // Far longer than one takes. Should the server die meanwhile, another one takes over then.
    const TIMEOUT: Duration = Duration::from_secs(2 * 3600);

    async fn run(self, app: &App) -> Result<Outcome> {
        let Some((dir, interval)) = app.config.backup.schedule() else { return Ok(Outcome::Done) };
        let (folder, now) = (Folder(dir), app.clock.now());
        if app.db.generation().is_quiet() {
            // A copy's backups would take the place of those of the server it was made from.
            app.db.write(move |tx| schedule(tx, now.plus(WHILE_QUIET))).await?;
            return Ok(Outcome::Done);
        }
        let lease = Lease::new(LEASE, app.random.id(now)?, LEASE_FOR);
        if !lease.hold(&app.db, now).await? {
            app.db.write(move |tx| schedule(tx, now.plus(RETRY))).await?;
            return Ok(Outcome::Done);
        }
        let due = folder.next(interval, now);
        // Another server may have just made one.
        let (made, next) =
            if due > now { (Ok(()), due) } else { (back_up(app, &lease, folder).await, now.plus(interval)) };
        lease.release(&app.db).await?;
        app.db.write(move |tx| schedule(tx, next)).await?;
        made.map(|()| Outcome::Done)
    }
}

/// Makes a backup, and renews the lease meanwhile.
async fn back_up(app: &App, lease: &Lease, folder: Folder) -> Result<()> {
    let (url, clock) = (app.config.database.url.clone(), app.clock.clone());
    let keep = usize::try_from(app.config.backup.keep).unwrap_or(usize::MAX);
    let making = tokio::task::spawn_blocking(move || folder.add(&url, &clock, keep));
    let made = lease.keep(&app.db, &app.clock, making).await;
    let (path, _) = made.map_err(Error::internal)??;
    log::info!("backed up to {}", path.display());
    Ok(())
}

/// Makes the first backup of this process due when the newest is old enough, if servers make backups.
pub(super) async fn start(app: &App) -> Result<()> {
    let Some((dir, interval)) = app.config.backup.schedule() else { return Ok(()) };
    let due = Folder(dir).next(interval, app.clock.now());
    app.db.write(move |tx| schedule(tx, due)).await
}

/// Makes a backup due, unless one is.
fn schedule(tx: &mut Tx<'_>, at: Timestamp) -> Result<()> {
    jobs::enqueue_once(tx, &BackUp, at)
}
