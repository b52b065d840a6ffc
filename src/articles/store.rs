//! How drafts, their sections, changes and revisions are kept.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::tree::flatten;
use super::{Content, Cover, Metadata, Section, SectionRef, Seo, Status};
use crate::authors::{self};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{article_authors, article_topics, articles, changes, revisions, sections};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{ArticleId, AuthorId, IsId as _, SectionId, SubjectId, TopicId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::{Anchor, Slug};
use crate::topics::{self};

/// An article as kept, without its sections, topics and authors.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = articles, treat_none_as_null = true)]
pub struct ArticleRow {
    /// Names the article.
    pub id: ArticleId,
    /// Who it belongs to.
    pub owner_id: UserId,
    /// Raised by every accepted write.
    pub version: i64,
    /// The version of the newest revision.
    pub revision: i64,
    /// The version at which metadata or intro last changed.
    pub metadata_revision: i64,
    /// The number of the edition that readers see.
    pub live_edition: Option<i64>,
    /// The revision that edition was made of.
    pub published_revision: Option<i64>,
    /// The number of the newest edition, 0 if there was none.
    pub last_edition: i64,
    /// The first publication, or the one that was given.
    pub published_at: Option<Timestamp>,
    /// See [`Metadata`], as the following.
    pub locale: Locale,
    /// The draft's slug.
    pub slug: Slug,
    /// The title.
    pub title: String,
    /// The subtitle.
    pub subtitle: Option<String>,
    /// The summary.
    pub summary: Option<String>,
    /// The picture.
    pub cover: Option<Json<Cover>>,
    /// Whether the site puts it forward.
    pub featured: bool,
    /// Whether it stands in lists.
    pub listed: bool,
    /// Markdown before the first section.
    pub intro: String,
    /// For search engines.
    pub seo: Json<Seo>,
    /// Whatever else.
    pub custom: Json<Map<String, Value>>,
    /// The article this one translates.
    pub translation_of: Option<ArticleId>,
    /// Old addresses.
    pub aliases: Json<Vec<String>>,
    /// Since when it lies in the trash.
    pub trashed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its draft was last changed.
    pub updated_at: Timestamp,
}

impl ArticleRow {
    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.live_edition, self.last_edition) {
            (Some(_), _) => Status::Published,
            (None, 0) => Status::Draft,
            (None, _) => Status::Unpublished,
        }
    }

    /// Takes over what the metadata says.
    pub fn set_metadata(&mut self, metadata: &Metadata) {
        self.locale = metadata.locale.clone();
        self.slug = metadata.slug.clone();
        self.title.clone_from(&metadata.title);
        self.subtitle.clone_from(&metadata.subtitle);
        self.summary.clone_from(&metadata.summary);
        self.cover = metadata.cover.clone().map(Json);
        self.featured = metadata.featured;
        self.listed = metadata.listed;
        self.intro.clone_from(&metadata.intro);
        self.seo = Json(metadata.seo.clone());
        self.custom = Json(metadata.custom.clone());
        self.translation_of = metadata.translation_of;
        self.aliases = Json(metadata.aliases.clone());
    }

    fn metadata(&self, authors: Vec<AuthorId>, topics: Vec<TopicId>) -> Metadata {
        Metadata {
            title: self.title.clone(),
            slug: self.slug.clone(),
            locale: self.locale.clone(),
            subtitle: self.subtitle.clone(),
            summary: self.summary.clone(),
            cover: self.cover.clone().map(|Json(cover)| cover),
            featured: self.featured,
            listed: self.listed,
            authors,
            topics,
            intro: self.intro.clone(),
            seo: self.seo.0.clone(),
            custom: self.custom.0.clone(),
            translation_of: self.translation_of,
            aliases: self.aliases.0.clone(),
        }
    }
}

/// A section as kept.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = sections, treat_none_as_null = true)]
pub struct SectionRow {
    id: SectionId,
    article_id: ArticleId,
    parent_id: Option<SectionId>,
    position: i64,
    heading: Option<String>,
    anchor: Option<Anchor>,
    body: String,
    custom: Json<Map<String, Value>>,
    /// The version at which it last changed.
    pub(super) revision: i64,
}

