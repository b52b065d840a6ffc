//! Changing the metadata of a draft, with what it shares with other articles: slugs, topics, authors, translations.

use super::draft::Draft;
use super::edit::Editor;
use super::metadata_change::MetadataChange;
use super::{Metadata, aliases, slugs, translations};
use crate::auth::{Permission, WriteAuthors, WriteTopics};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Invalid, Location, Result, Violations};
use crate::base::ids::ArticleId;
use crate::base::text::slug::Slug;
use crate::terms::names::Named;
use crate::terms::{self, IsTerm};

/// Changes the metadata of a draft, and leaves it to the caller to save it, to take its slug and to make it a member of its
/// translation group. Conflict `slug-taken`; invalid for topics and authors that do not exist and that the editor may not
/// create, for a group as [`translations::choose`] says, and for an alias at which another article is live.
pub fn change_metadata(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Draft,
    change: &MetadataChange,
) -> Result<()> {
    let id = draft.row.id;
    let metadata = &mut draft.content.metadata;
    let mut violations = Violations::default();
    change_own(tx, id, metadata, change, &mut violations)?;
    if let Some(locale) = &change.locale {
        metadata.locale = locale.clone().unwrap_or_else(|| editor.locale.clone());
    }
    choose_slug(tx, id, metadata, change)?;
    if let Some(named) = &change.topics {
        metadata.topics = term_ids::<_, WriteTopics>(tx, editor, "/topics", named, &mut violations)?;
    }
    if let Some(named) = &change.authors {
        metadata.authors = term_ids::<_, WriteAuthors>(tx, editor, "/authors", named, &mut violations)?;
    }
    if let Some(wanted) = &change.translation_of {
        let group = translations::choose(tx, editor, (&draft.row, draft.group), wanted.as_ref())?;
        draft.group = violations.take("/translation_of", group).flatten();
    }
    violations.check()
}

/// Changes the metadata of a revision, like [`change_metadata`], except slug, language and group. Topics and authors
/// must exist.
pub fn correct_metadata(
    conn: &mut Connection,
    article: ArticleId,
    metadata: &mut Metadata,
    change: &MetadataChange,
) -> Result<()> {
    let mut violations = Violations::default();
    change_own(conn, article, metadata, change, &mut violations)?;
    if let Some(named) = &change.topics {
        let found = terms::names::find(conn, named)?;
        metadata.topics = known_terms("/topics", named, found, &mut violations);
    }
    if let Some(named) = &change.authors {
        let found = terms::names::find(conn, named)?;
        metadata.authors = known_terms("/authors", named, found, &mut violations);
    }
    violations.check()
}

/// Applies the changes that concern only this article.
fn change_own(
    conn: &mut Connection,
    article: ArticleId,
    metadata: &mut Metadata,
    change: &MetadataChange,
    violations: &mut Violations,
) -> Result<()> {
    let added: Vec<&String> =
        change.aliases.iter().flatten().filter(|alias| !metadata.aliases.contains(alias)).collect();
    let taken = aliases::taken(conn, article, &added)?;
    change.apply(metadata);
    for (at, alias) in metadata.aliases.iter().enumerate().filter(|(_, alias)| taken.contains(alias)) {
        let detail = format!("Another article is published at {alias}.");
        violations.push(Location::Pointer(format!("/aliases/{at}")), Invalid::new("alias-taken", detail));
    }
    Ok(())
}

/// Gives a draft the slug that `change` asks for, if that is free. Conflict `slug-taken`.
pub fn choose_slug(
    tx: &mut Tx<'_>,
    id: ArticleId,
    metadata: &mut Metadata,
    change: &MetadataChange,
) -> Result<()> {
    match &change.slug {
        Some(Some(slug)) => {
            slugs::check_free(tx, id, &metadata.locale, slug)?;
            metadata.slug = slug.clone();
        }
        Some(None) => {
            let slug = slugs::from_title(&metadata.title);
            metadata.slug = slugs::find_free(tx, id, &metadata.locale, &slug)?;
        }
        None if change.locale.is_some() => slugs::check_free(tx, id, &metadata.locale, &metadata.slug)?,
        None => {}
    }
    Ok(())
}

/// The terms of one kind that `named` names. Those that do not exist are created if the editor may do so.
fn term_ids<I: IsTerm, Create: Permission>(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    pointer: &str,
    named: &[Named],
    violations: &mut Violations,
) -> Result<Vec<I>> {
    let mut found = terms::names::find(tx, named)?;
    if editor.actor.may::<Create>() {
        for (named, found) in named.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = Some(terms::names::create(tx, named)?);
        }
    }
    Ok(known_terms(pointer, named, found, violations))
}

/// The terms that were found for `named`, each once. The others are violations.
fn known_terms<I: IsTerm>(
    pointer: &str,
    named: &[Named],
    found: Vec<Option<I>>,
    violations: &mut Violations,
) -> Vec<I> {
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        match found {
            Some(id) if ids.contains(&id) => {}
            Some(id) => ids.push(id),
            None => {
                let place = Location::Pointer(format!("{pointer}/{at}"));
                violations.push(place, unknown(I::UNKNOWN, named));
            }
        }
    }
    ids
}

fn unknown(code: &'static str, named: &Named) -> Invalid {
    let named = named.slug.as_ref().map_or(named.name.as_str(), Slug::as_str);
    Invalid::new(code, format!("There is no {named}, and this request may not create one."))
}
