//! Finds places with one set of statements per database. SQLite's FTS5 index returns ids in order; PostgreSQL plans
//! each statement for its values (`planned_anew`), because rare and common words need different plans.

use std::cmp::Reverse;
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use super::expression::{Expression, Question};
use super::filter;
use super::occurrences::Finder;
use super::query::Terms;
use super::rank::{ScoredText, score};
use super::store::numbers;
use super::{MAX_SCORED, Position, Tier};
use crate::articles::filter::Filter;
use crate::base::db::Connection;
use crate::base::db::statement::Statement;
use crate::base::db::types::Id;
use crate::base::error::Result;
use crate::base::ids::{ArticleId, SectionId};

/// The most words with a prefix that are read from the vocabulary.
const MAX_PREFIXED: i64 = 4000;
/// The most of these words that a prefix is expanded to.
const MAX_ENDINGS: i64 = 32;
/// Texts up to this length, in bytes, are read together with their places.
const SHORT: usize = 16 * 1024;
const _: () = assert!(SHORT == 16_384, "the statements say so, too");
/// How much of the longer texts is read, in bytes, of all together. Each gets an equal share, less what shorter ones
/// leave: words beyond it do not count for the score and are not shown.
const MAX_LONG: usize = 2 * 1024 * 1024;

/// A query and the articles it searches.
#[derive(Debug, Clone)]
pub struct Search {
    /// The query.
    pub terms: Terms,
    /// Which articles to search.
    pub filter: Filter,
}

/// A matching place.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The score, in thousandths.
    pub score: u32,
    /// The position among the hits, for the cursor.
    pub position: Position,
    /// The place.
    pub place: PlaceRow,
}

/// A stored place, with data of its article.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct PlaceRow {
    /// The index in [`Tier::ALL`]; 0 in a scored result.
    tier: i64,
    /// The place's id: the article's slot and the place's number within the article.
    pub id: i64,
    /// The article.
    pub article_id: ArticleId,
    /// Whether the article's rendering is older than the current epoch of the render context.
    pub stale: bool,
    /// The section; `None` for the article itself.
    pub section_id: Option<SectionId>,
    /// The section's heading.
    pub heading: Option<String>,
    /// The section's anchor in the page.
    pub anchor: Option<String>,
    /// The text, as plain text; of a very long one, its beginning.
    pub body: String,
    /// The bytes of the whole text.
    length: i32,
    /// The article's title.
    pub title: String,
}

/// The places that the hits of a page are among, with their texts. They are made from it without the database.
#[derive(Debug)]
pub enum Found {
    /// All places that match, to be scored. The hits are those that come after this score and id.
    Few(Vec<PlaceRow>, Option<(u32, i64)>),
    /// The places of one page.
    Many(Vec<PlaceRow>),
}

type PlaceColumns =
    (BigInt, BigInt, Id, Bool, Nullable<Id>, Nullable<Text>, Nullable<Text>, Text, Integer, Text);

/// The columns of a [`PlaceRow`].
macro_rules! columns {
    () => {
        "SELECT found.tier, place.id, article.article_id, rendering.epoch < (SELECT epoch FROM render_context), \
         place.section_id, place.heading, place.anchor, \
         CASE WHEN octet_length(place.body) <= 16384 THEN place.body ELSE '' END, octet_length(place.body), \
         rendering.title FROM found "
    };
}

/// Reads the places whose tiers and ids `found` selects. `CROSS JOIN` keeps SQLite from reordering the joins.
macro_rules! sqlite_places {
    ($($found:expr),*) => {
        concat!(
            "WITH found (tier, number) AS (", $($found,)* ") ", columns!(),
            "CROSS JOIN search_places AS place ON place.id = found.number \
             CROSS JOIN search_articles AS article ON article.slot = place.id >> 10 \
             CROSS JOIN renderings AS rendering ON rendering.article_id = article.article_id"
        )
    };
}

