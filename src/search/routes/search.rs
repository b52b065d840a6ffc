//! `/v1/search`: full-text search.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::filter::Filter;
use crate::base::error::{Error, Result};
use crate::base::http::page::{self, MAX_PAGE_BYTES};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::slug::Anchor;
use crate::editions::view::View;
use crate::editions::{EditionItem, items, rerender};
use crate::search::Position;
use crate::search::find::{Found, Hit, PlaceRow, Search};
use crate::search::occurrences::Finder;
use crate::search::query::Terms;
use crate::search::snippet::snippet;

/// The query.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that must all occur, in any order. Case and accents are ignored. The last word also matches as a prefix;
    /// `"a phrase"` in quotes must occur as written. At most 32 words.
    #[param(value_type = String, format = "words", min_length = 1, max_length = 200, example = "slack water")]
    q: Option<Terms>,
}

/// The page of hits, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct HitsParams {
    /// The most hits to return. A page has fewer if it would exceed 2 MiB otherwise: `next_cursor`, not the number of
    /// hits, says whether there are more.
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
    /// An excerpt around the words as safe HTML: the words are in `<mark>`, everything else is escaped. If only the
    /// title or heading contains the words, it comes before the opening of the text. Of texts longer than 16 KiB, 2 MiB
    /// are read for one page in equal shares: if the words are beyond that, it is the opening, too.
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
#[utoipa::path(get, path = "/v1/search", tag = "search", security(()), params(SearchParams, Filter, HitsParams),
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
    let search = Arc::new(Search { terms, filter });
    let (after, limit) = (page.after(&search)?, page.limit + 1);
    let lookup = async |last: bool| {
        let wanted = search.clone();
        let found = app.db.snapshot(move |conn| wanted.find(conn, after, limit)).await?;
        let (wanted, page) = (search.clone(), page.clone());
        let (hits, next_cursor) = app.compute.run(move || excerpts(&wanted, &page, found)).await?;
        let stale: BTreeSet<ArticleId> =
            hits.iter().filter(|hit| hit.is_stale).map(|hit| hit.article).collect();
        if !last && !stale.is_empty() {
            return Ok(Err(stale));
        }
        shown(&app, &search, hits, next_cursor).await.map(Ok)
    };
    let results = rerender::read_current(&app, lookup).await?;
    let found = Response::public_json(&results)?.surrogate_key("articles");
    Ok(page::with_next_link(found, &req, results.next_cursor.as_deref()))
}

/// A hit without its article, which is read last.
struct Excerpt {
    article: ArticleId,
    is_stale: bool,
    position: Position,
    section: Option<SearchSection>,
    snippet_html: String,
    score: u32,
}

/// The hits of a page, and the cursor of the next one.
fn excerpts(search: &Search, page: &PageRequest, found: Found) -> Result<(Vec<Excerpt>, Option<String>)> {
    let terms = Finder::new(search.terms.as_slice());
    let mut hits = found.hits(&terms, page.limit + 1);
    let next_cursor = page.cut(&mut hits, search, |hit| hit.position)?;
    Ok((hits.into_iter().map(|hit| excerpt(&terms, hit)).collect(), next_cursor))
}

fn excerpt(terms: &Finder<'_>, Hit { score, position, place }: Hit) -> Excerpt {
    let above =
        if place.section_id.is_some() { place.heading.as_deref() } else { Some(place.title.as_str()) };
    let snippet_html = snippet(terms, above.unwrap_or_default(), &place.body);
    let PlaceRow { article_id: article, stale: is_stale, section_id, heading, anchor, .. } = place;
    let section = section_id.map(|id| SearchSection { id, heading, anchor });
    Excerpt { article, is_stale, position, section, snippet_html, score }
}

/// The first hits that fit on a page, all of them as a rule, without those whose article cannot be read or is no longer
/// published.
async fn shown(
    app: &App,
    search: &Search,
    hits: Vec<Excerpt>,
    next_cursor: Option<String>,
) -> Result<SearchPage> {
    let mut ids: Vec<ArticleId> = Vec::new();
    for hit in &hits {
        if !ids.contains(&hit.article) {
            ids.push(hit.article);
        }
    }
    let rows = app.db.read(move |conn| items::find(conn, &ids)).await?;
    let read = items::select(app, &rows, &View::default(), MAX_PAGE_BYTES).await?;
    // Those after the last that fits are not read.
    let unread: Vec<ArticleId> = rows.iter().skip(read.len()).map(|row| row.article_id).collect();
    let articles: HashMap<ArticleId, Option<Box<RawValue>>> =
        rows.iter().map(|row| row.article_id).zip(read).collect();
    let mut bytes = 0;
    let fitting = hits.iter().take_while(|hit| {
        let article = articles.get(&hit.article).and_then(Option::as_ref);
        let is_first = bytes == 0;
        bytes += article.map_or(0, |article| article.get().len());
        !unread.contains(&hit.article) && (is_first || bytes <= MAX_PAGE_BYTES)
    });
    let fitting = fitting.count();
    let next_cursor = page::after_shown(&hits, fitting, next_cursor, search, |hit| hit.position)?;
    let items = hits.into_iter().take(fitting).filter_map(|hit| {
        let Excerpt { article, section, snippet_html, score, .. } = hit;
        let article = articles.get(&article)?.clone()?;
        Some(SearchHit { article, section, snippet_html, score: f64::from(score) / 1000.0 })
    });
    Ok(SearchPage { items: items.collect(), next_cursor })
}
