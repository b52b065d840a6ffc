//! The history of an article: revisions, each the snapshot that an accepted edit leaves, and changes, which say which
//! parts of the draft a write changed.

use diesel::prelude::*;
use uuid::Uuid;

use super::Content;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{changes, revisions};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ActorId, ArticleId, SubjectId};

/// Stands for the schedule of an article among what writes change.
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
        ))
        .execute(&mut **tx)?;
    Ok(())
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
    type Row = (i64, Option<i64>, Option<ActorId>, String, Timestamp, Json<Content>);
    let found: Option<Row> = revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.eq(revision))
        .select((
            revisions::revision,
            revisions::parent,
            revisions::actor_id,
            revisions::title,
            revisions::created_at,
            revisions::content,
        ))
        .get_result(conn)
        .optional()?;
    Ok(found.and_then(|(revision, parent, actor_id, title, created_at, content)| {
        let content = content.read(place(article, revision))?;
        Some((RevisionRow { revision, parent, actor_id, title, created_at }, content))
    }))
}

/// At most `limit` revisions of an article before a revision, newest first.
pub fn list_revisions(
    conn: &mut Connection,
    article: ArticleId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RevisionRow>> {
    Ok(revisions::table
        .filter(revisions::article_id.eq(article))
        .filter(revisions::revision.lt(before.unwrap_or(i64::MAX)))
        .order(revisions::revision.desc())
        .select((
            revisions::revision,
            revisions::parent,
            revisions::actor_id,
            revisions::title,
            revisions::created_at,
        ))
        .limit(limit)
        .load(conn)?)
}

/// How many revisions an article has.
pub fn count_revisions(conn: &mut Connection, article: ArticleId) -> Result<i64> {
    Ok(revisions::table.filter(revisions::article_id.eq(article)).count().get_result(conn)?)
}

/// Saves which parts of a draft a write changed.
pub fn insert_changes(tx: &mut Tx<'_>, rows: &[ChangeRow]) -> Result<()> {
    Ok(crate::insert_rows!(&mut **tx, changes::table, rows)?)
}

/// The changes of an article after a version, oldest first.
pub fn list_changes_since(conn: &mut Connection, article: ArticleId, version: i64) -> Result<Vec<ChangeRow>> {
    Ok(changes::table
        .filter(changes::article_id.eq(article))
        .filter(changes::version.gt(version))
        .order(changes::version)
        .load(conn)?)
}
