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

use crate::app::App;
use crate::articles::routes::articles::{ArticlePath, InLocale};
use crate::base::clock::Timestamp;
use crate::base::db::types::{Id, Instant};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, Query};
use crate::base::ids::{ArticleId, IsId as _, LabelId};
use crate::base::text::Locale;
use crate::editions::look;
use crate::editions::view::View;
use crate::editions::{EditionItem, items};

/// What a shared topic is worth, before it is divided by how common it is.
const TOPIC: u32 = 840;
/// The same of an author: the rarest is worth less than the most common topic.
const AUTHOR: u32 = 200;
/// How many carriers of a topic or author are looked at: the newest, by when the articles were created.
const CARRIERS: usize = 200;

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
    look::answer(&app, &req, path.into_inner().article, locale, async |stored| {
        let (edition, _) = stored.parse()?;
        let locale = edition.locale;
        let topics: Vec<LabelId> =
            edition.topics.iter().map(|topic| LabelId::from_uuid(topic.id.uuid())).collect();
        let authors =
            edition.authors.iter().map(|author| LabelId::from_uuid(author.id.uuid())).collect::<Vec<_>>();
        let itself: Vec<ArticleId> =
            edition.translations.iter().map(|other| other.id).chain([edition.id]).collect();
        let look = move |conn: &mut Connection| {
            let mut carriers = carriers(conn, &topics, &authors)?;
            carriers.retain(|carrier| !itself.contains(&carrier.article));
            let mut alike = rank(&locale, &topics, &carriers);
            alike.truncate(usize::try_from(most.limit).unwrap_or_default());
            Ok((items::of(conn, &alike)?, ()))
        };
        let make = move |conn: &mut Connection, rows, ()| {
            Ok(RelatedArticles { items: items::cut(conn, rows, &view)?, next_cursor: None })
        };
        Ok(Answer::public_json(&items::fresh(&app, look, make).await?)?.surrogate_key("articles"))
    })
    .await
}

/// An article and one of the topics and authors that it carries.
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

/// Of each of these the newest listed carriers: one statement, in which the newest end of each is found by an index.
fn carriers(conn: &mut Connection, topics: &[LabelId], authors: &[LabelId]) -> Result<Vec<Carrier>> {
    let topics = topics.iter().map(|id| ("rendering_topics", "topic_id", *id));
    let authors = authors.iter().map(|id| ("rendering_authors", "author_id", *id));
    let labels: Vec<_> = topics.chain(authors).collect();
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    let newest = |(number, (table, column, _)): (usize, &(&str, &str, LabelId))| {
        format!(
            "SELECT label, article FROM (SELECT {column} AS label, article_id AS article FROM {table} \
             WHERE {column} = ${} ORDER BY article_id DESC LIMIT {CARRIERS}) AS newest{number}",
            number + 1
        )
    };
    let newest: Vec<String> = labels.iter().enumerate().map(newest).collect();
    let query = format!(
        "SELECT label, article, locale, published_at FROM ({}) AS carriers \
         JOIN renderings ON article_id = article WHERE listed",
        newest.join(" UNION ALL ")
    );
    let query = diesel::sql_query(query).into_boxed::<MultiBackend>();
    Ok(labels.iter().fold(query, |query, (_, _, id)| query.bind::<Id, _>(*id)).load(conn)?)
}

/// The most alike first.
fn rank(locale: &Locale, topics: &[LabelId], carriers: &[Carrier]) -> Vec<ArticleId> {
    // The article in question carries each, too.
    let mut common: HashMap<LabelId, u32> = HashMap::new();
    for carrier in carriers {
        *common.entry(carrier.label).or_insert(1) += 1;
    }
    let mut alike: HashMap<ArticleId, (bool, u32, Timestamp)> = HashMap::new();
    for carrier in carriers {
        let worth = if topics.contains(&carrier.label) { TOPIC } else { AUTHOR };
        let common = common.get(&carrier.label).copied().unwrap_or(1);
        let known = alike.entry(carrier.article);
        let (_, shared, _) = known.or_insert((carrier.locale == *locale, 0, carrier.published_at));
        *shared += worth / (1 + common.ilog2());
    }
    let mut ranked: Vec<_> = alike.into_iter().map(|(id, why)| (why, id)).collect();
    ranked.sort_unstable_by(|one, other| other.cmp(one));
    ranked.into_iter().map(|(_, id)| id).collect()
}
