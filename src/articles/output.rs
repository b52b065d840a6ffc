//! What editors are shown: drafts and their sections.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::drafts::Draft as Kept;
use super::store::ArticleRow;
use super::{Cover, Section, Seo, Status, WebsitePath};
use crate::authors::{self, AuthorRef};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::users;
use crate::base::error::Result;
use crate::base::ids::{ArticleId, SectionId, UserId};
use crate::base::text::Locale;
use crate::base::text::markdown::{Policy, Warning as Removed, render};
use crate::base::text::slug::{Anchor, Slug};
use crate::topics::{self, TopicRef};

/// An article as its editors have it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draft {
    id: ArticleId,
    slug: Slug,
    locale: Locale,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    /// One line below the title.
    #[schema(max_length = 500)]
    subtitle: Option<String>,
    /// What was written; an edition without one shows the opening.
    #[schema(max_length = 1000)]
    summary: Option<String>,
    cover: Option<Cover>,
    /// Whether the site puts it forward.
    featured: bool,
    /// Whether it stands in lists, feeds and search.
    listed: bool,
    /// Who it is by, in their order.
    #[schema(max_items = 20)]
    authors: Vec<AuthorRef>,
    /// What it is about, in their order.
    #[schema(max_items = 50)]
    topics: Vec<TopicRef>,
    /// Markdown before the first section.
    #[schema(max_length = 200_000)]
    intro: String,
    /// The tree.
    #[schema(max_items = 1000)]
    sections: Vec<DraftSection>,
    seo: Seo,
    /// Whatever else the site keeps.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The article this one translates.
    translation_of: Option<ArticleId>,
    /// Old addresses: paths on the website.
    #[schema(value_type = Vec<WebsitePath>, max_items = 100)]
    aliases: Vec<String>,
    #[serde(flatten)]
    state: State,
    /// What sanitising will take out of what this write brought; empty in answers to reads.
    #[schema(max_items = 50)]
    warnings: Vec<Warning>,
}

/// What has become of an article: the part that lists show, too.
#[derive(Debug, Serialize, ToSchema)]
pub struct State {
    /// Raised by every accepted write; the `ETag` of the draft.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i64,
    /// The version of the newest revision.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The version at which metadata or intro last changed.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    metadata_revision: i64,
    status: Status,
    /// The revision that readers see an edition of.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    published_revision: Option<i64>,
    /// Whether publishing would show readers something new.
    has_unpublished_changes: bool,
    /// What is to happen by itself.
    schedule: Option<Schedule>,
    owner: Owner,
    /// Since when it lies in the trash.
    trashed_at: Option<Timestamp>,
    /// The first publication, or the one that was given.
    published_at: Option<Timestamp>,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// What is to happen to an article by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Schedule {
    /// The revision that is to be published.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// When it is to be published.
    publish_at: Option<Timestamp>,
    /// When it is to be taken back.
    unpublish_at: Option<Timestamp>,
    /// Why it did not happen.
    #[schema(max_length = 1000)]
    last_error: Option<String>,
}

/// Whom an article belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Owner {
    id: UserId,
    /// What the user is called.
    #[schema(max_length = 200)]
    name: String,
}

/// A part of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSection {
    id: SectionId,
    /// One line of inline Markdown.
    #[schema(max_length = 300)]
    heading: Option<String>,
    /// Its name inside the page.
    anchor: Option<Anchor>,
    /// Markdown without headings.
    #[schema(max_length = 200_000)]
    body: String,
    /// Whatever else the site keeps.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The version at which it last changed.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The parts below it.
    #[schema(no_recursion, max_items = 1000)]
    sections: Vec<DraftSection>,
}

/// A section that was written, and what sanitising will take out of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenSection {
    /// The section.
    section: DraftSection,
    /// The article's version now; also the `ETag`.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i64,
    /// What sanitising will take out of what this write brought.
    #[schema(max_items = 50)]
    warnings: Vec<Warning>,
}

