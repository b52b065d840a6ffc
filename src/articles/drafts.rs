//! Changing drafts without losing anybody's edit. A write names the version its caller has seen and goes through if
//! nothing it touches has changed since; it leaves a revision, a note of what changed, and an event, or nothing at all.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::store::{self, ArticleRow, ChangeRow, SectionRow};
use super::tree::flatten;
use super::{ArticleRef, Content, Metadata, Section, slugs};
use crate::auth::{Actor, Permission, WriteArticles};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, IsId as _, SectionId, SubjectId};
use crate::base::text::Locale;

/// An article as its editors have it now.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its identity and state.
    pub row: ArticleRow,
    /// What was written.
    pub content: Content,
    /// The sections as kept.
    pub(super) kept: Vec<SectionRow>,
}

/// What a write replaces or removes: the parts that must not have changed since its caller looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touches {
    /// Nothing that stands already.
    Nothing,
    /// Metadata and intro.
    Metadata,
    /// These sections.
    Sections(Vec<SectionId>),
    /// Every section.
    Tree,
    /// Everything.
    Everything,
}

impl Touches {
    fn includes(&self, article: ArticleId, subject: SubjectId) -> bool {
        let is_metadata = subject.uuid() == article.uuid();
        match self {
            Self::Nothing => false,
            Self::Metadata => is_metadata,
            Self::Sections(ids) => ids.iter().any(|id| id.uuid() == subject.uuid()),
            Self::Tree => !is_metadata,
            Self::Everything => true,
        }
    }
}

/// Who changes a draft, and what that needs.
#[derive(Debug, Clone)]
pub struct Editor<'a> {
    /// Who.
    pub actor: Actor<WriteArticles>,
    /// The site's language.
    pub locale: &'a Locale,
}

impl Draft {
    /// Reads the draft of an article.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn load(conn: &mut Connection, row: ArticleRow) -> Result<Self> {
        let (content, kept) = store::content(conn, &row)?;
        Ok(Self { row, content, kept })
    }

    /// At which version a section last changed.
    #[must_use]
    pub fn section_revision(&self, id: SectionId) -> i64 {
        self.kept
            .iter()
            .find(|row| *diesel::Identifiable::id(*row) == id)
            .map_or(self.row.revision, |row| row.revision)
    }
}

/// Finds the article a token's request names, by id or by the draft's slug. What the right does not reach is not there.
///
/// # Errors
/// Not found; conflict `slug-moved` for a slug that the article had before.
pub fn find<P: Permission>(
    conn: &mut Connection,
    actor: Actor<P>,
    article: &ArticleRef,
    locale: &Locale,
) -> Result<ArticleRow> {
    let (id, moved) = match article {
        ArticleRef::Id(id) => (Some(*id), false),
        ArticleRef::Slug(slug) => match slugs::draft(conn, locale, slug)? {
            Some(id) => (Some(id), false),
            None => (slugs::owner(conn, locale, slug)?.map(|(owner, _)| owner), true),
        },
    };
    let row = match id {
        Some(id) => store::find(conn, id)?,
        None => None,
    };
    let row = row.filter(|row| actor.reaches(row.owner_id)).ok_or(Error::NotFound("article"))?;
    if moved {
        let members =
            Map::from_iter([("slug".to_owned(), json!(row.slug)), ("id".to_owned(), json!(row.id))]);
        return Err(Error::Conflict(crate::base::error::Conflict {
            code: "slug-moved",
            detail: format!("the draft's slug is {} now", row.slug).into(),
            members,
        }));
    }
    Ok(row)
}

/// Finds and locks the article that a write names.
///
/// # Errors
/// As [`find`]; conflict `in-trash`.
pub fn find_to_write<P: Permission>(
    tx: &mut Tx<'_>,
    actor: Actor<P>,
    article: &ArticleRef,
    locale: &Locale,
) -> Result<ArticleRow> {
    let id = find(tx, actor, article, locale)?.id;
    let row = store::lock_article(tx, id)?.filter(|row| actor.reaches(row.owner_id));
    let row = row.ok_or(Error::NotFound("article"))?;
    if row.trashed_at.is_some() {
        return Err(Error::conflict("in-trash", "the article lies in the trash; restore it first"));
    }
    Ok(row)
}

