//! How reviews are stored. At most one of an article is current.

use std::collections::HashMap;

use diesel::prelude::*;

use super::ReviewState;
use super::store::ArticleRow;
use crate::base::clock::Timestamp;
use crate::base::db::schema::reviews;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::ids::{ActorId, ArticleId, ReviewId, UserId};

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
    /// The state.
    pub state: ReviewState,
    /// The message.
    pub message: Option<String>,
    /// Who is asked to review.
    pub assignee_id: Option<UserId>,
    /// Who created it.
    pub actor_id: ActorId,
    /// The user that the actor is, or whose API key it is.
    pub user_id: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When another one took its place, or it was withdrawn or the article published. `None` for the current one.
    pub ended_at: Option<Timestamp>,
    /// The user who requested the review: for an answer, the one of the request before it. `None` if nobody did.
    pub requester_id: Option<UserId>,
}

impl ReviewRow {
    /// The state of the current review of this article. An approval of an earlier revision counts as `requested`.
    #[must_use]
    pub fn state_of(&self, article: &ArticleRow) -> ReviewState {
        match self.state {
            ReviewState::Approved if self.revision != article.revision => ReviewState::Requested,
            state => state,
        }
    }
}

/// Adds a review.
pub fn insert(tx: &mut Tx<'_>, review: &ReviewRow) -> Result<()> {
    diesel::insert_into(reviews::table).values(review.clone()).execute(&mut **tx)?;
    Ok(())
}

/// Ends the current review of an article. Returns whether there was one.
pub fn end_current(tx: &mut Tx<'_>, article: ArticleId) -> Result<bool> {
    let now = tx.now();
    let current = reviews::table.filter(reviews::article_id.eq(article)).filter(reviews::ended_at.is_null());
    Ok(diesel::update(current).set(reviews::ended_at.eq(Some(now))).execute(&mut **tx)? > 0)
}

/// Ends the current review of an article if it is of this revision or an earlier one.
pub fn end_up_to(tx: &mut Tx<'_>, article: ArticleId, revision: i64) -> Result<()> {
    let now = tx.now();
    let current = reviews::table
        .filter(reviews::article_id.eq(article))
        .filter(reviews::ended_at.is_null())
        .filter(reviews::revision.le(revision));
    diesel::update(current).set(reviews::ended_at.eq(Some(now))).execute(&mut **tx)?;
    Ok(())
}

/// The current review of an article.
pub fn find_current(conn: &mut Connection, article: ArticleId) -> Result<Option<ReviewRow>> {
    let current = reviews::table.filter(reviews::article_id.eq(article)).filter(reviews::ended_at.is_null());
    Ok(current.get_result(conn).optional()?)
}

/// The current reviews of these articles.
pub fn find_all_current(
    conn: &mut Connection,
    articles: &[ArticleId],
) -> Result<HashMap<ArticleId, ReviewRow>> {
    let current =
        reviews::table.filter(reviews::article_id.eq_any(articles)).filter(reviews::ended_at.is_null());
    let rows: Vec<ReviewRow> = current.load(conn)?;
    Ok(rows.into_iter().map(|row| (row.article_id, row)).collect())
}

/// Whether a user is asked to review an article.
pub fn is_assignee(conn: &mut Connection, article: ArticleId, user: UserId) -> Result<bool> {
    let asked = reviews::table
        .filter(reviews::article_id.eq(article))
        .filter(reviews::ended_at.is_null())
        .filter(reviews::assignee_id.eq(user));
    Ok(diesel::select(diesel::dsl::exists(asked)).get_result(conn)?)
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

/// When the review was created that is this far from the newest of an article, which is 0.
pub fn created_at(conn: &mut Connection, article: ArticleId, position: i64) -> Result<Option<Timestamp>> {
    Ok(reviews::table
        .filter(reviews::article_id.eq(article))
        .order(reviews::id.desc())
        .offset(position)
        .limit(1)
        .select(reviews::created_at)
        .get_result(conn)
        .optional()?)
}

/// How many reviews an article has.
pub fn count(conn: &mut Connection, article: ArticleId) -> Result<i64> {
    Ok(reviews::table.filter(reviews::article_id.eq(article)).count().get_result(conn)?)
}
