//! `GET /v1/articles/{article}/related`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::page::MAX_PAGE_BYTES;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::editions::items;
use crate::editions::lookup::respond;
use crate::editions::related::DEFAULT_LIMIT;
use crate::editions::view::{PartialEdition, View};

/// How many related articles to return.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RelatedParams {
    /// The largest number of articles. There are fewer if they would exceed 2 MiB together.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 20, default = 5, nullable = false)]
    limit: usize,
}

impl FromParams for RelatedParams {
    fn from_params(params: &mut Params) -> Self {
        let limit = params.number("limit", 1..=20).and_then(|limit| limit.try_into().ok());
        Self { limit: limit.unwrap_or(DEFAULT_LIMIT) }
    }
}

/// Related articles.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedArticles {
    /// The articles, the most related first.
    #[schema(value_type = Vec<PartialEdition>, max_items = 20)]
    items: Vec<Box<RawValue>>,
    /// Always `null`: there is one page.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// List related articles
///
/// Needs no access token. Returns listed articles that share topics or authors with this one, without itself and
/// its translations. Articles in its language come first, then those with more in common (a topic counts more the
/// fewer articles have it, and any topic counts more than any author), then the newest. The 200 newest articles of
/// each topic and author are considered.
#[utoipa::path(get, path = "/v1/articles/{article}/related", tag = "articles", security(()),
    params(ArticlePath, InLocale, View, RelatedParams),
    responses(
        (status = 200, description = "The articles.", body = RelatedArticles),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "The same URL with the current slug."))),
        (status = 304, description = "The response has not changed since the one with the `ETag` in `If-None-Match`."),
    ))]
pub async fn list_related_articles(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, (view, params))): Query<(InLocale, (View, RelatedParams))>,
) -> Result<Response> {
    let article = locale.key(&app, path.into_inner().article);
    respond(&app, &req, article, async |stored| {
        let relations = stored.relations()?;
        let find = move |conn: &mut Connection| {
            let related = relations.find(conn, params.limit)?;
            Ok((items::find(conn, &related)?, ()))
        };
        let (rows, ()) = items::find_current(&app, find).await?;
        let items = items::select(&app, &rows, &view, MAX_PAGE_BYTES).await?;
        let related = RelatedArticles { items: items.into_iter().flatten().collect(), next_cursor: None };
        Ok(Response::public_json(&related)?.surrogate_key("articles"))
    })
    .await
}
