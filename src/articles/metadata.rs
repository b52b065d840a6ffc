//! Changing the metadata of a draft, with what it shares with other articles: slugs, topics, authors, translations.

use super::draft::Draft;
use super::edit::Editor;
use super::metadata_change::{MetadataChange, Named};
use super::{slugs, store};
use crate::auth::{Permission, WriteAuthors, WriteTopics};
use crate::base::db::Tx;
use crate::base::error::{Invalid, Location, Result, Violations};
use crate::base::text::slug::Slug;
use crate::terms::{self, IsTerm};

/// Changes the metadata of a draft. Conflict `slug-taken`; invalid for topics and authors that do not exist and that
/// the editor may not create, and for an original that does not exist.
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
        metadata.topics = term_ids::<_, WriteTopics>(tx, editor, "/topics", named, &mut violations)?;
    }
    if let Some(named) = &change.authors {
        metadata.authors = term_ids::<_, WriteAuthors>(tx, editor, "/authors", named, &mut violations)?;
    }
    if let Some(original) = change.translation_of {
        metadata.translation_of = original;
        if let Some(original) = original
            && (original == id || store::find(tx, original)?.is_none())
        {
            violations.push(
                Location::Pointer("/translation_of".into()),
                Invalid::new("article-unknown", "There is no other article with this id."),
            );
        }
    }
    violations.check()
}

/// The terms of one kind that `named` names. Those that do not exist are created if the editor may do so.
fn term_ids<I: IsTerm, Create: Permission>(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    pointer: &str,
    named: &[Named],
    violations: &mut Violations,
) -> Result<Vec<I>> {
    let slugs: Vec<Slug> = named.iter().map(|named| named.slug.clone()).collect();
    let found = terms::store::find_by_slugs(tx, &slugs)?;
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        let id = match found {
            Some(id) => id,
            None if editor.actor.may::<Create>() => terms::store::make(tx, &named.slug, &named.name)?,
            None => {
                let place = Location::Pointer(format!("{pointer}/{at}"));
                violations.push(place, unknown(I::UNKNOWN, &named.slug));
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
