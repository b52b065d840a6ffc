//! Deletes revisions that are older than the operator wants to keep. Those that something refers to stay: the newest of each
//! article, those that became editions, those that are scheduled, those with a review or a label, and those that a preview
//! link shows, until 30 days after it has expired.

use std::collections::BTreeMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::store;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{
    articles, editions, preview_links, reviews, revision_labels, revisions, schedules,
};
use crate::base::db::{Connection, Database, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::ids::ArticleId;

/// How many revisions one step looks at.
const STEP: i64 = 500;

/// How many revisions one write deletes. Each has up to a megabyte.
const MAX_TEXTS: usize = 8;

/// The revisions of articles.
type Position = (ArticleId, i64);

/// Deletes the revisions from before a moment that nothing refers to, some in each write.
///
/// # Errors
/// Those of the database.
pub async fn purge(db: &Database, before: Timestamp) -> Result<()> {
    let mut after: Option<Position> = None;
    loop {
        let (from, next) = (after, db.read(move |conn| step_end(conn, after)).await?);
        let Some(to) = next else { return Ok(()) };
        let old = db.read(move |conn| find_old(conn, from, to, before)).await?;
        for some in old.chunks(MAX_TEXTS) {
            let some = some.to_vec();
            db.write(move |tx| delete(tx, &some, before)).await?;
        }
        after = Some(to);
    }
}

/// The revisions after a position.
fn following(after: Option<Position>) -> revisions::BoxedQuery<'static, MultiBackend> {
    let rows = revisions::table.into_boxed();
    let Some((article, revision)) = after else { return rows };
    let later = revisions::article_id
        .gt(article)
        .or(revisions::article_id.eq(article).and(revisions::revision.gt(revision)));
    rows.filter(revisions::article_id.ge(article)).filter(later)
}

/// The last of the next revisions; `None` at the end.
fn step_end(conn: &mut Connection, after: Option<Position>) -> Result<Option<Position>> {
    let rows: Vec<Position> = following(after)
        .order((revisions::article_id, revisions::revision))
        .select((revisions::article_id, revisions::revision))
        .limit(STEP)
        .load(conn)?;
    Ok(rows.into_iter().next_back())
}

/// Those after one position and up to another that may be deleted.
fn find_old(
    conn: &mut Connection,
    after: Option<Position>,
    (article, revision): Position,
    before: Timestamp,
) -> Result<Vec<Position>> {
    let up_to = revisions::article_id
        .lt(article)
        .or(revisions::article_id.eq(article).and(revisions::revision.le(revision)));
    Ok(following(after)
        .filter(revisions::article_id.le(article))
        .filter(up_to)
        .filter(is_unused(before))
        .select((revisions::article_id, revisions::revision))
        .load(conn)?)
}

/// Deletes those of them that still nothing refers to.
fn delete(tx: &mut Tx<'_>, old: &[Position], before: Timestamp) -> Result<()> {
    let mut by_article: BTreeMap<ArticleId, Vec<i64>> = BTreeMap::new();
    for (article, revision) in old {
        by_article.entry(*article).or_default().push(*revision);
    }
    for (article, numbers) in by_article {
        // Whoever makes something refer to a revision locks the article, too.
        store::lock(tx, article)?;
        let rows = revisions::table
            .filter(revisions::article_id.eq(article))
            .filter(revisions::revision.eq_any(numbers))
            .filter(is_unused(before));
        diesel::delete(rows).execute(&mut **tx)?;
    }
    Ok(())
}

/// Whether a revision is from before a moment and nothing refers to it.
#[diesel::dsl::auto_type]
fn is_unused(before: Timestamp) -> _ {
    let newest = articles::table
        .filter(articles::id.eq(revisions::article_id))
        .filter(articles::revision.eq(revisions::revision));
    let published = editions::table
        .filter(editions::article_id.eq(revisions::article_id))
        .filter(editions::revision.eq(revisions::revision));
    let scheduled = schedules::table
        .filter(schedules::article_id.eq(revisions::article_id))
        .filter(schedules::revision.eq(revisions::revision.nullable()));
    let reviewed = reviews::table
        .filter(reviews::article_id.eq(revisions::article_id))
        .filter(reviews::revision.eq(revisions::revision));
    let labelled = revision_labels::table
        .filter(revision_labels::article_id.eq(revisions::article_id))
        .filter(revision_labels::revision.eq(revisions::revision));
    let shown = preview_links::table
        .filter(preview_links::article_id.eq(revisions::article_id))
        .filter(preview_links::revision.eq(revisions::revision.nullable()));
    revisions::created_at
        .lt(before)
        .and(diesel::dsl::not(exists(newest)))
        .and(diesel::dsl::not(exists(published)))
        .and(diesel::dsl::not(exists(scheduled)))
        .and(diesel::dsl::not(exists(reviewed)))
        .and(diesel::dsl::not(exists(labelled)))
        .and(diesel::dsl::not(exists(shown)))
}
