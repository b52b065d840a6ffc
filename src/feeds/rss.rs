//! Writes RSS 2.0, with the full text in `content:encoded`.

use std::io;

use actix_web::web::Bytes;

use super::xml::Xml;
use super::{Entry, Feed};
use crate::base::error::Result;
use crate::base::text::escape_html;

const NAMESPACES: &[(&str, &str)] = &[
    ("version", "2.0"),
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
];

/// Writes the feed as an RSS document.
pub(super) fn write(feed: &Feed) -> Result<Bytes> {
    Xml::document("rss", NAMESPACES, |xml| xml.element("channel", &[], |xml| channel(xml, feed)))
}

fn channel(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    xml.text("title", &feed.title)?;
    xml.text("link", feed.home.as_str())?;
    // RSS requires a description, also for sites without one.
    xml.text("description", feed.description.as_ref().unwrap_or(&feed.title))?;
    xml.text("language", feed.language.as_str())?;
    if let Some(at) = feed.updated_at() {
        xml.text("lastBuildDate", &at.http_date())?;
    }
    let itself = [("rel", "self"), ("type", "application/rss+xml"), ("href", &feed.url)];
    xml.empty("atom:link", &itself)?;
    feed.entries.iter().try_for_each(|entry| xml.element("item", &[], |xml| item(xml, entry)))
}

fn item(xml: &mut Xml, entry: &Entry) -> io::Result<()> {
    xml.text("title", &entry.title)?;
    xml.text("link", entry.url.as_str())?;
    xml.element("guid", &[("isPermaLink", "false")], |xml| xml.characters(&entry.id))?;
    xml.text("pubDate", &entry.published_at.http_date())?;
    for author in &entry.authors {
        xml.text("dc:creator", author)?;
    }
    for topic in &entry.topics {
        xml.text("category", &topic.name)?;
    }
    if let Some(summary) = &entry.summary {
        // `description` contains HTML, but the summary is plain text.
        xml.html("description", &[], &escape_html(summary))?;
    }
    if let (Some(cover), Some(kind)) = (&entry.cover, entry.cover_type()) {
        // `length` is required; 0 means unknown.
        xml.empty("enclosure", &[("url", cover.as_str()), ("length", "0"), ("type", kind)])?;
    }
    xml.html("content:encoded", &[], &entry.content_html)
}
