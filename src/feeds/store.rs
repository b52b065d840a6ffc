//! What feeds and sitemaps are made of: a constant number of statements, and texts only of the editions that are shown.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::{ENTRIES, Entry, Feed, parse};
use crate::articles::ArticleId;
use crate::carried::Key;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::db::schema::renderings;
use crate::db::{Connection, MultiBackend};
use crate::editions::list::EditionFilter;
use crate::editions::order::EditionOrder;
use crate::editions::render::Website;
use crate::editions::{self, items};
use crate::error::{Error, Result};
use crate::site::store::title_and_description;
use crate::text::Locale;
use crate::text::slug::Slug;
use crate::topics::{self, TopicRef};

/// The feed at `path` of what is about a topic, in a language; and which of its renderings are stale.
///
/// # Errors
/// Not found, if there is no such topic.
pub(super) fn feed(
    conn: &mut Connection,
    config: &Config,
    path: &str,
    topic: Option<&Slug>,
    locale: Option<&Locale>,
) -> Result<(Feed, Vec<ArticleId>)> {
    let topic = topic.map(|slug| find_topic(conn, slug)).transpose()?;
    let slug = topic.as_ref().map(|topic| topic.slug.clone());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(slug.iter().map(|slug| ("topic", slug.as_str())));
    query.extend_pairs(locale.iter().map(|locale| ("locale", locale.as_str())));
    let query = query.finish();
    let address = format!("{}{path}{}{query}", config.base_url(), if query.is_empty() { "" } else { "?" });

    let filter = EditionFilter::about(slug, locale.cloned());
    let rows = filter.find(conn, &EditionOrder::newest_first(), None, ENTRIES)?;
    let stale = items::stale(conn, &rows)?;
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    let entries = items::whole(conn, &ids)?.iter().map(Entry::new).collect::<Result<_>>()?;
    let (publisher, description) = title_and_description(conn, config)?;
    let feed = Feed {
        title: match topic {
            Some(topic) => format!("{publisher}: {}", topic.name),
            None => publisher.clone(),
        },
        publisher,
        description,
        home: home(&editions::store::website(conn, config)?)?,
        address,
        language: locale.unwrap_or(&config.locale).clone(),
        entries,
    };
    Ok((feed, stale))
}

/// The topic of that slug, or what it went up in.
fn find_topic(conn: &mut Connection, slug: &Slug) -> Result<TopicRef> {
    let found = topics::store::find(conn, &Key::Slug(slug.clone()))?.ok_or(Error::NotFound("topic"))?;
    let remaining = topics::store::resolve(conn, &[found.id])?;
    remaining.into_iter().next().ok_or(Error::NotFound("topic"))
}

fn home(website: &Website) -> Result<Url> {
    parse(&format!("{}/", website.url))
}

/// An article in the sitemap.
#[derive(Debug)]
pub(super) struct Listed {
    pub url: Url,
    pub updated_at: Timestamp,
    /// Where it is in each language, its own included; empty if it is in one only.
    pub languages: Vec<(Locale, Url)>,
}

/// How many articles the sitemap has at most.
///
/// # Errors
/// When the database refuses.
pub(super) fn count(conn: &mut Connection) -> Result<i64> {
    Ok(renderings::table.filter(renderings::listed.eq(true)).count().get_result(conn)?)
}

/// The articles of one part of the sitemap, those that search engines should pass over left out, and the website's front
/// page. New ones come last, so that the parts before stay as they are.
///
/// # Errors
/// When the database refuses.
pub(super) fn listed(
    conn: &mut Connection,
    config: &Config,
    offset: i64,
    limit: i64,
) -> Result<(Url, Vec<Listed>)> {
    let website = editions::store::website(conn, config)?;
    let all = renderings::table.filter(renderings::listed.eq(true)).into_boxed();
    let part = all.order((renderings::published_at, renderings::article_id)).offset(offset).limit(limit);
    let part = indexed(conn, &website, part)?;
    let mut languages: HashMap<ArticleId, Vec<(Locale, Url)>> = HashMap::new();
    for one in translated(conn, &website)? {
        languages.entry(one.original).or_default().push((one.locale, one.url));
    }
    languages.retain(|_, group| group.len() > 1);
    let part = part.into_iter().map(|one| Listed {
        url: one.url,
        updated_at: one.updated_at,
        languages: languages.get(&one.original).cloned().unwrap_or_default(),
    });
    Ok((home(&website)?, part.collect()))
}

/// All that is there in several languages.
fn translated(conn: &mut Connection, website: &Website) -> Result<Vec<Indexed>> {
    let others = diesel::alias!(renderings as others);
    let original = others.field(renderings::translation_of);
    let originals = others.filter(original.is_not_null()).select(original.assume_not_null());
    let either = renderings::translation_of.is_not_null().or(renderings::article_id.eq_any(originals));
    let all = renderings::table.filter(renderings::listed.eq(true)).filter(either).into_boxed();
    indexed(conn, website, all.order((renderings::locale, renderings::article_id)))
}

struct Indexed {
    /// What it and its translations have in common.
    original: ArticleId,
    locale: Locale,
    url: Url,
    updated_at: Timestamp,
}

/// The rows of a query that search engines may know of. Addresses are made of slugs: those in stored forms may be stale.
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
        found.push(Indexed { original: translation_of.unwrap_or(id), locale, url, updated_at });
    }
    Ok(found)
}
