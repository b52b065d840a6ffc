//! Deletes what is left of articles that were deleted for good. Every resource may have something, so it is in `server/`.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

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

/// How long after an article was purged what else names it is searched. Articles that are purged in the meantime share that
/// work.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);
/// Articles that were purged within this time are searched for.
const SEARCHED_FOR: Duration = Duration::from_secs(24 * 3600);

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
            jobs::enqueue_once(tx, &ForgetPurged, tx.now().plus(FORGOTTEN_AFTER))?;
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
        forget_purged(app).await?;
        app.db.write(outbox::delete_traces).await?;
        Ok(Outcome::Done)
    }
}

/// Deletes the stored responses that name purged articles, as those about their translations do, and removes their slugs,
/// languages and URLs from deliveries that wait.
pub(super) async fn forget_purged(app: &App) -> Result<()> {
    let since = app.clock.now().minus(SEARCHED_FOR);
    let purged = app.db.read(move |conn| purged(conn, since)).await?;
    if purged.is_empty() {
        return Ok(());
    }
    idempotency::forget_naming(&app.db, purged.iter().cloned().collect()).await?;
    webhooks::forget::forget(&app.db, &purged).await
}

fn purged(conn: &mut Connection, since: Timestamp) -> Result<BTreeSet<String>> {
    let kinds = [EventKind::ArticlePurged, EventKind::DraftPurged].map(EventKind::as_str);
    let purged: Vec<SubjectId> = events::table
        .filter(events::kind.eq_any(kinds))
        .filter(events::at.ge(since))
        .select(events::subject_id)
        .distinct()
        .load(conn)?;
    Ok(purged.into_iter().map(|id| id.to_string()).collect())
}
