//! The table of renderings: the live edition of each published article, rendered, and what finds it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable};
use serde::Deserialize;

use super::custom_values;
use super::render::{Facts, Rendering};
use crate::articles::store::ArticleRow;
use crate::articles::translation_store::{self, Group};
use crate::articles::{Content, Metadata};
use crate::base::clock::Timestamp;
use crate::base::db::fragment::Fragment;
use crate::base::db::schema::renderings;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, TermId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::{redirects, render_context, search, site, terms};

/// What a list needs to know of a rendering before it reads its content, which may be large.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = renderings)]
pub struct ItemRow {
    /// The article.
    pub article_id: ArticleId,
    /// Whether it is older than the current epoch of the render context.
    #[diesel(select_expression = STALE, select_expression_type = Fragment<Bool>)]
    pub stale: bool,
    /// When the article was first published.
    pub published_at: Timestamp,
    /// When this edition was published.
    pub updated_at: Timestamp,
    /// Its title.
    pub title: String,
    /// The item's JSON, if it is short.
    #[diesel(select_expression = SHORT_ITEM, select_expression_type = Fragment<Nullable<Binary>>)]
    pub item: Option<Vec<u8>>,
    /// The size of the item's JSON, in bytes.
    #[diesel(select_expression = octet_length(renderings::item), select_expression_type = octet_length<renderings::item>)]
    pub item_size: i32,
    /// The size of the edition's JSON.
    #[diesel(select_expression = octet_length(renderings::body), select_expression_type = octet_length<renderings::body>)]
    pub body_size: i32,
    /// The size of its bodies in other formats.
    #[diesel(select_expression = octet_length(renderings::sources), select_expression_type = octet_length<renderings::sources>)]
    pub sources_size: i32,
}

const STALE: Fragment<Bool> = Fragment::new("renderings.epoch < (SELECT epoch FROM render_context)");
/// So short that those of the longest page, and one more, are not much more than a page may hold.
const SHORT_ITEM: Fragment<Nullable<Binary>> =
    Fragment::new("CASE WHEN octet_length(renderings.item) <= 20480 THEN renderings.item END");

/// What renderings of its translations embed of an article.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Link {
    /// Its language.
    pub locale: Locale,
    /// Its slug.
    pub slug: Slug,
    /// Its title.
    pub title: String,
}

impl Link {
    /// That of an edition with this metadata.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let Metadata { locale, slug, title, .. } = metadata;
        Self { locale: locale.clone(), slug: slug.clone(), title: title.clone() }
    }
}

/// The link to a live article, and the topics and authors that readers see with it.
pub fn find_live(conn: &mut Connection, id: ArticleId) -> Result<Option<(Link, Vec<TermId>)>> {
    let own = renderings::table.filter(renderings::article_id.eq(id));
    let live = own.select(((renderings::locale, renderings::slug, renderings::title), renderings::item));
    let live: Option<(Link, Vec<u8>)> = live.get_result(conn).optional()?;
    Ok(live.map(|(link, item)| (link, terms_in(&item))))
}

/// The link to a live article.
pub fn find_link(conn: &mut Connection, id: ArticleId) -> Result<Option<Link>> {
    let own = renderings::table.filter(renderings::article_id.eq(id));
    let link = own.select((renderings::locale, renderings::slug, renderings::title));
    Ok(link.get_result(conn).optional()?)
}

diesel::define_sql_function! {
    /// How many bytes there are. Does not read them.
    #[sql_name = "octet_length"]
    fn octet_length(bytes: Binary) -> Integer;
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = renderings, primary_key(article_id), treat_none_as_null = true)]
struct RenderingRow<'a> {
    article_id: ArticleId,
    epoch: i64,
    locale: &'a Locale,
    slug: &'a Slug,
    listed: bool,
    featured: bool,
    published_at: Timestamp,
    updated_at: Timestamp,
    title: &'a str,
    etag: &'a str,
    input_hash: &'a [u8],
    item: &'a [u8],
    body: &'a [u8],
    sources: &'a [u8],
}

impl<'a> RenderingRow<'a> {
    fn new(facts: &Facts, metadata: &'a Metadata, rendering: &'a Rendering, epoch: i64) -> Self {
        Self {
            article_id: facts.id,
            epoch,
            locale: &metadata.locale,
            slug: &metadata.slug,
            listed: metadata.listed,
            featured: metadata.featured,
            published_at: facts.published_at,
            updated_at: facts.updated_at,
            title: &metadata.title,
            etag: &rendering.etag,
            input_hash: &rendering.input_hash,
            item: &rendering.item,
            body: &rendering.body,
            sources: &rendering.sources,
        }
    }
}

/// Saves the rendering of an article that has not been live, and what finds it: the search index, its topics and
/// authors, its old addresses.
pub fn insert(
    tx: &mut Tx<'_>,
    facts: &Facts,
    content: &Content,
    rendering: &Rendering,
    epoch: i64,
) -> Result<()> {
    let row = RenderingRow::new(facts, &content.metadata, rendering, epoch);
    diesel::insert_into(renderings::table).values(row).execute(&mut **tx)?;
    custom_values::insert(tx, facts, &content.metadata)?;
    index(tx, facts, content, rendering)?;
    Ok(())
}

