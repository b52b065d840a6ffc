//! The order of lists of editions, and positions in it. What comes after a position is found by an index, however far
//! down the list it is.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::renderings::ItemRow;
use crate::base::clock::Timestamp;
use crate::base::db::MultiBackend;
use crate::base::db::schema::renderings;
use crate::base::error::{Error, Result};
use crate::base::http::page;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::ArticleId;

/// The order of a list. Ties are broken by id.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EditionOrder {
    /// Any of `published_at`, `updated_at`, `title`, separated by commas, each with `-` in front for descending.
    /// Default: `-published_at`.
    #[param(value_type = Option<String>, max_length = 100, example = "-published_at,title",
        pattern = "^-?(published_at(,-?(updated_at(,-?title)?|title(,-?updated_at)?))?|updated_at(,-?(published_at(,-?title)?|title(,-?published_at)?))?|title(,-?(published_at(,-?updated_at)?|updated_at(,-?published_at)?))?)$")]
    sort: Vec<(SortKey, bool)>,
}

/// What editions can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortKey {
    PublishedAt,
    UpdatedAt,
    Title,
}

/// A position in a list: the values of an edition's sort keys, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(Vec<SortValue>, ArticleId);

impl Position {
    /// The position of an article that was first published at this time, in the order of publication.
    #[must_use]
    pub fn published(at: Timestamp, id: ArticleId) -> Self {
        Self(vec![SortValue::Moment(at.as_micros())], id)
    }
}

/// A position in the order of publication: when an article was first published, and its id.
pub(super) type Published = (Timestamp, ArticleId);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum SortValue {
    Moment(i64),
    Text(String),
}

pub(super) type Matching<'a> = renderings::BoxedQuery<'a, MultiBackend>;
type Condition<'a> = Box<dyn BoxableExpression<renderings::table, MultiBackend, SqlType = Bool> + 'a>;

impl FromParams for EditionOrder {
    fn from_params(params: &mut Params) -> Self {
        let known = [
            ("published_at", SortKey::PublishedAt),
            ("updated_at", SortKey::UpdatedAt),
            ("title", SortKey::Title),
        ];
        let sort = params.parsed("sort", |text| page::sort(text, &known));
        sort.map_or_else(Self::newest_first, |sort| Self { sort })
    }
}

impl EditionOrder {
    /// Those first published last come first.
    #[must_use]
    pub fn newest_first() -> Self {
        Self { sort: vec![(SortKey::PublishedAt, true)] }
    }

    /// Those first published first come first.
    #[must_use]
    pub fn oldest_first() -> Self {
        Self { sort: vec![(SortKey::PublishedAt, false)] }
    }

    /// Whether this is the order of publication alone, in either direction.
    #[must_use]
    pub fn is_by_publication(&self) -> bool {
        matches!(self.sort[..], [(SortKey::PublishedAt, _)])
    }

    /// Whether the newest come first, and the position, if this is the order of publication alone. Malformed, if the
    /// position belongs to another order.
    pub(super) fn by_publication(
        &self,
        after: Option<&Position>,
    ) -> Result<Option<(bool, Option<Published>)>> {
        let [(SortKey::PublishedAt, newest_first)] = self.sort[..] else { return Ok(None) };
        let at = match after {
            None => None,
            Some(Position(values, id)) => match values[..] {
                [SortValue::Moment(at)] => {
                    Some((Timestamp::from_micros(at).map_err(|_| foreign_cursor())?, *id))
                }
                _ => return Err(foreign_cursor()),
            },
        };
        Ok(Some((newest_first, at)))
    }