/// The article with that id.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection, id: ArticleId) -> Result<Option<ArticleRow>> {
    Ok(articles::table.filter(articles::id.eq(id)).get_result(conn).optional()?)
}

/// The article with that id, which nobody else can write to until this unit of work ends. Every write to an article
/// starts here; on SQLite there is one writer anyway.
///
/// # Errors
/// When the database refuses.
pub fn lock_article(tx: &mut Tx<'_>, id: ArticleId) -> Result<Option<ArticleRow>> {
    let wanted = articles::table.filter(articles::id.eq(id));
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => wanted.get_result(conn).optional()?,
        Connection::Postgres(conn) => wanted.for_update().get_result(conn).optional()?,
    })
}

/// Everything an editor wrote, and at which version each section last changed.
///
/// # Errors
/// When the database refuses.
pub fn content(conn: &mut Connection, row: &ArticleRow) -> Result<(Content, Vec<SectionRow>)> {
    let authors = article_authors::table
        .filter(article_authors::article_id.eq(row.id))
        .order(article_authors::position)
        .select(article_authors::author_id)
        .load(conn)?;
    let topics = article_topics::table
        .filter(article_topics::article_id.eq(row.id))
        .order(article_topics::position)
        .select(article_topics::topic_id)
        .load(conn)?;
    let rows: Vec<SectionRow> =
        sections::table.filter(sections::article_id.eq(row.id)).order(sections::position).load(conn)?;
    let sections = children(&rows, None);
    Ok((Content { metadata: row.metadata(authors, topics), sections }, rows))
}

fn children(rows: &[SectionRow], parent: Option<SectionId>) -> Vec<Section> {
    rows.iter()
        .filter(|row| row.parent_id == parent)
        .map(|row| Section {
            id: row.id,
            heading: row.heading.clone(),
            anchor: row.anchor.clone(),
            body: row.body.clone(),
            custom: row.custom.0.clone(),
            sections: children(rows, Some(row.id)),
        })
        .collect()
}

/// Adds an article.
///
/// # Errors
/// When the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<()> {
    diesel::insert_into(articles::table).values(row.clone()).execute(&mut **tx)?;
    Ok(())
}

/// Keeps what changed of an article.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<()> {
    diesel::update(articles::table.filter(articles::id.eq(row.id))).set(row.clone()).execute(&mut **tx)?;
    Ok(())
}

