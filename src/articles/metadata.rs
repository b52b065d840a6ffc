//! What is said of an article: making one, and changing what concerns others too: slugs, topics, authors, originals.

use super::drafts::{Draft, Editor};
use super::metadata_change::{MetadataChange, Named};
use super::store::{self, ArticleRow};
use super::{Section, slugs};
use crate::authors;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Place, Result, Violations};
use crate::base::events::Event;
use crate::base::ids::{ArticleId, AuthorId, TopicId};
use crate::base::text::slug::Slug;
use crate::topics;

/// What a new article is made of.
#[derive(Debug, Clone)]
pub struct NewArticle {
    /// Its id.
    pub id: ArticleId,
    /// Its metadata; the title has to be there.
    pub metadata: MetadataChange,
    /// Its sections.
    pub sections: Vec<Section>,
    /// When it was first published, if that was elsewhere.
    pub published_at: Option<Timestamp>,
}

/// Creates an article as a draft: version and revision 1.
///
/// # Errors
/// Invalid without a title, conflict `slug-taken`.
pub fn create(tx: &mut Tx<'_>, editor: &Editor<'_>, new: &NewArticle) -> Result<Draft> {
    let now = tx.now();
    let title = new.metadata.title.clone();
    let title = title.ok_or_else(|| Error::invalid("/title", "required", "an article has a title"))?;
    let mut row = ArticleRow {
        id: new.id,
        owner_id: editor.actor.user,
        version: 1,
        revision: 1,
        metadata_revision: 1,
        live_edition: None,
        published_revision: None,
        last_edition: 0,
        published_at: new.published_at,
        locale: new.metadata.locale.clone().flatten().unwrap_or_else(|| editor.locale.clone()),
        slug: Slug::from_title(&title),
        title,
        subtitle: None,
        summary: None,
        cover: None,
        featured: false,
        listed: true,
        intro: String::new(),
        seo: Json::default(),
        custom: Json::default(),
        translation_of: None,
        aliases: Json::default(),
        trashed_at: None,
        created_at: now,
        updated_at: now,
    };
    // The row has to stand before anything can refer to it; its slug is settled right after.
    row.slug = Slug::from_stored(new.id.to_string());
    store::insert(tx, &row)?;
    let mut draft = Draft::load(tx, row)?;
    draft.content.metadata.slug = Slug::from_title(&draft.row.title);
    let mut change = new.metadata.clone();
    change.slug.get_or_insert(None);
    change_metadata(tx, editor, &mut draft, &change)?;
    draft.content.sections.clone_from(&new.sections);
    draft.row.set_metadata(&draft.content.metadata);
    store::update(tx, &draft.row)?;
    store::set_labels(tx, new.id, &draft.content.metadata)?;
    store::set_sections(tx, new.id, &[], &draft.content.sections, &[], 1)?;
    store::insert_revision(tx, new.id, 1, &draft.content)?;
    tx.append(Event::ArticleCreated { article: new.id });
    Draft::load(tx, draft.row)
}

/// Changes the metadata of a draft: what concerns only the article, and what others have a say in.
///
/// # Errors
/// Conflict `slug-taken`; invalid for topics, authors and originals that are not there.
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
                Invalid::new("unknown-article", "no other article has this id"),
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
    let may_make = editor.actor.may::<crate::auth::WriteTopics>();
    let slugs: Vec<Slug> = named.iter().map(|named| named.slug.clone()).collect();
    let found = topics::store::find_by_slugs(tx, &slugs)?;
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        let id = match found {
            Some(id) => id,
            None if may_make => topics::store::make(tx, &named.slug, &named.name)?,
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
    let may_make = editor.actor.may::<crate::auth::WriteAuthors>();
    let slugs: Vec<Slug> = named.iter().map(|named| named.slug.clone()).collect();
    let found = authors::store::find_by_slugs(tx, &slugs)?;
    let mut ids = Vec::new();
    for ((at, named), found) in named.iter().enumerate().zip(found) {
        let id = match found {
            Some(id) => id,
            None if may_make => authors::store::make(tx, &named.slug, &named.name)?,
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
    Invalid::new(code, format!("there is no {slug}, and your role makes none"))
}
