//! How places are kept. Both databases keep the same tokens; PostgreSQL beside the text, SQLite in an index of its own.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

use super::document::{Document, author_key, featured_key, locale_key, topic_key};
use crate::articles::Metadata;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{search_articles, search_places};
use crate::base::db::statement::Statement;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::ids::{ArticleId, IsId as _};
use crate::terms::Carried;

/// Raised with any change of what is kept of an article.
const VERSION: u32 = 1;
/// How many bits of a number tell a place from the others of its article.
const PLACE_BITS: u32 = 10;
/// The number of an article's own place, as those bits; those of its sections lie below.
const OWN_PLACE: i64 = (1 << PLACE_BITS) - 1;
/// How many bits of a slot tell articles of the same second apart.
const SLOT_BITS: u32 = 10;
/// How many seconds after its own an article may stand, if all before are taken.
const LATEST: i64 = 86_400;
/// The index is tidied up when it has more segments: each is looked at for each word.
const MAX_SEGMENTS: i64 = 6;
/// How many pages a step of tidying up writes.
const STEP: i64 = 100;

/// Keeps what of an article can be found in the place of what was kept before, of an unlisted one nothing, and says
/// whether that is something else.
pub fn upsert(
    tx: &mut Tx<'_>,
    id: ArticleId,
    published_at: Timestamp,
    metadata: &Metadata,
    document: &Document,
    carried: &Carried,
) -> Result<bool> {
    if !metadata.listed {
        return remove(tx, id);
    }
    let keys: Vec<String> = [featured_key(metadata.featured), locale_key(&metadata.locale)]
        .into_iter()
        .chain(carried.topics.iter().copied().map(topic_key))
        .chain(carried.authors.iter().copied().map(author_key))
        .collect();
    let made_from = (VERSION, published_at, &keys, &metadata.title, document);
    let fingerprint = sha256(&serde_json::to_vec(&made_from)?).to_vec();
    let kept: Option<Vec<u8>> = search_articles::table
        .filter(search_articles::article_id.eq(id))
        .select(search_articles::fingerprint)
        .get_result(&mut **tx)
        .optional()?;
    // Most renderings are made anew for a name that is none of the text.
    if kept.as_ref() == Some(&fingerprint) {
        return Ok(false);
    }
    remove(tx, id)?;
    if let Connection::Postgres(conn) = &mut **tx {
        // Slots and words are given out one article at a time.
        diesel::sql_query("SELECT pg_advisory_xact_lock(4817303)").execute(conn)?;
    }
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

/// A place as it is handed to the database, all those of an article at once.
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

/// Tokens with their positions, as PostgreSQL reads them; it tells no positions beyond 16,383 apart.
fn tsvector(tokens: &str) -> String {
    let positioned =
        tokens.split(' ').zip(1..).map(|(token, at): (_, u32)| format!("'{token}':{}", at.min(16_383)));
    positioned.collect::<Vec<_>>().join(" ")
}

/// The first slot from the second of publication on that nobody has.
fn free_slot(tx: &mut Tx<'_>, published_at: Timestamp) -> Result<i64> {
    let first = published_at.as_seconds() << SLOT_BITS;
    let (taken, next) = diesel::alias!(search_articles as taken_slots, search_articles as next_slots);
    let follows = next.filter(next.field(search_articles::slot).eq(taken.field(search_articles::slot) + 1));
    let last: Option<i64> = taken
        .filter(taken.field(search_articles::slot).ge(first))
        .filter(not(exists(follows)))
        .order(taken.field(search_articles::slot))
        .select(taken.field(search_articles::slot))
        .first(&mut **tx)
        .optional()?;
    let is_taken = exists(search_articles::table.filter(search_articles::slot.eq(first)));
    let is_taken: bool = diesel::select(is_taken).get_result(&mut **tx)?;
    Ok(last.filter(|_| is_taken).map_or(first, |last| last + 1))
}

/// Forgets an article, and says whether it was known.
pub fn remove(tx: &mut Tx<'_>, id: ArticleId) -> Result<bool> {
    let own = search_articles::table.filter(search_articles::article_id.eq(id));
    let slot: Option<i64> = own.select(search_articles::slot).get_result(&mut **tx).optional()?;
    let Some(slot) = slot else { return Ok(false) };
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
    diesel::delete(own).execute(&mut **tx)?;
    Ok(true)
}

/// The numbers of the places that may belong to articles published between two moments, in microseconds since 1970.
#[must_use]
pub fn numbers(published: Option<(i64, i64)>) -> (i64, i64) {
    let Some((since, until)) = published else { return (i64::MIN, i64::MAX) };
    let bits = SLOT_BITS + PLACE_BITS;
    let second = |micros: i64| micros.div_euclid(1_000_000);
    (second(since) << bits, ((second(until) + LATEST) << bits) - 1)
}

/// Tidies a step of the index up, if it has come to lie in many pieces, and says whether there is more to do. PostgreSQL
/// does so by itself.
pub fn tidy(tx: &mut Tx<'_>) -> Result<bool> {
    let Connection::Sqlite(conn) = &mut **tx else { return Ok(false) };
    let numbers = "WITH RECURSIVE segments (number) AS (SELECT min(segid) FROM search_index_idx UNION ALL \
        SELECT (SELECT min(segid) FROM search_index_idx WHERE segid > number) FROM segments WHERE number IS NOT NULL) \
        SELECT count(number) FROM segments";
    let segments: i64 = Statement::<BigInt>::new(numbers).get_result(conn)?;
    if segments <= MAX_SEGMENTS {
        return Ok(false);
    }
    let changes = "SELECT total_changes()";
    let before: i64 = Statement::<BigInt>::new(changes).get_result(conn)?;
    // A negative number of pages merges all segments into one.
    Statement::<()>::new("INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)")
        .integer(-STEP)
        .execute(conn)?;
    let after: i64 = Statement::<BigInt>::new(changes).get_result(conn)?;
    // The statement itself is counted as one.
    Ok(after > before + 1)
}
