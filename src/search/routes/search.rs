//! `/v1/search`: full-text search.

use std::collections::{BTreeSet, HashMap};

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::filter::Filter;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::page::{self, MAX_PAGE_BYTES};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::slug::Anchor;
use crate::editions::{EditionItem, items, rerender};
use crate::search::find::{Hit, Search};
use crate::search::query::Terms;
use crate::search::snippet::snippet;

/// The query.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that must all occur, in any order. Case and accents are ignored. The last word also matches as a prefix;
    /// `"a phrase"` in quotes must occur as written. At most 32 words.
    #[param(value_type = String, min_length = 1, max_length = 200, example = "slack water")]
    q: Option<Terms>,
}

/// The page of hits, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct HitsParams {
    /// The most hits to return. A page has fewer if it would exceed 2 MiB otherwise: `next_cursor`, not the number of hits,
    /// says whether there are more.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<i64>,
    /// `next_cursor` of the previous page, with the same query and filters.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

impl FromParams for SearchParams {
    fn from_params(params: &mut Params) -> Self {
        Self { q: params.required("q", Terms::parse) }
    }
}

/// An article or a section that matches.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHit {
    /// The article.
    #[schema(value_type = EditionItem)]
    article: Box<RawValue>,
    /// The section; `null` if the article's title or opening matches.
    #[schema(required = true)]
    section: Option<SearchSection>,
    /// An excerpt around the words as safe HTML: the words are in `<mark>`, everything else is escaped. If only the title
    /// or heading contains the words, it comes before the opening of the text.
    #[schema(
        max_length = 4000,
        example = "For a while, at <mark>slack</mark> <mark>water</mark>, nothing moves."
    )]
    snippet_html: String,
    /// The relevance, at most 10. Comparable only within one list.
    #[schema(minimum = 0, maximum = 10)]
    score: f64,
}

/// A section that matches.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchSection {
    /// The section's id.
    id: SectionId,
    /// The heading as plain text.
    #[schema(max_length = 300, required = true)]
    heading: Option<String>,
    /// The anchor in the page.
    #[schema(value_type = Option<Anchor>, required = true)]
    anchor: Option<String>,
}

/// A page of hits.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchPage {
    /// The hits, best first.
    #[schema(max_items = 100)]
    items: Vec<SearchHit>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(max_length = 4000, required = true)]
    next_cursor: Option<String>,
}

/// Search articles and sections
///
/// Needs no access token. Searches listed editions. A hit is an article, if its title or opening matches, or one of
/// its sections; words in the article's title also count for its sections. Matches in titles come before matches in
/// headings, and those before matches in text. Up to 50 hits are ordered by relevance; larger results are ordered
/// newest first within these three groups. Responds 400 if `q` contains no letter or digit. `include_total` is not
/// available.
#[utoipa::path(get, path = "/v1/search", tag = "articles", security(()), params(SearchParams, Filter, HitsParams),
    responses(
        (status = 200, description = "A page of hits.", body = SearchPage,
         headers(("Link" = Option<String>, description = "The next page."))),
        (status = 304, description = "The client's copy is current."),
    ))]
pub async fn search_articles(
    app: Data<App>,
    req: HttpRequest,
    Query((params, (filter, page))): Query<(SearchParams, (Filter, PageRequest))>,
) -> Result<Response> {
    let terms = params.q.ok_or_else(|| Error::internal("a query was not read"))?;
    let search = Search { terms, filter };
    let after = page.after(&search)?;
    let find = move |conn: &mut Connection, last: bool| {
        let mut hits = search.find(conn, after, page.limit + 1)?;
        let next_cursor = page.cut(&mut hits, &search, |hit| hit.position)?;
        let stale = hits.iter().filter(|hit| hit.place.stale).map(|hit| hit.place.article_id);
        let stale: BTreeSet<ArticleId> = stale.collect();
        if !last && !stale.is_empty() {
            return Ok(Err(stale));
        }
        let shown = shown(conn, &hits, &search.terms)?;
        let next_cursor = page::after_shown(&hits, shown.len(), next_cursor, &search, |hit| hit.position)?;
        let items = shown.into_iter().flatten().collect();
        Ok(Ok(SearchPage { items, next_cursor }))
    };
    let look = async |last| {
        let find = find.clone();
        app.db.snapshot(move |conn| find(conn, last)).await
    };
    let results = rerender::read_current(&app, look).await?;
    let found = Response::public_json(&results)?.surrogate_key("articles");
    Ok(page::with_next_link(found, &req, results.next_cursor.as_deref()))
}

/// The first hits that fit on a page, all of them as a rule; `None` for one whose article cannot be read.
fn shown(conn: &mut Connection, hits: &[Hit], terms: &Terms) -> Result<Vec<Option<SearchHit>>> {
    let mut ids: Vec<ArticleId> = Vec::new();
    for Hit { place, .. } in hits {
        if !ids.contains(&place.article_id) {
            ids.push(place.article_id);
        }
    }
    let rows = items::find(conn, &ids)?;
    let articles = rows.iter().map(|row| row.article_id).zip(items::select_items(conn, &rows, Ok)?);
    let articles: HashMap<ArticleId, Option<Box<RawValue>>> = articles.collect();
    let (mut items, mut bytes) = (Vec::new(), 0);
    for hit in hits {
        let Some(article) = articles.get(&hit.place.article_id) else { break };
        bytes += article.as_ref().map_or(0, |article| article.get().len());
        if bytes > MAX_PAGE_BYTES && !items.is_empty() {
            break;
        }
        items.push(article.clone().map(|article| search_hit(hit, article, terms)));
    }
    Ok(items)
}

fn search_hit(hit: &Hit, article: Box<RawValue>, terms: &Terms) -> SearchHit {
    let Hit { score, place, .. } = hit;
    let above =
        if place.section_id.is_some() { place.heading.as_deref() } else { Some(place.title.as_str()) };
    let snippet_html = snippet(terms.as_slice(), above.unwrap_or_default(), &place.body);
    SearchHit {
        article,
        section: place.section_id.map(|id| SearchSection {
            id,
            heading: place.heading.clone(),
            anchor: place.anchor.clone(),
        }),
        snippet_html,
        score: f64::from(*score) / 1000.0,
    }
}