    /// Orders the rows after a position. Malformed, if the position belongs to another order.
    pub(super) fn apply(
        &self,
        mut query: Matching<'static>,
        after: Option<&Position>,
    ) -> Result<Matching<'static>> {
        if let Some(Position(values, id)) = after {
            query = query.filter(self.beyond(values, *id)?);
        }
        for (key, descending) in &self.sort {
            query = match (key, descending) {
                (SortKey::PublishedAt, false) => query.then_order_by(renderings::published_at.asc()),
                (SortKey::PublishedAt, true) => query.then_order_by(renderings::published_at.desc()),
                (SortKey::UpdatedAt, false) => query.then_order_by(renderings::updated_at.asc()),
                (SortKey::UpdatedAt, true) => query.then_order_by(renderings::updated_at.desc()),
                (SortKey::Title, false) => query.then_order_by(renderings::title.asc()),
                (SortKey::Title, true) => query.then_order_by(renderings::title.desc()),
            };
        }
        query = if self.descends_last() {
            query.then_order_by(renderings::article_id.desc())
        } else {
            query.then_order_by(renderings::article_id.asc())
        };
        Ok(query)
    }

    /// Ids break ties in the direction of the last key.
    fn descends_last(&self) -> bool {
        self.sort.last().is_some_and(|(_, descending)| *descending)
    }

    /// The position of a row in this order.
    #[must_use]
    pub fn position(&self, row: &ItemRow) -> Position {
        let value = |key: &SortKey| match key {
            SortKey::PublishedAt => SortValue::Moment(row.published_at.as_micros()),
            SortKey::UpdatedAt => SortValue::Moment(row.updated_at.as_micros()),
            SortKey::Title => SortValue::Text(row.title.clone()),
        };
        Position(self.sort.iter().map(|(key, _)| value(key)).collect(), row.article_id)
    }

    /// What comes after a position: beyond it in the first key, or equal there and beyond it in the next, and so on to
    /// the id. That the first key is at least equal is repeated as a condition of its own, for the index.
    fn beyond(&self, values: &[SortValue], id: ArticleId) -> Result<Condition<'static>> {
        let mut condition: Condition<'static> = if self.descends_last() {
            Box::new(renderings::article_id.lt(id))
        } else {
            Box::new(renderings::article_id.gt(id))
        };
        if values.len() != self.sort.len() {
            return Err(foreign_cursor());
        }
        for (at, ((key, descending), value)) in self.sort.iter().zip(values).enumerate().rev() {
            let (beyond, equal) = compare(*key, *descending, value, false)?;
            condition = Box::new(beyond.or(equal.and(condition)));
            if at == 0 {
                let (reached, _) = compare(*key, *descending, value, true)?;
                condition = Box::new(reached.and(condition));
            }
        }
        Ok(condition)
    }
}

fn foreign_cursor() -> Error {
    page::foreign_cursor()
}

/// Beyond a value (or, if `or_equal`, there already), and exactly at it.
fn compare(
    key: SortKey,
    descending: bool,
    value: &SortValue,
    or_equal: bool,
) -> Result<(Condition<'static>, Condition<'static>)> {
    macro_rules! conditions {
        ($column:expr, $value:expr) => {{
            let value = $value;
            let beyond: Condition<'static> = match (descending, or_equal) {
                (true, true) => Box::new($column.le(value.clone())),
                (true, false) => Box::new($column.lt(value.clone())),
                (false, true) => Box::new($column.ge(value.clone())),
                (false, false) => Box::new($column.gt(value.clone())),
            };
            let equal: Condition<'static> = Box::new($column.eq(value));
            Ok((beyond, equal))
        }};
    }
    match (key, value) {
        (SortKey::PublishedAt, SortValue::Moment(at)) => {
            conditions!(renderings::published_at, Timestamp::from_micros(*at).map_err(|_| foreign_cursor())?)
        }
        (SortKey::UpdatedAt, SortValue::Moment(at)) => {
            conditions!(renderings::updated_at, Timestamp::from_micros(*at).map_err(|_| foreign_cursor())?)
        }
        (SortKey::Title, SortValue::Text(title)) => conditions!(renderings::title, title.clone()),
        _ => Err(foreign_cursor()),
    }
}
