//! Notes on an article or one of its sections, for those who may read its draft. They are no part of its revisions and
//! raise no version.

use std::collections::HashMap;

use diesel::prelude::*;

use super::ArticleKey;
use super::resolve::lock_article;
use crate::auth::{Actor, ReviewArticles};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{api_keys, notes, sections};
use crate::base::db::{Connection, MultiBackend, Tx};
use crate::base::error::{Denial, Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ActorId, ArticleId, NoteId, SectionId};

/// The most notes of an article.
pub const MAX_NOTES: i64 = 500;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 5000;

/// A note.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = notes, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct NoteRow {
    /// Its id.
    pub id: NoteId,
    /// The article.
    pub article_id: ArticleId,
    /// The section that it is about; `None` for the whole article. It may have been removed since.
    pub section_id: Option<SectionId>,
    /// The heading that the section had when it was removed.
    pub heading: Option<String>,
    /// Plain text, 1 to [`MAX_TEXT`] characters.
    pub text: String,
    /// Whether it is resolved.
    pub resolved: bool,
    /// Who wrote it.
    pub actor_id: ActorId,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What to change of a note; `None` keeps it.
#[derive(Debug, Clone, Default)]
pub struct NoteChange {
    /// The section; `Some(None)` is the whole article.
    pub section: Option<Option<SectionId>>,
    /// The text.
    pub text: Option<String>,
    /// Whether it is resolved.
    pub resolved: Option<bool>,
}

/// Writes a note. Invalid `section-unknown`; conflict `notes-too-many`.
pub fn create(
    tx: &mut Tx<'_>,
    actor: Actor<ReviewArticles>,
    article: &ArticleKey,
    new: &NoteChange,
) -> Result<NoteRow> {
    let article_id = lock_article(tx, actor, article)?.id;
    if count(tx, article_id, None)? >= MAX_NOTES {
        let detail = format!("The article has {MAX_NOTES} notes. Delete those that are no longer needed.");
        return Err(Error::conflict("notes-too-many", detail));
    }
    let mut note = NoteRow {
        id: tx.new_id()?,
        article_id,
        section_id: None,
        heading: None,
        text: String::new(),
        resolved: false,
        actor_id: actor.actor(),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    apply(tx, &mut note, new)?;
    diesel::insert_into(notes::table).values(note.clone()).execute(&mut **tx)?;
    tx.append(Event::NoteCreated { article: article_id, note: note.id });
    Ok(note)
}

/// Changes a note. All who may write notes resolve it; its text and section are for its author and editors. Not found;
/// invalid `section-unknown`.
pub fn update(
    tx: &mut Tx<'_>,
    actor: Actor<ReviewArticles>,
    article: &ArticleKey,
    id: NoteId,
    change: &NoteChange,
) -> Result<NoteRow> {
    let article = lock_article(tx, actor, article)?.id;
    let before = find(tx, article, id)?;
    let mut note = before.clone();
    if change.text.is_some() || change.section.is_some() {
        check_author(tx, actor, &note)?;
    }
    apply(tx, &mut note, change)?;
    if note != before {
        note.updated_at = tx.now();
        diesel::update(notes::table.filter(notes::id.eq(id))).set(note.clone()).execute(&mut **tx)?;
        tx.append(Event::NoteUpdated { article, note: id });
    }
    Ok(note)
}

/// Deletes a note: its author and editors can. Not found.
pub fn delete(tx: &mut Tx<'_>, actor: Actor<ReviewArticles>, article: &ArticleKey, id: NoteId) -> Result<()> {
    let article = lock_article(tx, actor, article)?.id;
    let note = find(tx, article, id)?;
    check_author(tx, actor, &note)?;
    diesel::delete(notes::table.filter(notes::id.eq(id))).execute(&mut **tx)?;
    tx.append(Event::NoteDeleted { article, note: id });
    Ok(())
}

/// A user and their API keys count as one author.
fn check_author(conn: &mut Connection, actor: Actor<ReviewArticles>, note: &NoteRow) -> Result<()> {
    if actor.only_of().is_none() || note.actor_id == actor.user.into() {
        return Ok(());
    }
    let own_key =
        api_keys::table.filter(api_keys::id.eq(note.actor_id)).filter(api_keys::user_id.eq(actor.user));
    if diesel::select(diesel::dsl::exists(own_key)).get_result(conn)? {
        return Ok(());
    }
    Err(Error::Forbidden(Denial::Right))
}

fn apply(conn: &mut Connection, note: &mut NoteRow, change: &NoteChange) -> Result<()> {
    if let Some(section) = change.section
        && section != note.section_id
    {
        let article = note.article_id;
        let is_there = section.map_or(Ok(true), |section| has_section(conn, article, section))?;
        if !is_there {
            let detail = "The draft has no such section.";
            return Err(Error::invalid("/section_id", "section-unknown", detail));
        }
        note.section_id = section;
        note.heading = None;
    }
    if let Some(text) = &change.text {
        note.text.clone_from(text);
    }
    if let Some(resolved) = change.resolved {
        note.resolved = resolved;
    }
    Ok(())
}

fn has_section(conn: &mut Connection, article: ArticleId, section: SectionId) -> Result<bool> {
    let own = sections::table.filter(sections::id.eq(section)).filter(sections::article_id.eq(article));
    Ok(diesel::select(diesel::dsl::exists(own)).get_result(conn)?)
}

fn find(conn: &mut Connection, article: ArticleId, id: NoteId) -> Result<NoteRow> {
    let own = notes::table.filter(notes::id.eq(id)).filter(notes::article_id.eq(article));
    own.get_result(conn).optional()?.ok_or(Error::NotFound("note"))
}

type Rows<'a> = notes::BoxedQuery<'a, MultiBackend>;

fn matching(article: ArticleId, resolved: Option<bool>) -> Rows<'static> {
    let rows = notes::table.filter(notes::article_id.eq(article)).into_boxed();
    match resolved {
        Some(resolved) => rows.filter(notes::resolved.eq(resolved)),
        None => rows,
    }
}

/// At most `limit` notes of an article after a note, oldest first; `resolved` selects those that are, or are not.
pub fn list(
    conn: &mut Connection,
    article: ArticleId,
    resolved: Option<bool>,
    after: Option<NoteId>,
    limit: i64,
) -> Result<Vec<NoteRow>> {
    let mut rows = matching(article, resolved).order(notes::id).limit(limit);
    if let Some(after) = after {
        rows = rows.filter(notes::id.gt(after));
    }
    Ok(rows.load(conn)?)
}

/// How many notes an article has.
pub fn count(conn: &mut Connection, article: ArticleId, resolved: Option<bool>) -> Result<i64> {
    Ok(matching(article, resolved).count().get_result(conn)?)
}

/// How many notes of these articles are not resolved; articles without any are left out.
pub fn count_open(conn: &mut Connection, articles: &[ArticleId]) -> Result<HashMap<ArticleId, i64>> {
    let counts: Vec<(ArticleId, i64)> = notes::table
        .filter(notes::article_id.eq_any(articles))
        .filter(notes::resolved.eq(false))
        .group_by(notes::article_id)
        .select((notes::article_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// The headings of those sections of these notes that the draft still has.
pub fn find_headings(conn: &mut Connection, notes: &[NoteRow]) -> Result<HashMap<SectionId, Option<String>>> {
    let ids: Vec<SectionId> = notes.iter().filter_map(|note| note.section_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(SectionId, Option<String>)> = sections::table
        .filter(sections::id.eq_any(ids))
        .select((sections::id, sections::heading))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}
