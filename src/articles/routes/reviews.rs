//! `/v1/articles/{article}/reviews`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::article_in_path::{ArticleInPath, DraftRead};
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::ReviewState;
use crate::articles::review_emails::ReviewEmails;
use crate::articles::review_output::{Review, named};
use crate::articles::review_store::{self, ReviewRow};
use crate::articles::reviews::{NewReview, Reviewed, review, withdraw};
use crate::auth::ReviewArticles;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::json::{Clearable, present};
use crate::base::http::page::PageParams;
use crate::base::http::{IdempotencyKey, Json, PageRequest, Query, Response};
use crate::base::ids::UserId;
use crate::base::text::validate;
use crate::users::Actors;

/// The longest message, in characters.
const MAX_MESSAGE: usize = 2000;

/// A request for a review, or an answer to one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateReview)]
pub struct CreateReview {
    /// The revision of the draft that was read.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    state: ReviewState,
    /// The message, as plain text.
    #[serde(default)]
    #[schema(max_length = 2000)]
    message: Option<String>,
    /// The id of the active user who is asked to review; `null` for nobody. They may read the draft and write notes
    /// meanwhile. Omitted: whoever the current review names. Only those who may edit the article can change it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assignee_id: Clearable<UserId>,
}

/// A page of reviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewPage {
    /// The reviews.
    #[schema(max_items = 100)]
    items: Vec<Review>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of reviews on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// Create a review
///
/// Requires the right `articles:review`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Whoever may edit the article requests a review; editors and the assignee answer with
/// `changes_requested` or `approved`, and others get 403. The review is the current one, in `review` of the draft, until it
/// is withdrawn or the article is published. An approval counts for its revision: when the draft is edited, review is
/// requested again. It is advice: publishing does not need it.
///
/// A request is mailed to the assignee, or to the editors if nobody is assigned; an answer is mailed to the owner and to
/// whoever requested the review, if they may still read the draft, unless they have turned these emails off. A review that
/// repeats the current one, by the same user, changes nothing and sends no email. An article can have 30 reviews within an
/// hour; further ones get 429.
#[utoipa::path(post, path = "/v1/articles/{article}/reviews", tag = "reviews", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = CreateReview,
    responses(
        (status = 201, description = "The review.", body = Review, headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`stale-revision`: the draft has a newer revision, in `revision`. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn create_review(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<ReviewArticles>,
    body: Json<CreateReview>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &body.fingerprint);
    let CreateReview { revision, state, message, assignee_id } = body.value;
    let mut violations = Violations::default();
    let parse = |message: String| validate::optional_text("message", &message, MAX_MESSAGE);
    let message = violations.take("/message", message.map_or(Ok(None), parse)).flatten();
    violations.check()?;
    let new = NewReview { revision, state, message, assignee: assignee_id };
    let emails = ReviewEmails::new(&app);
    let work = move |tx: &mut Tx<'_>| {
        let reviewed = review(tx, write.actor, &write.article, &new)?;
        emails.send(tx, &reviewed)?;
        let Reviewed { article, review, .. } = reviewed;
        let actors = Actors::load(tx, named(&review))?;
        let state = review.state;
        let body = Review::new(review, state, &actors);
        Ok(Response::ok(&body)?.status(StatusCode::CREATED).version(article.version))
    };
    once.write(&app.db, work).await
}

/// List the reviews of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they are
/// asked to review. Returns all requests and answers, newest first, as they were given.
#[utoipa::path(get, path = "/v1/articles/{article}/reviews", tag = "reviews", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of reviews.", body = ReviewPage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_reviews(
    app: Data<App>,
    read: DraftRead,
    req: HttpRequest,
    Query(page): Query<PageRequest>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let id = read.row(conn)?.id;
        let page = page.read(
            conn,
            &("reviews", id),
            |conn, before, limit| review_store::list(conn, id, before, limit),
            |row| row.id,
            |conn| review_store::count(conn, id),
        )?;
        page.try_convert(|rows| {
            let actors = Actors::load(conn, rows.iter().flat_map(named))?;
            let item = |row: ReviewRow| {
                let state = row.state;
                Review::new(row, state, &actors)
            };
            Ok(rows.into_iter().map(item).collect())
        })
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Withdraw the current review
///
/// Requires the right `articles:review`; contributors and authors have it for their own articles, and assignees get 403.
/// The draft has no current review then, and the assignee can no longer read it. Responds 404 if there is none.
#[utoipa::path(delete, path = "/v1/articles/{article}/reviews/current", tag = "reviews", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 204, description = "Withdrawn.", headers(("ETag" = String, description = "The version of the article."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn delete_review(app: Data<App>, write: ArticleInPath<ReviewArticles>) -> Result<Response> {
    app.db
        .write_as(write.actor.origin, move |tx| {
            let article = withdraw(tx, write.actor, &write.article)?;
            Ok(Response::no_content().version(article.version))
        })
        .await
}
