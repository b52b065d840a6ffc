//! Builds the pages of the sitemap from the listed articles. URLs are built from slugs and the current website
//! settings, because URLs in stored renderings may be stale.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use url::Url;

use super::store::{self, ListedRow};
use super::{home, parse};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::editions::items;
use crate::render_context::{self, Website};

/// An article in the sitemap.
#[derive(Debug)]
pub(super) struct SitemapEntry {
    pub url: Url,
    pub updated_at: Timestamp,
    /// The URL in each language, including the article's own; empty if there is only one language.
    pub translations: Vec<(Locale, Url)>,
}

/// A page of the sitemap.
pub(super) struct SitemapPage {
    /// The website's front page, on the first page.
    pub front_page: Option<Url>,
    /// The articles that search engines may index, oldest first, so that new articles do not move others to another
    /// page.
    pub entries: Vec<SitemapEntry>,
}

/// A listed article that search engines may index.
struct Indexed {
    id: ArticleId,
    /// Shared by an article and its translations.
    original: ArticleId,
    locale: Locale,
    url: Url,
    updated_at: Timestamp,
}

/// The number of sitemap pages with `size` articles each, at least one.
pub(super) fn count(conn: &mut Connection, size: i64) -> Result<i64> {
    Ok((store::count_listed(conn)? - 1) / size + 1)
}

/// Reads page `number` of `count` pages with `size` articles each.
pub(super) fn read(
    conn: &mut Connection,
    config: &Config,
    number: i64,
    count: i64,
    size: i64,
) -> Result<SitemapPage> {
    let website = render_context::store::website(conn, config)?;
    let listed = store::listed(conn, (number - 1) * size, size)?;
    let articles = indexed(conn, &website, &listed)?;
    // A single page already contains all translations.
    let translations = if count > 1 { store::listed_translations(conn)? } else { Vec::new() };
    let others = indexed(conn, &website, &translations)?;
    let mut groups: HashMap<ArticleId, BTreeMap<(Locale, ArticleId), Url>> = HashMap::new();
    for one in articles.iter().chain(&others) {
        groups.entry(one.original).or_default().insert((one.locale.clone(), one.id), one.url.clone());
    }
    groups.retain(|_, group| group.len() > 1);
    let entries = articles.into_iter().map(|one| SitemapEntry {
        url: one.url,
        updated_at: one.updated_at,
        translations: groups
            .get(&one.original)
            .into_iter()
            .flatten()
            .map(|((locale, _), url)| (locale.clone(), url.clone()))
            .collect(),
    });
    let front_page = (number == 1).then(|| home(&website)).transpose()?;
    Ok(SitemapPage { front_page, entries: entries.collect() })
}

/// Drops the articles with `noindex` and builds the URLs of the others.
fn indexed(conn: &mut Connection, website: &Website, rows: &[ListedRow]) -> Result<Vec<Indexed>> {
    #[derive(Deserialize)]
    struct Item {
        seo: Seo,
    }
    #[derive(Deserialize)]
    struct Seo {
        noindex: bool,
    }
    let mut found = Vec::new();
    for part in items::parts(rows, |row| usize::try_from(row.item_size).unwrap_or_default()) {
        let stored = items::json(conn, part.iter().map(|row| row.id))?;
        for (row, (id, item)) in part.iter().zip(stored) {
            let parsed = serde_json::from_slice::<Item>(&item).map_err(Error::from);
            let Some(Item { seo: Seo { noindex: false } }) = items::readable(id, parsed) else { continue };
            found.push(Indexed {
                id,
                original: row.translation_of.unwrap_or(id),
                locale: row.locale.clone(),
                url: parse(&website.article(&row.locale, &row.slug))?,
                updated_at: row.updated_at,
            });
        }
    }
    Ok(found)
}
