//! Reviews: someone asks whether a revision can be published, and an editor or the assignee answers. The newest review is
//! the current one until it is withdrawn or an edition is published. An approval is advice: publishing does not need it.

use std::collections::HashMap;

use diesel::prelude::*;

use super::edit::bump_version;
use super::resolve::{is_assignee, lock_article};
use super::store::ArticleRow;
use super::{ArticleKey, ReviewState};
use crate::auth::{Actor, ReviewArticles};
use crate::base::clock::Timestamp;
use crate::base::db::schema::reviews;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Denial, Error, Result};
use crate::base::events::Event;
use crate::base::http::details::Details;
use crate::base::ids::{ActorId, ArticleId, ReviewId, UserId};
use crate::users::UserState;
use crate::users::store as users;

/// A review, as it was given.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable)]
#[diesel(table_name = reviews, treat_none_as_default_value = false)]
pub struct ReviewRow {
    /// Its id.
    pub id: ReviewId,
    /// The article.
    pub article_id: ArticleId,
    /// The revision that it is about.
    pub revision: i64,
    /// What is said.
    pub state: ReviewState,
    /// More about it.
    pub message: Option<String>,
    /// Who is asked to review.
    pub assignee_id: Option<UserId>,
    /// Who says it.
    pub actor_id: ActorId,
    /// The user that the actor is, or whose API key it is.
    pub user_id: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// A request or an answer.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// The revision that it is about.
    pub revision: i64,
    /// What is said.
    pub state: ReviewState,
    /// More about it.
    pub message: Option<String>,
    /// Who is asked to review; `None` leaves it to whoever the current review names.
    pub assignee: Option<Option<UserId>>,
}

/// A review that was added.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The article after that.
    pub article: ArticleRow,
    /// The new review, now the current one.
    pub review: ReviewRow,
    /// The one that was current before.
    pub previous: Option<ReviewRow>,
}

/// Requests a review or answers a request. Whoever may edit the article requests and chooses the assignee; editors and the
/// assignee answer; others are forbidden. Conflict `stale-revision` if the draft has another revision; invalid
/// `assignee-unknown`.
pub fn review(
    tx: &mut Tx<'_>,
    actor: Actor<ReviewArticles>,
    article: &ArticleKey,
    new: &NewReview,
) -> Result<Reviewed> {
    let mut row = lock_article(tx, actor, article)?;
    check_may_say(actor, &row, new.state)?;
    if new.revision != row.revision {
        let details = Details { revision: Some(row.revision), ..Details::default() };
        return Err(details.conflict("stale-revision", "The draft has a newer revision, in `revision`."));
    }
    let assignee = new.assignee.unwrap_or(row.assignee_id);
    if assignee != row.assignee_id {
        check_may_edit(actor, &row)?;
        check_assignee(tx, &row, assignee)?;
    }
    let previous = row.review_id.map_or(Ok(None), |id| find(tx, id))?;
    let review = ReviewRow {
        id: tx.new_id()?,
        article_id: row.id,
        revision: new.revision,
        state: new.state,
        message: new.message.clone(),
        assignee_id: assignee,
        actor_id: actor.actor(),
        user_id: actor.user,
        created_at: tx.now(),
    };
    diesel::insert_into(reviews::table).values(review.clone()).execute(&mut **tx)?;
    row.review_id = Some(review.id);
    row.review_state = Some(review.state);
    row.review_revision = Some(review.revision);
    row.assignee_id = review.assignee_id;
    let state = review.state.as_str().to_owned();
    let event = Event::ArticleReviewed { article: row.id, review: review.id, state };
    bump_version(tx, &mut row, event)?;
    Ok(Reviewed { article: row, review, previous })
}

/// Withdraws the current review. Whoever may edit the article can do that. Not found without one. Returns the article.
pub fn withdraw(tx: &mut Tx<'_>, actor: Actor<ReviewArticles>, article: &ArticleKey) -> Result<ArticleRow> {
    let mut row = lock_article(tx, actor, article)?;
    check_may_edit(actor, &row)?;
    if row.review_id.is_none() {
        return Err(Error::NotFound("review"));
    }
    row.end_review();
    let article = row.id;
    bump_version(tx, &mut row, Event::ReviewWithdrawn { article })?;
    Ok(row)
}

/// Owners and editors edit; assignees only read.
fn check_may_edit(actor: Actor<ReviewArticles>, row: &ArticleRow) -> Result<()> {
    if actor.covers(row.owner_id) { Ok(()) } else { Err(Error::Forbidden(Denial::Right)) }
}

/// Nobody answers for an article of their own, unless they are an editor.
fn check_may_say(actor: Actor<ReviewArticles>, row: &ArticleRow, state: ReviewState) -> Result<()> {
    if state == ReviewState::Requested {
        return check_may_edit(actor, row);
    }
    let is_editor = actor.only_of().is_none();
    if is_editor || is_assignee(&actor, row) && row.owner_id != actor.user {
        return Ok(());
    }
    Err(Error::Forbidden(Denial::Right))
}

fn check_assignee(conn: &mut Connection, row: &ArticleRow, assignee: Option<UserId>) -> Result<()> {
    let Some(id) = assignee else { return Ok(()) };
    let user = users::find(conn, id)?;
    if id != row.owner_id && user.is_some_and(|user| user.state() == UserState::Active) {
        return Ok(());
    }
    let detail = "Must be the id of an active user who does not own the article.";
    Err(Error::invalid("/assignee_id", "assignee-unknown", detail))
}

/// The review with that id.
fn find(conn: &mut Connection, id: ReviewId) -> Result<Option<ReviewRow>> {
    Ok(reviews::table.filter(reviews::id.eq(id)).get_result(conn).optional()?)
}

/// The current reviews of these articles.
pub fn find_current(conn: &mut Connection, articles: &[ArticleRow]) -> Result<HashMap<ArticleId, ReviewRow>> {
    let ids: Vec<ReviewId> = articles.iter().filter_map(|row| row.review_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<ReviewRow> = reviews::table.filter(reviews::id.eq_any(ids)).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.article_id, row)).collect())
}

/// At most `limit` reviews of an article before a review, newest first.
pub fn list(
    conn: &mut Connection,
    article: ArticleId,
    before: Option<ReviewId>,
    limit: i64,
) -> Result<Vec<ReviewRow>> {
    let mut rows = reviews::table
        .filter(reviews::article_id.eq(article))
        .order(reviews::id.desc())
        .limit(limit)
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        rows = rows.filter(reviews::id.lt(before));
    }
    Ok(rows.load(conn)?)
}

/// How many reviews an article has.
pub fn count(conn: &mut Connection, article: ArticleId) -> Result<i64> {
    Ok(reviews::table.filter(reviews::article_id.eq(article)).count().get_result(conn)?)
}
