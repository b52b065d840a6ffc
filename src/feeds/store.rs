//! Reads the content of feeds and the sitemap with a constant number of statements. Reads full texts only for the
//! editions in a feed.

use diesel::prelude::*;
use url::form_urlencoded;

use super::{ENTRIES, Feed, FeedFilter, home};
use crate::articles::filter::Resolved;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::db::schema::{renderings, translations};
use crate::base::error::{Error, Result};
use crate::base::ids::{ArticleId, TopicId, TranslationGroupId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::editions::list::EditionFilter;
use crate::editions::order::EditionOrder;
use crate::editions::renderings::{ItemRow, octet_length};
use crate::render_context;
use crate::site::store::title_and_description;
use crate::terms;
use crate::topics::TopicRef;

/// A listed article, with the columns the sitemap needs.
#[derive(Debug, Clone, Queryable)]
pub(super) struct ListedRow {
    pub id: ArticleId,
    /// The translation group.
    pub group: Option<TranslationGroupId>,
    pub locale: Locale,
    pub slug: Slug,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    /// The size of its JSON as in lists, in bytes.
    pub item_size: i32,
}

/// The columns of a [`ListedRow`], in a query that joins `translations`.
macro_rules! listed_columns {
    () => {
        (
            renderings::article_id,
            translations::group_id.nullable(),
            renderings::locale,
            renderings::slug,
            renderings::published_at,
            renderings::updated_at,
            octet_length(renderings::item),
        )
    };
}

/// The newest editions that match the filter, and the filter's topic under its current name.
///
/// # Errors
/// [`Error::NotFound`] if there is no such topic.
pub(super) fn find(conn: &mut Connection, filter: &FeedFilter) -> Result<(Vec<ItemRow>, Option<TopicRef>)> {
    let topic = filter.topic.as_ref().map(|slug| find_topic(conn, slug)).transpose()?;
    let topics = topic.iter().map(|topic| vec![topic.id]).collect();
    let editions = EditionFilter::in_language(filter.locale.clone());
    let editions = editions.with(&Resolved { topics, ..Resolved::default() });
    Ok((editions.find(conn, &EditionOrder::newest_first(), None, ENTRIES)?, topic))
}

/// Builds the feed at `path`, without its entries.
pub(super) fn assemble(
    conn: &mut Connection,
    config: &Config,
    path: &str,
    filter: &FeedFilter,
    topic: Option<TopicRef>,
) -> Result<Feed> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(topic.iter().map(|topic| ("topic", topic.slug.as_str())));
    query.extend_pairs(filter.locale.iter().map(|locale| ("locale", locale.as_str())));
    let query = query.finish();
    let separator = if query.is_empty() { "" } else { "?" };
    let (publisher, description) = title_and_description(conn, config)?;
    Ok(Feed {
        title: match topic {
            Some(topic) => format!("{publisher}: {}", topic.name),
            None => publisher.clone(),
        },
        publisher,
        description,
        home: home(&render_context::store::website(conn, config)?)?,
        url: format!("{}{path}{separator}{query}", config.base_url()),
        language: filter.locale.as_ref().unwrap_or(&config.site.locale).clone(),
        entries: Vec::new(),
    })
}

/// The topic with this slug, or the topic it was merged into.
fn find_topic(conn: &mut Connection, slug: &Slug) -> Result<TopicRef> {
    let found: Vec<Option<TopicId>> = terms::slugs::find(conn, std::slice::from_ref(slug))?;
    let found: Vec<TopicId> = found.into_iter().flatten().collect();
    terms::store::resolve(conn, &found)?.pop().ok_or(Error::NotFound("topic"))
}

/// The number of listed articles.
pub(super) fn count_listed(conn: &mut Connection) -> Result<i64> {
    Ok(renderings::table.filter(renderings::listed.eq(true)).count().get_result(conn)?)
}

/// At most `limit` listed articles, starting at `offset`, in order of first publication.
pub(super) fn listed(conn: &mut Connection, offset: i64, limit: i64) -> Result<Vec<ListedRow>> {
    Ok(renderings::table
        .left_join(translations::table.on(translations::article_id.eq(renderings::article_id)))
        .filter(renderings::listed.eq(true))
        .order((renderings::published_at, renderings::article_id))
        .select(listed_columns!())
        .offset(offset)
        .limit(limit)
        .load(conn)?)
}

/// Every listed article in a translation group.
pub(super) fn listed_translations(conn: &mut Connection) -> Result<Vec<ListedRow>> {
    Ok(renderings::table
        .inner_join(translations::table.on(translations::article_id.eq(renderings::article_id)))
        .filter(renderings::listed.eq(true))
        .select(listed_columns!())
        .load(conn)?)
}
