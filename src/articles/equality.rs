//! Whether contents of an article differ: two revisions, or a draft and what readers see.

use std::collections::HashSet;

use diesel::prelude::*;

use super::store::ArticleRow;
use super::{Content, Metadata, history};
use crate::base::db::Connection;
use crate::base::db::schema::{articles, revisions};
use crate::base::error::Result;
use crate::base::ids::ArticleId;
use crate::terms;

/// Replaces the topics and authors of a revision by those that they are now: merged ones by what they were merged into,
/// and without deleted ones.
pub fn resolve_terms(conn: &mut Connection, metadata: &mut Metadata) -> Result<()> {
    let (authors, topics) = terms::store::resolve_all(conn, &metadata.authors, &metadata.topics)?;
    metadata.authors = authors.iter().map(|author| author.id).collect();
    metadata.topics = topics.iter().map(|topic| topic.id).collect();
    Ok(())
}

/// Whether two contents of an article differ, with topics and authors as they are now.
pub fn differ(conn: &mut Connection, one: &Content, other: &Content) -> Result<bool> {
    if one.sections != other.sections || one.metadata == other.metadata {
        return Ok(one.sections != other.sections);
    }
    let (mut one, mut other) = (one.metadata.clone(), other.metadata.clone());
    resolve_terms(conn, &mut one)?;
    resolve_terms(conn, &mut other)?;
    Ok(one != other)
}

/// Whether two revisions of an article differ. Reads their contents only if their hashes are the same. One that cannot be read
/// differs from all others.
pub fn revisions_differ(conn: &mut Connection, article: ArticleId, one: i64, other: i64) -> Result<bool> {
    if history::have_different_hashes(conn, article, [one, other])? {
        return Ok(true);
    }
    let one = history::find_revision_content(conn, article, one)?;
    let other = history::find_revision_content(conn, article, other)?;
    match (one, other) {
        (Some(one), Some(other)) => differ(conn, &one, &other),
        _ => Ok(true),
    }
}

/// The articles of these whose draft differs from what readers see, or which they do not see.
pub fn find_changed<'a>(
    conn: &mut Connection,
    rows: impl Iterator<Item = &'a ArticleRow>,
) -> Result<HashSet<ArticleId>> {
    let (unseen, others): (Vec<_>, Vec<_>) = rows
        .filter(|row| row.published_revision != Some(row.revision))
        .partition(|row| row.published_revision.is_none());
    let mut changed: HashSet<ArticleId> = unseen.into_iter().map(|row| row.id).collect();
    if others.is_empty() {
        return Ok(changed);
    }
    let ids: Vec<ArticleId> = others.iter().map(|row| row.id).collect();
    let same: Vec<ArticleId> = articles::table
        .filter(articles::id.eq_any(&ids))
        .filter(diesel::dsl::exists(same_as_published()))
        .select(articles::id)
        .load(conn)?;
    changed.extend(ids.into_iter().filter(|id| !same.contains(id)));
    Ok(changed)
}

/// The draft's revision of an article, if its content is the one that is published, under another number.
#[must_use]
#[diesel::dsl::auto_type(no_type_alias)]
pub fn same_as_published() -> _ {
    revisions::table
        .filter(revisions::article_id.eq(articles::id))
        .filter(revisions::revision.eq(articles::revision))
        .filter(revisions::same_as.eq(articles::published_revision))
}
