//! What editors get: the JSON of drafts and their sections.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::draft::Draft as DraftState;
use super::equality::find_changed;
use super::review_output::{Review, named};
use super::review_store::{self, ReviewRow};
use super::schedule::{self, Schedule, ScheduleRow};
use super::store::ArticleRow;
use super::translation_output::DraftTranslation;
use super::warnings::Warning;
use super::{Cover, Metadata, Section, Seo, Status, WebsitePath, notes, translation_store};
use crate::auth::{DeleteArticles, Identity, PublishArticles, PurgeArticles, WriteArticles};
use crate::authors::AuthorRef;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::ids::{ActorId, ArticleId, SectionId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::{Anchor, Slug};
use crate::terms;
use crate::topics::TopicRef;
use crate::users::Actors;

/// Everything about an article but its sections: what drafts and revisions have.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArticleMetadata {
    slug: Slug,
    locale: Locale,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    /// One line below the title.
    #[schema(max_length = 500)]
    subtitle: Option<String>,
    /// The editor's summary; editions without one use an excerpt.
    #[schema(max_length = 1000)]
    summary: Option<String>,
    cover: Option<Cover>,
    /// Whether the site features it.
    featured: bool,
    /// Whether it is in lists, feeds and search results.
    listed: bool,
    /// The authors that exist, in order.
    #[schema(max_items = 20)]
    authors: Vec<AuthorRef>,
    /// The topics that exist, in order.
    #[schema(max_items = 50)]
    topics: Vec<TopicRef>,
    /// Markdown before the first section.
    #[schema(max_length = 200_000)]
    intro: String,
    seo: Seo,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// Old paths on the website that redirect to the article.
    #[schema(value_type = Vec<WebsitePath>, max_items = 100)]
    aliases: Vec<String>,
}

/// The draft of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draft {
    id: ArticleId,
    #[serde(flatten)]
    metadata: ArticleMetadata,
    /// The sections at the top level, with those below them.
    #[schema(max_items = 1000)]
    sections: Vec<DraftSection>,
    /// The other articles of its translation group that are not in the trash: those that are live or that the caller may
    /// read.
    #[schema(max_items = 1000)]
    translations: Vec<DraftTranslation>,
    #[serde(flatten)]
    state: State,
    /// What sanitising will remove from the text of this write. Empty in responses to reads.
    #[schema(max_items = 50)]
    warnings: Vec<Warning>,
}

/// The state of an article: what lists of drafts have, too.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DraftState)]
pub struct State {
    /// Goes up by one with every accepted write. Also the `ETag` of the draft.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i64,
    /// The version of the newest revision.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The version at which metadata or intro last changed.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    metadata_revision: i64,
    status: Status,
    /// The revision that is published.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    published_revision: Option<i64>,
    /// Whether the content of the draft differs from what is published.
    has_unpublished_changes: bool,
    /// The id of the article that this one is a translation of: the source of its translation group. `null` if it is the
    /// source itself, if the group has none any more, and without a group.
    translation_of: Option<ArticleId>,
    /// Whether that article has a newer edition, not a minor one, than when this one was last published.
    behind: bool,
    /// What is scheduled.
    schedule: Option<Schedule>,
    /// The current review.
    review: Option<Review>,
    owner: ActorRef,
    /// What the caller may do with the article, whatever state it is in.
    #[schema(max_items = 4)]
    can: Vec<DraftAction>,
    /// When it was moved to the trash.
    trashed_at: Option<Timestamp>,
    /// When it was first published, or the time that was given for it.
    published_at: Option<Timestamp>,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// What a caller may do with an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DraftAction {
    /// Change the draft, with the right `articles:write`.
    Edit,
    /// Publish and unpublish the article, with the right `articles:publish`.
    Publish,
    /// Move the article to the trash and restore it, with the right `articles:delete`.
    Delete,
    /// Delete the article for good once it is in the trash, with the right `articles:purge`.
    Purge,
}

impl DraftAction {
    /// What someone may do with the article of that owner.
    fn all(identity: &Identity, owner: UserId) -> Vec<Self> {
        let all = [
            (Self::Edit, identity.covers::<WriteArticles>(owner)),
            (Self::Publish, identity.covers::<PublishArticles>(owner)),
            (Self::Delete, identity.covers::<DeleteArticles>(owner)),
            (Self::Purge, identity.covers::<PurgeArticles>(owner)),
        ];
        all.into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect()
    }
}

/// A section of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSection {
    id: SectionId,
    /// One line of inline Markdown.
    #[schema(max_length = 300)]
    heading: Option<String>,
    /// The fragment identifier within the page.
    anchor: Option<Anchor>,
    /// Markdown without headings.
    #[schema(max_length = 200_000)]
    body: String,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The version at which it last changed.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The sections below it.
    #[schema(no_recursion, max_items = 1000)]
    sections: Vec<DraftSection>,
}

/// The response to a write of a section.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenSection {
    /// The section.
    section: DraftSection,
    /// The new version of the article. Also the `ETag`.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i64,
    /// What sanitising will remove from the text of this write.
    #[schema(max_items = 50)]
    warnings: Vec<Warning>,
}

/// An item of the list of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftItem {
    id: ArticleId,
    slug: Slug,
    locale: Locale,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    /// The authors that exist, in order.
    #[schema(max_items = 20)]
    authors: Vec<AuthorRef>,
    /// The topics that exist, in order.
    #[schema(max_items = 50)]
    topics: Vec<TopicRef>,
    /// How many notes are not resolved.
    #[schema(minimum = 0, maximum = 500)]
    open_notes: i64,
    #[serde(flatten)]
    state: State,
}

