//! Renews renderings. After the surroundings have changed, a job looks at every rendering once: most turn out to be
//! right as they are, the others are made anew.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::render::render;
use super::store;
use crate::app::App;
use crate::base::db::schema::renderings;
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::jobs::{self, Job};
use crate::render_context;

/// How many renderings one job looks at.
const BATCH: i64 = 100;

/// Looks at the next renderings that are older than the present surroundings, and leaves the rest to another job.
///
/// # Errors
/// When the database is away.
pub(crate) async fn run(app: &App, after: Option<ArticleId>) -> Result<()> {
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
        match one(app, *id).await {
            // One article's defect keeps no other from being renewed.
            Err(Error::Internal(why)) => log::error!("{id} cannot be rendered: {why}"),
            outcome => {
                outcome?;
            }
        }
    }
    let Some(last) = stale.last().copied() else { return Ok(()) };
    app.db
        .write(move |tx| {
            let now = tx.now();
            jobs::enqueue(tx, &Job::RemakeRenderings { after: Some(last) }, now)
        })
        .await
}

/// Looks at renderings, and again after stale ones have been made anew. `look` gives what it has made of them, or those
/// that are stale. What changes faster than that its last look, which is told that it is, takes as it is.
///
/// # Errors
/// What `look` says; when the database is away.
pub async fn look_twice<T>(
    app: &App,
    look: impl AsyncFn(bool) -> Result<Result<T, BTreeSet<ArticleId>>>,
) -> Result<T> {
    let stale = match look(false).await? {
        Ok(made) => return Ok(made),
        Err(stale) => stale,
    };
    for id in stale {
        one(app, id).await?;
    }
    look(true).await?.map_err(|_| Error::internal("the last look takes things as they are"))
}

/// Makes the rendering of one article anew, if it is stale, and says whether the article is live at all.
///
/// # Errors
/// When the database is away.
pub async fn one(app: &App, id: ArticleId) -> Result<bool> {
    let config = app.config.clone();
    let made = app
        .db
        .snapshot(move |conn| {
            let Some((facts, content)) = store::find_live(conn, id)? else { return Ok(None) };
            let (epoch, around) = store::surroundings_of(conn, id, &content, &config)?;
            let made_from: Vec<u8> = renderings::table
                .filter(renderings::article_id.eq(id))
                .select(renderings::made_from)
                .get_result(conn)?;
            let rendering =
                if around.hash()? == made_from { None } else { Some(render(&content, &facts, &around)?) };
            Ok(Some((facts, content, epoch, rendering, made_from)))
        })
        .await?;
    let Some((facts, content, epoch, rendering, made_from)) = made else { return Ok(false) };
    app.db
        .write(move |tx| {
            // Published again, or taken back, meanwhile: that made a rendering of its own, or none.
            let row = crate::articles::store::lock_article(tx, facts.id)?;
            if row.is_none_or(|row| row.live_edition != Some(facts.edition)) {
                return Ok(());
            }
            let Some(rendering) = &rendering else {
                return store::mark_fresh(tx, facts.id, &made_from, epoch);
            };
            // Somebody else may have been faster, and know of newer surroundings.
            let (kept, etag, sources): (i64, String, Vec<u8>) = renderings::table
                .filter(renderings::article_id.eq(facts.id))
                .select((renderings::epoch, renderings::etag, renderings::sources))
                .get_result(&mut **tx)?;
            if kept >= epoch {
                return Ok(());
            }
            let found_otherwise = store::put(tx, &facts, &content, rendering, epoch)?;
            if found_otherwise || rendering.etag != etag || rendering.sources != sources {
                tx.append(Event::RenderingRemade { article: facts.id });
            }
            Ok(())
        })
        .await?;
    Ok(true)
}
