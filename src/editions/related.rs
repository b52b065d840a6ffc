//! Related articles: those that share topics or authors. How much a shared one counts depends on how few articles have
//! it. Only the newest articles of each are considered, so that the cost does not grow with the publication.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Deserialize;

use super::order::Position;
use crate::base::clock::Timestamp;
use crate::base::db::types::{Id, Instant};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, AuthorId, TermId, TopicId};
use crate::base::text::Locale;
use crate::terms::IsTerm as _;

/// The score of a shared topic, before it is divided by how common the topic is.
const TOPIC: u32 = 840;
/// The score of a shared author. The rarest author scores less than the most common topic.
const AUTHOR: u32 = 200;
/// How many articles a response has unless a request says otherwise.
pub const DEFAULT_LIMIT: usize = 5;
/// How many articles of each topic and author are considered: the newest.
const CARRIERS: usize = 200;

/// What decides which other articles are related and adjacent, read from the article's JSON in lists.
#[derive(Debug, Clone, Deserialize)]
pub struct Relations {
    id: ArticleId,
    locale: Locale,
    topics: Vec<Named<TopicId>>,
    authors: Vec<Named<AuthorId>>,
    translations: Vec<Named<ArticleId>>,
    published_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct Named<I> {
    id: I,
}

impl Relations {
    /// Its position in the order of publication.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::published(self.published_at, self.id)
    }

    /// At most `limit` related articles, the most related first: not the article itself and its translations.
    pub fn find(&self, conn: &mut Connection, limit: usize) -> Result<Vec<ArticleId>> {
        let topics: Vec<TermId> = self.topics.iter().map(|topic| topic.id.term()).collect();
        let authors: Vec<TermId> = self.authors.iter().map(|author| author.id.term()).collect();
        let mut carriers = carriers(conn, &[topics.as_slice(), &authors].concat())?;
        let is_excluded = |id| id == self.id || self.translations.iter().any(|other| other.id == id);
        carriers.retain(|carrier| !is_excluded(carrier.article));
        let mut related = rank(&self.locale, &topics, &carriers);
        related.truncate(limit);
        Ok(related)
    }
}

/// A listed article and one of its topics and authors.
#[derive(Debug, QueryableByName)]
struct Carrier {
    #[diesel(sql_type = Id)]
    term: TermId,
    #[diesel(sql_type = Id)]
    article: ArticleId,
    #[diesel(sql_type = Text)]
    locale: Locale,
    #[diesel(sql_type = Instant)]
    published_at: Timestamp,
}

/// The newest listed articles of each of these topics and authors: one statement, in which an index finds those of
/// each.
fn carriers(conn: &mut Connection, terms: &[TermId]) -> Result<Vec<Carrier>> {
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let newest = (1..=terms.len()).map(|number| {
        format!(
            "SELECT term, article FROM (SELECT term_id AS term, article_id AS article FROM rendering_terms \
             WHERE term_id = ${number} ORDER BY published_at DESC, article_id DESC LIMIT {CARRIERS}) AS newest{number}"
        )
    });
    let query = format!(
        "SELECT term, article, locale, published_at FROM ({}) AS carriers \
         JOIN renderings ON article_id = article",
        newest.collect::<Vec<_>>().join(" UNION ALL ")
    );
    let query = diesel::sql_query(query).into_boxed::<MultiBackend>();
    Ok(terms.iter().fold(query, |query, id| query.bind::<Id, _>(*id)).load(conn)?)
}

/// The articles, the most related first.
fn rank(locale: &Locale, topics: &[TermId], carriers: &[Carrier]) -> Vec<ArticleId> {
    // The article itself has each of them, too.
    let mut common: HashMap<TermId, u32> = HashMap::new();
    for carrier in carriers {
        *common.entry(carrier.term).or_insert(1) += 1;
    }
    let mut alike: HashMap<ArticleId, (bool, u32, Timestamp)> = HashMap::new();
    for carrier in carriers {
        let worth = if topics.contains(&carrier.term) { TOPIC } else { AUTHOR };
        let common = common.get(&carrier.term).copied().unwrap_or(1);
        let known = alike.entry(carrier.article);
        let (_, shared, _) = known.or_insert((carrier.locale == *locale, 0, carrier.published_at));
        *shared += worth / (1 + common.ilog2());
    }
    let mut ranked: Vec<_> = alike.into_iter().map(|(id, why)| (why, id)).collect();
    ranked.sort_unstable_by(|one, other| other.cmp(one));
    ranked.into_iter().map(|(_, id)| id).collect()
}
