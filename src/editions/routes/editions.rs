//! What was published: every edition of an article, whether readers see it now or not.

use actix_web::web::{Data, Path};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::routes::articles::{ArticlePath, InLocale};
use crate::articles::{ArticleRef, drafts, store};
use crate::auth::{Actor, ReadDrafts};
use crate::base::clock::Timestamp;
use crate::base::db::schema::editions;
use crate::base::error::{Error, Result};
use crate::base::http::page::PageParams;
use crate::base::http::{Answer, PageRequest, Query, page};
use crate::base::ids::UserId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::editions::Edition;
use crate::editions::render::{Facts, edition};
use crate::editions::store::{EditionRow, surroundings_of};

/// Names an edition of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EditionPath {
    /// The article's id or slug.
    #[param(value_type = String, max_length = 120)]
    article: ArticleRef,
    /// The edition's number.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    edition: i64,
}

/// An edition in the history: facts.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionFacts {
    /// Its number.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    edition: i64,
    /// The revision it was made of.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The language it had.
    locale: Locale,
    /// The slug it had.
    slug: Slug,
    /// The title it had.
    #[schema(max_length = 300)]
    title: String,
    /// When it was published.
    published_at: Timestamp,
    /// By whom.
    user_id: Option<UserId>,
    /// Whether readers see it now.
    live: bool,
}

/// A page of editions in the history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionFactsPage {
    /// The editions.
    #[schema(max_items = 100)]
    items: Vec<EditionFacts>,
    /// Names the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// How many there are in all, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// List editions
///
/// What was published, newest first.
#[utoipa::path(get, path = "/v1/articles/{article}/editions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of editions.", body = EditionFactsPage),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn list_editions(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: actix_web::HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, page)): Query<(InLocale, PageRequest)>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let answer = app
        .db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let list = ("editions", row.id);
            let before: Option<i64> = page.after(&list)?;
            let all = || editions::table.filter(editions::article_id.eq(row.id));
            let total = page.include_total.then(|| all().count().get_result(conn)).transpose()?;
            let mut rows: Vec<EditionRow> = all()
                .filter(editions::edition.lt(before.unwrap_or(i64::MAX)))
                .order(editions::edition.desc())
                .limit(page.limit + 1)
                .load(conn)?;
            let next_cursor = page.cut(&mut rows, &list, |row| row.edition)?;
            let items = rows
                .into_iter()
                .map(|edition| EditionFacts {
                    live: row.live_edition == Some(edition.edition),
                    edition: edition.edition,
                    revision: edition.revision,
                    locale: edition.locale,
                    slug: edition.slug,
                    title: edition.title,
                    published_at: edition.published_at,
                    user_id: edition.user_id,
                })
                .collect();
            Ok(EditionFactsPage { items, next_cursor, total })
        })
        .await?;
    Ok(page::with_next_link(
        Answer::ok(&answer)?,
        req.path(),
        req.query_string(),
        answer.next_cursor.as_deref(),
    ))
}

/// Read an edition from the history
///
/// Rendered as it would be today: with the present names of its topics and authors.
#[utoipa::path(get, path = "/v1/articles/{article}/editions/{edition}", tag = "history", security(("bearer" = [])),
    params(EditionPath, InLocale),
    responses(
        (status = 200, description = "The edition.", body = Edition),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_edition(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<EditionPath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let config = app.config.clone();
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let kept: Option<EditionRow> = editions::table
                .filter(editions::article_id.eq(row.id))
                .filter(editions::edition.eq(path.edition))
                .get_result(conn)
                .optional()?;
            let kept = kept.ok_or(Error::NotFound("edition"))?;
            let content =
                store::find_revision(conn, row.id, kept.revision)?.ok_or(Error::NotFound("revision"))?;
            let facts = Facts {
                id: row.id,
                edition: kept.edition,
                published_at: row.published_at.unwrap_or(kept.published_at),
                updated_at: kept.published_at,
            };
            let (_, around) = surroundings_of(conn, row.id, &content, &config)?;
            Answer::ok(&edition(&content, &facts, &around).0)
        })
        .await
}
