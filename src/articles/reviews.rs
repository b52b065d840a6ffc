//! Reviews: someone asks whether a revision can be published, and an editor or the assignee answers. The newest review is
//! the current one until it is withdrawn or an edition is published. An approval is advice: publishing does not need it.

use std::time::Duration;

use super::edit::bump_version;
use super::resolve::lock_article;
use super::review_store::{self, ReviewRow};
use super::store::ArticleRow;
use super::{ArticleKey, ReviewState};
use crate::auth::{Actor, ReviewArticles};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Denial, Error, Result};
use crate::base::events::Event;
use crate::base::http::details::Details;
use crate::base::ids::UserId;
use crate::users::UserState;
use crate::users::store as users;

/// How many reviews an article can have within an hour.
pub const MAX_AN_HOUR: i64 = 30;
const HOUR: Duration = Duration::from_secs(3600);

/// A request or an answer.
#[derive(Debug, Clone)]
pub struct NewReview {
    /// The revision that it is about.
    pub revision: i64,
    /// The state.
    pub state: ReviewState,
    /// The message.
    pub message: Option<String>,
    /// Who is asked to review; `None` leaves it to whoever the current review names.
    pub assignee: Option<Option<UserId>>,
}

/// What became of a request or an answer.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The article after that.
    pub article: ArticleRow,
    /// The current review.
    pub review: ReviewRow,
    /// Whether it was added. `false` if the same was the current one already.
    pub is_new: bool,
}

/// Requests a review or answers a request. Whoever may edit the article requests and chooses the assignee; editors and the
/// assignee answer; others are forbidden. Changes nothing if the current review is the same, by the same user. Conflict
/// `stale-revision` if the draft has another revision; invalid `assignee-unknown`; too many if the article has had
/// [`MAX_AN_HOUR`] within an hour.
pub fn review(
    tx: &mut Tx<'_>,
    actor: Actor<ReviewArticles>,
    article: &ArticleKey,
    new: &NewReview,
) -> Result<Reviewed> {
    let mut row = lock_article(tx, actor, article)?;
    let previous = review_store::find_current(tx, row.id)?;
    let assigned = previous.as_ref().and_then(|previous| previous.assignee_id);
    // A disabled or erased user is no longer the assignee.
    let assigned = assigned.filter(|id| check_assignee(tx, &row, Some(*id)).is_ok());
    check_may_say(actor, &row, assigned, new.state)?;
    if new.revision != row.revision {
        let details = Details { revision: Some(row.revision), ..Details::default() };
        return Err(details.conflict("stale-revision", "The draft has a newer revision, in `revision`."));
    }
    let assignee = new.assignee.unwrap_or(assigned);
    if assignee != assigned {
        check_may_edit(actor, &row)?;
        check_assignee(tx, &row, assignee)?;
    }
    if let Some(current) = previous.as_ref().filter(|current| is_same(current, new, assignee, actor.user)) {
        return Ok(Reviewed { article: row, review: current.clone(), is_new: false });
    }
    check_rate(tx, &row)?;
    let requester_id = match new.state {
        ReviewState::Requested => Some(actor.user),
        _ => previous.and_then(|previous| previous.requester_id),
    };
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
        ended_at: None,
        requester_id,
    };
    review_store::end_current(tx, row.id)?;
    review_store::insert(tx, &review)?;
    let state = review.state.as_str().to_owned();
    let event = Event::ArticleReviewed { article: row.id, review: review.id, state };
    bump_version(tx, &mut row, event)?;
    Ok(Reviewed { article: row, review, is_new: true })
}

/// Whether a review says the same as the current one.
fn is_same(current: &ReviewRow, new: &NewReview, assignee: Option<UserId>, user: UserId) -> bool {
    (current.state, current.revision, &current.message, current.assignee_id, current.user_id)
        == (new.state, new.revision, &new.message, assignee, user)
}

/// Every review is a row and sends emails.
fn check_rate(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<()> {
    let now = tx.now();
    let Some(first) = review_store::created_at(tx, row.id, MAX_AN_HOUR - 1)? else { return Ok(()) };
    let wait = first.plus(HOUR).as_seconds() - now.as_seconds();
    match u64::try_from(wait) {
        Ok(seconds @ 1..) => Err(Error::TooMany(seconds)),
        _ => Ok(()),
    }
}

/// Withdraws the current review. Whoever may edit the article can do that. Not found without one. Returns the article.
pub fn withdraw(tx: &mut Tx<'_>, actor: Actor<ReviewArticles>, article: &ArticleKey) -> Result<ArticleRow> {
    let mut row = lock_article(tx, actor, article)?;
    check_may_edit(actor, &row)?;
    if !review_store::end_current(tx, row.id)? {
        return Err(Error::NotFound("review"));
    }
    let article = row.id;
    bump_version(tx, &mut row, Event::ReviewWithdrawn { article })?;
    Ok(row)
}

/// Owners and editors edit; assignees only read.
fn check_may_edit(actor: Actor<ReviewArticles>, row: &ArticleRow) -> Result<()> {
    if actor.covers(row.owner_id) { Ok(()) } else { Err(Error::Forbidden(Denial::Right)) }
}

/// Owners cannot answer for their own article, unless they are editors.
fn check_may_say(
    actor: Actor<ReviewArticles>,
    row: &ArticleRow,
    assigned: Option<UserId>,
    state: ReviewState,
) -> Result<()> {
    if state == ReviewState::Requested {
        return check_may_edit(actor, row);
    }
    let is_editor = actor.only_of().is_none();
    if is_editor || assigned == Some(actor.user) && row.owner_id != actor.user {
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
