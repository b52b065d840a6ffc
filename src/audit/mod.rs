//! Who did what, and what was refused. What was done is the log of events, which is never trimmed. Refusals are a table of
//! their own with a bound, so that a storm of them fills no disk. Neither holds a secret, an address or a text.

mod names;
pub mod refusals;
pub mod routes;
pub mod store;

use utoipa::IntoParams;

use self::names::{ActionName, ReasonName};
use crate::base::clock::Timestamp;
use crate::base::ids::{ActorId, SubjectId};

/// Filters for the list of what was done.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventFilter {
    /// Only what this user or API key did, by id.
    #[param(nullable = false)]
    pub actor: Option<ActorId>,
    /// Only this action.
    #[param(inline, nullable = false, value_type = ActionName)]
    pub action: Option<String>,
    /// Only what was done to this subject, such as an article or a user, by id.
    #[param(inline, nullable = false)]
    pub subject: Option<SubjectId>,
    /// At this time or later.
    #[param(nullable = false)]
    pub at_gte: Option<Timestamp>,
    /// Before this time.
    #[param(nullable = false)]
    pub at_lt: Option<Timestamp>,
}

/// Filters for the list of refusals.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RefusalFilter {
    /// Only refusals of this user or API key, by id.
    #[param(nullable = false)]
    pub actor: Option<ActorId>,
    /// Only refusals for this reason.
    #[param(inline, nullable = false, value_type = ReasonName)]
    pub reason: Option<String>,
    /// At this time or later.
    #[param(nullable = false)]
    pub at_gte: Option<Timestamp>,
    /// Before this time.
    #[param(nullable = false)]
    pub at_lt: Option<Timestamp>,
}

/// A position in either list: both are in the order of time, newest first.
pub type Position = (Timestamp, i64);

/// The beginning of a keyed hash, which tells one account or network from another and reveals neither.
fn short_hex(hash: &[u8]) -> String {
    let (head, _) = hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    format!("{:016x}", u64::from_be_bytes(*head))
}
