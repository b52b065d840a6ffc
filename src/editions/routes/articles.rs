//! What readers fetch. The default answer of an article is one indexed look-up; everything else is cut from the stored
//! rendering. Whoever meets a stale one makes it anew first.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::routes::articles::{ArticlePath, InLocale};
use crate::articles::routes::sections::SectionPath;
use crate::articles::{ArticleRef, SectionRef, transfer};
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::page::PageParams;
use crate::base::http::{Answer, PageRequest, Query, page};
use crate::editions::list::EditionFilter;
use crate::editions::look::{self, Stored, find_fresh};
use crate::editions::order::{EditionOrder, Position};
use crate::editions::render::Formats;
use crate::editions::view::{InFormats, View, WholeEdition};
use crate::editions::{EditionItem, EditionSection, items, store};

/// Read an article
///
/// The live edition. A slug that the article had before is answered with 301.
#[utoipa::path(get, path = "/v1/articles/{article}", tag = "articles", security(()),
    params(ArticlePath, InLocale, View),
    responses(
        (status = 200, description = "The edition.", body = WholeEdition,
         headers(("ETag" = String, description = "The strong tag of the bytes."), ("Cache-Control" = String, description = "How long caches may keep it."))),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn get_article(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, view)): Query<(InLocale, View)>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let article = path.into_inner().article;
    if let (ArticleRef::Slug(slug), true) = (&article, view.is_default()) {
        let (slug, locale) = (slug.clone(), locale.clone());
        if let Some(fresh) = app.db.read_inline(move |conn| find_fresh(conn, &locale, &slug)).await? {
            return fresh.answer();
        }
    }
    look::answer(&app, &req, article, locale, async |stored| {
        if view.is_default() {
            stored.finished.answer()
        } else {
            stored.names(Answer::public_json(&view.cut(&stored)?)?)
        }
    })
    .await
}

/// Read an article as HTML
///
/// The whole text as one sanitised fragment, headings included, for pages that need nothing else.
#[utoipa::path(get, path = "/v1/articles/{article}/html", tag = "articles", security(()), params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The fragment.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn get_article_html(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    look::answer(&app, &req, path.into_inner().article, locale, async |stored| {
        let html = stored.parse()?.0.content_html();
        stored.names(Answer::public("text/html; charset=utf-8", html.into()))
    })
    .await
}

/// Read an article as Markdown
///
/// The whole text as one document with front matter.
#[utoipa::path(get, path = "/v1/articles/{article}/markdown", tag = "articles", security(()), params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The document.", body = String, content_type = "text/markdown; charset=utf-8"),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn get_article_markdown(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    look::answer(&app, &req, path.into_inner().article, locale, async |stored| {
        let (edition, _) = stored.parse()?;
        let id = stored.id;
        let live = app.db.snapshot(move |conn| store::find_live(conn, id)).await?;
        let (facts, content) = live.ok_or(Error::NotFound("article"))?;
        let published_at = Some(facts.published_at);
        let document =
            transfer::write_markdown(facts.id, &content, &edition.authors, &edition.topics, published_at);
        stored.names(Answer::public("text/markdown; charset=utf-8", document.into()))
    })
    .await
}

/// The tree of an edition.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionSections {
    /// The sections at the top, with those below them.
    #[schema(max_items = 1000)]
    items: Vec<EditionSection>,
    /// Always `null`: a tree comes whole.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// Read an article's sections
///
/// The tree of the live edition.
#[utoipa::path(get, path = "/v1/articles/{article}/sections", tag = "articles", security(()),
    params(ArticlePath, InLocale, InFormats),
    responses(
        (status = 200, description = "The tree.", body = EditionSections),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn list_sections(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, formats)): Query<(InLocale, InFormats)>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    look::answer(&app, &req, path.into_inner().article, locale, async |stored| {
        let items = sections(&stored, formats.formats)?;
        stored.names(Answer::public_json(&EditionSections { items, next_cursor: None })?)
    })
    .await
}

/// Read a section
///
/// One section of the live edition, with those below it, by id or anchor.
#[utoipa::path(get, path = "/v1/articles/{article}/sections/{section}", tag = "articles", security(()),
    params(SectionPath, InLocale, InFormats),
    responses(
        (status = 200, description = "The section.", body = EditionSection),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn get_section(
    app: Data<App>,
    req: HttpRequest,
    path: Path<SectionPath>,
    Query((locale, formats)): Query<(InLocale, InFormats)>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let SectionPath { article, section } = path.into_inner();
    look::answer(&app, &req, article, locale, async |stored| {
        let sections = sections(&stored, formats.formats)?;
        let section = find_section(&sections, &section).ok_or(Error::NotFound("section"))?;
        stored.names(Answer::public_json(section)?)
    })
    .await
}

fn sections(stored: &Stored, formats: Formats) -> Result<Vec<EditionSection>> {
    let (mut edition, sources) = stored.parse()?;
    edition.set_formats(&sources, formats);
    Ok(edition.sections)
}

fn find_section<'a>(sections: &'a [EditionSection], wanted: &SectionRef) -> Option<&'a EditionSection> {
    sections.iter().find_map(|section| {
        let is_it = match wanted {
            SectionRef::Id(id) => section.id == *id,
            SectionRef::Anchor(anchor) => section.anchor.as_ref() == Some(anchor),
        };
        if is_it { Some(section) } else { find_section(&section.sections, wanted) }
    })
}

/// A page of editions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditionPage)]
pub struct EditionPage {
    /// The editions.
    #[schema(value_type = Vec<EditionItem>, max_items = 100)]
    items: Vec<Box<RawValue>>,
    /// Names the next page, if there is one.
    #[schema(max_length = 2000)]
    next_cursor: Option<String>,
    /// How many there are in all, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// List articles
///
/// The live editions that stand in lists, newest first.
#[utoipa::path(get, path = "/v1/articles", tag = "articles", security(()),
    params(EditionFilter, EditionOrder, View, PageParams),
    responses(
        (status = 200, description = "A page of editions.", body = EditionPage,
         headers(("Link" = Option<String>, description = "The next page."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn list_articles(
    app: Data<App>,
    req: HttpRequest,
    Query(((filter, order), (view, page))): Query<((EditionFilter, EditionOrder), (View, PageRequest))>,
) -> Result<Answer> {
    let after: Option<Position> = page.after(&(&filter, &order))?;
    let key = filter.surrogate_key();
    let find = move |conn: &mut Connection| {
        let editions = filter.resolve(conn)?;
        let total = page.include_total.then(|| editions.count(conn)).transpose()?;
        let mut rows = editions.find(conn, &order, after.as_ref(), page.limit + 1)?;
        let next_cursor = page.cut(&mut rows, &(&filter, &order), |row| order.position(row))?;
        Ok((rows, (next_cursor, total)))
    };
    let make = move |conn: &mut Connection, rows, (next_cursor, total)| {
        Ok(EditionPage { items: items::cut(conn, rows, &view)?, next_cursor, total })
    };
    let answer = items::fresh(&app, find, make).await?;
    let found = Answer::public_json(&answer)?.surrogate_key(key);
    Ok(page::with_next_link(found, req.path(), req.query_string(), answer.next_cursor.as_deref()))
}
