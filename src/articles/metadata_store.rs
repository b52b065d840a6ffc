//! How a draft's metadata is stored: language, slug and title in the row of the article, authors and topics in
//! `article_terms`, and the rest in `article_metadata`.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::store::ArticleRow;
use super::{Cover, Metadata, Seo};
use crate::base::db::schema::article_metadata;
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::terms::{self, Carried};

/// The rest of the metadata of an article; see [`Metadata`].
#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = article_metadata, primary_key(article_id), treat_none_as_null = true)]
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
    translation_of: Option<ArticleId>,
    aliases: Json<Vec<String>>,
}

impl MetadataRow {
    fn new(article_id: ArticleId, metadata: &Metadata) -> Self {
        Self {
            article_id,
            subtitle: metadata.subtitle.clone(),
            summary: metadata.summary.clone(),
            cover: metadata.cover.clone().map(Json),
            featured: metadata.featured,
            listed: metadata.listed,
            intro: metadata.intro.clone(),
            seo: Json(metadata.seo.clone()),
            custom: Json(metadata.custom.clone()),
            translation_of: metadata.translation_of,
            aliases: Json(metadata.aliases.clone()),
        }
    }

    fn into_metadata(self, article: &ArticleRow, Carried { authors, topics }: Carried) -> Metadata {
        Metadata {
            title: article.title.clone(),
            slug: article.slug.clone(),
            locale: article.locale.clone(),
            subtitle: self.subtitle,
            summary: self.summary,
            cover: self.cover.map(|Json(cover)| cover),
            featured: self.featured,
            listed: self.listed,
            authors,
            topics,
            intro: self.intro,
            seo: self.seo.0,
            custom: self.custom.0,
            translation_of: self.translation_of,
            aliases: self.aliases.0,
        }
    }
}

/// The metadata of a draft.
pub fn find(conn: &mut Connection, article: &ArticleRow) -> Result<Metadata> {
    let own = article_metadata::table.filter(article_metadata::article_id.eq(article.id));
    let row: Option<MetadataRow> = own.get_result(conn).optional()?;
    let row = row.ok_or_else(|| Error::internal(format!("the metadata of {} is missing", article.id)))?;
    Ok(row.into_metadata(article, terms::store::carried_by(conn, article.id)?))
}

/// Adds the row of the metadata of an article.
pub fn insert(tx: &mut Tx<'_>, id: ArticleId, metadata: &Metadata) -> Result<()> {
    let row = MetadataRow::new(id, metadata);
    diesel::insert_into(article_metadata::table).values(row).execute(&mut **tx)?;
    Ok(())
}

/// Updates the row of the metadata of an article.
pub fn update(tx: &mut Tx<'_>, id: ArticleId, metadata: &Metadata) -> Result<()> {
    let own = article_metadata::table.filter(article_metadata::article_id.eq(id));
    diesel::update(own).set(MetadataRow::new(id, metadata)).execute(&mut **tx)?;
    Ok(())
}

/// Sets the authors and topics of an article, in `metadata`, too: those that exist at this moment, the merged ones
/// replaced by what they were merged into.
pub fn set_terms(tx: &mut Tx<'_>, id: ArticleId, metadata: &mut Metadata) -> Result<()> {
    let held = terms::store::set_carried_by(tx, id, &metadata.authors, &metadata.topics)?;
    metadata.authors = held.authors;
    metadata.topics = held.topics;
    Ok(())
}
