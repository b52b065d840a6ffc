//! Stores the places of articles. Both databases store the same tokens: PostgreSQL in a column next to the text, SQLite
//! in a separate FTS5 table.

use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

use super::document::{Document, author_key, featured_key, locale_key, topic_key};
use crate::articles::Metadata;
use crate::articles::tree::MAX_SECTIONS;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{search_articles, search_places};
use crate::base::db::statement::Statement;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::ids::{ArticleId, IsId as _};
use crate::terms::ArticleTerms;

/// Part of each fingerprint. Increase it when the stored form changes, so that every article is indexed again when it
/// is rendered.
const VERSION: u32 = 1;
/// How many low bits of a place's id number the places of one article.
const PLACE_BITS: u32 = 10;
const _: () = assert!(MAX_SECTIONS < 1 << PLACE_BITS, "an article and its sections each need a number");
/// The number of the article itself. Its sections count down from here.
const OWN_PLACE: i64 = (1 << PLACE_BITS) - 1;
/// How many low bits of a slot distinguish articles published in the same second.
const SLOT_BITS: u32 = 10;
/// How many seconds after its publication time an article's slot can lie, because the slots before are taken.
const LATEST: i64 = 86_400;
/// [`tidy`] merges segments of the FTS5 index above this number: looking up a word reads every segment.
const MAX_SEGMENTS: i64 = 6;
/// How many pages one merge step writes.
const STEP: i64 = 100;

/// Replaces the places of an article, or removes them if it is unlisted. Returns whether anything changed.
pub fn upsert(
    tx: &mut Tx<'_>,
    id: ArticleId,
    published_at: Timestamp,
    metadata: &Metadata,
    document: &Document,
    article_terms: &ArticleTerms,
) -> Result<bool> {
    if !metadata.listed {
        return remove(tx, id);
    }
    let keys: Vec<String> = [featured_key(metadata.featured), locale_key(&metadata.locale)]
        .into_iter()
        .chain(article_terms.topics.iter().copied().map(topic_key))
        .chain(article_terms.authors.iter().copied().map(author_key))
        .collect();
    let made_from = (VERSION, published_at, &keys, &metadata.title, document);
    let fingerprint = sha256(&serde_json::to_vec(&made_from)?).to_vec();
    let kept: Option<(i64, Vec<u8>)> = search_articles::table
        .filter(search_articles::article_id.eq(id))
        .select((search_articles::slot, search_articles::fingerprint))
        .get_result(&mut **tx)
        .optional()?;
    match kept {
        // Most rerenders change nothing searchable, such as those after a topic is renamed.
        Some((_, kept)) if kept == fingerprint => return Ok(false),
        Some((slot, _)) => remove_slot(tx, slot)?,
        None => {}
    }
    // Two transactions could otherwise choose the same slot or insert the same words.
    AdvisoryLock::SearchIndex.take(tx)?;
    let slot = free_slot(tx, published_at)?;
    diesel::insert_into(search_articles::table)
        .values((
            search_articles::slot.eq(slot),
            search_articles::article_id.eq(id),
            search_articles::published_at.eq(published_at),
            search_articles::fingerprint.eq(fingerprint),
        ))
        .execute(&mut **tx)?;
    insert(tx, slot, document, &keys)?;
    Ok(true)
}

/// A place as JSON: one statement inserts all places of an article.
#[derive(Serialize)]
struct KeptPlace<'a> {
    id: i64,
    section_id: Option<String>,
    heading: Option<&'a str>,
    anchor: Option<&'a str>,
    body: &'a str,
    words: String,
}

fn insert(tx: &mut Tx<'_>, slot: i64, document: &Document, keys: &[String]) -> Result<()> {
    let is_postgres = matches!(&**tx, Connection::Postgres(_));
    let mut kept = Vec::with_capacity(document.places.len());
    for (number, place) in (0..=OWN_PLACE).rev().zip(&document.places) {
        let tokens = place.tokens(keys);
        kept.push(KeptPlace {
            id: (slot << PLACE_BITS) + number,
            section_id: place.section.map(|section| section.uuid().simple().to_string()),
            heading: place.heading.as_deref(),
            anchor: place.anchor.as_deref(),
            body: &place.body,
            words: if is_postgres { tsvector(&tokens) } else { tokens },
        });
    }
    // FTS5 writes a segment whenever a row's id is lower than the one before.
    kept.reverse();
    let places = serde_json::to_string(&kept)?;
    let words = serde_json::to_string(&document.words)?;
    match &mut **tx {
        Connection::Sqlite(conn) => {
            Statement::<()>::new(
                "INSERT INTO search_places (id, section_id, heading, anchor, body) \
                 SELECT value ->> 'id', unhex(value ->> 'section_id'), value ->> 'heading', value ->> 'anchor', \
                 value ->> 'body' FROM json_each(?)",
            )
            .text(&places)
            .execute(conn)?;
            Statement::<()>::new(
                "INSERT INTO search_index (rowid, words) SELECT value ->> 'id', value ->> 'words' FROM json_each(?)",
            )
            .text(&places)
            .execute(conn)?;
            Statement::<()>::new("INSERT OR IGNORE INTO search_words (word) SELECT value FROM json_each(?)")
                .text(&words)
                .execute(conn)?;
        }
        Connection::Postgres(conn) => {
            Statement::<()>::new(
                "INSERT INTO search_places (id, section_id, heading, anchor, body, words) \
                 SELECT id, section_id, heading, anchor, body, words FROM json_to_recordset(?::json) \
                 AS place (id bigint, section_id uuid, heading text, anchor text, body text, words tsvector)",
            )
            .text(&places)
            .execute(conn)?;
            Statement::<()>::new(
                "INSERT INTO search_words (word) SELECT value FROM json_array_elements_text(?::json) \
                 ON CONFLICT (word) DO NOTHING",
            )
            .text(&words)
            .execute(conn)?;
        }
    }
    Ok(())
}

