//! Which articles are searched: the filters of lists, as keys of the index, so that a filter costs no more than a word.

use utoipa::IntoParams;

use super::document::{author_key, featured_key, locale_key, topic_key};
use super::expression::Expression;
use crate::authors;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::error::Result;
use crate::http::query::{FromParams, Params};
use crate::text::Locale;
use crate::text::slug::Slug;
use crate::topics;

/// When the year 1 begins, in microseconds since 1970: before any time that can be read.
const FIRST: i64 = -62_135_596_800_000_000;
/// When the year 9999 ends.
const LAST: i64 = 253_402_300_799_999_999;

/// Which articles are searched.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchFilter {
    /// About any of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    topic: Vec<Slug>,
    /// About all of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    topic_all: Vec<Slug>,
    /// By any of these authors: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    author: Vec<Slug>,
    /// In any of these languages.
    #[param(inline, value_type = Option<Vec<Locale>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    locale: Vec<Locale>,
    /// Whether the site puts them forward.
    #[param(value_type = Option<bool>)]
    featured: Option<bool>,
    /// First published at this moment or later.
    #[param(value_type = Option<Timestamp>)]
    published_at_gte: Option<Timestamp>,
    /// First published later than this.
    #[param(value_type = Option<Timestamp>)]
    published_at_gt: Option<Timestamp>,
    /// First published at this moment or earlier.
    #[param(value_type = Option<Timestamp>)]
    published_at_lte: Option<Timestamp>,
    /// First published earlier than this.
    #[param(value_type = Option<Timestamp>)]
    published_at_lt: Option<Timestamp>,
}

impl FromParams for SearchFilter {
    fn from_params(params: &mut Params) -> Self {
        Self {
            topic: params.list("topic", Slug::parse),
            topic_all: params.list("topic_all", Slug::parse),
            author: params.list("author", Slug::parse),
            locale: params.list("locale", Locale::parse),
            featured: params.flag("featured"),
            published_at_gte: params.time("published_at_gte"),
            published_at_gt: params.time("published_at_gt"),
            published_at_lte: params.time("published_at_lte"),
            published_at_lt: params.time("published_at_lt"),
        }
    }
}

impl SearchFilter {
    /// What an article has to carry; `None` if none can.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn keys(&self, conn: &mut Connection) -> Result<Option<Vec<Expression>>> {
        let any = |keys: Vec<String>| {
            Expression::Any(keys.into_iter().map(|key| Expression::Tokens(vec![key])).collect())
        };
        let mut keys = Vec::new();
        if !self.topic.is_empty() || !self.topic_all.is_empty() {
            let slugs = [self.topic.clone(), self.topic_all.clone()].concat();
            let found = topics::store::find_all_by_slugs(conn, &slugs)?;
            let (some, all) = found.split_at(self.topic.len());
            let some: Vec<String> = some.iter().flatten().copied().map(topic_key).collect();
            let nothing = !self.topic.is_empty() && some.is_empty();
            if nothing || all.iter().any(Vec::is_empty) {
                return Ok(None);
            }
            keys.extend((!some.is_empty()).then(|| any(some)));
            keys.extend(all.iter().map(|ids| any(ids.iter().copied().map(topic_key).collect())));
        }
        if !self.author.is_empty() {
            let found = authors::store::find_all_by_slugs(conn, &self.author)?;
            let some: Vec<String> = found.into_iter().flatten().map(author_key).collect();
            if some.is_empty() {
                return Ok(None);
            }
            keys.push(any(some));
        }
        if !self.locale.is_empty() {
            keys.push(any(self.locale.iter().map(locale_key).collect()));
        }
        keys.extend(self.featured.map(|featured| any(vec![featured_key(featured)])));
        Ok(Some(keys))
    }

    /// Between which moments an article has to have been published, both included, in microseconds since 1970; `None` if
    /// any will do.
    #[must_use]
    pub fn published(&self) -> Option<(i64, i64)> {
        let micros = |at: Option<Timestamp>| at.map(Timestamp::as_micros);
        let since = micros(self.published_at_gte).max(micros(self.published_at_gt).map(|at| at + 1));
        let until = [micros(self.published_at_lte), micros(self.published_at_lt).map(|at| at - 1)];
        let until = until.into_iter().flatten().min();
        (since.is_some() || until.is_some()).then(|| (since.unwrap_or(FIRST), until.unwrap_or(LAST)))
    }
}
