//! A draft as readers would see it: rendered for the one who asks, and kept nowhere.

use actix_web::web::{Data, Path};

use crate::app::App;
use crate::articles::drafts::{self, Draft};
use crate::articles::routes::articles::{ArticlePath, InLocale};
use crate::articles::store::ArticleRow;
use crate::auth::{Actor, ReadDrafts};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::{Answer, Query};
use crate::editions::render::{Facts, edition};
use crate::editions::store;
use crate::editions::view::{View, WholeEdition};

/// Preview a draft
///
/// The edition that publishing the draft now would make. If readers have exactly this already, it is what they have.
#[utoipa::path(get, path = "/v1/articles/{article}/preview", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, View),
    responses(
        (status = 200, description = "The edition.", body = WholeEdition),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_preview(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<ArticlePath>,
    Query((locale, view)): Query<(InLocale, View)>,
) -> Result<Answer> {
    let (locale, config, now) = (locale.or_default(&app), app.config.clone(), app.clock.now());
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let draft = Draft::load(conn, row)?;
            let facts = facts(conn, &draft.row, now)?;
            let (_, around) = store::surroundings_of(conn, draft.row.id, &draft.content, &config)?;
            let (edition, sources) = edition(&draft.content, &facts, &around);
            Answer::ok(&view.choose(edition, &sources)?)
        })
        .await
}

/// The facts of the edition that publishing the draft at `now` would leave live.
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
