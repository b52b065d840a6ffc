//! `/v1/articles/{article}/draft`.

use actix_web::web::Data;
use serde_json::Value;

use super::article_in_path::DraftRead;
use super::article_write::{Replacing, draft_response};
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::input::{DraftPatch, UpdateDraft};
use crate::articles::metadata::change_metadata;
use crate::articles::output::Draft;
use crate::articles::ownership::set_owner;
use crate::articles::scope::WriteScope;
use crate::articles::warnings::warnings;
use crate::base::error::Result;
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::{MergePatch, Response};
use crate::base::text::markdown::Passage;

/// Get a draft
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns metadata, sections and state. The `ETag` is the version of the article; send it back as
/// `If-Match`.
#[utoipa::path(get, path = "/v1/articles/{article}/draft", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_draft(app: Data<App>, read: DraftRead) -> Result<Response> {
    app.db
        .snapshot(move |conn| {
            let draft = read.draft(conn)?;
            draft_response(conn, &read.actor, &draft, Vec::new())
        })
        .await
}

/// Update a draft
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Changes
/// metadata and intro. Omitted fields keep their value; `null` resets a field to its default. Succeeds only if
/// neither metadata nor intro has changed since the version in `If-Match`; otherwise responds 412 with the
/// changes. Changes of sections do not conflict. `owner_id` gives the article to another active user and makes no
/// revision; 422 `owner-unknown` if there is no such user. `translation_of` joins or leaves a translation group, which
/// makes no revision either, and which readers see at once.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(patch, path = "/v1/articles/{article}/draft", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, IfMatchHeader),
    request_body(content = UpdateDraft, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The new draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`: choose another slug. `translation-exists`: the article of the group in this language has the id in `id`. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn update_draft(
    app: Data<App>,
    Replacing { write, body }: Replacing<MergePatch<Value>>,
) -> Result<Response> {
    let (patch, policy) = (body.value, app.policy());
    let prepare = move || {
        let patch = DraftPatch::new(patch);
        let warnings = warnings(patch.intro().map(Passage::from), &policy)?;
        Ok((patch, warnings))
    };
    let (patch, warnings) = app.compute.run(prepare).await?;
    app.db
        .write_as(write.actor.origin, move |tx| {
            let draft = write.apply(tx, &WriteScope::Metadata, |tx, editor, draft| {
                let (change, owner) = patch.change(&draft.content.metadata)?;
                change_metadata(tx, editor, draft, &change)?;
                set_owner(tx, draft, owner)?;
                Ok(Vec::new())
            })?;
            draft_response(tx, &write.actor, &draft, warnings.clone())
        })
        .await
}
