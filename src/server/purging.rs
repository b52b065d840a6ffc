//! Deletes what is left of articles that were deleted for good. Every resource may have something, so it is in `server/`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::schema::events;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::EventKind;
use crate::base::http::idempotency;
use crate::base::ids::{IsId as _, SubjectId};
use crate::base::jobs::{self, Job, Outcome};
use crate::editions::purge::{PurgeArticle, delete_some};
use crate::outbox;
use crate::search::forget_words::forget_words;
use crate::webhooks;

/// The time between a purge and the search for what else names the article. Articles that are purged in the meantime share
/// that search.
const SEARCHED_AFTER: Duration = Duration::from_secs(10);

impl Job<App> for PurgeArticle {
    const KIND: &'static str = "purge-article";
    const TIMEOUT: Duration = Duration::from_secs(300);

    async fn run(self, app: &App) -> Result<Outcome> {
        let id = self.article;
        while app.db.write(move |tx| outbox::forget_about(tx, id)).await? {}
        while app.db.write(move |tx| delete_some(tx, id)).await? {}
        while app.db.write(move |tx| idempotency::forget_about(tx, SubjectId::from_uuid(id.uuid()))).await? {}
        let rest = |tx: &mut Tx<'_>| {
            forget_words(tx)?;
            forget_purged(tx)?;
            outbox::delete_traces(tx)
        };
        app.db.write(rest).await?;
        Ok(Outcome::Done)
    }
}

/// The job that searches stored responses and deliveries of webhooks for purged articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetPurged;

impl Job<App> for ForgetPurged {
    const KIND: &'static str = "forget-purged";
    const TIMEOUT: Duration = Duration::from_secs(300);

    async fn run(self, app: &App) -> Result<Outcome> {
        // Deliveries and responses that name one are no older.
        let since = app.clock.now().minus(webhooks::deliveries::KEPT_FOR);
        let purged = Arc::new(app.db.read(move |conn| purged(conn, since)).await?);
        if !purged.is_empty() {
            // Responses about its translations name it, too.
            idempotency::forget_naming(&app.db, purged.clone()).await?;
            webhooks::forget::forget(&app.db, &purged).await?;
            app.db.write(outbox::delete_traces).await?;
        }
        Ok(Outcome::Done)
    }
}

/// Makes [`ForgetPurged`] due soon, unless it is.
pub(super) fn forget_purged(tx: &mut Tx<'_>) -> Result<()> {
    jobs::enqueue_once(tx, &ForgetPurged, tx.now().plus(SEARCHED_AFTER))
}

fn purged(conn: &mut Connection, since: Timestamp) -> Result<BTreeSet<Uuid>> {
    let kinds = [EventKind::ArticlePurged, EventKind::DraftPurged].map(EventKind::as_str);
    let purged: Vec<SubjectId> = events::table
        .filter(events::kind.eq_any(kinds))
        .filter(events::at.ge(since))
        .select(events::subject_id)
        .distinct()
        .load(conn)?;
    Ok(purged.into_iter().map(|id| id.uuid()).collect())
}