/// Checks that nothing of what a write touches has changed since its caller looked.
///
/// # Errors
/// Precondition failed `changed-since`, with the present version and what changed.
fn check_unchanged(conn: &mut Connection, row: &ArticleRow, seen: IfMatch, touches: &Touches) -> Result<()> {
    let IfMatch::Version(seen) = seen else { return Ok(()) };
    let since = store::changes_since(conn, row.id, seen)?;
    let changed: Vec<Value> = since
        .iter()
        .filter(|change| touches.includes(row.id, change.subject_id))
        .map(|change| describe(row.id, change))
        .collect();
    if changed.is_empty() && seen <= row.version {
        return Ok(());
    }
    let members =
        Map::from_iter([("version".to_owned(), json!(row.version)), ("changed".to_owned(), changed.into())]);
    Err(Error::stale("changed-since", "what this write touches has changed since that version", members))
}

fn describe(article: ArticleId, change: &ChangeRow) -> Value {
    json!({
        "kind": if change.subject_id.uuid() == article.uuid() { "metadata" } else { "section" },
        "id": change.subject_id,
        "members": change.members.as_ref().map(|Json(members)| members),
        "by": change.user_id,
        "at": change.at,
    })
}

/// Changes a draft: locks the article, checks what the caller has seen, lets `change` do its work on the content and
/// keeps the difference. `change` says which sections it moved. Without a difference nothing is written.
///
/// # Errors
/// What the checks and `change` say.
pub fn edit<T, C>(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    article: &ArticleRef,
    seen: IfMatch,
    touches: T,
    change: C,
) -> Result<Draft>
where
    T: FnOnce(&Draft) -> Result<Touches>,
    C: FnOnce(&mut Tx<'_>, &mut Draft) -> Result<Vec<SectionId>>,
{
    let row = find_to_write(tx, editor.actor, article, editor.locale)?;
    let before = Draft::load(tx, row)?;
    check_unchanged(tx, &before.row, seen, &touches(&before)?)?;
    let mut after = before.clone();
    let moved = change(tx, &mut after)?;
    save(tx, &before, after, &moved)
}

/// Keeps the difference between two states of a draft.
fn save(tx: &mut Tx<'_>, before: &Draft, mut after: Draft, moved: &[SectionId]) -> Result<Draft> {
    let now = tx.now();
    let members = metadata_members(&before.content.metadata, &after.content.metadata);
    let sections = section_changes(&before.content.sections, &after.content.sections, moved);
    if members.is_empty() && sections.is_empty() {
        return Ok(after);
    }
    let version = before.row.version + 1;
    let (id, actor) = (before.row.id, tx.actor());
    let note = |subject_id, members: Option<Vec<String>>| ChangeRow {
        article_id: id,
        version,
        subject_id,
        members: members.map(Json),
        user_id: actor,
        at: now,
    };
    if !members.is_empty() {
        after.row.metadata_revision = version;
        after.row.set_metadata(&after.content.metadata);
        if members.iter().any(|member| member == "authors" || member == "topics") {
            store::set_labels(tx, id, &after.content.metadata)?;
        }
        slugs::release(tx, id, &after.row.locale, &after.row.slug)?;
        store::insert_change(tx, note(SubjectId::from_uuid(id.uuid()), Some(members)))?;
    }
    let changed: Vec<SectionId> = sections.iter().map(|(section, _)| *section).collect();
    store::set_sections(tx, id, &before.kept, &after.content.sections, &changed, version)?;
    for (section, members) in sections {
        store::insert_change(tx, note(SubjectId::from_uuid(section.uuid()), members))?;
    }
    after.row.version = version;
    after.row.revision = version;
    after.row.updated_at = now;
    store::update(tx, &after.row)?;
    store::insert_revision(tx, id, version, &after.content)?;
    tx.append(Event::ArticleEdited { article: id, version, sections: changed });
    Draft::load(tx, after.row)
}

fn metadata_members(before: &Metadata, after: &Metadata) -> Vec<String> {
    let fields = |metadata| match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

/// The sections that differ, and which members of each; `None` for a removed one.
fn section_changes(
    before: &[Section],
    after: &[Section],
    moved: &[SectionId],
) -> Vec<(SectionId, Option<Vec<String>>)> {
    let (before, after) = (flatten(before), flatten(after));
    let mut changes = Vec::new();
    for (old, ..) in &before {
        if !after.iter().any(|(new, ..)| new.id == old.id) {
            changes.push((old.id, None));
        }
    }
    for (new, ..) in &after {
        let old = before.iter().map(|(old, ..)| *old).find(|old| old.id == new.id);
        let differs = [
            ("heading", old.is_none_or(|old| old.heading != new.heading)),
            ("anchor", old.is_none_or(|old| old.anchor != new.anchor)),
            ("body", old.is_none_or(|old| old.body != new.body)),
            ("custom", old.is_none_or(|old| old.custom != new.custom)),
            ("place", old.is_none() || moved.contains(&new.id)),
        ];
        let members: Vec<String> =
            differs.iter().filter(|(_, differs)| *differs).map(|(member, _)| (*member).to_owned()).collect();
        if !members.is_empty() {
            changes.push((new.id, Some(members)));
        }
    }
    changes
}

/// The sections that stand elsewhere in a tree that replaces another: below another parent, or in another order. What
/// comes or goes beside them does not move them.
#[must_use]
pub fn moved(before: &[Section], after: &[Section]) -> Vec<SectionId> {
    let before: HashMap<SectionId, (Option<SectionId>, i64)> =
        flatten(before).into_iter().map(|(old, parent, at)| (old.id, (parent, at))).collect();
    let mut moved = Vec::new();
    let mut stayed: HashMap<Option<SectionId>, Vec<(SectionId, i64)>> = HashMap::new();
    for (new, parent, _) in flatten(after) {
        match before.get(&new.id) {
            Some((old_parent, at)) if *old_parent == parent => {
                stayed.entry(parent).or_default().push((new.id, *at));
            }
            Some(_) => moved.push(new.id),
            None => {}
        }
    }
    for siblings in stayed.values() {
        let in_order = longest_rise(siblings);
        moved.extend(siblings.iter().map(|(id, _)| *id).filter(|id| !in_order.contains(id)));
    }
    moved
}

/// The most siblings that stand in the order they had.
fn longest_rise(siblings: &[(SectionId, i64)]) -> HashSet<SectionId> {
    // The best that ends with each: how many, and which comes before.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(siblings.len());
    for (number, (_, at)) in siblings.iter().enumerate() {
        let lower = siblings.iter().zip(&best).enumerate().take(number).filter(|(_, ((_, old), _))| old < at);
        let before = lower.max_by_key(|(_, (_, (length, _)))| *length);
        best.push(before.map_or((1, None), |(before, (_, (length, _)))| (length + 1, Some(before))));
    }
    let mut last = (0..best.len()).max_by_key(|number| best.get(*number).map(|(length, _)| *length));
    let mut rise = HashSet::new();
    while let Some((number, (id, _))) = last.and_then(|last| Some((last, siblings.get(last)?))) {
        rise.insert(*id);
        last = best.get(number).and_then(|(_, before)| *before);
    }
    rise
}

/// Raises the version of an article without a revision: for what changes its state and not its text.
///
/// # Errors
/// When the database refuses.
pub fn raise(tx: &mut Tx<'_>, row: &mut ArticleRow, event: Event) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    store::update(tx, row)?;
    tx.append(event);
    Ok(())
}
