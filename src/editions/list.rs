//! Lists of editions: which, in which order, and from where on.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::articles::ArticleId;
use crate::clock::Timestamp;
use crate::db::schema::{rendering_authors, rendering_topics, renderings};
use crate::db::{Connection, MultiBackend};
use crate::error::{Error, Invalid, Result};
use crate::http::page;
use crate::http::query::{FromParams, Params};
use crate::text::Locale;
use crate::text::slug::Slug;

use super::store::ItemRow;

/// Which editions are wanted, and in which order.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EditionFilter {
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
    /// With any of these slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    slug: Vec<Slug>,
    /// With any of these ids.
    #[param(inline, value_type = Option<Vec<ArticleId>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    id: Vec<ArticleId>,
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
    /// Published anew at this moment or later.
    #[param(value_type = Option<Timestamp>)]
    updated_at_gte: Option<Timestamp>,
    /// Any of `published_at`, `updated_at`, `title`, separated by commas, each with `-` in front for descending.
    /// Default: `-published_at`.
    #[param(value_type = Option<String>, max_length = 100, example = "-published_at,title")]
    sort: Vec<(SortKey, bool)>,
}

/// What editions can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortKey {
    PublishedAt,
    UpdatedAt,
    Title,
}

/// Where a page ended: the values of its last item's sort keys, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(Vec<SortValue>, ArticleId);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum SortValue {
    Moment(i64),
    Text(String),
}

impl FromParams for EditionFilter {
    fn from_params(params: &mut Params) -> Self {
        let known = [
            ("published_at", SortKey::PublishedAt),
            ("updated_at", SortKey::UpdatedAt),
            ("title", SortKey::Title),
        ];
        let id = |text: &str| {
            let id = crate::articles::parse_uuid(text).map(crate::db::types::IsId::from_uuid);
            id.ok_or_else(|| Invalid::new("malformed-id", "a UUID"))
        };
        Self {
            topic: params.list("topic", Slug::parse),
            topic_all: params.list("topic_all", Slug::parse),
            author: params.list("author", Slug::parse),
            locale: params.list("locale", Locale::parse),
            slug: params.list("slug", Slug::parse),
            id: params.list("id", id),
            featured: params.flag("featured"),
            published_at_gte: params.time("published_at_gte"),
            published_at_gt: params.time("published_at_gt"),
            published_at_lte: params.time("published_at_lte"),
            published_at_lt: params.time("published_at_lt"),
            updated_at_gte: params.time("updated_at_gte"),
            sort: params
                .parsed("sort", |text| page::sort(text, &known))
                .unwrap_or_else(|| vec![(SortKey::PublishedAt, true)]),
        }
    }
}

type Matching<'a> = renderings::BoxedQuery<'a, MultiBackend>;
type Condition<'a> = Box<dyn BoxableExpression<renderings::table, MultiBackend, SqlType = Bool> + 'a>;

impl EditionFilter {
    /// The rows that match, in no order yet.
    fn matching(&self, conn: &mut Connection) -> Result<Matching<'static>> {
        let mut query = renderings::table.filter(renderings::listed.eq(true)).into_boxed();
        for slugs in std::iter::once(self.topic.clone())
            .filter(|slugs| !slugs.is_empty())
            .chain(self.topic_all.iter().map(|slug| vec![slug.clone()]))
        {
            let ids: Vec<crate::topics::TopicId> =
                crate::topics::store::find_by_slugs(conn, &slugs)?.into_iter().flatten().collect();
            let about = rendering_topics::table
                .filter(rendering_topics::topic_id.eq_any(ids))
                .select(rendering_topics::article_id);
            query = query.filter(renderings::article_id.eq_any(about));
        }
        if !self.author.is_empty() {
            let ids: Vec<crate::authors::AuthorId> =
                crate::authors::store::find_by_slugs(conn, &self.author)?.into_iter().flatten().collect();
            let by = rendering_authors::table
                .filter(rendering_authors::author_id.eq_any(ids))
                .select(rendering_authors::article_id);
            query = query.filter(renderings::article_id.eq_any(by));
        }
        if !self.locale.is_empty() {
            query = query.filter(renderings::locale.eq_any(self.locale.clone()));
        }
        if !self.slug.is_empty() {
            query = query.filter(renderings::slug.eq_any(self.slug.clone()));
        }
        if !self.id.is_empty() {
            query = query.filter(renderings::article_id.eq_any(self.id.clone()));
        }
        if let Some(featured) = self.featured {
            query = query.filter(renderings::featured.eq(featured));
        }
        if let Some(at) = self.published_at_gte {
            query = query.filter(renderings::published_at.ge(at));
        }
        if let Some(at) = self.published_at_gt {
            query = query.filter(renderings::published_at.gt(at));
        }
        if let Some(at) = self.published_at_lte {
            query = query.filter(renderings::published_at.le(at));
        }
        if let Some(at) = self.published_at_lt {
            query = query.filter(renderings::published_at.lt(at));
        }
        if let Some(at) = self.updated_at_gte {
            query = query.filter(renderings::updated_at.ge(at));
        }
        Ok(query)
    }

    /// How many there are.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn count(&self, conn: &mut Connection) -> Result<i64> {
        Ok(self.matching(conn)?.count().get_result(conn)?)
    }

    /// At most `limit` of them, from `after` on.
    ///
    /// # Errors
    /// Malformed, if `after` is not a place in this list.
    pub fn find(&self, conn: &mut Connection, after: Option<&Position>, limit: i64) -> Result<Vec<ItemRow>> {
        let mut query = self.matching(conn)?;
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
        let columns = (
            renderings::article_id,
            renderings::epoch,
            renderings::published_at,
            renderings::updated_at,
            renderings::title,
            renderings::item,
        );
        Ok(query.select(columns).limit(limit).load(conn)?)
    }

    /// Ids break ties in the direction of the last key.
    fn descends_last(&self) -> bool {
        self.sort.last().is_some_and(|(_, descending)| *descending)
    }

    /// Where in this list a row stands.
    #[must_use]
    pub fn position(&self, row: &ItemRow) -> Position {
        let value = |key: &SortKey| match key {
            SortKey::PublishedAt => SortValue::Moment(row.published_at.as_micros()),
            SortKey::UpdatedAt => SortValue::Moment(row.updated_at.as_micros()),
            SortKey::Title => SortValue::Text(row.title.clone()),
        };
        Position(self.sort.iter().map(|(key, _)| value(key)).collect(), row.article_id)
    }

    /// What stands after a place: beyond in the first key, or equal there and beyond in the next, and so on to the id.
    /// That the first key is at least equal is said once more on its own, so that an index is entered in the right place.
    fn beyond(&self, values: &[SortValue], id: ArticleId) -> Result<Condition<'static>> {
        let mut condition: Condition<'static> = if self.descends_last() {
            Box::new(renderings::article_id.lt(id))
        } else {
            Box::new(renderings::article_id.gt(id))
        };
        if values.len() != self.sort.len() {
            return Err(foreign());
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

fn foreign() -> Error {
    Error::parameter("cursor", "foreign-cursor", "not a cursor of this list with these filters")
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
            conditions!(renderings::published_at, Timestamp::from_micros(*at).map_err(|_| foreign())?)
        }
        (SortKey::UpdatedAt, SortValue::Moment(at)) => {
            conditions!(renderings::updated_at, Timestamp::from_micros(*at).map_err(|_| foreign())?)
        }
        (SortKey::Title, SortValue::Text(title)) => conditions!(renderings::title, title.clone()),
        _ => Err(foreign()),
    }
}
