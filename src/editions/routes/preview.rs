//! `GET /v1/articles/{article}/preview`.

use actix_web::web::Data;

use crate::app::App;
use crate::articles::routes::article_in_path::DraftRead;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::articles::store::ArticleRow;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::{Query, Response};
use crate::editions::render::{Facts, edition};
use crate::editions::view::{PartialEdition, View};
use crate::editions::{context, store};

/// Preview a draft
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Renders the draft as an edition without saving it.
#[utoipa::path(get, path = "/v1/articles/{article}/preview", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale, View),
    responses(
        (status = 200, description = "The edition.", body = PartialEdition),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_preview(app: Data<App>, read: DraftRead, Query(view): Query<View>) -> Result<Response> {
    let (config, now) = (app.config.clone(), app.clock.now());
    let (draft, facts, context) = app
        .db
        .snapshot(move |conn| {
            let draft = read.draft(conn)?;
            let facts = facts(conn, &draft.row, now)?;
            let (_, context) = context::find(conn, draft.row.id, &draft.content, &config)?;
            Ok((draft, facts, context))
        })
        .await?;
    app.compute
        .run(move || {
            let (edition, sources) = edition(&draft.content, &facts, &context);
            Response::ok(&view.select(edition, &sources)?)
        })
        .await
}

/// The facts of the edition that would be live after publishing the draft at `now`.
fn facts(conn: &mut Connection, row: &ArticleRow, now: Timestamp) -> Result<Facts> {
    if row.published_revision == Some(row.revision)
        && let Some((live, _)) = store::find_live(conn, row.id)?
    {
        return Ok(live);
    }
    Ok(Facts {
        id: row.id,
        edition: row.last_edition + 1,
        published_at: row.published_at.unwrap_or(now),
        updated_at: now,
    })
}
