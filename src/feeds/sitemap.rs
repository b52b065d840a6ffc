//! Writes sitemaps: the URLs that search engines may index, each with its translations. A sitemap that does not fit
//! into one document is split into numbered pages, which an index lists.

use std::io;

use actix_web::web::Bytes;

use super::pages::{SitemapEntry, SitemapPage};
use super::xml::Xml;
use crate::base::error::Result;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The protocol allows 50,000 URLs per document; one is the front page.
pub(super) const ARTICLES_PER_PAGE: i64 = 49_999;
/// The protocol allows 50,000 documents per index.
pub(super) const MAX_PAGES: i64 = 50_000;

/// Writes one page of the sitemap.
pub(super) fn write(page: &SitemapPage) -> Result<Bytes> {
    let namespaces = [("xmlns", NAMESPACE), ("xmlns:xhtml", "http://www.w3.org/1999/xhtml")];
    Xml::document("urlset", &namespaces, |xml| {
        if let Some(address) = &page.front_page {
            xml.element("url", &[], |xml| xml.text("loc", address.as_str()))?;
        }
        page.entries.iter().try_for_each(|entry| xml.element("url", &[], |xml| url(xml, entry)))
    })
}

fn url(xml: &mut Xml, entry: &SitemapEntry) -> io::Result<()> {
    xml.text("loc", entry.url.as_str())?;
    xml.text("lastmod", &entry.updated_at.to_string())?;
    entry.translations.iter().try_for_each(|(locale, url)| {
        xml.empty(
            "xhtml:link",
            &[("rel", "alternate"), ("hreflang", locale.as_str()), ("href", url.as_str())],
        )
    })
}

/// Writes the index of `count` pages, which are at `url` with `?page=1` and so on.
pub(super) fn index(url: &str, count: i64) -> Result<Bytes> {
    Xml::document("sitemapindex", &[("xmlns", NAMESPACE)], |xml| {
        (1..=count).try_for_each(|number| {
            xml.element("sitemap", &[], |xml| xml.text("loc", &format!("{url}?page={number}")))
        })
    })
}
