//! Filters and queries of lists of editions.

use diesel::prelude::*;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::groups::{Group, Keys};
use super::order::{EditionOrder, Matching, Position};
use super::renderings::ItemRow;
use crate::articles::custom::CustomFilter;
use crate::articles::filter::{Filter, Resolved};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::renderings;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::base::text::validate;

/// The filters of lists of editions.
#[derive(Debug, Clone, Default)]
pub struct EditionFilter {
    /// The filters that search has, too.
    pub shared: Filter,
    own: ListFilter,
    custom: CustomFilter,
}

/// The filters that only lists have.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// With any of these slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    slug: Vec<Slug>,
    /// With any of these ids.
    #[param(inline, value_type = Option<Vec<ArticleId>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    id: Vec<ArticleId>,
    /// With an edition published at this time or later.
    #[param(value_type = Option<Timestamp>)]
    updated_at_gte: Option<Timestamp>,
}

impl FromParams for ListFilter {
    fn from_params(params: &mut Params) -> Self {
        let id = |text: &str| {
            let id = crate::articles::parse_uuid(text).map(crate::base::ids::IsId::from_uuid);
            id.ok_or_else(|| validate::malformed("id", "Must be a UUID."))
        };
        Self {
            slug: params.list("slug", Slug::parse),
            id: params.list("id", id),
            updated_at_gte: params.time("updated_at_gte"),
        }
    }
}

impl FromParams for EditionFilter {
    fn from_params(params: &mut Params) -> Self {
        let (shared, (own, custom)) = FromParams::from_params(params);
        Self { shared, own, custom }
    }
}

impl IntoParams for EditionFilter {
    /// Lists come before what has one value.
    fn into_params(within: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let own = [Filter::into_params(&within), ListFilter::into_params(&within)];
        let mut params = [own.concat(), CustomFilter::into_params(&within)].concat();
        params.sort_by_key(|param| param.style.is_none());
        params
    }
}

impl EditionFilter {
    /// The editions in a language, or all.
    #[must_use]
    pub fn in_language(locale: Option<Locale>) -> Self {
        let shared = Filter { locale: locale.into_iter().collect(), ..Filter::default() };
        Self { shared, ..Self::default() }
    }

    /// Whether the filters name nothing but topics, authors and values in `custom`.
    fn is_only_groups(&self) -> bool {
        let Self { shared, own, custom: _ } = self;
        let Filter { topic: _, topic_all: _, author: _, locale, featured, .. } = shared;
        let is_timed = [
            shared.published_at_gte,
            shared.published_at_gt,
            shared.published_at_lte,
            shared.published_at_lt,
        ]
        .iter()
        .any(Option::is_some);
        let ListFilter { slug, id, updated_at_gte } = own;
        locale.is_empty()
            && featured.is_none()
            && !is_timed
            && slug.is_empty()
            && id.is_empty()
            && updated_at_gte.is_none()
    }

    /// Whether an index finds the articles in the order of publication, and no others are read.
    #[must_use]
    pub fn is_found_by_index(&self) -> bool {
        let Filter { topic, topic_all, author, .. } = &self.shared;
        let values = self.custom.0.values().map(Vec::len).sum::<usize>();
        self.is_only_groups() && topic.len() + topic_all.len() + author.len() + values <= 1
    }

    /// Resolves the slugs in the filters.
    pub fn resolve(&self, conn: &mut Connection) -> Result<Editions<'_>> {
        Ok(self.with(&self.shared.resolve(conn)?))
    }

    /// The editions with slugs that are resolved already.
    #[must_use]
    pub fn with(&self, resolved: &Resolved) -> Editions<'_> {
        let custom = self.custom.0.iter();
        let values = custom.map(|(name, values)| Keys::Values(name.clone(), values.clone()));
        let keys = resolved.groups().map(Keys::Terms).chain(values);
        Editions { filter: self, groups: keys.map(Group::from).collect() }
    }

    /// The surrogate keys of a list: `articles` and its filters, as far as a header has room.
    #[must_use]
    pub fn surrogate_key(&self) -> String {
        const MAX_BYTES: usize = 2000;
        let Filter { topic, topic_all, author, locale, .. } = &self.shared;
        let slugs = |name: &'static str, slugs: &[Slug]| -> Vec<String> {
            slugs.iter().map(|slug| format!(" {name}:{slug}")).collect()
        };
        let filters = slugs("topic", topic).into_iter().chain(slugs("topic", topic_all));
        let filters = filters.chain(slugs("author", author));
        let filters = filters.chain(locale.iter().map(|locale| format!(" locale:{locale}")));
        let key = filters.fold("articles".to_owned(), |key, filter| key + &filter);
        if key.len() > MAX_BYTES { "articles".to_owned() } else { key }
    }
}

/// The editions that match the filters.
#[derive(Debug)]
pub struct Editions<'a> {
    filter: &'a EditionFilter,
    groups: Vec<Group>,
}

impl Editions<'_> {
    /// Their rows, not yet in order.
    fn matching(&self, conn: &mut Connection) -> Result<Matching<'static>> {
        let EditionFilter { shared, own, custom: _ } = self.filter;
        let mut query = renderings::table.filter(renderings::listed.eq(true)).into_boxed();
        for group in &self.groups {
            query = group.filter(conn, query)?;
        }
        if !shared.locale.is_empty() {
            query = query.filter(renderings::locale.eq_any(shared.locale.clone()));
        }
        if !own.slug.is_empty() {
            query = query.filter(renderings::slug.eq_any(own.slug.clone()));
        }
        if !own.id.is_empty() {
            query = query.filter(renderings::article_id.eq_any(own.id.clone()));
        }
        if let Some(featured) = shared.featured {
            query = query.filter(renderings::featured.eq(featured));
        }
        if let Some(at) = shared.published_at_gte {
            query = query.filter(renderings::published_at.ge(at));
        }
        if let Some(at) = shared.published_at_gt {
            query = query.filter(renderings::published_at.gt(at));
        }
        if let Some(at) = shared.published_at_lte {
            query = query.filter(renderings::published_at.le(at));
        }
        if let Some(at) = shared.published_at_lt {
            query = query.filter(renderings::published_at.lt(at));
        }
        if let Some(at) = own.updated_at_gte {
            query = query.filter(renderings::updated_at.ge(at));
        }
        Ok(query)
    }

    /// How many there are.
    pub fn count(&self, conn: &mut Connection) -> Result<i64> {
        Ok(self.matching(conn)?.count().get_result(conn)?)
    }

    /// At most `limit` of them in an order, after a position. Malformed, if the position belongs to another order.
    pub fn find(
        &self,
        conn: &mut Connection,
        order: &EditionOrder,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<ItemRow>> {
        let by_index = match (self.groups.as_slice(), order.by_publication(after)?) {
            ([group], Some((newest_first, at))) if self.filter.is_only_groups() => {
                group.of_single_key(newest_first, at, limit)
            }
            _ => None,
        };
        let query = by_index.map_or_else(|| self.matching(conn), Ok)?;
        let query = order.apply(query, after)?;
        Ok(query.select(ItemRow::as_select()).limit(limit).load(conn)?)
    }
}
