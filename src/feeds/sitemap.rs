//! The sitemap: every address search engines may know of, each with its translations. What does not fit into one document
//! goes into numbered parts, which an index names.

use std::io;

use actix_web::web::Bytes;

use super::addresses::{Listed, Part};
use super::xml::Xml;
use crate::base::error::Result;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// How many articles go into one document: with the front page, as many addresses as the protocol allows.
pub(super) const ARTICLES: i64 = 49_999;
/// How many documents an index can name.
pub(super) const MOST_PARTS: i64 = 50_000;

/// One document.
pub(super) fn write(part: &Part) -> Result<Bytes> {
    let namespaces = [("xmlns", NAMESPACE), ("xmlns:xhtml", "http://www.w3.org/1999/xhtml")];
    Xml::document("urlset", &namespaces, |xml| {
        if let Some(address) = &part.front_page {
            xml.element("url", &[], |xml| xml.text("loc", address.as_str()))?;
        }
        part.articles.iter().try_for_each(|article| xml.element("url", &[], |xml| url(xml, article)))
    })
}

fn url(xml: &mut Xml, article: &Listed) -> io::Result<()> {
    xml.text("loc", article.url.as_str())?;
    xml.text("lastmod", &article.updated_at.to_string())?;
    article.languages.iter().try_for_each(|(locale, url)| {
        xml.empty(
            "xhtml:link",
            &[("rel", "alternate"), ("hreflang", locale.as_str()), ("href", url.as_str())],
        )
    })
}

/// The index of that many documents, which are at `address` with `?page=1` and so on.
pub(super) fn index(address: &str, parts: i64) -> Result<Bytes> {
    Xml::document("sitemapindex", &[("xmlns", NAMESPACE)], |xml| {
        (1..=parts).try_for_each(|part| {
            xml.element("sitemap", &[], |xml| xml.text("loc", &format!("{address}?page={part}")))
        })
    })
}
