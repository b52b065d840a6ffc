//! Changing the metadata of a draft, with what it shares with other articles: slugs, topics, authors, translations.

use super::draft::Draft;
use super::edit::Editor;
use super::metadata_change::{MetadataChange, Named};
use super::{slugs, store};
use crate::authors;
use crate::base::db::Tx;
use crate::base::error::{Invalid, Place, Result, Violations};
use crate::base::ids::{AuthorId, TopicId};
use crate::base::text::slug::Slug;
use crate::topics;

/// Changes the metadata of a draft. Conflict `slug-taken`; invalid for topics and authors that do not exist and that the
/// editor may not create, and for an original that does not exist.
pub fn change_metadata(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Draft,
    change: &MetadataChange,
) -> Result<()> {
    let id = draft.row.id;
    let metadata = &mut draft.content.metadata;
    change.apply(metadata);
    if let Some(locale) = &change.locale {
        metadata.locale = locale.clone().unwrap_or_else(|| editor.locale.clone());
    }
    match &change.slug {
        Some(Some(slug)) => {
            slugs::claim(tx, id, &metadata.locale, slug)?;
            metadata.slug = slug.clone();
        }
        Some(None) => {
            let slug = Slug::from_title(&metadata.title);
            metadata.slug = slugs::claim_free(tx, id, &metadata.locale, &slug)?;
        }
        None if change.locale.is_some() => slugs::claim(tx, id, &metadata.locale, &metadata.slug)?,
        None => {}
    }
    let mut violations = Violations::default();
    if let Some(named) = &change.topics {
        metadata.topics = topic_ids(tx, editor, named, &mut violations)?;
    }
    if let Some(named) = &change.authors {
        metadata.authors = author_ids(tx, editor, named, &mut violations)?;
    }
    if let Some(original) = change.translation_of {
        metadata.translation_of = original;
        if let Some(original) = original
            && (original == id || store::find(tx, original)?.is_none())
        {
            violations.push(
                Place::Pointer("/translation_of".into()),
                Invalid::new("unknown-article", "There is no other article with this id."),
            );
        }
    }
    violations.check()
}

fn topic_ids(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    named: &[Named],
    violations: &mut Violations,
) -> Result<Vec<TopicId>> {
    let may_create = editor.actor.may::<crate::auth::WriteTopics>();
    let slugs: Vec<Slug> = named.iter().map(|named| named.slug.clone()).collect();
    let found = topics::store::find_by_slugs(tx, &slugs)?;
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        let id = match found {
            Some(id) => id,
            None if may_create => topics::store::make(tx, &named.slug, &named.name)?,
            None => {
                violations
                    .push(Place::Pointer(format!("/topics/{at}")), unknown("unknown-topic", &named.slug));
                continue;
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn author_ids(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    named: &[Named],
    violations: &mut Violations,
) -> Result<Vec<AuthorId>> {
    let may_create = editor.actor.may::<crate::auth::WriteAuthors>();
    let slugs: Vec<Slug> = named.iter().map(|named| named.slug.clone()).collect();
    let found = authors::store::find_by_slugs(tx, &slugs)?;
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        let id = match found {
            Some(id) => id,
            None if may_create => authors::store::make(tx, &named.slug, &named.name)?,
            None => {
                violations
                    .push(Place::Pointer(format!("/authors/{at}")), unknown("unknown-author", &named.slug));
                continue;
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn unknown(code: &'static str, slug: &Slug) -> Invalid {
    Invalid::new(code, format!("There is no {slug}, and your role may not create one."))
}
