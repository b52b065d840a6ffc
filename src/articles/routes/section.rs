//! `/v1/articles/{article}/draft/sections/{section}`.

use actix_web::web::{Data, Path};

use super::article_in_path::DraftRead;
use super::article_write::{DraftWrite, Replacing};
use super::paths::{InLocale, SectionPath};
use crate::app::App;
use crate::articles::draft::Draft as DraftState;
use crate::articles::output::{DraftSection, WrittenSection};
use crate::articles::scope::WriteScope;
use crate::articles::section_change::{SectionChange, UpdateSection};
use crate::articles::tree;
use crate::articles::warnings::warnings;
use crate::articles::{Content, SectionRef};
use crate::base::error::{Error, Result};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::{MergePatch, Response};

/// Get a section of a draft
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the section with those below it.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale),
    responses(
        (status = 200, description = "The section.", body = DraftSection, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_draft_section(app: Data<App>, read: DraftRead, path: Path<SectionPath>) -> Result<Response> {
    let section = path.into_inner().section;
    app.db
        .snapshot(move |conn| {
            let draft = read.draft(conn)?;
            let section = find(&draft, &section)?;
            Ok(Response::ok(&DraftSection::new(&draft, section))?.version(draft.row.version))
        })
        .await
}

/// Update a section
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Changes or
/// moves a section. Omitted fields keep their value; `null` resets a field to its default. Succeeds only if this
/// section has not changed since the version in `If-Match`; otherwise responds 412 with the changes. Changes
/// elsewhere in the article do not conflict.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(patch, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale, IfMatchHeader),
    request_body(content = UpdateSection, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The new section.", body = WrittenSection, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn update_section(
    app: Data<App>,
    path: Path<SectionPath>,
    Replacing { write, body }: Replacing<MergePatch<UpdateSection>>,
) -> Result<Response> {
    let policy = app.policy();
    let check = move || {
        let change = SectionChange::parse(body.value);
        let warnings = warnings([change.passage()], &policy)?;
        Ok((change, warnings))
    };
    let (change, warnings) = app.compute.run(check).await?;
    let section = path.into_inner().section;
    app.db
        .write_as(write.actor.origin, move |tx| {
            let mut id = None;
            let draft = write.apply(tx, &WriteScope::Section(section.clone()), |_, _, draft| {
                let changed = find(draft, &section)?.id;
                id = Some(changed);
                let Content { metadata, sections } = &mut draft.content;
                change.apply(changed, &metadata.intro, sections)
            })?;
            let id = id.ok_or(Error::NotFound("section"))?;
            let section = find(&draft, &SectionRef::Id(id))?;
            let written = WrittenSection::new(&draft, section, warnings.clone());
            Ok(Response::ok(&written)?.version(draft.row.version))
        })
        .await
}

/// Delete a section
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Deletes a
/// section and all below it. Succeeds only if none of them has changed since the version in `If-Match`; otherwise
/// responds 412 with the changes.
#[utoipa::path(delete, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale, IfMatchHeader),
    responses(
        (status = 204, description = "Deleted.", headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn delete_section(app: Data<App>, write: DraftWrite, path: Path<SectionPath>) -> Result<Response> {
    let section = path.into_inner().section;
    app.db
        .write_as(write.actor.origin, move |tx| {
            let draft = write.apply(tx, &WriteScope::Subtree(section.clone()), |_, _, draft| {
                let id = find(draft, &section)?.id;
                tree::remove(&mut draft.content.sections, id).ok_or(Error::NotFound("section"))?;
                Ok(Vec::new())
            })?;
            Ok(Response::no_content().version(draft.row.version))
        })
        .await
}

fn find<'a>(draft: &'a DraftState, section: &SectionRef) -> Result<&'a crate::articles::Section> {
    tree::find(&draft.content.sections, section).ok_or(Error::NotFound("section"))
}
