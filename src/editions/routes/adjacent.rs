//! The neighbours of an article in the order of publication: what a page links to as newer and older.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::routes::articles::ArticlePath;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::{Answer, Query};
use crate::editions::list::EditionFilter;
use crate::editions::look;
use crate::editions::order::{EditionOrder, Position};
use crate::editions::view::View;
use crate::editions::{EditionItem, items};

/// The neighbours of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjacentArticles {
    /// The next that was published; `null` if there is none yet.
    #[schema(value_type = Option<EditionItem>)]
    newer: Option<Box<RawValue>>,
    /// The one that was published before; `null` if it is the first.
    #[schema(value_type = Option<EditionItem>)]
    older: Option<Box<RawValue>>,
}

/// Read the newer and the older article
///
/// The neighbours of an article among those that the filters let through, by first publication. `locale` is also the
/// language that the slug in the path is of: the first, if it names several; the site's, if it is absent.
#[utoipa::path(get, path = "/v1/articles/{article}/adjacent", tag = "articles", security(()),
    params(ArticlePath, EditionFilter, View),
    responses(
        (status = 200, description = "The neighbours.", body = AdjacentArticles),
        (status = 301, description = "The article has another slug now.", headers(("Location" = String, description = "Where it is."))),
        (status = 304, description = "The reader has these bytes already."),
    ))]
pub async fn get_adjacent_articles(
    app: Data<App>,
    req: HttpRequest,
    path: Path<ArticlePath>,
    Query((filter, view)): Query<(EditionFilter, View)>,
) -> Result<Answer> {
    let locale = filter.shared.locale.first().unwrap_or(&app.config.locale).clone();
    look::answer(&app, &req, path.into_inner().article, locale, async |stored| {
        let (edition, _) = stored.parse()?;
        let here = Position::published(edition.published_at, edition.id);
        let look = move |conn: &mut Connection| {
            let editions = filter.resolve(conn)?;
            let mut rows = editions.find(conn, &EditionOrder::oldest_first(), Some(&here), 1)?;
            let newer = rows.len();
            rows.extend(editions.find(conn, &EditionOrder::newest_first(), Some(&here), 1)?);
            Ok((rows, newer))
        };
        let make = move |conn: &mut Connection, rows, newer| {
            let mut items = items::cut(conn, rows, &view)?;
            let older = items.split_off(newer).pop();
            Ok(AdjacentArticles { newer: items.pop(), older })
        };
        Ok(Answer::public_json(&items::fresh(&app, look, make).await?)?.surrogate_key("articles"))
    })
    .await
}
