//! Writes of whole articles: creating one, replacing a draft by a document, and restoring a revision.

use super::checks::{check_first_publication, check_html};
use super::diff::moved_sections;
use super::draft::Draft;
use super::edit::Editor;
use super::equality::resolve_terms;
use super::markdown_document::ParsedDocument;
use super::metadata::{change_metadata, choose_slug};
use super::metadata_change::MetadataChange;
use super::section_input::{Checked, CheckedSection};
use super::store::{self, ArticleRow};
use super::{Content, Metadata, Section, aliases, history, metadata_store, slugs, translation_store, tree};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ArticleId, IsId as _, SectionId, SubjectId};
use crate::base::text::slug::Slug;

/// How many slugs are tried that others take at the same time.
const TRIES: usize = 20;

/// A new article.
#[derive(Debug, Clone)]
pub struct NewArticle {
    /// Its id.
    pub id: ArticleId,
    /// Its metadata, with a title.
    pub metadata: MetadataChange,
    /// Its sections.
    pub sections: Vec<Section>,
    /// When it was first published elsewhere, if it was.
    pub published_at: Option<Timestamp>,
}

/// Creates an article as a draft of version and revision 1. Invalid without a title, or
/// `rendering-too-large`; conflict `slug-taken` or `translation-exists`.
pub fn create(tx: &mut Tx<'_>, editor: &Editor<'_>, new: &NewArticle) -> Result<Draft> {
    let now = tx.now();
    let title = new.metadata.title.clone();
    let title = title.ok_or_else(|| Error::invalid("/title", "title-missing", "Required."))?;
    let locale = new.metadata.locale.clone().flatten().unwrap_or_else(|| editor.locale.clone());
    let metadata = Metadata::new(title, Slug::from_stored(new.id.to_string()), locale);
    let row = ArticleRow {
        id: new.id,
        owner_id: editor.actor.user,
        version: 1,
        revision: 1,
        metadata_revision: 1,
        live_edition: None,
        published_revision: None,
        last_edition: 0,
        published_at: new.published_at,
        locale: metadata.locale.clone(),
        slug: metadata.slug.clone(),
        title: metadata.title.clone(),
        trashed_at: None,
        created_at: now,
        updated_at: now,
        purging_at: None,
    };
    let content = Content { metadata, sections: new.sections.clone() };
    let mut draft = Draft { row, content, group: None, has_unpublished_changes: true, sections: Vec::new() };
    let mut change = new.metadata.clone();
    change.slug.get_or_insert(None);
    change_metadata(tx, editor, &mut draft, &change)?;
    check_html(&draft.content.passages())?;
    draft.row.set_metadata(&draft.content.metadata);
    let mut tries = 0..TRIES;
    while !store::insert(tx, &draft.row)? {
        // Another transaction has taken the slug meanwhile.
        tries.next().ok_or_else(Tx::retry)?;
        choose_slug(tx, new.id, &mut draft.content.metadata, &change)?;
        draft.row.set_metadata(&draft.content.metadata);
    }
    slugs::own(tx, new.id, &draft.row.locale, &draft.row.slug)?;
    metadata_store::insert(tx, new.id, &mut draft.content.metadata)?;
    draft.sections = store::set_sections(tx, new.id, &[], &draft.content.sections, &[], 1)?;
    history::insert_revision(tx, new.id, 1, None, &draft.content)?;
    tx.set_subject(SubjectId::from_uuid(new.id.uuid()));
    tx.append(Event::ArticleCreated { article: new.id });
    if let Some(event) = translation_store::change(tx, &draft.row, None, draft.group)? {
        tx.append(event);
    }
    Ok(draft)
}

/// Replaces the sections of a draft. Returns the sections that were moved.
pub fn replace_sections(
    tx: &mut Tx<'_>,
    draft: &mut Draft,
    checked: &Checked<Vec<CheckedSection>>,
) -> Result<Vec<SectionId>> {
    let intro = &draft.content.metadata.intro;
    let after = tree::build(intro, checked, &draft.content.sections, tx.random(), tx.now())?;
    let before = std::mem::replace(&mut draft.content.sections, after);
    Ok(moved_sections(&before, &draft.content.sections))
}

/// Replaces everything in a draft by a document, with the date of the first publication as long as there was none and
/// the editor may set it. Returns the sections that were moved.
pub fn replace_by_document(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Draft,
    document: &ParsedDocument,
) -> Result<Vec<SectionId>> {
    if let Some(at) = document.published_at
        && draft.row.last_edition == 0
        && check_first_publication(editor.actor, at, tx.now()).is_ok()
    {
        draft.row.published_at = Some(at);
    }
    let before = std::mem::take(&mut draft.content.sections);
    change_metadata(tx, editor, draft, &document.metadata)?;
    draft.content.sections = document.match_sections(&before, "", tx.random(), tx.now())?;
    Ok(moved_sections(&before, &draft.content.sections))
}

/// Replaces everything in a draft but its slug and language by an earlier revision. What the editor could not write
/// now is left out: aliases that are no longer allowed. Returns the sections that were moved.
pub fn restore_revision(tx: &mut Tx<'_>, draft: &mut Draft, revision: i64) -> Result<Vec<SectionId>> {
    let content = history::find_revision_content(tx, draft.row.id, revision)?;
    let mut content = content.ok_or(Error::NotFound("revision"))?;
    let metadata = &mut content.metadata;
    metadata.slug = draft.content.metadata.slug.clone();
    metadata.locale = draft.content.metadata.locale.clone();
    resolve_terms(tx, metadata)?;
    metadata.aliases = aliases::allowed(tx, draft.row.id, std::mem::take(&mut metadata.aliases))?;
    let before = std::mem::replace(&mut draft.content, content);
    Ok(moved_sections(&before.sections, &draft.content.sections))
}
