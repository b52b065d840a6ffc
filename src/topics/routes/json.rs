//! Topics as JSON: what requests carry and what responses show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::base::error::Violations;
use crate::base::http::json::{Clearable, present};
use crate::base::ids::TopicId;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms::routes::PublicTerm;
use crate::terms::{self, Term, set};

crate::fields! {
    /// A field of a topic.
    TopicField {
        Id = "id",
        Slug = "slug",
        Name = "name",
        Description = "description",
        Followable = "followable",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
        ArticleCount = "article_count",
    }
}

/// A topic: what articles are about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Topic {
    id: TopicId,
    slug: Slug,
    /// The name shown to people.
    #[schema(min_length = 1, max_length = 200, example = "Sea")]
    name: String,
    /// What the topic is about, as plain text.
    #[schema(
        required = true,
        min_length = 1,
        max_length = 2000,
        example = "Tides, harbours and those who live by them."
    )]
    description: Option<String>,
    /// Whether subscribers can choose to receive mail about it.
    followable: bool,
    /// When the topic was created.
    created_at: Timestamp,
    /// When the topic was last changed.
    updated_at: Timestamp,
    /// The number of listed articles about it; present only if `fields` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    article_count: Option<i64>,
}

crate::partial!(PartialTopic of Topic);

/// A page of topics.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicPage {
    #[schema(max_items = 100)]
    items: Vec<PartialTopic>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of topics in the whole list; present only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// A topic to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTopic {
    /// The name shown to people: one line.
    #[schema(format = "line", min_length = 1, max_length = 200, example = "Sea")]
    pub name: String,
    /// The name in URLs; derived from `name` if omitted.
    #[schema(value_type = Option<Slug>)]
    pub slug: Option<String>,
    /// What the topic is about, as plain text.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Whether subscribers can choose to receive mail about it. Default: false.
    #[serde(default)]
    pub followable: bool,
}

/// Changes to a topic. Omitted fields keep their value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTopic {
    /// The name shown to people: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "line", min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// The name in URLs.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Slug, required = false)]
    pub slug: Option<String>,
    /// What the topic is about, as plain text; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub description: Clearable<String>,
    /// Whether subscribers can choose to receive mail about it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub followable: Option<bool>,
}

/// The topic to merge into.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeTopic {
    /// The id or slug of the topic that remains.
    #[schema(format = "slug-or-id", min_length = 1, max_length = 120, example = "ocean")]
    pub into: String,
}

/// Valid changes to a topic.
#[derive(Debug)]
pub struct TopicChange {
    pub name: Option<String>,
    pub slug: Option<Slug>,
    description: Clearable<String>,
    followable: Option<bool>,
}

impl UpdateTopic {
    pub fn parse(self, violations: &mut Violations) -> TopicChange {
        let text = |noun, text: Option<String>| {
            text.map_or(Ok(None), |text| validate::optional_text(noun, &text, terms::MAX_TEXT))
        };
        TopicChange {
            name: self
                .name
                .and_then(|name| violations.take("/name", validate::line("name", &name, terms::MAX_NAME))),
            slug: self.slug.and_then(|slug| violations.take("/slug", Slug::parse(&slug))),
            description: self
                .description
                .and_then(|new| violations.take("/description", text("description", new))),
            followable: self.followable,
        }
    }
}

impl TopicChange {
    pub fn apply(&self, topic: &mut Term<TopicId>) {
        set(&mut topic.name, self.name.as_ref());
        set(&mut topic.slug, self.slug.as_ref());
        set(&mut topic.details.description, self.description.as_ref());
        set(&mut topic.details.followable, self.followable.as_ref());
    }
}

impl PublicTerm for Topic {
    type Id = TopicId;
    type Field = TopicField;
    const ARTICLE_COUNT: TopicField = TopicField::ArticleCount;

    fn new(topic: Term<TopicId>, article_count: Option<i64>) -> Self {
        Self {
            id: topic.id,
            slug: topic.slug,
            name: topic.name,
            description: topic.details.description,
            followable: topic.details.followable,
            created_at: topic.created_at,
            updated_at: topic.updated_at,
            article_count,
        }
    }
}

impl From<Term<TopicId>> for Topic {
    fn from(topic: Term<TopicId>) -> Self {
        Self::new(topic, None)
    }
}
