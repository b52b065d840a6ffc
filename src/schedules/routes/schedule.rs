//! `/v1/articles/{article}/schedule`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::routes::article_in_path::{ArticleInPath, DraftRead};
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::articles::schedule::{self, Schedule};
use crate::auth::PublishArticles;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::{IfMatch, Json, Response};
use crate::schedules::{Plan, write};

/// What is to happen to an article, and when: `publish_at`, `unpublish_at` or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleArticle)]
pub struct SetSchedule {
    /// The revision to publish: exactly what was reviewed, whatever is edited meanwhile. Required with `publish_at`, and not
    /// allowed without it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: Option<i64>,
    /// When to publish it: a time in the future.
    #[serde(default)]
    publish_at: Option<Timestamp>,
    /// When to unpublish the article: a time in the future, later than `publish_at`.
    #[serde(default)]
    unpublish_at: Option<Timestamp>,
}

/// Get the schedule of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Responds 404 if nothing is scheduled. The `ETag` is the version of the article; send it back as
/// `If-Match`.
#[utoipa::path(get, path = "/v1/articles/{article}/schedule", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The schedule.", body = Schedule, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_schedule(app: Data<App>, read: DraftRead) -> Result<Response> {
    app.db
        .snapshot(move |conn| {
            let row = read.row(conn)?;
            let rows = schedule::find(conn, row.id)?;
            let schedule = Schedule::of(&rows).ok_or(Error::NotFound("schedule"))?;
            Ok(Response::ok(&schedule)?.version(row.version))
        })
        .await
}

/// Schedule an article
///
/// Requires the right `articles:publish`; authors have it for their own articles only, contributors not at all. The
/// right counts now: what is scheduled happens even if the caller is demoted or disabled later. The revision is
/// published at `publish_at`, within a second, and the article is unpublished at `unpublish_at`. The slug of the
/// revision is kept for the article from now on. A first publication has `publish_at` as its `published_at`.
///
/// Publishing the article earlier cancels `publish_at` and keeps `unpublish_at`; unpublishing it or moving it to the
/// trash cancels both. If the server was down at both moments, the article is not published. What fails is retried for
/// a day; `last_error` says why it failed, and the owner gets an email.
///
/// A schedule that exists is replaced as a whole, which requires `If-Match`, and succeeds only if it has not changed
/// since that version; otherwise responds 412 with the changes.
#[utoipa::path(put, path = "/v1/articles/{article}/schedule", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        ("If-Match" = Option<String>, Header, nullable = false, min_length = 1, max_length = 40, pattern = r#"^(\*|(W/)?"[0-9]{1,18}")$"#,
            description = "The version seen, as in `\"7\"`, or `*`. Required if the article has a schedule.")),
    request_body = SetSchedule,
    responses(
        (status = 200, description = "The schedule.", body = Schedule, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-taken`: another article has the slug of the revision. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn schedule_article(
    app: Data<App>,
    write: ArticleInPath<PublishArticles>,
    req: HttpRequest,
    body: Json<SetSchedule>,
) -> Result<Response> {
    let if_match = IfMatch::of(req.headers())?;
    let SetSchedule { revision, publish_at, unpublish_at } = body.value;
    let plan = Plan::parse(revision, publish_at, unpublish_at, app.clock.now())?;
    let ArticleInPath { actor, article } = write;
    app.db
        .write_as(actor.origin, move |tx| {
            let written = write::set(tx, actor, &article, if_match, &plan)?;
            Ok(Response::ok(&written.schedule)?.version(written.version))
        })
        .await
}

/// Delete the schedule of an article
///
/// Requires the right `articles:publish`; authors have it for their own articles only, contributors not at all. Nothing
/// of what was scheduled happens, and a slug that was kept for it is free again. Succeeds only if the schedule has not
/// changed since the version in `If-Match`; otherwise responds 412 with the changes. Responds 404 if nothing is
/// scheduled.
#[utoipa::path(delete, path = "/v1/articles/{article}/schedule", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale, IfMatchHeader),
    responses(
        (status = 204, description = "Deleted.", headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn delete_schedule(
    app: Data<App>,
    write: ArticleInPath<PublishArticles>,
    req: HttpRequest,
) -> Result<Response> {
    let if_match = IfMatch::of(req.headers())?.ok_or(Error::PreconditionRequired)?;
    let ArticleInPath { actor, article } = write;
    app.db
        .write_as(actor.origin, move |tx| {
            let version = write::cancel(tx, actor, &article, if_match)?;
            Ok(Response::no_content().version(version))
        })
        .await
}
