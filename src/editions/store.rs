//! How editions and renderings are kept.

use diesel::prelude::*;

use super::Translation;
use super::render::{Facts, Rendering, Surroundings};
use crate::articles::Content;
use crate::articles::store::{self as articles, ArticleRow};
use crate::authors::{self};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::{editions, rendering_authors, rendering_topics, renderings};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, AuthorId, TopicId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::redirects;
use crate::render_context;
use crate::search;
use crate::search::document::Document;
use crate::search::store::Labels;
use crate::topics::{self};

/// An edition as kept: facts.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = editions)]
pub struct EditionRow {
    /// Of which article.
    pub article_id: ArticleId,
    /// Its number.
    pub edition: i64,
    /// The revision it was made of.
    pub revision: i64,
    /// Its language.
    pub locale: Locale,
    /// The slug it had.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub user_id: Option<UserId>,
}

/// The small part of a rendering: what lists are made from.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = renderings)]
pub struct ItemRow {
    /// Of which article.
    pub article_id: ArticleId,
    /// The surroundings' epoch that it is known to be right for.
    pub epoch: i64,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was.
    pub updated_at: Timestamp,
    /// Its title.
    pub title: String,
    /// Finished JSON.
    pub item: Vec<u8>,
}

/// The surroundings of one revision of an article, and the epoch they were read in.
///
/// # Errors
/// When the database refuses.
pub fn surroundings_of(
    conn: &mut Connection,
    id: ArticleId,
    content: &Content,
    config: &Config,
) -> Result<(i64, Surroundings)> {
    let (epoch, settings) = render_context::store::find(conn, config)?;
    let original = content.metadata.translation_of.unwrap_or(id);
    let siblings: Vec<(ArticleId, Locale, Slug)> = renderings::table
        .filter(renderings::translation_of.eq(original).or(renderings::article_id.eq(original)))
        .filter(renderings::article_id.ne(id))
        .order((renderings::locale, renderings::article_id))
        .select((renderings::article_id, renderings::locale, renderings::slug))
        .limit(100)
        .load(conn)?;
    let translations = siblings
        .into_iter()
        .map(|(id, locale, slug)| Translation {
            id,
            url: settings.website.article(&locale, &slug),
            locale,
            slug,
        })
        .collect();
    Ok((
        epoch,
        Surroundings {
            settings,
            authors: authors::store::resolve(conn, &content.metadata.authors)?,
            topics: topics::store::resolve(conn, &content.metadata.topics)?,
            translations,
        },
    ))
}

/// Adds an edition.
///
/// # Errors
/// When the database refuses.
pub fn insert(tx: &mut Tx<'_>, row: &EditionRow) -> Result<()> {
    diesel::insert_into(editions::table).values(row.clone()).execute(&mut **tx)?;
    Ok(())
}

/// The facts of an article's live edition, and the content it was made of.
///
/// # Errors
/// When the database refuses.
pub fn find_live(conn: &mut Connection, id: ArticleId) -> Result<Option<(Facts, Content)>> {
    let Some(row) = articles::find(conn, id)? else { return Ok(None) };
    let (Some(edition), Some(content)) = (row.live_edition, articles::find_published(conn, &row)?) else {
        return Ok(None);
    };
    let updated_at: Timestamp = editions::table
        .filter(editions::article_id.eq(id))
        .filter(editions::edition.eq(edition))
        .select(editions::published_at)
        .get_result(conn)?;
    let facts = Facts { id, edition, published_at: row.published_at.unwrap_or(updated_at), updated_at };
    Ok(Some((facts, content)))
}

