//! Lists of editions: which.

use diesel::prelude::*;
use utoipa::IntoParams;

use super::order::{EditionOrder, Matching, Position};
use super::store::ItemRow;
use crate::articles::ArticleId;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::db::schema::{rendering_authors, rendering_topics, renderings};
use crate::error::{Invalid, Result};
use crate::http::query::{FromParams, Params};
use crate::text::Locale;
use crate::text::slug::Slug;

/// Which editions are wanted.
#[derive(Debug, Clone, Default, IntoParams)]
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
    pub(super) locale: Vec<Locale>,
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
}

impl FromParams for EditionFilter {
    fn from_params(params: &mut Params) -> Self {
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
        }
    }
}

/// From so many carriers on, a list is walked in its order and each article is asked whether it carries a thing. Those that
/// carry a rarer one are looked up, and put in order.
const COMMON: i64 = 1500;

/// Those of a query that carry any of these topics or authors.
macro_rules! carrying {
    ($conn:expr, $query:expr, $table:ident, $column:ident, $ids:expr) => {{
        let carriers = $table::table.filter($table::$column.eq_any($ids));
        let last = carriers.clone().select($table::article_id).offset(COMMON).limit(1);
        if last.get_result::<ArticleId>($conn).optional()?.is_some() {
            let itself = carriers.filter($table::article_id.eq(renderings::article_id));
            $query.filter(diesel::dsl::exists(itself))
        } else {
            $query.filter(renderings::article_id.eq_any(carriers.select($table::article_id)))
        }
    }};
}

impl EditionFilter {
    /// Those about a topic, in a language.
    #[must_use]
    pub fn about(topic: Option<Slug>, locale: Option<Locale>) -> Self {
        Self { topic: topic.into_iter().collect(), locale: locale.into_iter().collect(), ..Self::default() }
    }

    /// The rows that match, in no order yet.
    fn matching(&self, conn: &mut Connection) -> Result<Matching<'static>> {
        let mut query = renderings::table.filter(renderings::listed.eq(true)).into_boxed();
        for slugs in std::iter::once(self.topic.clone())
            .filter(|slugs| !slugs.is_empty())
            .chain(self.topic_all.iter().map(|slug| vec![slug.clone()]))
        {
            let ids: Vec<crate::topics::TopicId> =
                crate::topics::store::find_by_slugs(conn, &slugs)?.into_iter().flatten().collect();
            query = carrying!(conn, query, rendering_topics, topic_id, ids);
        }
        if !self.author.is_empty() {
            let ids: Vec<crate::authors::AuthorId> =
                crate::authors::store::find_by_slugs(conn, &self.author)?.into_iter().flatten().collect();
            query = carrying!(conn, query, rendering_authors, author_id, ids);
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

    /// Names a list for caches in front: `articles` and what it is filtered by, as far as a header has room.
    #[must_use]
    pub fn surrogate_key(&self) -> String {
        const MOST_BYTES: usize = 2000;
        let slugs = |name: &'static str, slugs: &[Slug]| -> Vec<String> {
            slugs.iter().map(|slug| format!(" {name}:{slug}")).collect()
        };
        let filters = slugs("topic", &self.topic).into_iter().chain(slugs("topic", &self.topic_all));
        let filters = filters.chain(slugs("author", &self.author));
        let filters = filters.chain(self.locale.iter().map(|locale| format!(" locale:{locale}")));
        let key = filters.fold("articles".to_owned(), |key, filter| key + &filter);
        if key.len() > MOST_BYTES { "articles".to_owned() } else { key }
    }

    /// How many there are.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn count(&self, conn: &mut Connection) -> Result<i64> {
        Ok(self.matching(conn)?.count().get_result(conn)?)
    }

    /// At most `limit` of them in an order, from `after` on.
    ///
    /// # Errors
    /// Malformed, if `after` is not a place in this order.
    pub fn find(
        &self,
        conn: &mut Connection,
        order: &EditionOrder,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<ItemRow>> {
        let query = order.apply(self.matching(conn)?, after)?;
        Ok(query.select(ItemRow::as_select()).limit(limit).load(conn)?)
    }
}
