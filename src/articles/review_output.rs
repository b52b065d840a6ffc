//! The JSON of reviews.

use serde::Serialize;
use utoipa::ToSchema;

use super::ReviewState;
use super::review_store::ReviewRow;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::ids::{ActorId, ReviewId};
use crate::users::Actors;

/// A request for a review, or an answer to one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArticleReview)]
pub struct Review {
    id: ReviewId,
    /// The state. In a draft, an approval of an earlier revision counts as `requested`.
    state: ReviewState,
    /// The revision that it is about.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The message, as plain text.
    #[schema(max_length = 2000)]
    message: Option<String>,
    /// Who created it.
    by: ActorRef,
    /// Who is asked to review. Until the review is withdrawn or the article is published, they may read the draft and
    /// write notes.
    assignee: Option<ActorRef>,
    /// When.
    at: Timestamp,
}

impl Review {
    /// The JSON of a review in its present state.
    #[must_use]
    pub fn new(row: ReviewRow, state: ReviewState, actors: &Actors) -> Self {
        Self {
            id: row.id,
            state,
            revision: row.revision,
            message: row.message,
            by: actors.get(row.actor_id),
            assignee: row.assignee_id.map(|id| actors.get(id)),
            at: row.created_at,
        }
    }
}

/// The actors that a review refers to.
pub fn named(row: &ReviewRow) -> impl Iterator<Item = ActorId> + use<> {
    std::iter::once(row.actor_id).chain(row.assignee_id.map(ActorId::from))
}
