//! What is done every hour: rows that have outlived their time are dropped.

use std::time::Duration;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::idempotency;
use crate::base::jobs::{self, Job};
use crate::{search, subscribers};

/// Drops what has outlived its time.
pub async fn housekeeping(app: &App) -> Result<()> {
    while app.db.write(idempotency::purge).await? {}
    while app.db.write(subscribers::store::purge).await? {}
    while app.db.write(subscribers::import::store::purge).await? {}
    while app.db.write(search::store::tidy).await? {}
    app.db
        .write(move |tx| {
            // Only this one: should there ever be two, they become one again.
            if jobs::count(tx, "housekeeping")? > 1 {
                return Ok(());
            }
            let again = tx.now().plus(Duration::from_secs(3600));
            jobs::enqueue(tx, &Job::Housekeeping, again)
        })
        .await
}
