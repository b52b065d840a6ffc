//! The table of editions.

use diesel::prelude::*;

use super::render::Facts;
use crate::articles::Content;
use crate::articles::store as articles;
use crate::base::clock::Timestamp;
use crate::base::db::schema::editions;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ActorId, ArticleId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// An edition: immutable facts.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = editions)]
pub struct EditionRow {
    /// The article.
    pub article_id: ArticleId,
    /// Its number.
    pub edition: i64,
    /// The revision that was published.
    pub revision: i64,
    /// Its language.
    pub locale: Locale,
    /// Its slug.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// Who published it.
    pub actor_id: Option<ActorId>,
    /// Whether it left the article's `updated_at` as it was.
    pub minor: bool,
}

/// Adds an edition.
pub fn insert(tx: &mut Tx<'_>, row: &EditionRow) -> Result<()> {
    diesel::insert_into(editions::table).values(row.clone()).execute(&mut **tx)?;
    Ok(())
}

/// An edition of an article.
pub fn find(conn: &mut Connection, article: ArticleId, edition: i64) -> Result<Option<EditionRow>> {
    Ok(editions::table
        .filter(editions::article_id.eq(article))
        .filter(editions::edition.eq(edition))
        .get_result(conn)
        .optional()?)
}

/// At most `limit` editions of an article before an edition, newest first.
pub fn list(
    conn: &mut Connection,
    article: ArticleId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EditionRow>> {
    Ok(editions::table
        .filter(editions::article_id.eq(article))
        .filter(editions::edition.lt(before.unwrap_or(i64::MAX)))
        .order(editions::edition.desc())
        .limit(limit)
        .load(conn)?)
}

/// How many editions an article has.
pub fn count(conn: &mut Connection, article: ArticleId) -> Result<i64> {
    Ok(editions::table.filter(editions::article_id.eq(article)).count().get_result(conn)?)
}

/// The `updated_at` of an edition: when it was published, or the one before, as long as they are minor.
pub fn updated_at(conn: &mut Connection, article: ArticleId, edition: i64) -> Result<Timestamp> {
    Ok(editions::table
        .filter(editions::article_id.eq(article))
        .filter(editions::edition.le(edition))
        .filter(editions::minor.eq(false))
        .order(editions::edition.desc())
        .select(editions::published_at)
        .first(conn)?)
}

/// The facts and the content of the live edition of an article.
pub fn find_live(conn: &mut Connection, id: ArticleId) -> Result<Option<(Facts, Content)>> {
    let Some(row) = articles::find(conn, id)? else { return Ok(None) };
    let (Some(edition), Some(content)) = (row.live_edition, articles::find_published(conn, &row)?) else {
        return Ok(None);
    };
    let updated_at = updated_at(conn, id, edition)?;
    let facts = Facts { id, edition, published_at: row.published_at.unwrap_or(updated_at), updated_at };
    Ok(Some((facts, content)))
}
