//! Builds the pages of the sitemap from the listed articles. URLs are built from slugs and the current website
//! settings, because URLs in stored renderings may be stale.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use url::Url;

use super::store::{self, ListedRow};
use super::{home, parse};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::ids::{ArticleId, TranslationGroupId};
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
    /// The translation group.
    group: Option<TranslationGroupId>,
    locale: Locale,
    url: Url,
    updated_at: Timestamp,
}

/// What was asked for of the sitemap.
pub(super) enum Found {
    /// A page, or all of a sitemap that is one page.
    Page(Listed),
    /// The index of that many pages.
    Index(i64),
}

/// What a page of the sitemap is made of, before their JSON is read.
pub(super) struct Listed {
    website: Website,
    number: i64,
    /// The articles of this page.
    articles: Vec<ListedRow>,
    /// Those of all pages that are in a translation group.
    translations: Vec<ListedRow>,
}

/// Finds page `number` of pages with `size` articles each; without a number the only page, or the index. There is at
/// least one page.
pub(super) fn find(conn: &mut Connection, config: &Config, number: Option<i64>, size: i64) -> Result<Found> {
    let count = ((store::count_listed(conn)? - 1) / size + 1).max(1);
    let number = match number {
        None if count > 1 => return Ok(Found::Index(count)),
        Some(number) if number > count => return Err(Error::NotFound("page of the sitemap")),
        number => number.unwrap_or(1),
    };
    Ok(Found::Page(Listed {
        website: render_context::store::website(conn, config)?,
        number,
        articles: store::listed(conn, (number - 1) * size, size)?,
        // A single page already contains all translations.
        translations: if count > 1 { store::listed_translations(conn)? } else { Vec::new() },
    }))
}

/// Reads a page, a part at a time.
pub(super) async fn read(app: &App, listed: Listed) -> Result<SitemapPage> {
    let Listed { website, number, articles, translations } = listed;
    let articles = indexed(app, &website, articles).await?;
    let others = indexed(app, &website, translations).await?;
    app.compute.run(move || page(&website, number, articles, &others)).await
}

fn page(website: &Website, number: i64, articles: Vec<Indexed>, others: &[Indexed]) -> Result<SitemapPage> {
    let mut groups: HashMap<TranslationGroupId, BTreeMap<(Locale, ArticleId), Url>> = HashMap::new();
    for one in articles.iter().chain(others) {
        if let Some(group) = one.group {
            groups.entry(group).or_default().insert((one.locale.clone(), one.id), one.url.clone());
        }
    }
    groups.retain(|_, group| group.len() > 1);
    let entries = articles.into_iter().map(|one| SitemapEntry {
        url: one.url,
        updated_at: one.updated_at,
        translations: one
            .group
            .and_then(|group| groups.get(&group))
            .into_iter()
            .flatten()
            .map(|((locale, _), url)| (locale.clone(), url.clone()))
            .collect(),
    });
    let front_page = (number == 1).then(|| home(website)).transpose()?;
    Ok(SitemapPage { front_page, entries: entries.collect() })
}

/// Drops the articles with `noindex` and builds the URLs of the others.
async fn indexed(app: &App, website: &Website, rows: Vec<ListedRow>) -> Result<Vec<Indexed>> {
    let mut found = Vec::new();
    for part in items::parts(&rows, |row| usize::try_from(row.item_size).unwrap_or_default()) {
        let ids: Vec<ArticleId> = part.iter().map(|row| row.id).collect();
        let stored = app.db.read(move |conn| items::json(conn, &ids)).await?;
        let (part, website) = (part.to_vec(), website.clone());
        let work = move || {
            let indexed =
                part.iter().filter(|row| stored.get(&row.id).is_some_and(|item| is_indexed(row.id, item)));
            indexed.map(|row| Indexed::new(&website, row)).collect::<Result<Vec<_>>>()
        };
        found.extend(app.compute.run(work).await?);
    }
    Ok(found)
}

/// Whether search engines may index an article, by its JSON as in lists.
fn is_indexed(id: ArticleId, item: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Item {
        seo: Seo,
    }
    #[derive(Deserialize)]
    struct Seo {
        noindex: bool,
    }
    let parsed = serde_json::from_slice::<Item>(item).map_err(Error::from);
    items::readable(id, parsed).is_some_and(|item| !item.seo.noindex)
}

impl Indexed {
    fn new(website: &Website, row: &ListedRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            group: row.group,
            locale: row.locale.clone(),
            url: parse(&website.article(&row.locale, &row.slug, row.published_at))?,
            updated_at: row.updated_at,
        })
    }
}
