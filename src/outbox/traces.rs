//! What is left of erased people and purged articles outside the tables, and the job that deletes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::files::delete_files;
use crate::app::App;
use crate::base::db::{Tx, empty_log};
use crate::base::error::Result;
use crate::base::jobs::{self, Job, Outcome};

/// How long after an erasure its traces are deleted. Erasures in the meantime share that work.
const DELETED_AFTER: Duration = Duration::from_secs(10);

/// Deletes what is left of erased people and purged articles outside the tables: the files of emails, and pages in the
/// database's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteTraces;

impl Job<App> for DeleteTraces {
    const KIND: &'static str = "delete-traces";

    async fn run(self, app: &App) -> Result<Outcome> {
        delete_files(app).await?;
        empty_log(app.db.url()).await?;
        Ok(Outcome::Done)
    }
}

/// Makes [`DeleteTraces`] due, unless it is.
///
/// # Errors
/// Those of the database.
pub fn delete_traces(tx: &mut Tx<'_>) -> Result<()> {
    jobs::enqueue_once(tx, &DeleteTraces, tx.now().plus(DELETED_AFTER))
}
