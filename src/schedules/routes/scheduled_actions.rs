//! `GET /v1/schedule`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::schedule::{Action, ScheduleRow};
use crate::articles::store::ArticleRow;
use crate::auth::{Actor, ReadDrafts};
use crate::authors::AuthorRef;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::PageParams;
use crate::base::http::{PageRequest, Query, Response};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::schedules::list::{self, ScheduleFilter};
use crate::terms::{of_articles, store as terms};
use crate::users::Actors;

/// Something that is to happen to an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledAction {
    article: ScheduledArticle,
    action: Action,
    /// When.
    at: Timestamp,
    /// The revision that is to be published; `null` if the article is to be unpublished.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: Option<i64>,
    /// Why it failed the last time, if it has failed. It is tried again for a day.
    #[schema(max_length = 1000)]
    last_error: Option<String>,
}

/// The article of a scheduled action, with the values of its draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledArticle {
    id: ArticleId,
    slug: Slug,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    locale: Locale,
    /// The authors that exist, in order.
    #[schema(max_items = 20)]
    authors: Vec<AuthorRef>,
    owner: ActorRef,
}

/// A page of scheduled actions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledActionPage {
    /// The actions.
    #[schema(max_items = 100)]
    items: Vec<ScheduledAction>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of actions on all pages. Only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// List scheduled actions
///
/// Requires the right `articles:read`. Returns what is to be published and unpublished, in the order of its moments;
/// contributors and authors get what is scheduled for their own articles only. Actions that are overdue, because they
/// have failed, are listed, too.
#[utoipa::path(get, path = "/v1/schedule", tag = "publishing", security(("bearer" = [])),
    params(ScheduleFilter, PageParams),
    responses((status = 200, description = "A page of scheduled actions.", body = ScheduledActionPage)))]
pub async fn list_scheduled_actions(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: HttpRequest,
    Query((filter, page)): Query<(ScheduleFilter, PageRequest)>,
) -> Result<Response> {
    let owner = actor.only_of();
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("schedule", &filter),
            |conn, after, limit| list::list(conn, &filter, owner, after, limit),
            |(row, _)| (row.at, row.id),
            |conn| list::count(conn, &filter, owner),
        )?;
        page.try_convert(|rows| ScheduledAction::all(conn, rows))
    };
    app.db.snapshot(read).await?.private(&req)
}

impl ScheduledAction {
    fn all(conn: &mut Connection, rows: Vec<(ScheduleRow, ArticleRow)>) -> Result<Vec<Self>> {
        let ids: Vec<ArticleId> = rows.iter().map(|(_, article)| article.id).collect();
        let authors = of_articles::find_authors(conn, &ids)?;
        let authors = terms::resolve_each(conn, &authors)?;
        let owners = Actors::load(conn, rows.iter().map(|(_, article)| article.owner_id))?;
        let action = |((row, article), authors): ((ScheduleRow, ArticleRow), Vec<AuthorRef>)| Self {
            article: ScheduledArticle {
                id: article.id,
                slug: article.slug,
                title: article.title,
                locale: article.locale,
                authors,
                owner: owners.get(article.owner_id),
            },
            action: row.action,
            at: row.at,
            revision: row.revision,
            last_error: row.last_error,
        };
        Ok(rows.into_iter().zip(authors).map(action).collect())
    }
}
