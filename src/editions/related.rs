//! Related articles: those that share topics or authors. How much a shared one counts depends on how few articles have it.
//! Only the newest articles of each are considered, so that the cost does not grow with the publication.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Edition;
use crate::base::clock::Timestamp;
use crate::base::db::types::{Id, Instant};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, IsId as _, LabelId};
use crate::base::text::Locale;

/// The score of a shared topic, before it is divided by how common the topic is.
const TOPIC: u32 = 840;
/// The score of a shared author. The rarest author scores less than the most common topic.
const AUTHOR: u32 = 200;
/// How many articles of each topic and author are considered: the newest, by creation.
const CARRIERS: usize = 200;

/// What of an article decides which others are related.
#[derive(Debug, Clone)]
pub struct Relations {
    /// The article itself and its translations, which are not related.
    excluded: Vec<ArticleId>,
    locale: Locale,
    topics: Vec<LabelId>,
    authors: Vec<LabelId>,
}

impl From<Edition> for Relations {
    fn from(edition: Edition) -> Self {
        let translations = edition.translations.iter().map(|translation| translation.id);
        Self {
            excluded: translations.chain([edition.id]).collect(),
            locale: edition.locale,
            topics: edition.topics.iter().map(|topic| LabelId::from_uuid(topic.id.uuid())).collect(),
            authors: edition.authors.iter().map(|author| LabelId::from_uuid(author.id.uuid())).collect(),
        }
    }
}

impl Relations {
    /// At most `limit` related articles, the most related first.
    pub fn find(&self, conn: &mut Connection, limit: usize) -> Result<Vec<ArticleId>> {
        let mut carriers = carriers(conn, &self.topics, &self.authors)?;
        carriers.retain(|carrier| !self.excluded.contains(&carrier.article));
        let mut related = rank(&self.locale, &self.topics, &carriers);
        related.truncate(limit);
        Ok(related)
    }
}

/// An article and one of its topics and authors.
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

/// The newest listed articles of each of these topics and authors: one statement, in which an index finds those of each.
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

/// The articles, the most related first.
fn rank(locale: &Locale, topics: &[LabelId], carriers: &[Carrier]) -> Vec<ArticleId> {
    // The article itself has each of them, too.
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