/// Tokens with positions as a `tsvector` literal. PostgreSQL does not distinguish positions above 16,383.
fn tsvector(tokens: &str) -> String {
    let positioned =
        tokens.split(' ').zip(1..).map(|(token, at): (_, u32)| format!("'{token}':{}", at.min(16_383)));
    positioned.collect::<Vec<_>>().join(" ")
}

/// A free slot: in the second of publication, or after it if that is full.
fn free_slot(tx: &mut Tx<'_>, published_at: Timestamp) -> Result<i64> {
    let first = published_at.as_seconds() << SLOT_BITS;
    let end = first + (1 << SLOT_BITS);
    let of_second = search_articles::table.filter(search_articles::slot.ge(first));
    let of_second = of_second.filter(search_articles::slot.lt(end));
    let last: Option<i64> = of_second.select(max(search_articles::slot)).get_result(&mut **tx)?;
    let next = last.map_or(first, |last| last + 1);
    if next < end {
        return Ok(next);
    }
    let (taken, next) = diesel::alias!(search_articles as taken_slots, search_articles as next_slots);
    let follows = next.filter(next.field(search_articles::slot).eq(taken.field(search_articles::slot) + 1));
    let before_gap: i64 = taken
        .filter(taken.field(search_articles::slot).ge(first))
        .filter(not(exists(follows)))
        .order(taken.field(search_articles::slot))
        .select(taken.field(search_articles::slot))
        .first(&mut **tx)?;
    Ok(before_gap + 1)
}

/// Removes an article from the index. Returns whether it was indexed.
pub fn remove(tx: &mut Tx<'_>, id: ArticleId) -> Result<bool> {
    let own = search_articles::table.filter(search_articles::article_id.eq(id));
    let slot: Option<i64> = own.select(search_articles::slot).get_result(&mut **tx).optional()?;
    let Some(slot) = slot else { return Ok(false) };
    remove_slot(tx, slot)?;
    Ok(true)
}

/// Removes the article with this slot.
fn remove_slot(tx: &mut Tx<'_>, slot: i64) -> Result<()> {
    let (lowest, highest) = (slot << PLACE_BITS, (slot << PLACE_BITS) + OWN_PLACE);
    if let Connection::Sqlite(conn) = &mut **tx {
        Statement::<()>::new(
            "DELETE FROM search_index WHERE rowid IN (SELECT id FROM search_places WHERE id BETWEEN ? AND ?)",
        )
        .integer(lowest)
        .integer(highest)
        .execute(conn)?;
    }
    diesel::delete(search_places::table.filter(search_places::id.between(lowest, highest)))
        .execute(&mut **tx)?;
    diesel::delete(search_articles::table.filter(search_articles::slot.eq(slot))).execute(&mut **tx)?;
    Ok(())
}

/// The lowest and the highest id that places can have whose articles were published in this range, in microseconds
/// since 1970.
#[must_use]
pub fn numbers(published: Option<(i64, i64)>) -> (i64, i64) {
    let Some((since, until)) = published else { return (i64::MIN, i64::MAX) };
    let bits = SLOT_BITS + PLACE_BITS;
    let second = |micros: i64| micros.div_euclid(1_000_000);
    (second(since) << bits, ((second(until) + LATEST) << bits) - 1)
}

/// Merges segments of SQLite's FTS5 index, one bounded step per call, if there are more than `MAX_SEGMENTS`. Returns
/// whether to call it again. Does nothing on PostgreSQL, which maintains its index by itself.
pub fn tidy(tx: &mut Tx<'_>) -> Result<bool> {
    let Connection::Sqlite(conn) = &mut **tx else { return Ok(false) };
    let numbers = "WITH RECURSIVE segments (number) AS (SELECT min(segid) FROM search_index_idx UNION ALL \
        SELECT (SELECT min(segid) FROM search_index_idx WHERE segid > number) FROM segments WHERE number IS NOT NULL) \
        SELECT count(number) FROM segments";
    let segments: i64 = Statement::<BigInt>::new(numbers).get_result(conn)?;
    if segments <= MAX_SEGMENTS {
        return Ok(false);
    }
    merge(tx)
}

/// Merges the segments of SQLite's FTS5 index, one bounded step per call. Returns whether to call it again. At the end
/// there is one segment, without the words of rows that were deleted: until then these are only marked as deleted. Does
/// nothing on PostgreSQL.
///
/// # Errors
/// Those of the database.
pub fn merge(tx: &mut Tx<'_>) -> Result<bool> {
    let Connection::Sqlite(conn) = &mut **tx else { return Ok(false) };
    let changes = "SELECT total_changes()";
    let before: i64 = Statement::<BigInt>::new(changes).get_result(conn)?;
    // With a negative page count, repeated merges lead to a single segment (FTS5 documentation, "merge").
    Statement::<()>::new("INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)")
        .integer(-STEP)
        .execute(conn)?;
    let after: i64 = Statement::<BigInt>::new(changes).get_result(conn)?;
    // `total_changes` counts the statement itself as one; a larger difference means that pages were merged.
    Ok(after > before + 1)
}
