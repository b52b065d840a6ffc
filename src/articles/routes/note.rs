//! `/v1/articles/{article}/notes/{note}`.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::article_in_path::ArticleInPath;
use super::notes::{Note, check_text};
use super::paths::{InLocale, NotePath};
use crate::app::App;
use crate::articles::notes::{self, NoteChange};
use crate::auth::ReviewArticles;
use crate::base::error::{Result, Violations};
use crate::base::http::json::{Clearable, present};
use crate::base::http::{MergePatch, Response};
use crate::base::ids::SectionId;

/// A change of a note. Omitted fields keep their value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNote {
    /// The section that it is about; `null` for the whole article.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<SectionId>)]
    section_id: Clearable<SectionId>,
    /// Plain text.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "filled-text", min_length = 1, max_length = 5000)]
    text: Option<String>,
    /// Whether it is resolved.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    resolved: Option<bool>,
}

/// Update a note
///
/// Requires the right `articles:review`; contributors and authors have it for their own articles and for those that they
/// are asked to review. `resolved` can be changed by all of them, `text` and `section_id` by the author of the note and by
/// editors; others get 403.
#[utoipa::path(patch, path = "/v1/articles/{article}/notes/{note}", tag = "reviews", security(("bearer" = [])),
    params(NotePath, InLocale),
    request_body(content = UpdateNote, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The note.", body = Note),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn update_note(
    app: Data<App>,
    write: ArticleInPath<ReviewArticles>,
    path: Path<NotePath>,
    body: MergePatch<UpdateNote>,
) -> Result<Response> {
    let UpdateNote { section_id, text, resolved } = body.value;
    let mut violations = Violations::default();
    let text = text.and_then(|text| violations.take("/text", check_text(&text)));
    violations.check()?;
    let (note, change) = (path.into_inner().note, NoteChange { section: section_id, text, resolved });
    app.db
        .write_as(write.actor.origin, move |tx| {
            let row = notes::update(tx, write.actor, &write.article, note, &change)?;
            Response::ok(&Note::one(tx, row)?)
        })
        .await
}

/// Delete a note
///
/// Requires the right `articles:review`; contributors and authors have it for their own articles and for those that they
/// are asked to review. The author of the note and editors delete it; others get 403.
#[utoipa::path(delete, path = "/v1/articles/{article}/notes/{note}", tag = "reviews", security(("bearer" = [])),
    params(NotePath, InLocale),
    responses(
        (status = 204, description = "Deleted."),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn delete_note(
    app: Data<App>,
    write: ArticleInPath<ReviewArticles>,
    path: Path<NotePath>,
) -> Result<Response> {
    let note = path.into_inner().note;
    app.db
        .write_as(write.actor.origin, move |tx| notes::delete(tx, write.actor, &write.article, note))
        .await?;
    Ok(Response::no_content())
}
