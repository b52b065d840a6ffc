//! `GET /v1/articles/{article}/editions/{edition}`.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::articles::ArticleRef;
use crate::articles::history::find_revision_content;
use crate::articles::routes::article_in_path::DraftRead;
use crate::articles::routes::paths::InLocale;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::editions::render::{Facts, edition};
use crate::editions::{Edition, context, store};

/// Names an edition of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EditionPath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The number of the edition.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    pub edition: i64,
}

/// Get an edition
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns an earlier edition, rendered with the current names of its topics and authors.
#[utoipa::path(get, path = "/v1/articles/{article}/editions/{edition}", tag = "history", security(("bearer" = [])),
    params(EditionPath, InLocale),
    responses(
        (status = 200, description = "The edition.", body = Edition),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_edition(app: Data<App>, read: DraftRead, path: Path<EditionPath>) -> Result<Response> {
    let number = path.into_inner().edition;
    let config = app.config.clone();
    let (content, facts, context) = app
        .db
        .snapshot(move |conn| {
            let article = read.row(conn)?;
            let row = store::find(conn, article.id, number)?.ok_or(Error::NotFound("edition"))?;
            let content = find_revision_content(conn, article.id, row.revision)?;
            let content = content.ok_or(Error::NotFound("revision"))?;
            let facts = Facts {
                id: article.id,
                edition: row.edition,
                published_at: article.published_at.unwrap_or(row.published_at),
                updated_at: store::updated_at(conn, article.id, number)?,
            };
            let (_, context) = context::find(conn, article.id, &content, &config)?;
            Ok((content, facts, context))
        })
        .await?;
    app.compute.run(move || Response::ok(&edition(&content, &facts, &context).0)).await
}
