//! `/v1/articles/{article}/preview-links/{id}`.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::articles::ArticleRef;
use crate::articles::resolve::resolve_article;
use crate::articles::routes::article_in_path::DraftRead;
use crate::articles::routes::paths::InLocale;
use crate::auth::{Identity, WriteArticles};
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::ids::PreviewLinkId;
use crate::previews::store;

/// Names a preview link of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PreviewLinkPath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The id of the preview link.
    pub id: PreviewLinkId,
}

/// Revoke a preview link
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Those who may not change the draft revoke their own links only. The link is refused with 401
/// from the next request on.
#[utoipa::path(delete, path = "/v1/articles/{article}/preview-links/{id}", tag = "publishing",
    security(("bearer" = [])),
    params(PreviewLinkPath, InLocale),
    responses(
        (status = 204, description = "The link is revoked."),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn delete_preview_link(
    app: Data<App>,
    read: DraftRead,
    path: Path<PreviewLinkPath>,
) -> Result<Response> {
    let id = path.into_inner().id;
    app.db
        .write_as(read.actor.origin, move |tx| {
            let article = resolve_article(tx, read.actor, &read.article)?;
            // Whatever the scopes of an API key: its owner could revoke the link, too.
            let owner = Identity::of(read.actor.user, read.actor.role);
            let only_of = (!owner.covers::<WriteArticles>(article.owner_id)).then_some(owner.user);
            store::revoke(tx, article.id, id, only_of)
        })
        .await?;
    Ok(Response::no_content())
}
