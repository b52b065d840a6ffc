//! What lists find articles by with an index: topics, authors and values in `custom`. An article must have one of each
//! group.

use std::cell::OnceCell;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::order::{Matching, Published};
use crate::articles::custom::COMMON;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::{rendering_terms, rendering_values, renderings};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, IsId as _, TermId};

/// A key of the index.
#[derive(Debug, Clone)]
pub enum Keys {
    /// One of these topics or authors.
    Terms(Vec<TermId>),
    /// A field of `custom` with one of these values, as JSON.
    Values(String, Vec<String>),
}

/// Keys of which an article must have one.
#[derive(Debug)]
pub struct Group {
    keys: Keys,
    /// Whether many articles have one, once that was looked up.
    common: OnceCell<bool>,
}

/// Evaluates `$made` with the rows of the index that have one of `$keys` as `carriers`, and the columns of that index.
macro_rules! carrying {
    ($keys:expr, $carriers:ident => $made:expr) => {
        match $keys {
            Keys::Terms(ids) => {
                use rendering_terms::{article_id, table, term_id};
                let $carriers = table.filter(term_id.eq_any(ids.clone()));
                $made
            }
            Keys::Values(field, values) => {
                use rendering_values::{article_id, name, table, value};
                let $carriers = table.filter(name.eq(field.clone()).and(value.eq_any(values.clone())));
                $made
            }
        }
    };
}

/// At most `$limit` articles of `$carriers`, rows of an index that is in the order of publication, after a position. No
/// others are read.
macro_rules! in_order {
    ($index:ident, $carriers:expr, $newest_first:expr, $after:expr, $limit:expr) => {{
        use $index::{article_id, published_at};
        let carriers = $carriers.select(article_id).limit($limit);
        // A subquery cannot be boxed for two databases: without a position, it is beyond every article.
        if $newest_first {
            let (at, id) = $after.unwrap_or_else(|| (Timestamp::MAX, ArticleId::from_uuid(Uuid::max())));
            let carriers = carriers
                .filter(published_at.le(at))
                .filter(published_at.lt(at).or(published_at.eq(at).and(article_id.lt(id))))
                .order((published_at.desc(), article_id.desc()));
            renderings::table.filter(renderings::article_id.eq_any(carriers)).into_boxed()
        } else {
            let (at, id) = $after.unwrap_or_else(|| (Timestamp::MIN, ArticleId::from_uuid(Uuid::nil())));
            let carriers = carriers
                .filter(published_at.ge(at))
                .filter(published_at.gt(at).or(published_at.eq(at).and(article_id.gt(id))))
                .order((published_at.asc(), article_id.asc()));
            renderings::table.filter(renderings::article_id.eq_any(carriers)).into_boxed()
        }
    }};
}

impl From<Keys> for Group {
    fn from(keys: Keys) -> Self {
        Self { keys, common: OnceCell::new() }
    }
}

impl Group {
    fn is_common(&self, conn: &mut Connection) -> Result<bool> {
        if let Some(known) = self.common.get() {
            return Ok(*known);
        }
        let last: Option<ArticleId> = carrying!(&self.keys, carriers => {
            carriers.select(article_id).offset(COMMON).limit(1).get_result(conn).optional()?
        });
        Ok(*self.common.get_or_init(|| last.is_some()))
    }

    /// The rows of a query that have one of the keys.
    pub fn filter(&self, conn: &mut Connection, query: Matching<'static>) -> Result<Matching<'static>> {
        let is_common = self.is_common(conn)?;
        Ok(carrying!(&self.keys, carriers => {
            if is_common {
                query.filter(exists(carriers.filter(article_id.eq(renderings::article_id))))
            } else {
                query.filter(renderings::article_id.eq_any(carriers.select(article_id)))
            }
        }))
    }

    /// At most `limit` of the articles with the key after a position, in the order of publication, if there is one key.
    pub fn of_single_key(
        &self,
        newest_first: bool,
        after: Option<Published>,
        limit: i64,
    ) -> Option<Matching<'static>> {
        match &self.keys {
            Keys::Terms(ids) => {
                let [id] = ids[..] else { return None };
                let carriers = rendering_terms::table.filter(rendering_terms::term_id.eq(id));
                Some(in_order!(rendering_terms, carriers, newest_first, after, limit))
            }
            Keys::Values(name, values) => {
                let [value] = values.as_slice() else { return None };
                let carriers = rendering_values::table
                    .filter(rendering_values::name.eq(name.clone()))
                    .filter(rendering_values::value.eq(value.clone()));
                Some(in_order!(rendering_values, carriers, newest_first, after, limit))
            }
        }
    }
}