/// Keeps who an article is by and what it is about: those that are there at this moment.
///
/// # Errors
/// When the database refuses.
pub fn set_labels(tx: &mut Tx<'_>, id: ArticleId, metadata: &Metadata) -> Result<()> {
    let authors = authors::store::hold(tx, &metadata.authors)?;
    let topics = topics::store::hold(tx, &metadata.topics)?;
    diesel::delete(article_authors::table.filter(article_authors::article_id.eq(id))).execute(&mut **tx)?;
    for (position, author) in (0i64..).zip(&authors) {
        diesel::insert_into(article_authors::table)
            .values((
                article_authors::article_id.eq(id),
                article_authors::author_id.eq(author.id),
                article_authors::position.eq(position),
            ))
            .execute(&mut **tx)?;
    }
    diesel::delete(article_topics::table.filter(article_topics::article_id.eq(id))).execute(&mut **tx)?;
    for (position, topic) in (0i64..).zip(&topics) {
        diesel::insert_into(article_topics::table)
            .values((
                article_topics::article_id.eq(id),
                article_topics::topic_id.eq(topic.id),
                article_topics::position.eq(position),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Brings the kept sections from `before` to `tree`, touching only what differs. `changed` sections get `revision`.
///
/// # Errors
/// When the database refuses.
pub fn set_sections(
    tx: &mut Tx<'_>,
    article: ArticleId,
    before: &[SectionRow],
    tree: &[Section],
    changed: &[SectionId],
    revision: i64,
) -> Result<()> {
    let flat = flatten(tree);
    for row in before {
        if !flat.iter().any(|(section, _, _)| section.id == row.id) {
            diesel::delete(sections::table.filter(sections::id.eq(row.id))).execute(&mut **tx)?;
        }
    }
    for (section, parent_id, position) in flat {
        let old = before.iter().find(|row| row.id == section.id);
        let revision = match old {
            Some(old) if !changed.contains(&section.id) => old.revision,
            _ => revision,
        };
        let row = SectionRow {
            id: section.id,
            article_id: article,
            parent_id,
            position,
            heading: section.heading.clone(),
            anchor: section.anchor.clone(),
            body: section.body.clone(),
            custom: Json(section.custom.clone()),
            revision,
        };
        match old {
            None => {
                diesel::insert_into(sections::table).values(row).execute(&mut **tx)?;
            }
            Some(old) if *old != row => {
                diesel::update(sections::table.filter(sections::id.eq(row.id)))
                    .set(row)
                    .execute(&mut **tx)?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// One thing that a write changed: the metadata (the article itself is the subject) or a section.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct ChangeRow {
    /// Which.
    pub article_id: ArticleId,
    /// The version the write made.
    pub version: i64,
    /// The article or the section.
    pub subject_id: SubjectId,
    /// The members that changed; `None` for a section that was removed.
    pub members: Option<Json<Vec<String>>>,
    /// Who.
    pub user_id: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// Notes what a write changed.
///
/// # Errors
/// When the database refuses.
pub fn insert_change(tx: &mut Tx<'_>, change: ChangeRow) -> Result<()> {
    diesel::insert_into(changes::table)
        .values((
            changes::article_id.eq(change.article_id),
            changes::version.eq(change.version),
            changes::subject_id.eq(change.subject_id),
            changes::members.eq(change.members),
            changes::user_id.eq(change.user_id),
            changes::at.eq(change.at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What has changed of an article after `version`, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn changes_since(conn: &mut Connection, article: ArticleId, version: i64) -> Result<Vec<ChangeRow>> {
    Ok(changes::table
        .filter(changes::article_id.eq(article))
        .filter(changes::version.gt(version))
        .order(changes::version)
        .load(conn)?)
}

/// Keeps the snapshot of an accepted edit.
///
/// # Errors
/// When the database refuses.
pub fn insert_revision(tx: &mut Tx<'_>, article: ArticleId, revision: i64, content: &Content) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(revisions::table)
        .values((
            revisions::article_id.eq(article),
            revisions::revision.eq(revision),
            revisions::user_id.eq(tx.actor()),
            revisions::title.eq(&content.metadata.title),
            revisions::created_at.eq(now),
            revisions::content.eq(Json(content.clone())),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What a revision holds.
///
/// # Errors
/// When the database refuses.
pub fn find_revision(conn: &mut Connection, article: ArticleId, revision: i64) -> Result<Option<Content>> {
    let found: Option<Json<Content>> = revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq(revision))
        .select(revisions::content)
        .get_result(conn)
        .optional()?;
    Ok(found.map(|Json(content)| content))
}

/// What readers have of an article: the content of its live edition.
pub fn find_published(conn: &mut Connection, row: &ArticleRow) -> Result<Option<Content>> {
    let (Some(_), Some(revision)) = (row.live_edition, row.published_revision) else { return Ok(None) };
    let content = find_revision(conn, row.id, revision)?;
    content.ok_or_else(|| Error::internal(format!("revision {revision} of {} is missing", row.id))).map(Some)
}

/// The id of a section of an article, even of one that has been removed.
///
/// # Errors
/// When the database refuses.
pub fn find_section(
    conn: &mut Connection,
    article: ArticleId,
    section: &SectionRef,
) -> Result<Option<SectionId>> {
    let rows = sections::table.filter(sections::article_id.eq(article)).select(sections::id);
    match section {
        SectionRef::Anchor(anchor) => {
            Ok(rows.filter(sections::anchor.eq(anchor)).get_result(conn).optional()?)
        }
        SectionRef::Id(id) => {
            let known = changes::table
                .filter(changes::article_id.eq(article))
                .filter(changes::subject_id.eq(SubjectId::from_uuid(id.uuid())));
            let stands: Option<SectionId> = rows.filter(sections::id.eq(id)).get_result(conn).optional()?;
            let stood = diesel::select(diesel::dsl::exists(known)).get_result::<bool>(conn)?;
            Ok(stands.or(stood.then_some(*id)))
        }
    }
}
