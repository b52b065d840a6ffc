//! `/v1/articles/{article}/draft/markdown`.

use actix_web::web::Data;

use super::article_in_path::DraftRead;
use super::article_write::{Replacing, draft_response};
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::draft::Draft as DraftState;
use crate::articles::markdown_document::read_markdown;
use crate::articles::markdown_export::write_markdown;
use crate::articles::output::Draft;
use crate::articles::scope::WriteScope;
use crate::articles::warnings::{MAX_WARNINGS, Warning, warnings_after};
use crate::articles::write::replace_by_document;
use crate::base::error::Result;
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::{Markdown, Response};
use crate::terms;

/// Get a draft as Markdown
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the whole draft as one Markdown document with front matter, which can be edited and
/// sent back.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/markdown", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The document.", body = String, content_type = "text/markdown",
         headers(("ETag" = String, description = "The version of the draft."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_draft_markdown(app: Data<App>, read: DraftRead) -> Result<Response> {
    let (row, content, translation_of, authors, topics) = app
        .db
        .snapshot(move |conn| {
            let DraftState { row, content, group, .. } = read.draft(conn)?;
            let metadata = &content.metadata;
            let (authors, topics) = terms::store::resolve_all(conn, &metadata.authors, &metadata.topics)?;
            let translation_of = group.and_then(|group| group.source_of(row.id));
            Ok((row, content, translation_of, authors, topics))
        })
        .await?;
    app.compute
        .run(move || {
            let document =
                write_markdown(row.id, &content, &authors, &topics, row.published_at, translation_of);
            Ok(Response::bytes("text/markdown; charset=utf-8", document.into()).version(row.version))
        })
        .await
}

/// Replace a draft with Markdown
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Replaces the
/// metadata with the document's front matter, and intro and sections with its text; the article stays in its translation
/// group unless the front matter has `translation_of`. Sections whose anchors or
/// bodies are unchanged keep their ids. The date of publication in the front matter is kept for the first publication if
/// there was none yet; `warnings` tells if it is not used, and which front matter has no place. Succeeds only if nothing has
/// changed since the version in `If-Match`; otherwise responds 412 with the changes.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(put, path = "/v1/articles/{article}/draft/markdown", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, IfMatchHeader),
    request_body(content = String, content_type = "text/markdown"),
    responses(
        (status = 200, description = "The new draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`: choose another slug. `translation-exists`: the article of the group in this language has the id in `id`. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn replace_draft_markdown(
    app: Data<App>,
    Replacing { write, body }: Replacing<Markdown>,
) -> Result<Response> {
    let (policy, now) = (app.policy(), app.clock.now());
    let parse = move || {
        let document = read_markdown(&body.0, "")?;
        let warnings = warnings_after(document.warnings.clone(), document.passages(), &policy)?;
        Ok((document, warnings))
    };
    let (document, warnings) = app.compute.run(parse).await?;
    app.db
        .write_as(write.actor.origin, move |tx| {
            let draft = write.apply(tx, &WriteScope::Everything, |tx, editor, draft| {
                replace_by_document(tx, editor, draft, &document)
            })?;
            let date = document.check_date_kept(draft.row.published_at, now);
            let sections = document.check_sections_kept(&draft.content.sections);
            let own = date.into_iter().chain(sections).map(Warning::from);
            draft_response(tx, &write.actor, &draft, own.chain(warnings.clone()).take(MAX_WARNINGS).collect())
        })
        .await
}
