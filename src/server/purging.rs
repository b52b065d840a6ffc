//! Deletes what is left of an article that was deleted for good. Every resource may have something, so this stands above
//! them.

use std::time::Duration;

use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency;
use crate::base::ids::{IsId as _, SubjectId};
use crate::base::jobs::{Job, Outcome};
use crate::editions::purge::{PurgeArticle, delete_some};
use crate::outbox;
use crate::search::forget_words::forget_words;
use crate::webhooks::forget::forget_purged;

impl Job<App> for PurgeArticle {
    const KIND: &'static str = "purge-article";
    const TIMEOUT: Duration = Duration::from_secs(300);

    async fn run(self, app: &App) -> Result<Outcome> {
        let id = self.article;
        while app.db.write(move |tx| outbox::forget_about(tx, id)).await? {}
        while app.db.write(move |tx| delete_some(tx, id)).await? {}
        while app.db.write(move |tx| idempotency::forget_about(tx, SubjectId::from_uuid(id.uuid()))).await? {}
        // Responses about its translations name it.
        idempotency::forget_naming(&app.db, vec![id.to_string()]).await?;
        forget_purged(app).await?;
        let rest = |tx: &mut Tx<'_>| {
            forget_words(tx)?;
            outbox::delete_traces(tx)
        };
        app.db.write(rest).await?;
        Ok(Outcome::Done)
    }
}
