//! What events say of their subjects: ids, slugs and addresses, never texts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::{ArticleId, ReviewId, SubjectId, SubscriberId, TermId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// About an article. Slug, language and URL are those of its newest edition when the event is sent, and of the draft if it
/// was never published; they are `null` once the article is deleted for good.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ArticleEventData {
    /// The article.
    pub id: ArticleId,
    /// Its slug.
    pub slug: Option<Slug>,
    /// Its language.
    pub locale: Option<Locale>,
    /// Where the website shows it, or did; `null` if it was never published.
    #[schema(format = Uri, max_length = 4000, example = "https://website.example/tides")]
    pub url: Option<String>,
    /// The edition; `null` if there is none.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub edition: Option<i64>,
    /// The slugs of its topics, those before the event and those after it.
    #[schema(max_items = 100)]
    pub topics: Vec<Slug>,
    /// The slugs of its authors, likewise.
    #[schema(max_items = 40)]
    pub authors: Vec<Slug>,
}

/// About an article that was deleted for good.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PurgedArticleEventData {
    /// The article.
    pub id: ArticleId,
}

/// The article that an event is about. `slug` and `locale` are the draft's, and `null` once it is deleted for good.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventArticle {
    /// The article.
    pub id: ArticleId,
    /// Its slug.
    pub slug: Option<Slug>,
    /// Its language.
    pub locale: Option<Locale>,
}

/// About what is scheduled for an article.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScheduleEventData {
    /// The article.
    pub article: EventArticle,
}

/// About a review.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReviewEventData {
    /// The article.
    pub article: EventArticle,
    /// The review.
    pub review: ReviewId,
    /// Its state after the event, such as `requested` or `approved`. Further values may be added.
    #[schema(max_length = 40, example = "requested")]
    pub state: String,
}

/// About a topic or an author.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TermEventData {
    /// The topic or author.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    pub id: TermId,
    /// Its slug; `null` if it was removed.
    pub slug: Option<Slug>,
    /// What it was merged into; `null` otherwise.
    #[schema(value_type = Option<String>, format = Uuid, min_length = 36, max_length = 36, required = true)]
    pub into: Option<TermId>,
}

/// About the site settings: get them again.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SiteEventData {}

/// About a redirect.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RedirectEventData {
    /// The redirect, or the article whose earlier slug no longer redirects.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    pub id: SubjectId,
    /// Its path on the website; `null` if it was deleted.
    #[schema(max_length = 2000, example = "/old-tides")]
    pub path: Option<String>,
}

/// About a subscriber.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SubscriberEventData {
    /// The subscriber.
    pub id: SubscriberId,
}
