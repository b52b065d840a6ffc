//! The history of an article: revisions, each the snapshot that an accepted edit leaves, and changes, which say which
//! parts of the draft a write changed.

use diesel::prelude::*;
use uuid::Uuid;

use super::{Content, Metadata};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{changes, revision_labels, revisions};
use crate::base::db::types::Json;
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::json::sha256;
use crate::base::ids::{ActorId, ArticleId, SubjectId};

/// The subject of changes of an article's schedule.
pub const SCHEDULE: Uuid = Uuid::nil();

/// A revision without its content.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct RevisionRow {
    /// The version of the article that the edit made.
    pub revision: i64,
    /// The revision that it was made from; `None` for the first.
    pub parent: Option<i64>,
    /// Who made the edit.
    pub actor_id: Option<ActorId>,
    /// The title.
    pub title: String,
    /// When the edit was made.
    pub created_at: Timestamp,
    /// Its label.
    pub label: Option<String>,
}

/// One part of a draft that a write changed: the metadata (the subject is the article itself), a section, or the schedule (the
/// subject is [`SCHEDULE`]).
#[derive(Debug, Clone, PartialEq, Queryable, Insertable)]
#[diesel(table_name = changes, treat_none_as_default_value = false)]
pub struct ChangeRow {
    /// The article.
    pub article_id: ArticleId,
    /// The version that the write made.
    pub version: i64,
    /// The article, the section or [`SCHEDULE`].
    pub subject_id: SubjectId,
    /// The fields that changed; `None` for a section that was removed.
    pub fields: Option<Json<Vec<String>>>,
    /// Who.
    pub actor_id: Option<ActorId>,
    /// When.
    pub at: Timestamp,
}

/// Saves the snapshot of an accepted edit, which was made from the revision `parent`.
pub fn insert_revision(
    tx: &mut Tx<'_>,
    article: ArticleId,
    revision: i64,
    parent: Option<i64>,
    content: &Content,
) -> Result<()> {
    diesel::insert_into(revisions::table)
        .values((
            revisions::article_id.eq(article),
            revisions::revision.eq(revision),
            revisions::actor_id.eq(tx.actor()),
            revisions::title.eq(&content.metadata.title),
            revisions::created_at.eq(tx.now()),
            revisions::content.eq(Json::Readable(content.clone())),
            revisions::parent.eq(parent),
            revisions::content_hash.eq(Some(content_hash(content)?)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A hash of a content without its topics and authors: merging or deleting those is no change of the content.
fn content_hash(content: &Content) -> Result<Vec<u8>> {
    let metadata = Metadata { authors: Vec::new(), topics: Vec::new(), ..content.metadata.clone() };
    Ok(sha256(&serde_json::to_vec(&(metadata, &content.sections))?).to_vec())
}

/// Whether two revisions of an article have different hashes, and so different contents. `false` if they may be the same.
pub fn have_different_hashes(conn: &mut Connection, article: ArticleId, revisions: [i64; 2]) -> Result<bool> {
    let hashes: Vec<Option<Vec<u8>>> = revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq_any(revisions))
        .select(revisions::content_hash)
        .load(conn)?;
    Ok(matches!(hashes.as_slice(), [Some(one), Some(other)] if one != other))
}

/// Records that a revision has the content of a published one, `same_as`.
pub fn set_same(tx: &mut Tx<'_>, article: ArticleId, revision: i64, same_as: Option<i64>) -> Result<()> {
    let own = revisions::table.filter(revisions::article_id.eq(article));
    let own = own.filter(revisions::revision.eq(revision));
    diesel::update(own).set(revisions::same_as.eq(same_as)).execute(&mut **tx)?;
    Ok(())
}

/// For the log.
fn place(article: ArticleId, revision: i64) -> String {
    format!("revisions.content of article {article}, revision {revision}")
}

/// The content of a revision; `None` also if it cannot be read.
pub fn find_revision_content(
    conn: &mut Connection,
    article: ArticleId,
    revision: i64,
) -> Result<Option<Content>> {
    let found: Option<Json<Content>> = revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq(revision))
        .select(revisions::content)
        .get_result(conn)
        .optional()?;
    Ok(found.and_then(|content| content.read(place(article, revision))))
}

/// A revision and its content; `None` also if that cannot be read.
pub fn find_revision(
    conn: &mut Connection,
    article: ArticleId,
    revision: i64,
) -> Result<Option<(RevisionRow, Content)>> {
    type Row = (i64, Option<i64>, Option<ActorId>, String, Timestamp, Json<Content>, Option<String>);
    let found: Option<Row> = revisions::table
        .left_join(revision_labels::table.on(is_labelled()))
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq(revision))
        .select((
            revisions::revision,
            revisions::parent,
            revisions::actor_id,
            revisions::title,
            revisions::created_at,
            revisions::content,
            revision_labels::label.nullable(),
        ))
        .get_result(conn)
        .optional()?;
    Ok(found.and_then(|(revision, parent, actor_id, title, created_at, content, label)| {
        let content = content.read(place(article, revision))?;
        Some((RevisionRow { revision, parent, actor_id, title, created_at, label }, content))
    }))
}

/// Whether an article has a revision.
pub fn has_revision(conn: &mut Connection, article: ArticleId, revision: i64) -> Result<bool> {
    let found = revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq(revision))
        .select(revisions::revision);
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// At most `limit` revisions of an article before a revision, newest first.
pub fn list_revisions(
    conn: &mut Connection,
    article: ArticleId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RevisionRow>> {
    Ok(revisions::table
        .left_join(revision_labels::table.on(is_labelled()))
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.lt(before.unwrap_or(i64::MAX)))
        .order(revisions::revision.desc())
        .select((
            revisions::revision,
            revisions::parent,
            revisions::actor_id,
            revisions::title,
            revisions::created_at,
            revision_labels::label.nullable(),
        ))
        .limit(limit)
        .load(conn)?)
}

/// The revision of an article that another was made from, or the newest one before it if that was deleted.
pub fn previous_revision(conn: &mut Connection, article: ArticleId, before: i64) -> Result<Option<i64>> {
    let children = diesel::alias!(revisions as children);
    let parent: Option<i64> = revisions::table
        .inner_join(
            children.on(children
                .field(revisions::article_id)
                .eq(revisions::article_id)
                .and(children.field(revisions::parent).eq(revisions::revision.nullable()))),
        )
        .filter(children.field(revisions::article_id).eq(article))
        .filter(children.field(revisions::revision).eq(before))
        .select(revisions::revision)
        .first(conn)
        .optional()?;
    if parent.is_some() {
        return Ok(parent);
    }
    Ok(revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.lt(before))
        .order(revisions::revision.desc())
        .select(revisions::revision)
        .first(conn)
        .optional()?)
}

