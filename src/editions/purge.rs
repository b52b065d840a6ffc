//! Deleting articles in the trash for good. They are not found any more at once, and their slugs are free. A job deletes their rows
//! in steps, because there may be many, and what is left of their texts elsewhere: see `server/purging.rs`.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::articles::edit::bump_version;
use crate::articles::resolve::lock_trashed_article;
use crate::articles::store::ArticleRow;
use crate::articles::{ArticleKey, slugs, store, translation_store};
use crate::auth::{Actor, PurgeArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::{articles, changes, editions, notes, reviews, revisions, sections};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{ArticleId, NoteId, ReviewId, SectionId, SubjectId};
use crate::base::jobs;
use crate::base::text::slug::Slug;

/// How many rows without texts one write deletes.
const MAX_ROWS: i64 = 500;
/// How many rows with texts one write deletes. A revision has up to a megabyte.
const MAX_TEXTS: i64 = 8;
/// How many articles one write begins to delete.
const MAX_ARTICLES: i64 = 20;

/// The job that deletes the rows of an article, and what is left of it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgeArticle {
    /// The article.
    pub article: ArticleId,
}

/// Deletes an article in the trash for good. Conflict `not-in-trash`.
pub fn purge(tx: &mut Tx<'_>, actor: Actor<PurgeArticles>, article: &ArticleKey) -> Result<()> {
    let row = lock_trashed_article(tx, actor, article)?;
    begin(tx, row)
}

/// Deletes some articles for good that are in the trash since then or longer. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge_trashed_before(tx: &mut Tx<'_>, time: Timestamp) -> Result<bool> {
    let old: Vec<ArticleId> = articles::table
        .filter(articles::trashed_at.le(time))
        .filter(articles::purging_at.is_null())
        .order(articles::id)
        .select(articles::id)
        .limit(MAX_ARTICLES)
        .load(&mut **tx)?;
    for id in &old {
        // It may have been restored since it was read.
        let row = store::lock(tx, *id)?;
        if let Some(row) = row.filter(|row| row.trashed_at.is_some_and(|trashed_at| trashed_at <= time)) {
            begin(tx, row)?;
        }
    }
    Ok(!old.is_empty())
}

fn begin(tx: &mut Tx<'_>, mut row: ArticleRow) -> Result<()> {
    let (article, now) = (row.id, tx.now());
    slugs::forget_all(tx, article)?;
    if let Some(group) = translation_store::find(tx, article)? {
        translation_store::leave(tx, article, group)?;
    }
    // Clients cannot choose such a slug.
    row.slug = Slug::from_stored(article.to_string());
    row.title = String::new();
    row.purging_at = Some(now);
    // Readers never learn the id of an article that was never published.
    let event =
        if row.last_edition > 0 { Event::ArticlePurged { article } } else { Event::DraftPurged { article } };
    bump_version(tx, &mut row, event)?;
    jobs::enqueue(tx, &PurgeArticle { article }, now)
}

/// Deletes some rows of an article, the article itself last. Returns whether there are more.
///
/// # Errors
/// Those of the database.
pub fn delete_some(tx: &mut Tx<'_>, id: ArticleId) -> Result<bool> {
    macro_rules! delete {
        ($table:ident, $key:ident: $type:ty, $limit:expr) => {{
            let own = $table::table.filter($table::article_id.eq(id));
            let some: Vec<$type> = own.select($table::$key).distinct().limit($limit).load(&mut **tx)?;
            if !some.is_empty() {
                diesel::delete(own.filter($table::$key.eq_any(some))).execute(&mut **tx)?;
                return Ok(true);
            }
        }};
    }
    delete!(notes, id: NoteId, MAX_ROWS);
    delete!(reviews, id: ReviewId, MAX_ROWS);
    delete!(revisions, revision: i64, MAX_TEXTS);
    delete!(sections, id: SectionId, MAX_ROWS);
    delete!(editions, edition: i64, MAX_ROWS);
    if delete_changes(tx, id)? {
        return Ok(true);
    }
    diesel::delete(articles::table.filter(articles::id.eq(id)).filter(articles::purging_at.is_not_null()))
        .execute(&mut **tx)?;
    Ok(false)
}

/// Deletes some of the rows that say what writes have changed: a write can have one for each section. Returns whether
/// there were any.
fn delete_changes(tx: &mut Tx<'_>, id: ArticleId) -> Result<bool> {
    let own = changes::table.filter(changes::article_id.eq(id));
    let some: Vec<(i64, SubjectId)> = own
        .order((changes::version, changes::subject_id))
        .select((changes::version, changes::subject_id))
        .limit(MAX_ROWS)
        .load(&mut **tx)?;
    let Some((version, subject)) = some.last() else { return Ok(false) };
    let of_version = changes::version.eq(version).and(changes::subject_id.le(subject));
    diesel::delete(own.filter(changes::version.lt(version).or(of_version))).execute(&mut **tx)?;
    Ok(true)
}
