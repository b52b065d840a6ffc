//! Setting and cancelling the schedule of an article.

use super::Plan;
use crate::articles::edit::raise_version;
use crate::articles::resolve::lock_article;
use crate::articles::schedule::{self, Action, Schedule, ScheduleRow};
use crate::articles::scope::check_schedule_unchanged;
use crate::articles::store::ArticleRow;
use crate::articles::{ArticleKey, history, slugs};
use crate::auth::{Actor, PublishArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::IfMatch;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// An article's schedule as it was set.
#[derive(Debug)]
pub struct Written {
    /// The version of the article.
    pub version: i64,
    /// The schedule.
    pub schedule: Schedule,
    /// Whether anything differs from before.
    pub changed: bool,
}

/// Schedules an article. A schedule that exists is replaced only with `if_match`. If nothing differs, nothing is written.
///
/// # Errors
/// Not found; conflict `slug-moved`, `in-trash`, `slug-taken`; precondition required, or failed `changed-since`; invalid
/// `revision-unknown`.
pub fn set(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    article: &ArticleKey,
    if_match: Option<IfMatch>,
    plan: &Plan,
) -> Result<Written> {
    let mut row = lock_article(tx, actor, article)?;
    let before = schedule::find(tx, row.id)?;
    match if_match {
        Some(if_match) => check_schedule_unchanged(tx, &row, if_match)?,
        None if before.is_empty() || Schedule::of(&before).is_some_and(|before| plan.is(&before)) => {}
        None => return Err(Error::PreconditionRequired),
    }
    let mut after = Vec::new();
    if let Some((at, revision)) = plan.publish {
        let (locale, slug) = claim_slug(tx, &row, revision)?;
        let publish = new_row(tx, actor, &row, Action::Publish, at)?;
        after.push(ScheduleRow {
            revision: Some(revision),
            locale: Some(locale),
            slug: Some(slug),
            ..publish
        });
    }
    if let Some(at) = plan.unpublish_at {
        after.push(new_row(tx, actor, &row, Action::Unpublish, at)?);
    }
    let schedule = Schedule::of(&after).unwrap_or_default();
    let changed = Schedule::of(&before).as_ref() != Some(&schedule);
    if changed {
        schedule::replace(tx, &row, &before, &after)?;
        raise_version(tx, &mut row)?;
    }
    Ok(Written { version: row.version, schedule, changed })
}

/// Makes the article the owner of the slug of a revision.
fn claim_slug(tx: &mut Tx<'_>, row: &ArticleRow, revision: i64) -> Result<(Locale, Slug)> {
    let content = history::find_revision_content(tx, row.id, revision)?.ok_or_else(|| {
        Error::invalid("/revision", "revision-unknown", "The article has no such revision.")
    })?;
    let (locale, slug) = (content.metadata.locale, content.metadata.slug);
    slugs::check_free(tx, row.id, &locale, &slug)?;
    slugs::own(tx, row.id, &locale, &slug)?;
    Ok((locale, slug))
}

fn new_row(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    row: &ArticleRow,
    action: Action,
    at: Timestamp,
) -> Result<ScheduleRow> {
    Ok(ScheduleRow {
        id: tx.new_id()?,
        article_id: row.id,
        action,
        at,
        revision: None,
        locale: None,
        slug: None,
        actor_id: actor.actor(),
        next_try_at: Some(at),
        attempts: 0,
        failed_at: None,
        last_error: None,
    })
}

/// Cancels the schedule of an article, and returns the article's version.
///
/// # Errors
/// Not found, also if nothing is scheduled; conflict `slug-moved`, `in-trash`; precondition failed `changed-since`.
pub fn cancel(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    article: &ArticleKey,
    if_match: IfMatch,
) -> Result<i64> {
    let mut row = lock_article(tx, actor, article)?;
    check_schedule_unchanged(tx, &row, if_match)?;
    if !schedule::clear(tx, &row, Action::ALL)? {
        return Err(Error::NotFound("schedule"));
    }
    raise_version(tx, &mut row)?;
    Ok(row.version)
}
