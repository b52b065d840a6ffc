//! How a draft's metadata is stored: language, slug and title in the row of the article, authors and topics in
//! `article_terms`, and the rest in `article_metadata`.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::store::ArticleRow;
use super::translation_store::Group;
use super::{Cover, Metadata, Seo, custom_store};
use crate::base::db::schema::{article_metadata, translation_groups, translations};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::terms::{self, ArticleTerms};

/// The rest of the metadata of an article; see [`Metadata`].
#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = article_metadata)]
struct MetadataRow {
    article_id: ArticleId,
    subtitle: Option<String>,
    summary: Option<String>,
    cover: Option<Json<Cover>>,
    featured: bool,
    listed: bool,
    intro: String,
    seo: Json<Seo>,
    custom: Json<Map<String, Value>>,
    aliases: Json<Vec<String>>,
}

/// A change of that row. JSON that has not changed is not written, so that what cannot be read stays as it is.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = article_metadata)]
struct MetadataRowChange {
    subtitle: Option<Option<String>>,
    summary: Option<Option<String>>,
    cover: Option<Option<Json<Cover>>>,
    featured: bool,
    listed: bool,
    intro: String,
    seo: Option<Json<Seo>>,
    custom: Option<Json<Map<String, Value>>>,
    aliases: Option<Json<Vec<String>>>,
}

impl MetadataRow {
    fn new(article_id: ArticleId, metadata: &Metadata) -> Self {
        Self {
            article_id,
            subtitle: metadata.subtitle.clone(),
            summary: metadata.summary.clone(),
            cover: metadata.cover.clone().map(Json::Readable),
            featured: metadata.featured,
            listed: metadata.listed,
            intro: metadata.intro.clone(),
            seo: Json::Readable(metadata.seo.clone()),
            custom: Json::Readable(metadata.custom.clone()),
            aliases: Json::Readable(metadata.aliases.clone()),
        }
    }

    fn into_metadata(self, article: &ArticleRow, ArticleTerms { authors, topics }: ArticleTerms) -> Metadata {
        let place = |column| format!("article_metadata.{column} of {}", self.article_id);
        Metadata {
            title: article.title.clone(),
            slug: article.slug.clone(),
            locale: article.locale.clone(),
            subtitle: self.subtitle,
            summary: self.summary,
            cover: self.cover.and_then(|cover| cover.read(place("cover"))),
            featured: self.featured,
            listed: self.listed,
            authors,
            topics,
            intro: self.intro,
            seo: self.seo.read(place("seo")).unwrap_or_default(),
            custom: self.custom.read(place("custom")).unwrap_or_default(),
            aliases: self.aliases.read(place("aliases")).unwrap_or_default(),
        }
    }
}

/// The metadata of a draft, and its translation group.
pub fn find(conn: &mut Connection, article: &ArticleRow) -> Result<(Metadata, Option<Group>)> {
    let found: Option<(MetadataRow, Option<Group>)> = article_metadata::table
        .left_join(translations::table.on(translations::article_id.eq(article_metadata::article_id)))
        .left_join(translation_groups::table.on(translation_groups::id.eq(translations::group_id)))
        .filter(article_metadata::article_id.eq(article.id))
        .select((
            article_metadata::all_columns,
            (translation_groups::id, translation_groups::source_id).nullable(),
        ))
        .get_result(conn)
        .optional()?;
    let (row, group) =
        found.ok_or_else(|| Error::internal(format!("the metadata of {} is missing", article.id)))?;
    Ok((row.into_metadata(article, terms::of_articles::find(conn, article.id)?), group))
}

/// Adds the metadata of a new article. Its authors and topics become, in `metadata`, too, those that exist at this
/// moment, the merged ones replaced by what they were merged into.
pub fn insert(tx: &mut Tx<'_>, id: ArticleId, metadata: &mut Metadata) -> Result<()> {
    let held = terms::of_articles::add(tx, id, &metadata.authors, &metadata.topics)?;
    take(metadata, held);
    let row = MetadataRow::new(id, metadata);
    diesel::insert_into(article_metadata::table).values(row).execute(&mut **tx)?;
    custom_store::insert(tx, id, &metadata.custom)
}

/// Updates the row of the metadata of an article, in which these fields have changed.
pub fn update(tx: &mut Tx<'_>, id: ArticleId, metadata: &Metadata, fields: &[String]) -> Result<()> {
    let row = MetadataRow::new(id, metadata);
    let has_changed = |name: &str| fields.iter().any(|field| field == name);
    let change = MetadataRowChange {
        subtitle: Some(row.subtitle),
        summary: Some(row.summary),
        cover: has_changed("cover").then_some(row.cover),
        featured: row.featured,
        listed: row.listed,
        intro: row.intro,
        seo: has_changed("seo").then_some(row.seo),
        custom: has_changed("custom").then_some(row.custom),
        aliases: has_changed("aliases").then_some(row.aliases),
    };
    let own = article_metadata::table.filter(article_metadata::article_id.eq(id));
    diesel::update(own).set(change).execute(&mut **tx)?;
    if has_changed("custom") { custom_store::update(tx, id, &metadata.custom) } else { Ok(()) }
}

/// Replaces the authors and topics of an article, in `metadata`, too, as [`insert`].
pub fn set_terms(tx: &mut Tx<'_>, id: ArticleId, metadata: &mut Metadata) -> Result<()> {
    let held = terms::of_articles::set(tx, id, &metadata.authors, &metadata.topics)?;
    take(metadata, held);
    Ok(())
}

fn take(metadata: &mut Metadata, ArticleTerms { authors, topics }: ArticleTerms) {
    metadata.authors = authors;
    metadata.topics = topics;
}