macro_rules! postgres_places {
    ($($found:expr),*) => {
        concat!(
            "WITH found (tier, number) AS (", $($found,)* ") ", columns!(),
            "JOIN search_places AS place ON place.id = found.number \
             JOIN search_articles AS article ON article.slot = place.id >> 10 \
             JOIN renderings AS rendering ON rendering.article_id = article.article_id"
        )
    };
}

/// Selects the ids of matching places, newest first. Parameters: the expression; the lowest and the highest id; 1 for
/// any publication time, otherwise 0; the first and the last publication time; the limit.
macro_rules! sqlite_numbers {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM search_index WHERE search_index MATCH ? AND rowid BETWEEN ? AND ? AND (? = 1 OR EXISTS \
             (SELECT 1 FROM search_articles WHERE slot = search_index.rowid >> 10 AND published_at BETWEEN ? AND ?)) \
             ORDER BY rowid DESC LIMIT ?"
        )
    };
}

macro_rules! postgres_numbers {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM search_places AS place WHERE words @@ ?::tsquery AND id BETWEEN ? AND ? AND (? = 1 OR EXISTS \
             (SELECT 1 FROM search_articles WHERE slot = place.id >> 10 AND published_at BETWEEN \
             timestamptz 'epoch' + ?::bigint * interval '1 microsecond' AND \
             timestamptz 'epoch' + ?::bigint * interval '1 microsecond')) ORDER BY id DESC LIMIT ?"
        )
    };
}

impl Search {
    /// Finds the places that the next `limit` hits after `after` are among.
    pub fn find(&self, conn: &mut Connection, after: Option<Position>, limit: i64) -> Result<Found> {
        let Some(keys) = filter::keys(conn, &self.filter)? else { return Ok(Found::Many(Vec::new())) };
        let endings = self.terms.beginning().map_or_else(|| Ok(Vec::new()), |word| endings(conn, word))?;
        let conditions = SearchConditions {
            question: Question::new(&self.terms, &endings, &keys),
            published: filter::published(&self.filter),
        };
        let tiered = |conn: &mut Connection, after| {
            let places = conditions.places(conn, after, limit)?;
            Ok(Found::Many(with_texts(conn, places)?))
        };
        let ranked = |conn: &mut Connection, few: &[i64], after| {
            let places = read(conn, few)?;
            Ok(Found::Few(with_texts(conn, places)?, after))
        };
        match after {
            None => {
                let few = conditions.numbers(conn, MAX_SCORED + 1)?;
                if few.len() > MAX_SCORED { tiered(conn, None) } else { ranked(conn, &few, None) }
            }
            Some(Position::Ranked(score, id)) => {
                let few = conditions.numbers(conn, MAX_SCORED)?;
                ranked(conn, &few, Some((score, id)))
            }
            Some(Position::Tiered(tier, id)) => tiered(conn, Some((tier, id))),
        }
    }
}

impl Found {
    /// The first `limit` hits, best first.
    #[must_use]
    pub fn hits(self, terms: &Finder<'_>, limit: i64) -> Vec<Hit> {
        let mut hits: Vec<Hit> = match self {
            Self::Few(places, after) => {
                let hits = places.into_iter().map(|place| {
                    let score = score(terms, &place.scored_text());
                    Hit { score, position: Position::Ranked(score, place.id), place }
                });
                hits.filter(|hit| after.is_none_or(|after| (hit.score, hit.place.id) < after)).collect()
            }
            Self::Many(places) => places.into_iter().filter_map(PlaceRow::in_tier).collect(),
        };
        hits.sort_by_key(|hit| Reverse((hit.score, hit.place.id)));
        hits.truncate(usize::try_from(limit).unwrap_or_default());
        hits
    }
}

