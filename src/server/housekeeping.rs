//! The job that deletes what has expired, every hour.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency;
use crate::base::jobs::{self, Job, Outcome};
use crate::{outbox, search, subscribers};

/// How long after one run the next is due.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The job that deletes expired rows and compacts the search index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Housekeeping;

impl Job<App> for Housekeeping {
    const KIND: &'static str = "housekeeping";
    const TIMEOUT: Duration = Duration::from_secs(300);

    async fn run(self, app: &App) -> Result<Outcome> {
        while app.db.write(idempotency::purge).await? {}
        while app.db.write(subscribers::erasure::purge).await? {}
        while app.db.write(subscribers::import::store::purge).await? {}
        while app.db.write(outbox::purge).await? {}
        while app.db.write(search::store::tidy).await? {}
        app.db.write(move |tx| schedule(tx, tx.now().plus(INTERVAL))).await?;
        Ok(Outcome::Done)
    }
}

/// Makes a run due at `run_at`, unless one is waiting: should two ever run at the same time, only one follows.
pub(super) fn schedule(tx: &mut Tx<'_>, run_at: Timestamp) -> Result<()> {
    if jobs::is_waiting::<_, Housekeeping>(tx)? {
        return Ok(());
    }
    jobs::enqueue(tx, &Housekeeping, run_at)
}
