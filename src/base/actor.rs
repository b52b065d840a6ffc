//! How responses name who acted: by kind, id and name, never by a bare id.

use serde::Serialize;
use utoipa::ToSchema;

use super::ids::UserId;

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorRef {
    /// Whether it is a person or, later, a program.
    pub kind: ActorKind,
    /// The id.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    pub id: UserId,
    /// The name; `null` for a user who was deleted.
    #[schema(max_length = 200)]
    pub name: Option<String>,
}

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person who can log in.
    User,
}
