//! `/v1/articles/{article}/draft/sections`.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::article_in_path::DraftRead;
use super::article_write::{DraftWrite, Replacing, draft_response};
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::output::{Draft, DraftSection, WrittenSection};
use crate::articles::scope::WriteScope;
use crate::articles::section_input::{Checked, CheckedSection, SectionInput, check_all, check_one};
use crate::articles::tree::{self, Destination};
use crate::articles::warnings::{Warning, warnings};
use crate::articles::write::replace_sections as replace;
use crate::articles::{Content, SectionRef};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::json::present;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::ids::SectionId;

/// The sections of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSections {
    /// The sections at the top level, with those below them.
    #[schema(max_items = 1000)]
    items: Vec<DraftSection>,
    /// Always `null`: the tree is never split into pages.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// A new section, and where it goes: to the end, unless `before` or `after` is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSection {
    /// The section to put it below. Default: the top level.
    #[serde(default)]
    parent_id: Option<SectionId>,
    /// Put it right before this section.
    #[serde(default)]
    before: Option<SectionId>,
    /// Put it right after this section.
    #[serde(default)]
    after: Option<SectionId>,
    /// One line of inline Markdown; a section may have none.
    #[serde(default)]
    #[schema(format = "line", min_length = 1, max_length = 300)]
    heading: Option<String>,
    /// The fragment identifier within the page. Default: made from the heading.
    #[serde(default)]
    #[schema(format = "anchor", min_length = 1, max_length = 120)]
    anchor: Option<String>,
    /// Markdown. Headings are refused with `heading-in-body`: make them sections.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200_000, nullable = false)]
    body: Option<String>,
    /// Any other data of the site; at most 64 KiB as JSON.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>, nullable = false)]
    custom: Option<Map<String, Value>>,
    /// The sections below it.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 1000, nullable = false)]
    sections: Option<Vec<SectionInput>>,
}

/// The sections that replace all others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceSections {
    /// The sections at the top level. Those with an `id` are kept, those without are created, and those that are
    /// missing are deleted.
    #[schema(max_items = 1000)]
    sections: Vec<SectionInput>,
}

/// List the sections of a draft
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the tree of sections as it is now.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The sections.", body = DraftSections, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_draft_sections(app: Data<App>, read: DraftRead) -> Result<Response> {
    app.db
        .snapshot(move |conn| {
            let draft = read.draft(conn)?;
            let sections = &draft.content.sections;
            let items = sections.iter().map(|section| DraftSection::new(&draft, section)).collect();
            Ok(Response::ok(&DraftSections { items, next_cursor: None })?.version(draft.row.version))
        })
        .await
}

/// Create a section
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Adds a
/// section, with those below it, to the draft. Needs no `If-Match`, because nothing is replaced. `warnings` lists
/// what sanitising will remove.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(post, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = CreateSection,
    responses(
        (status = 201, description = "The section.", body = WrittenSection,
         headers(("Location" = String, description = "The URL of the section."), ("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn create_section(
    app: Data<App>,
    key: IdempotencyKey,
    write: DraftWrite,
    body: Json<CreateSection>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &body.fingerprint);
    let CreateSection { parent_id, before, after, heading, anchor, body, custom, sections } = body.value;
    let destination = Destination { parent: parent_id, before, after };
    let policy = app.policy();
    let prepare = app.compute.run(move || {
        let checked = check_one(SectionInput { id: None, heading, anchor, body, custom, sections });
        let warnings = warnings(CheckedSection::passages(std::slice::from_ref(&checked.value)), &policy)?;
        Ok((checked, warnings))
    });
    let work = move |tx: &mut Tx<'_>, (checked, warnings): &(Checked<CheckedSection>, Vec<Warning>)| {
        let mut id = None;
        let draft = write.apply(tx, &WriteScope::Nothing, |tx, _, draft| {
            let Content { metadata, sections } = &mut draft.content;
            let built =
                tree::build_into(&metadata.intro, sections, checked, destination, tx.random(), tx.now())?;
            id = Some(built);
            Ok(Vec::new())
        })?;
        let id = id.ok_or(Error::NotFound("section"))?;
        let section = tree::find(&draft.content.sections, &SectionRef::Id(id));
        let section = section.ok_or(Error::NotFound("section"))?;
        let written = WrittenSection::new(&draft, section, warnings.clone());
        let location = format!("/v1/articles/{}/draft/sections/{id}", draft.row.id);
        Ok(Response::created(location, &written)?.version(draft.row.version))
    };
    once.respond(&app.db, prepare, work).await
}

/// Replace the sections of a draft
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Replaces the
/// whole tree: sections with an `id` are kept, those without are created, and those that are missing are deleted.
/// Succeeds only if no section has changed since the version in `If-Match`; otherwise responds 412 with the
/// changes.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(put, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, IfMatchHeader),
    request_body = ReplaceSections,
    responses(
        (status = 200, description = "The new draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn replace_sections(
    app: Data<App>,
    Replacing { write, body }: Replacing<Json<ReplaceSections>>,
) -> Result<Response> {
    let policy = app.policy();
    let check = move || {
        let sections = check_all(body.value.sections);
        let warnings = warnings(CheckedSection::passages(&sections.value), &policy)?;
        Ok((sections, warnings))
    };
    let (sections, warnings) = app.compute.run(check).await?;
    app.db
        .write_as(write.actor.origin, move |tx| {
            let draft = write.apply(tx, &WriteScope::Tree, |tx, _, draft| replace(tx, draft, &sections))?;
            draft_response(tx, &write.actor, &draft, warnings.clone())
        })
        .await
}
