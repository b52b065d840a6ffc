//! Rendering everything that is published, in a database that was restored: renderings and the search index are in no archive.
//! Nothing changes for readers, so the log is not told.

use std::collections::HashMap;
use std::num::NonZero;

use diesel::prelude::*;
use uuid::Uuid;

use super::render::{Facts, RenderContext, Rendering, render};
use super::{context, renderings, store};
use crate::articles::Content;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Tx;
use crate::base::db::schema::{articles, latest_changes, renderings as rows};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, IsId as _, SubjectId};
use crate::base::progress::Progress;

/// How many articles are rendered together.
const BATCH: usize = 64;

/// What became of the published articles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// How many were rendered.
    pub articles: u64,
    /// Those that cannot be: readers do not find them until they are published again.
    pub failed: Vec<(ArticleId, String)>,
}

/// An edition with everything that its rendering needs.
struct Unrendered {
    facts: Facts,
    content: Content,
    epoch: i64,
    context: RenderContext,
}

/// Renders every published article, in the order of publication. One that cannot be rendered keeps no other from it.
///
/// # Errors
/// Those of the database.
pub fn render_all(tx: &mut Tx<'_>, config: &Config, progress: &mut dyn Progress) -> Result<Rendered> {
    let live = in_order(tx)?;
    progress.begin("rendering", live.len() as u64);
    let mut outcome = Rendered::default();
    let mut placed = Vec::with_capacity(live.len());
    // Translations link to one another, so each is in the table before the first is rendered.
    for id in live {
        match store::find_live(tx, id) {
            Ok(Some((facts, content))) => {
                renderings::place(tx, &facts, &content)?;
                placed.push(id);
            }
            Ok(None) => outcome.failed.push((id, "its edition is missing".to_owned())),
            Err(error) => outcome.failed.push((id, error.to_string())),
        }
    }
    for some in placed.chunks(BATCH) {
        let mut unrendered = Vec::with_capacity(some.len());
        for id in some {
            if let Some((facts, content)) = store::find_live(tx, *id)? {
                let (epoch, context) = context::find(tx, *id, &content, config)?;
                unrendered.push(Unrendered { facts, content, epoch, context });
            }
        }
        for (edition, rendering) in unrendered.iter().zip(render_some(&unrendered)) {
            let Unrendered { facts, content, epoch, .. } = edition;
            match rendering {
                Ok(rendering) => {
                    renderings::update(tx, facts, content, &rendering, *epoch)?;
                    outcome.articles += 1;
                }
                Err(error) => {
                    diesel::delete(rows::table.filter(rows::article_id.eq(facts.id))).execute(&mut **tx)?;
                    outcome.failed.push((facts.id, error.to_string()));
                }
            }
        }
        progress.advance(some.len() as u64);
    }
    Ok(outcome)
}

/// The published articles in the order in which the search index got them, as far as it matters: by the second of publication,
/// which it sorts by, and by their latest change.
fn in_order(tx: &mut Tx<'_>) -> Result<Vec<ArticleId>> {
    let changes: Vec<(SubjectId, i64)> = latest_changes::table
        .select((latest_changes::subject_id, latest_changes::event_id))
        .load(&mut **tx)?;
    let changes: HashMap<Uuid, i64> = changes.into_iter().map(|(id, event)| (id.uuid(), event)).collect();
    let live: Vec<(ArticleId, Option<Timestamp>)> = articles::table
        .filter(articles::live_edition.is_not_null())
        .select((articles::id, articles::published_at))
        .load(&mut **tx)?;
    let mut live: Vec<_> = live
        .into_iter()
        .map(|(id, at)| (at.map(Timestamp::as_seconds), changes.get(&id.uuid()).copied(), id))
        .collect();
    live.sort_unstable();
    Ok(live.into_iter().map(|(.., id)| id).collect())
}

/// Renders some editions, on all cores.
fn render_some(editions: &[Unrendered]) -> Vec<Result<Rendering>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = editions.len().div_ceil(cores).max(1);
    let render_share = |share: &[Unrendered]| -> Vec<Result<Rendering>> {
        share.iter().map(|edition| render(&edition.content, &edition.facts, &edition.context)).collect()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            editions.chunks(share).map(|share| (share, scope.spawn(move || render_share(share)))).collect();
        // Where a thread panicked, its share is tried again here, so that the panic is this thread's.
        threads
            .into_iter()
            .flat_map(|(share, thread)| thread.join().unwrap_or_else(|_| render_share(share)))
            .collect()
    })
}