impl PlaceRow {
    fn scored_text(&self) -> ScoredText<'_> {
        ScoredText {
            title: &self.title,
            heading: self.heading.as_deref().unwrap_or_default(),
            is_section: self.section_id.is_some(),
            body: &self.body,
            length: self.length(),
        }
    }

    /// The hit of a place that was found in a tier.
    fn in_tier(self) -> Option<Hit> {
        let tier = *Tier::ALL.get(usize::try_from(self.tier).ok()?)?;
        Some(Hit { score: tier.score(), position: Position::Tiered(tier, self.id), place: self })
    }

    fn length(&self) -> usize {
        usize::try_from(self.length).unwrap_or_default()
    }
}

/// Reads the texts that were too long to be read with their places, or the beginnings of them.
fn with_texts(conn: &mut Connection, mut places: Vec<PlaceRow>) -> Result<Vec<PlaceRow>> {
    let mut long: Vec<&mut PlaceRow> = places.iter_mut().filter(|place| place.length() > SHORT).collect();
    if long.is_empty() {
        return Ok(places);
    }
    long.sort_unstable_by_key(|place| place.length);
    let (mut left, mut share) = (MAX_LONG, 0);
    for (at, place) in long.iter().enumerate() {
        share = left / (long.len() - at);
        left -= share.min(place.length());
    }
    let ids = serde_json::to_string(&long.iter().map(|place| place.id).collect::<Vec<_>>())?;
    let mut texts: HashMap<i64, Vec<u8>> = beginnings(conn, &ids, share)?.into_iter().collect();
    for place in long {
        let text = texts.remove(&place.id).unwrap_or_default();
        // The last character may be cut.
        text.utf8_chunks().next().map_or("", |chunk| chunk.valid()).clone_into(&mut place.body);
    }
    Ok(places)
}

/// The first `bytes` of the texts of these places, given as a JSON array.
fn beginnings(conn: &mut Connection, ids: &str, bytes: usize) -> Result<Vec<(i64, Vec<u8>)>> {
    let bytes = i64::try_from(bytes).unwrap_or_default();
    Ok(match conn {
        Connection::Sqlite(conn) => Statement::<(BigInt, Binary)>::new(
            "SELECT id, substr(CAST(body AS BLOB), 1, ?) FROM search_places \
             WHERE id IN (SELECT value FROM json_each(?))",
        )
        .integer(bytes)
        .text(ids)
        .load(conn)?,
        Connection::Postgres(conn) => Statement::<(BigInt, Binary)>::new(
            "SELECT id, substring(convert_to(body, 'UTF8') FROM 1 FOR ?::integer) FROM search_places \
             WHERE id IN (SELECT value::bigint FROM json_array_elements_text(?::json))",
        )
        .integer(bytes)
        .text(ids)
        .load(conn)?,
    })
}

/// The words with this prefix, including the word itself. Those with the lowest ids are chosen: words that were indexed
/// early tend to be common.
fn endings(conn: &mut Connection, beginning: &str) -> Result<Vec<String>> {
    let beyond = format!("{beginning}\u{10ffff}");
    let words = Statement::<Text>::new(
        "SELECT word FROM (SELECT id, word FROM search_words WHERE word >= ? AND word < ? ORDER BY word LIMIT ?) \
         AS near ORDER BY id LIMIT ?",
    );
    let words = words.text(beginning).text(&beyond).integer(MAX_PREFIXED).integer(MAX_ENDINGS);
    Ok(match conn {
        Connection::Sqlite(conn) => words.load(conn)?,
        Connection::Postgres(conn) => words.load(conn)?,
    })
}

/// The places with these ids, in no particular order.
fn read(conn: &mut Connection, numbers: &[i64]) -> Result<Vec<PlaceRow>> {
    let numbers = serde_json::to_string(numbers)?;
    Ok(match conn {
        Connection::Sqlite(conn) => {
            Statement::<PlaceColumns>::new(sqlite_places!("SELECT 0, value FROM json_each(?)"))
                .text(&numbers)
                .load(conn)?
        }
        Connection::Postgres(conn) => Statement::<PlaceColumns>::new(postgres_places!(
            "SELECT 0::bigint, value::bigint FROM json_array_elements_text(?::json)"
        ))
        .text(&numbers)
        .load(conn)?,
    })
}

