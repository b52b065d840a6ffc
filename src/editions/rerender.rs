//! Renders stale editions again. After the render context has changed, a job checks every rendering once: most turn out
//! to be current, the others are rendered again.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use diesel::prelude::*;

use super::render::render;
use super::{context, renderings as store, store as editions};
use crate::app::App;
use crate::articles::store as articles;
use crate::base::db::schema::renderings;
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::jobs::{self, Job, Outcome};
use crate::base::logger;
use crate::render_context::{self, RerenderArticles};

/// How many renderings one job checks.
const BATCH: i64 = 100;

impl Job<App> for RerenderArticles {
    const KIND: &'static str = "rerender-articles";
    const TIMEOUT: Duration = Duration::from_secs(120);

    async fn run(self, app: &App) -> Result<Outcome> {
        check_next(app, self.after).await?;
        Ok(Outcome::Done)
    }
}

/// Checks the next renderings of an older epoch, and leaves the rest to another job.
async fn check_next(app: &App, after: Option<ArticleId>) -> Result<()> {
    let stale: Vec<ArticleId> = app
        .db
        .read(move |conn| {
            let epoch = render_context::store::epoch(conn)?;
            let mut query = renderings::table.filter(renderings::epoch.lt(epoch)).into_boxed();
            if let Some(after) = after {
                query = query.filter(renderings::article_id.gt(after));
            }
            Ok(query.order(renderings::article_id).select(renderings::article_id).limit(BATCH).load(conn)?)
        })
        .await?;
    for id in &stale {
        match rerender_article(app, *id).await {
            // One article's defect keeps no other from being rendered.
            Err(Error::Internal(why)) => log_failure(*id, &why),
            outcome => outcome?,
        }
    }
    let Some(last) = stale.last().copied() else { return Ok(()) };
    app.db
        .write(move |tx| {
            let now = tx.now();
            jobs::enqueue(tx, &RerenderArticles { after: Some(last) }, now)
        })
        .await
}

/// Calls `read`, which returns the ids of stale renderings instead of a value if it finds any. Those are rendered
/// again and `read` is called once more, with `true`: it must then accept stale renderings. So a rendering that
/// changed meanwhile, or cannot be rendered, does not make the whole list fail.
pub async fn read_current<T>(
    app: &App,
    read: impl AsyncFn(bool) -> Result<Result<T, BTreeSet<ArticleId>>>,
) -> Result<T> {
    let stale = match read(false).await? {
        Ok(value) => return Ok(value),
        Err(stale) => stale,
    };
    for id in stale {
        refresh(app, id).await;
    }
    read(true).await?.map_err(|_| Error::internal("the last read takes stale renderings"))
}

/// Renders the live edition of an article again, if it is stale. If that fails, what is stored is served as it is.
pub(super) async fn refresh(app: &App, id: ArticleId) {
    if let Err(why) = rerender_article(app, id).await {
        log_failure(id, &why);
    }
}

fn log_failure(id: ArticleId, why: &dyn Display) {
    logger::error_once(format!(
        "article {id} cannot be rendered again, so readers get the old rendering: {why}"
    ));
}

/// Renders the live edition of an article again, if it is stale.
pub async fn rerender_article(app: &App, id: ArticleId) -> Result<()> {
    let config = app.config.clone();
    let found = app
        .db
        .snapshot(move |conn| {
            let Some((facts, content)) = editions::find_live(conn, id)? else { return Ok(None) };
            let (epoch, context) = context::find(conn, id, &content, &config)?;
            let input_hash: Vec<u8> = renderings::table
                .filter(renderings::article_id.eq(id))
                .select(renderings::input_hash)
                .get_result(conn)?;
            Ok(Some((facts, content, epoch, context, input_hash)))
        })
        .await?;
    let Some((facts, content, epoch, context, input_hash)) = found else { return Ok(()) };
    let work = move || {
        let is_current = context.hash()? == input_hash;
        let rendering = if is_current { None } else { Some(render(&content, &facts, &context)?) };
        Ok((facts, content, rendering, input_hash))
    };
    let (facts, content, rendering, input_hash) = app.compute.run(work).await?;
    app.db
        .write(move |tx| {
            // Published again or unpublished meanwhile: that made a rendering of its own, or none.
            let row = articles::lock(tx, facts.id)?;
            if row.is_none_or(|row| row.live_edition != Some(facts.edition)) {
                return Ok(());
            }
            let Some(rendering) = &rendering else {
                return store::mark_current(tx, facts.id, &input_hash, epoch);
            };
            // Another process may have been faster, and have seen a newer context.
            let (rendered, etag, sources): (i64, String, Vec<u8>) = renderings::table
                .filter(renderings::article_id.eq(facts.id))
                .select((renderings::epoch, renderings::etag, renderings::sources))
                .get_result(&mut **tx)?;
            if rendered >= epoch {
                return Ok(());
            }
            let (_, before) = store::find_live(tx, facts.id)?.unzip();
            let terms = store::terms_told(before.unwrap_or_default(), rendering);
            let found_otherwise = store::update(tx, &facts, &content, rendering, epoch)?;
            if found_otherwise || rendering.etag != etag || rendering.sources != sources {
                tx.append(Event::ArticleRerendered { article: facts.id, terms });
            }
            Ok(())
        })
        .await
}
