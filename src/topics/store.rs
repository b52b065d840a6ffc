//! How topics are kept.

use super::TopicRef;
use crate::base::clock::Timestamp;
use crate::base::ids::TopicId;

crate::carried::store::carried_store! {
    table: topics, row: TopicRow, id: TopicId, reference: TopicRef, what: "topic",
    drafts: article_topics, live: rendering_topics, column: topic_id,
    events: TopicCreated, TopicUpdated, TopicMerged { topic }, TopicRemoved,
    moved_too: crate::subscribers::topics::move_followers,
}

/// A topic as kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = topics, treat_none_as_null = true)]
pub struct TopicRow {
    /// Names the topic.
    pub id: TopicId,
    /// Its name in addresses: unique among topics, those merged included.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// What it went up in: one that has not itself gone up in another.
    pub merged_into: Option<TopicId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of this was last changed.
    pub updated_at: Timestamp,
    /// Whether subscribers can choose it.
    pub followable: bool,
}

impl TopicRow {
    /// A topic with nothing but its names.
    #[must_use]
    pub fn new(id: TopicId, slug: Slug, name: String, now: Timestamp) -> Self {
        Self {
            id,
            slug,
            name,
            description: None,
            merged_into: None,
            created_at: now,
            updated_at: now,
            followable: false,
        }
    }
}