/// Something that readers will not get, because it could harm them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Warning {
    /// The stable name of what happens, as `element-removed`.
    #[schema(max_length = 60)]
    code: &'static str,
    /// What is taken out.
    #[schema(max_length = 1000)]
    detail: String,
}

/// A line of the list of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftItem {
    id: ArticleId,
    slug: Slug,
    locale: Locale,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    #[serde(flatten)]
    state: State,
}

impl State {
    fn new(row: &ArticleRow, owner: String) -> Self {
        Self {
            version: row.version,
            revision: row.revision,
            metadata_revision: row.metadata_revision,
            status: row.status(),
            published_revision: row.published_revision,
            has_unpublished_changes: row.published_revision != Some(row.revision),
            schedule: None,
            owner: Owner { id: row.owner_id, name: owner },
            trashed_at: row.trashed_at,
            published_at: row.published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Draft {
    /// Shows a draft.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn new(conn: &mut Connection, kept: &Kept, warnings: Vec<Warning>) -> Result<Self> {
        let metadata = kept.content.metadata.clone();
        let owner = owner_names(conn, &[kept.row.owner_id])?.pop().map(|(_, name)| name).unwrap_or_default();
        Ok(Self {
            id: kept.row.id,
            slug: metadata.slug,
            locale: metadata.locale,
            title: metadata.title,
            subtitle: metadata.subtitle,
            summary: metadata.summary,
            cover: metadata.cover,
            featured: metadata.featured,
            listed: metadata.listed,
            authors: authors::store::resolve(conn, &metadata.authors)?,
            topics: topics::store::resolve(conn, &metadata.topics)?,
            intro: metadata.intro,
            sections: kept.content.sections.iter().map(|section| DraftSection::new(kept, section)).collect(),
            seo: metadata.seo,
            custom: metadata.custom,
            translation_of: metadata.translation_of,
            aliases: metadata.aliases,
            state: State::new(&kept.row, owner),
            warnings,
        })
    }

    /// The draft's tag.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.state.version
    }
}

impl DraftSection {
    /// Shows a section of a draft.
    #[must_use]
    pub fn new(kept: &Kept, section: &Section) -> Self {
        Self {
            id: section.id,
            heading: section.heading.clone(),
            anchor: section.anchor.clone(),
            body: section.body.clone(),
            custom: section.custom.clone(),
            revision: kept.section_revision(section.id),
            sections: section.sections.iter().map(|below| Self::new(kept, below)).collect(),
        }
    }
}

impl WrittenSection {
    /// Shows a section that was written.
    #[must_use]
    pub fn new(kept: &Kept, section: &Section, warnings: Vec<Warning>) -> Self {
        Self { section: DraftSection::new(kept, section), version: kept.row.version, warnings }
    }
}

impl DraftItem {
    /// Shows lines of the list.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn all(conn: &mut Connection, rows: &[ArticleRow]) -> Result<Vec<Self>> {
        let ids: Vec<UserId> = rows.iter().map(|row| row.owner_id).collect();
        let names = owner_names(conn, &ids)?;
        let name = |id: UserId| names.iter().find(|(owner, _)| *owner == id).map(|(_, name)| name.clone());
        Ok(rows
            .iter()
            .map(|row| Self {
                id: row.id,
                slug: row.slug.clone(),
                locale: row.locale.clone(),
                title: row.title.clone(),
                state: State::new(row, name(row.owner_id).unwrap_or_default()),
            })
            .collect())
    }
}

fn owner_names(conn: &mut Connection, ids: &[UserId]) -> Result<Vec<(UserId, String)>> {
    Ok(users::table.filter(users::id.eq_any(ids.to_vec())).select((users::id, users::name)).load(conn)?)
}

/// What sanitising will take out of these bodies of one article.
#[must_use]
pub fn warnings<'a>(bodies: impl IntoIterator<Item = &'a str>, policy: &Policy) -> Vec<Warning> {
    let bodies: Vec<&str> = bodies.into_iter().collect();
    render(&bodies, policy)
        .into_iter()
        .flat_map(|rendered| rendered.warnings)
        .take(50)
        .map(|Removed { code, detail }| Warning { code, detail })
        .collect()
}