/// Saves the place of an article that is to be rendered: what renderings of its translations link to. The rendering is stale,
/// and must be replaced by [`update`] before anybody reads it.
pub fn place(tx: &mut Tx<'_>, facts: &Facts, content: &Content) -> Result<()> {
    let nothing = &[][..];
    let row = RenderingRow {
        article_id: facts.id,
        epoch: 0,
        locale: &content.metadata.locale,
        slug: &content.metadata.slug,
        listed: content.metadata.listed,
        featured: content.metadata.featured,
        published_at: facts.published_at,
        updated_at: facts.updated_at,
        title: &content.metadata.title,
        etag: "",
        input_hash: nothing,
        item: nothing,
        body: nothing,
        sources: nothing,
    };
    diesel::insert_into(renderings::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// Replaces the rendering of a live article, and what finds it. Returns whether any of the latter changed.
pub fn update(
    tx: &mut Tx<'_>,
    facts: &Facts,
    content: &Content,
    rendering: &Rendering,
    epoch: i64,
) -> Result<bool> {
    let row = RenderingRow::new(facts, &content.metadata, rendering, epoch);
    let own = renderings::table.filter(renderings::article_id.eq(facts.id));
    diesel::update(own).set(row).execute(&mut **tx)?;
    let values_changed = custom_values::update(tx, facts, &content.metadata)?;
    Ok(index(tx, facts, content, rendering)? || values_changed)
}

/// Saves what a rendering is found by: its words, its addresses, and those topics and authors of its revision that
/// exist at this moment. Returns whether its words or addresses changed.
fn index(tx: &mut Tx<'_>, facts: &Facts, content: &Content, rendering: &Rendering) -> Result<bool> {
    let (id, metadata) = (facts.id, &content.metadata);
    let Metadata { authors, topics, listed, .. } = metadata;
    let article_terms = terms::store::hold_all(tx, authors, topics)?;
    terms::of_articles::set_found_by(tx, id, facts.published_at, article_terms.all().filter(|_| *listed))?;
    let words_changed =
        search::store::upsert(tx, id, facts.published_at, metadata, &rendering.document, &article_terms)?;
    let addresses_changed =
        redirects::store::upsert(tx, id, facts.published_at, metadata, &rendering.website)?;
    Ok(words_changed || addresses_changed)
}

/// The topics and authors that an article named until now, and those that it names from now on, for the log of events.
#[must_use]
pub fn terms_told(before: Vec<TermId>, after: &Rendering) -> Vec<TermId> {
    let mut seen = BTreeSet::new();
    before.into_iter().chain(terms_in(&after.item)).filter(|term| seen.insert(*term)).collect()
}

/// The topics and authors in the JSON of an item.
fn terms_in(item: &[u8]) -> Vec<TermId> {
    #[derive(Deserialize)]
    struct Label {
        id: TermId,
    }
    #[derive(Default, Deserialize)]
    struct Named {
        #[serde(default)]
        topics: Vec<Label>,
        #[serde(default)]
        authors: Vec<Label>,
    }
    // One that cannot be read names none; reading the article logs why.
    let Named { topics, authors } = serde_json::from_slice(item).unwrap_or_default();
    topics.into_iter().chain(authors).map(|label| label.id).collect()
}

/// Marks a rendering as current for this epoch: the one with this input hash, and no other that has replaced it
/// meanwhile.
pub fn mark_current(tx: &mut Tx<'_>, id: ArticleId, input_hash: &[u8], epoch: i64) -> Result<()> {
    let checked = renderings::table
        .filter(renderings::article_id.eq(id))
        .filter(renderings::input_hash.eq(input_hash))
        .filter(renderings::epoch.lt(epoch));
    diesel::update(checked).set(renderings::epoch.eq(epoch)).execute(&mut **tx)?;
    Ok(())
}

/// Deletes the rendering of an article, if it is published; its translations no longer link to it. `row` is changed,
/// and left to the caller to save.
pub fn withdraw(tx: &mut Tx<'_>, row: &mut ArticleRow) -> Result<()> {
    if row.live_edition.take().is_none() {
        return Ok(());
    }
    row.published_revision = None;
    let own = renderings::table.filter(renderings::article_id.eq(row.id));
    let link = find_link(tx, row.id)?;
    search::store::remove(tx, row.id)?;
    diesel::delete(own).execute(&mut **tx)?;
    let Some(link) = link else { return Ok(()) };
    let default_locale = render_context::store::default_locale(tx)?;
    site::store::tell_languages(tx, row.id, &link.locale, default_locale.as_ref())?;
    let Some(group) = translation_store::find(tx, row.id)? else { return Ok(()) };
    if row.locale != link.locale {
        translation_store::claim(tx, row.id, group.id, &[&row.locale])?;
    }
    relink(tx, row.id, group)
}

/// Makes the renderings of the other members of a group link to an article as it is now, whether they are live already or
/// are being published.
pub fn relink(tx: &mut Tx<'_>, id: ArticleId, group: Group) -> Result<()> {
    if translation_store::has_others(tx, group.id, id)? {
        render_context::invalidate(tx)?;
    }
    Ok(())
}
