//! What is scheduled for articles: to publish a revision, to unpublish the article, or both. Each is a row. The write that
//! does it deletes the row, so it is done once however many servers try. `crate::schedules` sets them and does them.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::history::{self, ChangeRow};
use super::slugs;
use super::store::ArticleRow;
use crate::base::clock::Timestamp;
use crate::base::db::schema::schedules;
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{ActorId, ArticleId, IsId as _, ScheduleId, SubjectId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

crate::text_enum! {
    /// What is to be done with an article.
    Action as ScheduledActionKind {
        /// A revision is published.
        Publish = "publish",
        /// The article is unpublished.
        Unpublish = "unpublish",
    }
}

/// A scheduled action.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = schedules, treat_none_as_default_value = false)]
pub struct ScheduleRow {
    /// Its id. Replacing a schedule gives new ones.
    pub id: ScheduleId,
    /// The article.
    pub article_id: ArticleId,
    /// What is to be done.
    pub action: Action,
    /// When.
    pub at: Timestamp,
    /// The revision to be published.
    pub revision: Option<i64>,
    /// The language of that revision.
    pub locale: Option<Locale>,
    /// Its slug, which is kept for the article.
    pub slug: Option<Slug>,
    /// Who scheduled it.
    pub actor_id: ActorId,
    /// When it is tried next; `None` if it is not tried any more.
    pub next_try_at: Option<Timestamp>,
    /// How often it has failed.
    pub attempts: i64,
    /// When it failed for the first time.
    pub failed_at: Option<Timestamp>,
    /// Why it failed the last time.
    pub last_error: Option<String>,
}

/// What is scheduled for an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ArticleSchedule)]
pub struct Schedule {
    /// When the article is to be published.
    pub publish_at: Option<Timestamp>,
    /// When it is to be unpublished.
    pub unpublish_at: Option<Timestamp>,
    /// The revision that is to be published; `null` if only `unpublish_at` is set.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<i64>,
    /// Why it failed the last time, if it has failed. It is tried again for a day.
    #[schema(max_length = 1000)]
    pub last_error: Option<String>,
}

impl Schedule {
    /// The schedule that these rows of one article are; `None` if there are none.
    #[must_use]
    pub fn of(rows: &[ScheduleRow]) -> Option<Self> {
        let of = |action| rows.iter().find(|row| row.action == action);
        let (publish, unpublish) = (of(Action::Publish), of(Action::Unpublish));
        publish.or(unpublish)?;
        Some(Self {
            publish_at: publish.map(|row| row.at),
            unpublish_at: unpublish.map(|row| row.at),
            revision: publish.and_then(|row| row.revision),
            last_error: publish.into_iter().chain(unpublish).find_map(|row| row.last_error.clone()),
        })
    }
}

/// What is scheduled for an article.
pub fn find(conn: &mut Connection, article: ArticleId) -> Result<Vec<ScheduleRow>> {
    Ok(schedules::table.filter(schedules::article_id.eq(article)).order(schedules::at).load(conn)?)
}

/// What is scheduled for each of these articles.
pub fn find_all(
    conn: &mut Connection,
    articles: impl IntoIterator<Item = ArticleId>,
) -> Result<HashMap<ArticleId, Vec<ScheduleRow>>> {
    let ids: Vec<ArticleId> = articles.into_iter().collect();
    let rows: Vec<ScheduleRow> =
        schedules::table.filter(schedules::article_id.eq_any(ids)).order(schedules::at).load(conn)?;
    let mut found: HashMap<ArticleId, Vec<ScheduleRow>> = HashMap::new();
    for row in rows {
        found.entry(row.article_id).or_default().push(row);
    }
    Ok(found)
}

/// Whether the slug is kept for a scheduled revision of an article.
pub fn keeps_slug(conn: &mut Connection, article: ArticleId, locale: &Locale, slug: &Slug) -> Result<bool> {
    let kept = schedules::table
        .filter(schedules::article_id.eq(article))
        .filter(schedules::locale.eq(locale))
        .filter(schedules::slug.eq(slug));
    Ok(diesel::select(diesel::dsl::exists(kept)).get_result(conn)?)
}

/// Deletes the row of an action that is done in this unit of work, with the article locked. Returns whether there was one:
/// if not, another server has done it, or the schedule was changed. The caller raises the version.
pub fn take(tx: &mut Tx<'_>, article: &ArticleRow, id: ScheduleId) -> Result<bool> {
    let row: Option<ScheduleRow> = diesel::delete(schedules::table.filter(schedules::id.eq(id)))
        .returning(schedules::all_columns)
        .get_result(&mut **tx)
        .optional()?;
    let Some(row) = row else { return Ok(false) };
    record_change(tx, article, &[row], &[])?;
    Ok(true)
}

/// Cancels these actions of a locked article, and frees the slug that was kept for them. Returns whether there were any: then
/// the caller raises the version.
pub fn clear(tx: &mut Tx<'_>, article: &ArticleRow, actions: &[Action]) -> Result<bool> {
    let own = schedules::table
        .filter(schedules::article_id.eq(article.id))
        .filter(schedules::action.eq_any(actions));
    let rows: Vec<ScheduleRow> =
        diesel::delete(own).returning(schedules::all_columns).get_results(&mut **tx)?;
    if rows.is_empty() {
        return Ok(false);
    }
    record_change(tx, article, &rows, &[])?;
    release(tx, article, &rows)?;
    tx.append(Event::ScheduleCancelled { article: article.id });
    Ok(true)
}

/// Replaces `before`, everything that is scheduled for a locked article. The slug of a revision must belong to the article
/// already. The caller raises the version.
pub fn replace(
    tx: &mut Tx<'_>,
    article: &ArticleRow,
    before: &[ScheduleRow],
    after: &[ScheduleRow],
) -> Result<()> {
    if !before.is_empty() {
        diesel::delete(schedules::table.filter(schedules::article_id.eq(article.id))).execute(&mut **tx)?;
    }
    crate::insert_rows!(&mut **tx, schedules::table, after)?;
    record_change(tx, article, before, after)?;
    release(tx, article, before)?;
    tx.append(Event::ScheduleSet { article: article.id });
    Ok(())
}

/// Frees the slugs that were kept for these actions, unless the article needs them otherwise.
fn release(tx: &mut Tx<'_>, article: &ArticleRow, rows: &[ScheduleRow]) -> Result<()> {
    let is_other = |row: &ScheduleRow| {
        row.slug.as_ref().is_some_and(|slug| *slug != article.slug)
            || row.locale.as_ref().is_some_and(|locale| *locale != article.locale)
    };
    if rows.iter().any(is_other) {
        slugs::release(tx, article.id, &article.locale, &article.slug)?;
    }
    Ok(())
}

/// Records which fields of the schedule change with the article's next version.
fn record_change(
    tx: &mut Tx<'_>,
    article: &ArticleRow,
    before: &[ScheduleRow],
    after: &[ScheduleRow],
) -> Result<()> {
    let [before, after] = [before, after].map(|rows| Schedule::of(rows).unwrap_or_default());
    let fields = [
        ("publish_at", before.publish_at != after.publish_at),
        ("unpublish_at", before.unpublish_at != after.unpublish_at),
        ("revision", before.revision != after.revision),
    ];
    let changed = fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned());
    let change = ChangeRow {
        article_id: article.id,
        version: article.version + 1,
        subject_id: SubjectId::from_uuid(history::SCHEDULE),
        fields: Some(Json::Readable(changed.collect())),
        actor_id: tx.actor(),
        at: tx.now(),
    };
    history::insert_changes(tx, &[change])
}
