//! Which addresses the sitemap has. Those in stored forms may be stale, so they are made of slugs; texts are not read.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use serde::Deserialize;
use url::Url;

use super::{home, parse};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::renderings;
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context::{self, Website};

/// An article in the sitemap.
#[derive(Debug)]
pub(super) struct Listed {
    pub url: Url,
    pub updated_at: Timestamp,
    /// Where it is in each language, its own included; empty if it is in one only.
    pub languages: Vec<(Locale, Url)>,
}

/// A part of the sitemap.
pub(super) struct Part {
    /// The website's front page, in the first part.
    pub front_page: Option<Url>,
    /// The articles that search engines may know of. New ones come last, so that the parts before stay as they are.
    pub articles: Vec<Listed>,
}

/// In how many parts of `size` articles the sitemap comes: at least one.
///
/// # Errors
/// When the database refuses.
pub(super) fn count_parts(conn: &mut Connection, size: i64) -> Result<i64> {
    let listed: i64 = renderings::table.filter(renderings::listed.eq(true)).count().get_result(conn)?;
    Ok((listed - 1) / size + 1)
}

/// The part of that number, of `parts` of `size` articles.
///
/// # Errors
/// When the database refuses.
pub(super) fn part(
    conn: &mut Connection,
    config: &Config,
    number: i64,
    parts: i64,
    size: i64,
) -> Result<Part> {
    let website = render_context::store::website(conn, config)?;
    let all = renderings::table.filter(renderings::listed.eq(true)).into_boxed();
    let rows =
        all.order((renderings::published_at, renderings::article_id)).offset((number - 1) * size).limit(size);
    let rows = indexed(conn, &website, rows)?;
    // Translations may stand in other parts.
    let elsewhere = if parts > 1 { translated(conn, &website)? } else { Vec::new() };
    let mut languages: HashMap<ArticleId, BTreeMap<(Locale, ArticleId), Url>> = HashMap::new();
    for one in rows.iter().chain(&elsewhere) {
        languages.entry(one.original).or_default().insert((one.locale.clone(), one.id), one.url.clone());
    }
    languages.retain(|_, group| group.len() > 1);
    let articles = rows.into_iter().map(|one| Listed {
        url: one.url,
        updated_at: one.updated_at,
        languages: languages
            .get(&one.original)
            .into_iter()
            .flatten()
            .map(|((locale, _), url)| (locale.clone(), url.clone()))
            .collect(),
    });
    let front_page = (number == 1).then(|| home(&website)).transpose()?;
    Ok(Part { front_page, articles: articles.collect() })
}

/// All that is there in several languages.
fn translated(conn: &mut Connection, website: &Website) -> Result<Vec<Indexed>> {
    let others = diesel::alias!(renderings as others);
    let original = others.field(renderings::translation_of);
    let originals = others.filter(original.is_not_null()).select(original.assume_not_null());
    let either = renderings::translation_of.is_not_null().or(renderings::article_id.eq_any(originals));
    indexed(conn, website, renderings::table.filter(renderings::listed.eq(true)).filter(either).into_boxed())
}

struct Indexed {
    id: ArticleId,
    /// What it and its translations have in common.
    original: ArticleId,
    locale: Locale,
    url: Url,
    updated_at: Timestamp,
}

/// The rows of a query that search engines may know of.
fn indexed(
    conn: &mut Connection,
    website: &Website,
    rows: renderings::BoxedQuery<'static, MultiBackend>,
) -> Result<Vec<Indexed>> {
    #[derive(Deserialize)]
    struct Item {
        seo: Seo,
    }
    #[derive(Deserialize)]
    struct Seo {
        noindex: bool,
    }
    type Row = (ArticleId, Option<ArticleId>, Locale, Slug, Timestamp, Vec<u8>);
    let columns = (
        renderings::article_id,
        renderings::translation_of,
        renderings::locale,
        renderings::slug,
        renderings::updated_at,
        renderings::item,
    );
    let mut found = Vec::new();
    for (id, translation_of, locale, slug, updated_at, item) in rows.select(columns).load::<Row>(conn)? {
        if serde_json::from_slice::<Item>(&item)?.seo.noindex {
            continue;
        }
        let url = parse(&website.article(&locale, &slug))?;
        found.push(Indexed { id, original: translation_of.unwrap_or(id), locale, url, updated_at });
    }
    Ok(found)
}
