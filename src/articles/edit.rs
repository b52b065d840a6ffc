//! Changing a draft. A write locks the article, checks that nothing it replaces has changed since its caller last read
//! it, changes the draft, and saves the difference: rows, a revision, a note of what changed, an event. Or nothing at
//! all.

use super::checks::check_html;
use super::diff::{metadata_fields, section_fields};
use super::draft::Draft;
use super::equality::revisions_differ;
use super::history::{self, ChangeRow};
use super::resolve::lock_article;
use super::scope::{WriteScope, check_unchanged};
use super::store::{self, ArticleRow};
use super::{ArticleKey, metadata_store, slugs, translation_store};
use crate::auth::{Actor, WriteArticles};
use crate::base::db::Tx;
use crate::base::db::types::Json;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, IsId as _, SectionId, SubjectId};
use crate::base::text::Locale;

/// Who changes a draft.
#[derive(Debug, Clone)]
pub struct Editor<'a> {
    /// The user, with the right to.
    pub actor: Actor<WriteArticles>,
    /// The site's default language.
    pub locale: &'a Locale,
}

/// Changes a draft. `scope` says what `change` may replace; `change` returns the sections that it moved. If nothing
/// differs afterwards, nothing is written.
pub fn edit(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    article: &ArticleKey,
    if_match: IfMatch,
    scope: &WriteScope,
    change: impl FnOnce(&mut Tx<'_>, &mut Draft) -> Result<Vec<SectionId>>,
) -> Result<Draft> {
    let row = lock_article(tx, editor.actor, article)?;
    let before = Draft::load(tx, row)?;
    check_unchanged(tx, &before, if_match, scope)?;
    let mut after = before.clone();
    let moved = change(tx, &mut after)?;
    save(tx, &before, after, &moved)
}

/// Saves the difference between two states of a draft as a new revision.
fn save(tx: &mut Tx<'_>, before: &Draft, after: Draft, moved: &[SectionId]) -> Result<Draft> {
    if before.content == after.content && before.row.published_at == after.row.published_at {
        return save_state(tx, before, after);
    }
    let (id, parent, version) = (before.row.id, before.row.revision, before.row.version + 1);
    let mut after = save_draft(tx, before, after, moved, version)?;
    history::insert_revision(tx, id, version, Some(parent), &after.content)?;
    // The edit may have undone all unpublished changes.
    after.has_unpublished_changes = match after.row.published_revision {
        Some(live) if before.has_unpublished_changes => revisions_differ(tx, id, version, live)?,
        _ => true,
    };
    if !after.has_unpublished_changes {
        history::set_same(tx, id, version, after.row.published_revision)?;
    }
    Ok(after)
}

/// Saves what makes no revision: another owner, another translation group.
fn save_state(tx: &mut Tx<'_>, before: &Draft, mut after: Draft) -> Result<Draft> {
    let regrouped = translation_store::change(tx, &after.row, before.group, after.group)?;
    let fields = fields_beside(before, &after);
    if !fields.is_empty() {
        let (id, version) = (after.row.id, after.row.version + 1);
        let change = change(tx, id, version, SubjectId::from_uuid(id.uuid()), Some(fields));
        history::insert_changes(tx, &[change])?;
    }
    let events: Vec<Event> = handed_over(before, &after).into_iter().chain(regrouped).collect();
    if !events.is_empty() {
        raise_version(tx, &mut after.row)?;
    }
    for event in events {
        tx.append(event);
    }
    Ok(after)
}

/// The names of the fields beside the content that differ.
fn fields_beside(before: &Draft, after: &Draft) -> Vec<String> {
    let differ = [
        (before.row.published_at != after.row.published_at, "published_at"),
        (before.row.owner_id != after.row.owner_id, "owner_id"),
        (before.group != after.group, "translation_of"),
    ];
    differ.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name.to_owned()).collect()
}

/// The event if the article has another owner.
fn handed_over(before: &Draft, after: &Draft) -> Option<Event> {
    let owner = (before.row.owner_id != after.row.owner_id).then_some(after.row.owner_id)?;
    Some(Event::ArticleHandedOver { article: before.row.id, owner })
}

/// Saves the difference between two states of a draft, of which the caller has made or makes the revision `version`.
pub fn save_draft(
    tx: &mut Tx<'_>,
    before: &Draft,
    mut after: Draft,
    moved: &[SectionId],
    version: i64,
) -> Result<Draft> {
    let fields = metadata_fields(&before.content.metadata, &after.content.metadata);
    let sections = section_fields(&before.content.sections, &after.content.sections, moved);
    let handed_over = handed_over(before, &after);
    if !sections.is_empty() || fields.iter().any(|field| field == "intro") {
        check_html(&after.content.passages())?;
    }
    let (id, now) = (before.row.id, tx.now());
    let mut changes = Vec::new();
    if !fields.is_empty() {
        after.row.metadata_revision = version;
        after.row.set_metadata(&after.content.metadata);
        metadata_store::update(tx, id, &after.content.metadata, &fields)?;
        let has_changed = |name: &str| fields.iter().any(|field| field == name);
        if has_changed("authors") || has_changed("topics") {
            metadata_store::set_terms(tx, id, &mut after.content.metadata)?;
        }
    }
    let changed_fields: Vec<String> = fields.into_iter().chain(fields_beside(before, &after)).collect();
    if !changed_fields.is_empty() {
        changes.push(change(tx, id, version, SubjectId::from_uuid(id.uuid()), Some(changed_fields)));
    }
    let changed: Vec<SectionId> = sections.iter().map(|(section, _)| *section).collect();
    after.sections =
        store::set_sections(tx, id, &before.sections, &after.content.sections, &changed, version)?;
    let of_sections = sections.into_iter();
    changes.extend(
        of_sections
            .map(|(section, fields)| change(tx, id, version, SubjectId::from_uuid(section.uuid()), fields)),
    );
    history::insert_changes(tx, &changes)?;
    after.row.version = version;
    after.row.revision = version;
    after.row.updated_at = now;
    store::update(tx, &after.row)?;
    if (&before.row.locale, &before.row.slug) != (&after.row.locale, &after.row.slug) {
        // After the article's own row, as for a new article: no two transactions wait for each other.
        slugs::own(tx, id, &after.row.locale, &after.row.slug)?;
        slugs::release(tx, id, &after.row.locale, &after.row.slug)?;
    }
    let regrouped = translation_store::change(tx, &after.row, before.group, after.group)?;
    if let Some(group) = after.group.filter(|_| before.row.locale != after.row.locale) {
        translation_store::claim_all(tx, &after.row, group.id)?;
    }
    tx.append(Event::ArticleEdited { article: id, version, sections: changed });
    for event in handed_over.into_iter().chain(regrouped) {
        tx.append(event);
    }
    Ok(after)
}

fn change(
    tx: &Tx<'_>,
    article_id: ArticleId,
    version: i64,
    subject_id: SubjectId,
    fields: Option<Vec<String>>,
) -> ChangeRow {
    let fields = fields.map(Json::Readable);
    ChangeRow { article_id, version, subject_id, fields, actor_id: tx.actor(), at: tx.now() }
}

/// Gives an article a new version without a revision: for what changes its state and not its text.
pub fn bump_version(tx: &mut Tx<'_>, row: &mut ArticleRow, event: Event) -> Result<()> {
    raise_version(tx, row)?;
    tx.append(event);
    Ok(())
}

/// Gives an article a new version like [`bump_version`], for what has appended its event.
pub fn raise_version(tx: &mut Tx<'_>, row: &mut ArticleRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    store::update(tx, row)
}