/// Keeps the rendering of an article's live edition in the place of the one before, and says whether it is found by other
/// words or other addresses now.
///
/// # Errors
/// When the database refuses.
pub fn put(
    tx: &mut Tx<'_>,
    facts: &Facts,
    content: &Content,
    rendering: &Rendering,
    epoch: i64,
) -> Result<bool> {
    let metadata = &content.metadata;
    let values = (
        renderings::epoch.eq(epoch),
        renderings::locale.eq(&metadata.locale),
        renderings::slug.eq(&metadata.slug),
        renderings::translation_of.eq(metadata.translation_of),
        renderings::listed.eq(metadata.listed),
        renderings::featured.eq(metadata.featured),
        renderings::published_at.eq(facts.published_at),
        renderings::updated_at.eq(facts.updated_at),
        renderings::title.eq(&metadata.title),
        renderings::etag.eq(&rendering.etag),
        renderings::made_from.eq(&rendering.made_from),
        renderings::item.eq(&rendering.item),
        renderings::body.eq(&rendering.body),
        renderings::sources.eq(&rendering.sources),
    );
    let own = renderings::table.filter(renderings::article_id.eq(facts.id));
    if diesel::update(own).set(values).execute(&mut **tx)? == 0 {
        diesel::insert_into(renderings::table)
            .values((renderings::article_id.eq(facts.id), values))
            .execute(&mut **tx)?;
    }
    let by_other_words = put_labels(tx, facts, content, &rendering.document)?;
    let by_other_addresses =
        redirects::store::upsert(tx, facts.id, facts.published_at, metadata, &rendering.website)?;
    Ok(by_other_words || by_other_addresses)
}

/// Keeps what a rendering can be found by: its words, and those topics and authors of its revision that are there at this
/// moment.
fn put_labels(tx: &mut Tx<'_>, facts: &Facts, content: &Content, document: &Document) -> Result<bool> {
    let id = facts.id;
    let authors: Vec<AuthorId> =
        authors::store::hold(tx, &content.metadata.authors)?.iter().map(|author| author.id).collect();
    let topics: Vec<TopicId> =
        topics::store::hold(tx, &content.metadata.topics)?.iter().map(|topic| topic.id).collect();
    diesel::delete(rendering_authors::table.filter(rendering_authors::article_id.eq(id)))
        .execute(&mut **tx)?;
    for author in &authors {
        diesel::insert_into(rendering_authors::table)
            .values((rendering_authors::author_id.eq(author), rendering_authors::article_id.eq(id)))
            .execute(&mut **tx)?;
    }
    diesel::delete(rendering_topics::table.filter(rendering_topics::article_id.eq(id))).execute(&mut **tx)?;
    for topic in &topics {
        diesel::insert_into(rendering_topics::table)
            .values((rendering_topics::topic_id.eq(topic), rendering_topics::article_id.eq(id)))
            .execute(&mut **tx)?;
    }
    let labels = Labels { topics: &topics, authors: &authors };
    search::store::upsert(tx, id, facts.published_at, &content.metadata, document, labels)
}

/// Notes that a rendering, though older, is right for this epoch, too: the one that was made from `made_from`, and no
/// other that took its place meanwhile.
///
/// # Errors
/// When the database refuses.
pub fn mark_fresh(tx: &mut Tx<'_>, id: ArticleId, made_from: &[u8], epoch: i64) -> Result<()> {
    let looked_at = renderings::table
        .filter(renderings::article_id.eq(id))
        .filter(renderings::made_from.eq(made_from))
        .filter(renderings::epoch.lt(epoch));
    diesel::update(looked_at).set(renderings::epoch.eq(epoch)).execute(&mut **tx)?;
    Ok(())
}

/// Takes an article from its readers, if they have it. Its translations no longer link to it. The row is changed, not
/// yet kept.
///
/// # Errors
/// When the database refuses.
pub fn withdraw(tx: &mut Tx<'_>, row: &mut ArticleRow) -> Result<()> {
    if row.live_edition.take().is_none() {
        return Ok(());
    }
    row.published_revision = None;
    let own = renderings::table.filter(renderings::article_id.eq(row.id));
    let original: Option<Option<ArticleId>> =
        own.select(renderings::translation_of).get_result(&mut **tx).optional()?;
    search::store::remove(tx, row.id)?;
    diesel::delete(own).execute(&mut **tx)?;
    if has_translations(tx, row.id, original.flatten())? {
        render_context::invalidate(tx)?;
    }
    Ok(())
}

/// Whether other live articles are linked to this one as its translations.
///
/// # Errors
/// When the database refuses.
pub fn has_translations(
    conn: &mut Connection,
    id: ArticleId,
    translation_of: Option<ArticleId>,
) -> Result<bool> {
    if translation_of.is_some() {
        return Ok(true);
    }
    Ok(diesel::select(diesel::dsl::exists(renderings::table.filter(renderings::translation_of.eq(id))))
        .get_result(conn)?)
}
