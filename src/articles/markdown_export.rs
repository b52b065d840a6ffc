//! Writes a whole draft as one Markdown document with front matter, which [`super::markdown_document`] reads.

use serde_json::{Map, Value};

use super::{Content, Section, tree};
use crate::authors::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::ids::{ArticleId, IsId as _};
use crate::base::text::front_matter::{self, FrontMatter, TermName};
use crate::base::text::outline::{self, Document, Part};
use crate::base::text::slug::Anchor;
use crate::topics::TopicRef;

/// Writes a draft as a Markdown document with front matter. Parsing it again gives the same draft.
#[must_use]
pub fn write_markdown(
    id: ArticleId,
    content: &Content,
    authors: &[AuthorRef],
    topics: &[TopicRef],
    published_at: Option<Timestamp>,
    translation_of: Option<ArticleId>,
) -> String {
    let metadata = &content.metadata;
    let front = FrontMatter {
        id: Some(id.uuid()),
        title: Some(metadata.title.clone()),
        subtitle: metadata.subtitle.clone(),
        slug: Some(metadata.slug.to_string()),
        locale: Some(metadata.locale.to_string()),
        translation_of: translation_of.map(|id| Some(id.to_string())),
        summary: metadata.summary.clone(),
        published_at,
        featured: metadata.featured.then_some(true),
        listed: (!metadata.listed).then_some(false),
        authors: authors
            .iter()
            .map(|author| TermName { name: Some(author.name.clone()), slug: Some(author.slug.to_string()) })
            .collect(),
        topics: topics
            .iter()
            .map(|topic| TermName { name: Some(topic.name.clone()), slug: Some(topic.slug.to_string()) })
            .collect(),
        cover: metadata.cover.clone().map(|cover| front_matter::Cover {
            url: cover.url,
            alt: cover.alt,
            caption: cover.caption,
            width: cover.width,
            height: cover.height,
        }),
        seo: front_matter::Seo {
            title: metadata.seo.title.clone(),
            description: metadata.seo.description.clone(),
            canonical_url: metadata.seo.canonical_url.clone(),
            image_url: metadata.seo.image_url.clone(),
            noindex: metadata.seo.noindex.then_some(true),
        },
        aliases: metadata.aliases.clone(),
        sections: section_custom(&content.sections),
        custom: metadata.custom.clone(),
        ..FrontMatter::default()
    };
    let document = Document {
        title: None,
        intro: metadata.intro.clone(),
        sections: content.sections.iter().map(part).collect(),
    };
    front_matter::write(&front) + &outline::write(&document)
}

fn part(section: &Section) -> Part {
    Part {
        heading: section.heading.clone(),
        anchor: section.anchor.clone(),
        body: section.body.clone(),
        sections: section.sections.iter().map(part).collect(),
    }
}

fn section_custom(sections: &[Section]) -> Map<String, Value> {
    tree::flatten(sections)
        .into_iter()
        .filter_map(|(section, ..)| {
            let anchor: &Anchor = section.anchor.as_ref()?;
            (!section.custom.is_empty()).then(|| (anchor.to_string(), Value::Object(section.custom.clone())))
        })
        .collect()
}
