//! Articles like another. Alike are those that share a topic or an author; how much a shared one tells depends on how few
//! carry it. Of each only the newest carriers are looked at, so that the cost does not grow with the publication.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::look::find;
use super::view::View;
use super::{EditionItem, items};
use crate::app::App;
use crate::articles::ArticleId;
use crate::articles::routes::{ArticlePath, InLocale};
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::db::types::{Id, Instant, IsId as _};
use crate::error::Result;
use crate::http::query::{FromParams, Params};
use crate::http::{Answer, Query};
use crate::text::Locale;

crate::id! {
    /// A topic or an author.
    LabelId
}

/// What a shared topic is worth, before it is divided by how common it is.
const TOPIC: u32 = 840;
/// The same of an author: the rarest is worth less than the most common topic.
const AUTHOR: u32 = 200;
/// How many carriers of a topic or author are looked at: the newest, by when the articles were created.
const CARRIERS: u32 = 200;

/// How many related articles are wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Most {
    /// How many there are at most.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 20, default = 5, nullable = false)]
    limit: i64,
}

impl FromParams for Most {
    fn from_params(params: &mut Params) -> Self {
        Self { limit: params.number("limit", 1..=20).unwrap_or(5) }
    }
}

/// Articles like another.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedArticles {
    /// The articles, the most alike first.
    #[schema(value_type = Vec<EditionItem>, max_items = 20)]
    items: Vec<Box<RawValue>>,
    /// Always `null`: there is one page.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// List related articles
///
/// Listed articles that share topics or authors with this one; never itself or its translations. Those in its language
/// come first. Among them decides what they share: a topic counts more the fewer articles carry it, and any topic counts
/// more than any author; then the newest. Of each topic and author the 200 newest articles are looked at.
#[utoipa::path(get, path = "/v1/articles/{article}/related", tag = "articles", security(()),
    params(ArticlePath, InLocale, View, Most),
    responses(
        (status = 200, description = "The articles.", body = RelatedArticles),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn list_related_articles(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, (view, most))): Query<(InLocale, (View, Most))>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let stored = match find(&app, &req, path.into_inner().article, locale).await? {
        Ok(stored) => stored,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (edition, _) = stored.parse()?;
    let (id, locale) = (edition.id, edition.locale);
    let itself: Vec<ArticleId> = edition.translations.iter().map(|other| other.id).chain([id]).collect();
    let read = move |conn: &mut Connection| {
        let topics = carriers(conn, "rendering_topics", "topic_id", id)?;
        let authors = carriers(conn, "rendering_authors", "author_id", id)?;
        let mut alike = rank(&locale, &topics, &authors);
        alike.retain(|id| !itself.contains(id));
        alike.truncate(usize::try_from(most.limit).unwrap_or_default());
        let rows = items::listed(conn, &alike)?;
        let stale = items::stale(conn, &rows)?;
        let items = items::cut(conn, rows, &view)?;
        Ok((RelatedArticles { items, next_cursor: None }, stale))
    };
    Ok(Answer::public_json(&items::fresh(&app, read).await?)?.surrogate_key("articles"))
}

/// An article that shares a topic or an author with the one in question.
#[derive(Debug, QueryableByName)]
struct Carrier {
    #[diesel(sql_type = Id)]
    label: LabelId,
    #[diesel(sql_type = Id)]
    article: ArticleId,
    #[diesel(sql_type = Text)]
    locale: Locale,
    #[diesel(sql_type = Instant)]
    published_at: Timestamp,
}

/// The newest listed others that share one of an article's topics, or of its authors. Where the newest end is found by
/// an index, for each once.
fn carriers(conn: &mut Connection, table: &str, label: &str, id: ArticleId) -> Result<Vec<Carrier>> {
    let query = format!(
        "WITH own AS MATERIALIZED (
            SELECT shared.{label} AS label, coalesce((
                SELECT newest.article_id FROM {table} newest WHERE newest.{label} = shared.{label}
                ORDER BY newest.article_id DESC LIMIT 1 OFFSET {CARRIERS}), $1) AS since
            FROM {table} shared WHERE shared.article_id = $2)
        SELECT own.label AS label, other.article_id AS article, r.locale AS locale, r.published_at AS published_at
        FROM own
        JOIN {table} other ON other.{label} = own.label AND other.article_id >= own.since
        JOIN renderings r ON r.article_id = other.article_id
        WHERE r.listed AND r.article_id <> $3"
    );
    let first = ArticleId::from_uuid(uuid::Uuid::nil());
    let query = diesel::sql_query(query).bind::<Id, _>(first).bind::<Id, _>(id).bind::<Id, _>(id);
    Ok(query.load(conn)?)
}

/// The most alike first.
fn rank(locale: &Locale, topics: &[Carrier], authors: &[Carrier]) -> Vec<ArticleId> {
    let mut alike: HashMap<ArticleId, (bool, u32, Timestamp)> = HashMap::new();
    for (carriers, worth) in [(topics, TOPIC), (authors, AUTHOR)] {
        // The article in question carries it, too.
        let mut common: HashMap<LabelId, u32> = HashMap::new();
        for carrier in carriers {
            *common.entry(carrier.label).or_insert(1) += 1;
        }
        for carrier in carriers {
            let common = common.get(&carrier.label).copied().unwrap_or(1);
            let known = alike.entry(carrier.article);
            let (_, shared, _) =
                known.or_insert_with(|| (carrier.locale == *locale, 0, carrier.published_at));
            *shared += worth / (1 + common.ilog2());
        }
    }
    let mut ranked: Vec<_> = alike.into_iter().map(|(id, why)| (why, id)).collect();
    ranked.sort_unstable_by(|one, other| other.cmp(one));
    ranked.into_iter().map(|(_, id)| id).collect()
}
