//! The tables of articles and their sections.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::history;
use super::tree::flatten;
use super::{Content, Metadata, Section, SectionRef, Status};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{articles, changes, sections};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx, violation};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, IsId as _, SectionId, SubjectId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::{Anchor, Slug};

/// An article: its identity and state, and the metadata that lists and lookups read.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = articles, treat_none_as_null = true)]
pub struct ArticleRow {
    /// Its id.
    pub id: ArticleId,
    /// Its owner.
    pub owner_id: UserId,
    /// Goes up by one with every accepted write.
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
    /// When it was moved to the trash.
    pub trashed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its draft was last changed.
    pub updated_at: Timestamp,
    /// When deleting it for good began; such an article is not found.
    pub purging_at: Option<Timestamp>,
}

impl ArticleRow {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.live_edition, self.last_edition) {
            (Some(_), _) => Status::Published,
            (None, 0) => Status::Draft,
            (None, _) => Status::Unpublished,
        }
    }

    /// Sets what the row has of the metadata.
    pub fn set_metadata(&mut self, metadata: &Metadata) {
        self.locale = metadata.locale.clone();
        self.slug = metadata.slug.clone();
        self.title.clone_from(&metadata.title);
    }
}

/// A section.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = sections, treat_none_as_null = true, treat_none_as_default_value = false)]
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
pub fn find(conn: &mut Connection, id: ArticleId) -> Result<Option<ArticleRow>> {
    Ok(by_id(id).get_result(conn).optional()?)
}

/// The article whose draft has that slug.
pub fn find_by_slug(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<ArticleRow>> {
    Ok(by_slug(locale, slug).get_result(conn).optional()?)
}

/// The article with that id, locked until this unit of work ends. (On SQLite there is one writer anyway.)
pub fn lock(tx: &mut Tx<'_>, id: ArticleId) -> Result<Option<ArticleRow>> {
    let wanted = by_id(id);
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => wanted.get_result(conn).optional()?,
        Connection::Postgres(conn) => wanted.for_update().get_result(conn).optional()?,
    })
}

/// The article whose draft has that slug, locked likewise.
pub fn lock_by_slug(tx: &mut Tx<'_>, locale: &Locale, slug: &Slug) -> Result<Option<ArticleRow>> {
    let wanted = by_slug(locale, slug);
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => wanted.get_result(conn).optional()?,
        Connection::Postgres(conn) => wanted.for_update().get_result(conn).optional()?,
    })
}

#[diesel::dsl::auto_type]
fn by_id(id: ArticleId) -> _ {
    articles::table.filter(articles::id.eq(id)).filter(articles::purging_at.is_null())
}

#[diesel::dsl::auto_type]
fn by_slug<'a>(locale: &'a Locale, slug: &'a Slug) -> _ {
    articles::table
        .filter(articles::locale.eq(locale))
        .filter(articles::slug.eq(slug))
        .filter(articles::purging_at.is_null())
}

/// The sections of a draft, as a tree and as rows.
pub fn find_sections(conn: &mut Connection, article: ArticleId) -> Result<(Vec<Section>, Vec<SectionRow>)> {
    let rows: Vec<SectionRow> =
        sections::table.filter(sections::article_id.eq(article)).order(sections::position).load(conn)?;
    Ok((children(&rows, None), rows))
}

fn children(rows: &[SectionRow], parent: Option<SectionId>) -> Vec<Section> {
    rows.iter()
        .filter(|row| row.parent_id == parent)
        .map(|row| Section {
            id: row.id,
            heading: row.heading.clone(),
            anchor: row.anchor.clone(),
            body: row.body.clone(),
            custom: row
                .custom
                .clone()
                .read(format_args!("sections.custom of {}", row.id))
                .unwrap_or_default(),
            sections: children(rows, Some(row.id)),
        })
        .collect()
}

/// Adds an article. Returns whether its slug was still free.
pub fn insert(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<bool> {
    let insert = diesel::insert_into(articles::table).values(row.clone());
    let insert = insert.on_conflict((articles::locale, articles::slug)).do_nothing();
    Ok(crate::on_each!(&mut **tx, conn => insert.execute(conn))? == 1)
}

/// Updates an article. Asks for a retry if another has taken its slug meanwhile.
pub fn update(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<()> {
    let own = articles::table.filter(articles::id.eq(row.id));
    let update = diesel::update(own).set(row.clone());
    let updated = crate::on_each!(&mut **tx, conn => update.execute(conn));
    updated.map_err(|error| match violation::unique(&error).as_deref() {
        Some("articles_locale_slug") => Tx::retry(),
        _ => error.into(),
    })?;
    Ok(())
}

/// Changes the sections of an article from `before` to `tree`, writing only rows that differ, and returns all rows.
/// Those of `changed` sections get `revision`.
pub fn set_sections(
    tx: &mut Tx<'_>,
    article: ArticleId,
    before: &[SectionRow],
    tree: &[Section],
    changed: &[SectionId],
    revision: i64,
) -> Result<Vec<SectionRow>> {
    let flat = flatten(tree);
    let kept: HashSet<SectionId> = flat.iter().map(|(section, ..)| section.id).collect();
    let removed: Vec<SectionId> = before.iter().map(|row| row.id).filter(|id| !kept.contains(id)).collect();
    if !removed.is_empty() {
        diesel::delete(sections::table.filter(sections::id.eq_any(removed))).execute(&mut **tx)?;
    }
    let before: HashMap<SectionId, &SectionRow> = before.iter().map(|row| (row.id, row)).collect();
    let (mut rows, mut added) = (Vec::with_capacity(flat.len()), Vec::new());
    for (section, parent_id, position) in flat {
        let old = before.get(&section.id).copied();
        let revision = match old {
            Some(old) if !changed.contains(&section.id) => old.revision,
            _ => revision,
        };
        let mut custom = old.map(|old| old.custom.clone()).unwrap_or_default();
        custom.set(section.custom.clone());
        let row = SectionRow {
            id: section.id,
            article_id: article,
            parent_id,
            position,
            heading: section.heading.clone(),
            anchor: section.anchor.clone(),
            body: section.body.clone(),
            custom,
            revision,
        };
        match old {
            None => added.push(row.clone()),
            Some(old) if *old != row => {
                diesel::update(sections::table.filter(sections::id.eq(row.id)))
                    .set(row.clone())
                    .execute(&mut **tx)?;
            }
            Some(_) => {}
        }
        rows.push(row);
    }
    crate::insert_rows!(&mut **tx, sections::table, added)?;
    Ok(rows)
}

/// The content of the live edition of an article; `None` also if it cannot be read.
pub fn find_published(conn: &mut Connection, row: &ArticleRow) -> Result<Option<Content>> {
    let (Some(_), Some(revision)) = (row.live_edition, row.published_revision) else { return Ok(None) };
    history::find_revision_content(conn, row.id, revision)
}

/// The id of a section of an article: also of one that was removed, if it is named by its id.
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