/// What the states of some articles name.
struct Named {
    reviews: HashMap<ArticleId, ReviewRow>,
    schedules: HashMap<ArticleId, Vec<ScheduleRow>>,
    /// What they translate, and whether they are behind it.
    translations: HashMap<ArticleId, (Option<ArticleId>, bool)>,
    actors: Actors,
}

impl Named {
    /// `grouped` are those that may be in a translation group.
    fn load(conn: &mut Connection, rows: &[ArticleRow], grouped: &[ArticleId]) -> Result<Self> {
        let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
        let translations = translation_store::find_all(conn, grouped)?;
        let reviews = review_store::find_all_current(conn, &ids)?;
        let schedules = schedule::find_all(conn, ids.iter().copied())?;
        let owners = rows.iter().map(|row| ActorId::from(row.owner_id));
        let actors = Actors::load(conn, owners.chain(reviews.values().flat_map(named)))?;
        Ok(Self { reviews, schedules, translations, actors })
    }

    fn review(&self, row: &ArticleRow) -> Option<Review> {
        let review = self.reviews.get(&row.id)?;
        Some(Review::new(review.clone(), review.state_of(row), &self.actors))
    }
}

impl State {
    fn new(row: &ArticleRow, has_unpublished_changes: bool, named: &Named, caller: &Identity) -> Self {
        let (translation_of, behind) = named.translations.get(&row.id).copied().unwrap_or_default();
        Self {
            version: row.version,
            revision: row.revision,
            metadata_revision: row.metadata_revision,
            status: row.status(),
            published_revision: row.published_revision,
            has_unpublished_changes,
            translation_of,
            behind,
            schedule: Schedule::of(named.schedules.get(&row.id).map(Vec::as_slice).unwrap_or_default()),
            review: named.review(row),
            owner: named.actors.get(row.owner_id),
            can: DraftAction::all(caller, row.owner_id),
            trashed_at: row.trashed_at,
            published_at: row.published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl ArticleMetadata {
    /// The JSON of metadata.
    pub fn new(conn: &mut Connection, metadata: Metadata) -> Result<Self> {
        let (authors, topics) = terms::store::resolve_all(conn, &metadata.authors, &metadata.topics)?;
        Ok(Self {
            slug: metadata.slug,
            locale: metadata.locale,
            title: metadata.title,
            subtitle: metadata.subtitle,
            summary: metadata.summary,
            cover: metadata.cover,
            featured: metadata.featured,
            listed: metadata.listed,
            authors,
            topics,
            intro: metadata.intro,
            seo: metadata.seo,
            custom: metadata.custom,
            aliases: metadata.aliases,
        })
    }
}

impl Draft {
    /// The JSON of a draft, as `caller` sees it.
    pub fn new(
        conn: &mut Connection,
        caller: &Identity,
        draft: &DraftState,
        warnings: Vec<Warning>,
    ) -> Result<Self> {
        let grouped: Vec<ArticleId> = draft.group.map(|_| draft.row.id).into_iter().collect();
        let named = Named::load(conn, std::slice::from_ref(&draft.row), &grouped)?;
        let sections = &draft.content.sections;
        Ok(Self {
            id: draft.row.id,
            metadata: ArticleMetadata::new(conn, draft.content.metadata.clone())?,
            sections: sections.iter().map(|section| DraftSection::new(draft, section)).collect(),
            translations: DraftTranslation::all(conn, caller, draft)?,
            state: State::new(&draft.row, draft.has_unpublished_changes, &named, caller),
            warnings,
        })
    }

    /// The version of the draft.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.state.version
    }
}

impl DraftSection {
    /// The JSON of a section.
    #[must_use]
    pub fn new(draft: &DraftState, section: &Section) -> Self {
        Self {
            id: section.id,
            heading: section.heading.clone(),
            anchor: section.anchor.clone(),
            body: section.body.clone(),
            custom: section.custom.clone(),
            revision: draft.section_revision(section.id),
            sections: section.sections.iter().map(|below| Self::new(draft, below)).collect(),
        }
    }
}

impl WrittenSection {
    /// The JSON of a section that was written.
    #[must_use]
    pub fn new(draft: &DraftState, section: &Section, warnings: Vec<Warning>) -> Self {
        Self { section: DraftSection::new(draft, section), version: draft.row.version, warnings }
    }
}

impl DraftItem {
    /// The JSON of these articles, as `caller` sees them.
    pub fn all(conn: &mut Connection, caller: &Identity, rows: &[ArticleRow]) -> Result<Vec<Self>> {
        let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
        let named = Named::load(conn, rows, &ids)?;
        let changed = find_changed(conn, rows.iter())?;
        let mut terms = terms::of_articles::find_embedded(conn, &ids)?;
        let open_notes = notes::count_open(conn, &ids)?;
        let item = |row: &ArticleRow| {
            let (authors, topics) = terms.remove(&row.id).unwrap_or_default();
            Self {
                id: row.id,
                slug: row.slug.clone(),
                locale: row.locale.clone(),
                title: row.title.clone(),
                authors,
                topics,
                open_notes: open_notes.get(&row.id).copied().unwrap_or(0),
                state: State::new(row, changed.contains(&row.id), &named, caller),
            }
        };
        Ok(rows.iter().map(item).collect())
    }
}
