//! Copies an article: everything that its editors wrote, as a new draft with section ids of its own.

use super::draft::Draft;
use super::metadata_change::MetadataChange;
use super::write::NewArticle;
use super::{ArticleRef, Metadata, Section};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::random::Random;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::terms;
use crate::terms::names::Named;

/// The copy of a draft in a language, in its translation group if it is to be a translation. Its slug is derived from
/// the title, and it has no `aliases`, which are the addresses of one article only. Conflict `in-trash`.
pub fn copy(
    conn: &mut Connection,
    draft: Draft,
    locale: Locale,
    is_translation: bool,
    (random, now): (&Random, Timestamp),
) -> Result<NewArticle> {
    if draft.row.trashed_at.is_some() {
        return Err(Error::conflict("in-trash", "The article is in the trash. Restore it first."));
    }
    let Draft { row, content, .. } = draft;
    let Metadata { title, subtitle, summary, cover, featured, listed, intro, seo, custom, .. } =
        content.metadata;
    let (authors, topics) =
        terms::store::resolve_all(conn, &content.metadata.authors, &content.metadata.topics)?;
    let named = |name: String, slug: Slug| Named { name, slug: Some(slug) };
    let metadata = MetadataChange {
        title: Some(title),
        slug: Some(None),
        locale: Some(Some(locale)),
        subtitle: Some(subtitle),
        summary: Some(summary),
        cover: Some(cover),
        featured: Some(featured),
        listed: Some(listed),
        authors: Some(authors.into_iter().map(|author| named(author.name, author.slug)).collect()),
        topics: Some(topics.into_iter().map(|topic| named(topic.name, topic.slug)).collect()),
        intro: Some(intro),
        seo: Some(seo),
        custom: Some(custom),
        translation_of: is_translation.then_some(Some(ArticleRef::Id(row.id))),
        aliases: None,
    };
    let sections = with_new_ids(content.sections, random, now)?;
    Ok(NewArticle { id: random.id(now)?, metadata, sections, published_at: None })
}

fn with_new_ids(sections: Vec<Section>, random: &Random, now: Timestamp) -> Result<Vec<Section>> {
    let copy = |section: Section| {
        let sections = with_new_ids(section.sections, random, now)?;
        Ok(Section { id: random.id(now)?, sections, ..section })
    };
    sections.into_iter().map(copy).collect()
}