/// Whether a label is of a revision.
#[diesel::dsl::auto_type]
fn is_labelled() -> _ {
    revision_labels::article_id
        .eq(revisions::article_id)
        .and(revision_labels::revision.eq(revisions::revision))
}

/// Sets or removes the label of a revision.
pub fn set_label(tx: &mut Tx<'_>, article: ArticleId, revision: i64, label: Option<&str>) -> Result<()> {
    diesel::delete(
        revision_labels::table
            .filter(revision_labels::article_id.eq(article))
            .filter(revision_labels::revision.eq(revision)),
    )
    .execute(&mut **tx)?;
    if let Some(label) = label {
        diesel::insert_into(revision_labels::table)
            .values((
                revision_labels::article_id.eq(article),
                revision_labels::revision.eq(revision),
                revision_labels::label.eq(label),
            ))
            .execute(&mut **tx)?;
    }
    tx.append(Event::RevisionLabelled { article, revision });
    Ok(())
}

/// How many revisions an article has.
pub fn count_revisions(conn: &mut Connection, article: ArticleId) -> Result<i64> {
    Ok(revisions::table.filter(revisions::article_id.eq(article)).count().get_result(conn)?)
}

/// Saves which parts of a draft a write changed.
pub fn insert_changes(tx: &mut Tx<'_>, rows: &[ChangeRow]) -> Result<()> {
    Ok(crate::insert_rows!(&mut **tx, changes::table, rows)?)
}

/// Subjects of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subjects {
    /// These.
    Only(Vec<SubjectId>),
    /// All but these.
    AllBut(Vec<SubjectId>),
}

/// The newest changes of these subjects after a version of an article, at most `limit`, oldest first.
pub fn list_changes_since(
    conn: &mut Connection,
    article: ArticleId,
    version: i64,
    subjects: Subjects,
    limit: i64,
) -> Result<Vec<ChangeRow>> {
    let since = changes::table
        .filter(changes::article_id.eq(article))
        .filter(changes::version.gt(version))
        .order((changes::version.desc(), changes::subject_id.desc()))
        .limit(limit)
        .into_boxed::<MultiBackend>();
    let since = match subjects {
        Subjects::Only(subjects) => since.filter(changes::subject_id.eq_any(subjects)),
        Subjects::AllBut(subjects) => since.filter(changes::subject_id.ne_all(subjects)),
    };
    let mut newest: Vec<ChangeRow> = since.load(conn)?;
    newest.reverse();
    Ok(newest)
}
