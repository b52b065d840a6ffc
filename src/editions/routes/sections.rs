//! `/v1/articles/{article}/sections`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::SectionRef;
use crate::articles::routes::paths::{ArticlePath, InLocale, SectionPath};
use crate::base::error::{Error, Result};
use crate::base::http::{Query, Response};
use crate::editions::EditionSection;
use crate::editions::formats::Formats;
use crate::editions::lookup::{Stored, respond};
use crate::editions::view::InFormats;

/// The sections of a published article.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionSections {
    /// The sections at the top level, with those below them.
    #[schema(max_items = 1000)]
    items: Vec<EditionSection>,
    /// Always `null`: the tree is never split into pages.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// List the sections of an article
///
/// Needs no access token. Returns the tree of sections of a published article.
#[utoipa::path(get, path = "/v1/articles/{article}/sections", tag = "articles", security(()),
    params(ArticlePath, InLocale, InFormats),
    responses(
        (status = 200, description = "The sections.", body = EditionSections),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn list_sections(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, formats)): Query<(InLocale, InFormats)>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    respond(&app, &req, article, async |stored| {
        let select = move || {
            let items = sections(&stored, formats.formats)?;
            stored.with_keys(Response::public_json(&EditionSections { items, next_cursor: None })?)
        };
        app.compute.run(select).await
    })
    .await
}

/// Get a section of an article
///
/// Needs no access token. Returns one section of a published article, with those below it.
#[utoipa::path(get, path = "/v1/articles/{article}/sections/{section}", tag = "articles", security(()),
    params(SectionPath, InLocale, InFormats),
    responses(
        (status = 200, description = "The section.", body = EditionSection),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn get_section(
    app: Data<App>,
    req: HttpRequest,
    path: Path<SectionPath>,
    Query((locale, formats)): Query<(InLocale, InFormats)>,
) -> Result<Response> {
    let SectionPath { article, section } = path.into_inner();
    let article = locale.key(&app, article);
    respond(&app, &req, article, async |stored| {
        let select = move || {
            let sections = sections(&stored, formats.formats)?;
            let section = find_section(&sections, &section).ok_or(Error::NotFound("section"))?;
            stored.with_keys(Response::public_json(section)?)
        };
        app.compute.run(select).await
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
