//! What the response with an article can include, so that one request has all that a page shows.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::adjacent::AdjacentArticles;
use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::http::query::{FromParams, Params};
use crate::base::text::validate;
use crate::editions::list::EditionFilter;
use crate::editions::lookup::Stored;
use crate::editions::related::DEFAULT_LIMIT;
use crate::editions::view::{View, WholeEdition};
use crate::editions::{EditionItem, adjacent, items};

/// What can be included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Included {
    /// The related articles.
    Related,
    /// The adjacent articles.
    Adjacent,
}

/// What a request wants included.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Include {
    /// Add `related`, with at most five related articles, or `adjacent`, with the next newer and the next older article:
    /// those that `/v1/articles/{article}/related` and `/adjacent` return with the same `locale`. They are as in lists;
    /// `fields` and `formats` choose of the article itself only.
    #[param(inline, value_type = Option<BTreeSet<Included>>, style = Form, explode = false, min_items = 1, max_items = 2)]
    include: BTreeSet<Included>,
}

impl FromParams for Include {
    fn from_params(params: &mut Params) -> Self {
        let include = params.list("include", |text| match text {
            "related" => Ok(Included::Related),
            "adjacent" => Ok(Included::Adjacent),
            _ => Err(validate::unknown("include", ["related", "adjacent"])),
        });
        Self { include: include.into_iter().collect() }
    }
}

crate::partial!(PartialArticle of WholeArticle);

/// A published article, with what is included.
#[derive(Serialize, ToSchema)]
pub struct WholeArticle {
    #[serde(flatten)]
    edition: WholeEdition,
    /// The related articles, the most related first. Only on request by `include`.
    #[schema(required = false, max_items = 5)]
    related: Vec<EditionItem>,
    /// The adjacent articles. Only on request by `include`.
    #[schema(required = false)]
    adjacent: AdjacentItems,
}

/// The newer and the older neighbour of an article, as in lists.
#[derive(Serialize, ToSchema)]
pub struct AdjacentItems {
    /// The one that was first published next; `null` for the newest article.
    newer: Option<EditionItem>,
    /// The one that was first published before; `null` for the oldest article.
    older: Option<EditionItem>,
}

/// What is added to the members of an article.
#[derive(Serialize)]
struct Additions {
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adjacent: Option<AdjacentArticles>,
}

impl Include {
    /// Whether nothing is to be included.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.include.is_empty()
    }

    /// Responds with an article and what is included; `filter` is that of the adjacent articles.
    pub(super) async fn respond(
        self,
        app: &App,
        stored: Stored,
        view: View,
        filter: EditionFilter,
    ) -> Result<Response> {
        let additions = serde_json::to_vec(&self.find(app, &stored, filter).await?)?;
        let key = stored.surrogate_key()? + " articles";
        let body = if view.is_default() {
            joined(stored.body(), &additions)?
        } else {
            app.compute.run(move || joined(stored.select(&view)?.get().as_bytes(), &additions)).await?
        };
        Ok(Response::public("application/json", body.into()).surrogate_key(key))
    }

    async fn find(&self, app: &App, stored: &Stored, filter: EditionFilter) -> Result<Additions> {
        let relations = stored.relations()?;
        let [with_related, with_adjacent] =
            [Included::Related, Included::Adjacent].map(|what| self.include.contains(&what));
        let find = move |conn: &mut Connection| {
            let (mut rows, mut has_newer) = (Vec::new(), false);
            if with_related {
                let related = relations.find(conn, DEFAULT_LIMIT)?;
                rows = items::find(conn, &related)?;
            }
            let count = rows.len();
            if with_adjacent {
                let (neighbours, newer) = adjacent::find(conn, &filter, &relations.position())?;
                rows.extend(neighbours);
                has_newer = newer;
            }
            Ok((rows, (count, has_newer)))
        };
        let (rows, (count, has_newer)) = items::find_current(app, find).await?;
        let (related, neighbours) = rows.split_at_checked(count).unwrap_or((&rows, &[]));
        let view = View::default();
        let related = items::select(app, related, &view, MAX_PAGE_BYTES).await?;
        let neighbours = items::select(app, neighbours, &view, usize::MAX).await?;
        Ok(Additions {
            related: with_related.then(|| related.into_iter().flatten().collect()),
            adjacent: with_adjacent.then(|| AdjacentArticles::new(neighbours, has_newer)),
        })
    }
}

/// One JSON object with the members of two, which have some.
fn joined(article: &[u8], additions: &[u8]) -> Result<Vec<u8>> {
    match (article.strip_suffix(b"}"), additions.strip_prefix(b"{")) {
        (Some(article), Some(additions)) => Ok([article, b",", additions].concat()),
        _ => Err(Error::internal("an article is no JSON object")),
    }
}
