//! What has changed for readers, for static sites and caches that follow: the event log with all but the newest word on
//! each article left out, so that a reader from the beginning reads every article once.

pub mod routes;
pub mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::events::Event;
use crate::base::ids::ArticleId;

/// What became of an article.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// There is a new edition of it.
    Published,
    /// The same edition reads differently, because a name, a link or a setting in it has changed.
    Updated,
    /// Readers no longer have it.
    Withdrawn,
}

crate::text_column!(Change);

impl Change {
    /// What an event says has become of an article, if it says that of one.
    #[must_use]
    pub fn of(event: &Event) -> Option<(ArticleId, Self)> {
        match event {
            Event::ArticlePublished { article, .. } => Some((*article, Self::Published)),
            Event::RenderingRemade { article } => Some((*article, Self::Updated)),
            Event::ArticleUnpublished { article } | Event::ArticleTrashed { article } => {
                Some((*article, Self::Withdrawn))
            }
            _ => None,
        }
    }

    /// How it is kept.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Updated => "updated",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn from_stored(text: String) -> Self {
        match text.as_str() {
            "published" => Self::Published,
            "updated" => Self::Updated,
            _ => Self::Withdrawn,
        }
    }
}