/// A question, and the publication times that it is limited to.
struct SearchConditions {
    question: Question,
    published: Option<(i64, i64)>,
}

impl SearchConditions {
    /// The ids of at most `max` matching places, newest first.
    fn numbers(&self, conn: &mut Connection, max: usize) -> Result<Vec<i64>> {
        let max = i64::try_from(max).unwrap_or_default();
        let highest = numbers(self.published).1;
        Ok(match conn {
            Connection::Sqlite(conn) => {
                let question = self.question.all.fts5();
                let statement = Statement::<BigInt>::new(sqlite_numbers!("rowid"));
                self.bind(statement, &question, highest, max).load(conn)?
            }
            Connection::Postgres(conn) => {
                let question = self.question.all.tsquery();
                let statement = Statement::<BigInt>::new(postgres_numbers!("id")).planned_anew();
                self.bind(statement, &question, highest, max).load(conn)?
            }
        })
    }

    /// The places of at most `limit` hits after `after`, by tier, then newest first; in no particular order.
    fn places(&self, conn: &mut Connection, after: Option<(Tier, i64)>, limit: i64) -> Result<Vec<PlaceRow>> {
        let expressions = [&self.question.titles, &self.question.headings, &self.question.others];
        let written = |write: fn(&Expression) -> String| expressions.map(write);
        Ok(match conn {
            Connection::Sqlite(conn) => {
                let questions = written(Expression::fts5);
                let statement = Statement::<PlaceColumns>::new(sqlite_places!(
                    "SELECT * FROM (",
                    sqlite_numbers!("0, rowid"),
                    ") UNION ALL SELECT * FROM (",
                    sqlite_numbers!("1, rowid"),
                    ") UNION ALL SELECT * FROM (",
                    sqlite_numbers!("2, rowid"),
                    ") LIMIT ?"
                ));
                self.bind_tiers(statement, &questions, after, limit).load(conn)?
            }
            Connection::Postgres(conn) => {
                let questions = written(Expression::tsquery);
                let statement = Statement::<PlaceColumns>::new(postgres_places!(
                    "SELECT * FROM (",
                    postgres_numbers!("0::bigint, id"),
                    ") AS titles UNION ALL SELECT * FROM (",
                    postgres_numbers!("1::bigint, id"),
                    ") AS headings UNION ALL SELECT * FROM (",
                    postgres_numbers!("2::bigint, id"),
                    ") AS others LIMIT ?"
                ));
                self.bind_tiers(statement.planned_anew(), &questions, after, limit).load(conn)?
            }
        })
    }

    /// Binds the parameters of one list of ids per tier. Tiers before the one in `after` get the limit 0.
    fn bind_tiers<'a, S>(
        &self,
        mut statement: Statement<'a, S>,
        questions: &'a [String; 3],
        after: Option<(Tier, i64)>,
        limit: i64,
    ) -> Statement<'a, S> {
        let highest = numbers(self.published).1;
        for (tier, question) in Tier::ALL.into_iter().zip(questions) {
            let (highest, limit) = match after {
                Some((reached, _)) if tier < reached => (highest, 0),
                Some((reached, id)) if tier == reached => (highest.min(id.saturating_sub(1)), limit),
                _ => (highest, limit),
            };
            statement = self.bind(statement, question, highest, limit);
        }
        statement.integer(limit)
    }

    /// Binds the parameters of one list of ids, as documented at `sqlite_numbers!`.
    fn bind<'a, S>(
        &self,
        statement: Statement<'a, S>,
        question: &'a str,
        highest: i64,
        limit: i64,
    ) -> Statement<'a, S> {
        let (since, until) = self.published.unwrap_or_default();
        statement
            .text(question)
            .integer(numbers(self.published).0)
            .integer(highest)
            .integer(i64::from(self.published.is_none()))
            .integer(since)
            .integer(until)
            .integer(limit)
    }
}
