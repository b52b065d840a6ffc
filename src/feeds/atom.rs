//! Writes Atom 1.0 (RFC 4287).

use std::io;

use actix_web::web::Bytes;

use super::xml::Xml;
use super::{Entry, Feed};
use crate::base::error::Result;

/// `updated` of an empty feed: the element is required.
const NEVER: &str = "1970-01-01T00:00:00Z";

/// Writes the feed as an Atom document.
pub(super) fn write(feed: &Feed) -> Result<Bytes> {
    let root = [("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", feed.language.as_str())];
    Xml::document("feed", &root, |xml| {
        xml.text("id", &feed.url)?;
        xml.text("title", &feed.title)?;
        if let Some(description) = &feed.description {
            xml.text("subtitle", description)?;
        }
        xml.text("updated", &feed.updated_at().map_or(NEVER.to_owned(), |at| at.to_string()))?;
        author(xml, &feed.publisher)?;
        xml.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", &feed.url)])?;
        xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", feed.home.as_str())])?;
        feed.entries.iter().try_for_each(|one| {
            xml.element("entry", &[("xml:lang", one.language.as_str())], |xml| entry(xml, one))
        })
    })
}

fn entry(xml: &mut Xml, entry: &Entry) -> io::Result<()> {
    xml.text("id", &entry.id)?;
    xml.text("title", &entry.title)?;
    xml.text("published", &entry.published_at.to_string())?;
    xml.text("updated", &entry.updated_at.to_string())?;
    xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", entry.url.as_str())])?;
    if let Some(cover) = &entry.cover {
        let mut link = vec![("rel", "enclosure"), ("href", cover.as_str())];
        link.extend(entry.cover_type().map(|kind| ("type", kind)));
        xml.empty("link", &link)?;
    }
    entry.authors.iter().try_for_each(|name| author(xml, name))?;
    for topic in &entry.topics {
        xml.empty("category", &[("term", topic.slug.as_str()), ("label", &topic.name)])?;
    }
    if let Some(summary) = &entry.summary {
        xml.text("summary", summary)?;
    }
    xml.html("content", &[("type", "html")], &entry.content_html)
}

fn author(xml: &mut Xml, name: &str) -> io::Result<()> {
    xml.element("author", &[], |xml| xml.text("name", name))
}
