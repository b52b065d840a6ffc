//! A change as lists and streams have it.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::store::ChangeRow;
use crate::base::clock::Timestamp;
use crate::base::events::Change;
use crate::base::ids::{IsId as _, SubjectId};
use crate::editions::view::PartialEdition;

/// Distinguishes cursors of changes from others.
pub const LIST: &str = "changes";

/// The newest change of an article, a topic, an author or the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeItem {
    /// What changed. On `published`, `updated` and `rerendered`, store `article` in place of any earlier copy; on
    /// `unpublished` and `purged`, delete the copy; on `topic`, `author` and `site`, read that again, if you store it. A
    /// topic or author that was merged responds with 301, one that was removed with 404: delete the copy then.
    change: Change,
    /// The id of the article, topic or author; `null` for the site.
    #[schema(value_type = Option<String>, format = Uuid, min_length = 36, max_length = 36, required = true)]
    id: Option<SubjectId>,
    /// When it happened.
    at: Timestamp,
    /// The article as in lists, also with `listed: false`; `null` if it is no longer published, and for other subjects. In a
    /// stream with filters, `null` also for an article that does not match them: delete the copy then.
    #[schema(value_type = Option<PartialEdition>)]
    article: Option<Box<RawValue>>,
}

impl ChangeItem {
    /// That change, with the article as it is sent.
    #[must_use]
    pub fn new(row: &ChangeRow, article: Option<Box<RawValue>>) -> Self {
        let id = Some(row.subject_id).filter(|id| !id.uuid().is_nil());
        Self { change: row.change, id, at: row.at, article }
    }
}
