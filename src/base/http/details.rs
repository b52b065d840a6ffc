//! The members of a problem beyond those of RFC 9457, which help to resolve a conflict. All are declared here, so that
//! generated clients know their names and types.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::error::{Conflict, Error};
use crate::base::ids::SubjectId;
use crate::base::text::slug::Slug;

/// The most changed parts that a problem lists: the newest. An article has at most 1,000 sections.
pub const MAX_CHANGED: i64 = 1000;

/// What helps to resolve a conflict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Details {
    /// With 412 `changed-since`: the current version of the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    pub version: Option<i64>,
    /// With 409 `stale-revision`: the newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<i64>,
    /// With 412 `changed-since`: what has changed since the version in `If-Match`, oldest first; of more than 1,000
    /// changes, the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1000)]
    pub changed: Option<Vec<ChangedPart>>,
    /// With 409 `slug-moved`: the id of the article, topic or author. With 409 `translation-exists`: that of the other
    /// article.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = Uuid, min_length = 36, max_length = 36)]
    pub id: Option<Uuid>,
    /// With 409 `slug-moved`: its current slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Slug, required = false)]
    pub slug: Option<Slug>,
    /// With 409 `already-merged`: the id of the topic or author that it was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = Uuid, min_length = 36, max_length = 36)]
    pub into: Option<Uuid>,
}

/// A part of a draft that has changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangedPart {
    /// `metadata`, which includes the intro, `section` or `schedule`.
    pub kind: ChangedKind,
    /// The id of the section; for `metadata` and `schedule`, that of the article.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    pub id: SubjectId,
    /// The names of the fields that changed; `null` for a section that was removed.
    #[schema(value_type = Option<Vec<FieldName>>, max_items = 100)]
    pub fields: Option<Vec<String>>,
    /// Who changed it; `null` if unknown.
    pub by: Option<ActorRef>,
    /// When.
    pub at: Timestamp,
}

/// The kind of a part of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangedKind {
    /// Metadata and intro.
    Metadata,
    /// One section.
    Section,
    /// What is scheduled.
    Schedule,
}

/// The name of a field.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 60, example = "title")]
#[expect(dead_code, reason = "documents the items of a list of texts")]
pub struct FieldName(String);

impl Details {
    /// Makes the error of a request that the current state does not allow.
    pub fn conflict(&self, code: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::Conflict(Conflict { code, detail: detail.into(), members: self.members() })
    }

    /// Makes the error of a request whose `If-Match` names an older version.
    pub fn stale(&self, code: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::PreconditionFailed(Conflict { code, detail: detail.into(), members: self.members() })
    }

    fn members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }
}
