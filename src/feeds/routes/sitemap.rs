//! `/sitemap.xml`: the sitemap and its pages.

use actix_web::web::Data;
use utoipa::IntoParams;

use super::document;
use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::feeds::pages::{self, Found};
use crate::feeds::sitemap;

/// The page of the sitemap.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageNumber {
    /// The page of a sitemap with more than 50,000 URLs. Without it, such a sitemap returns the index of its pages.
    #[param(minimum = 1, maximum = 50_000, nullable = false)]
    page: Option<i64>,
}

impl FromParams for PageNumber {
    fn from_params(params: &mut Params) -> Self {
        Self { page: params.number("page", 1..=sitemap::MAX_PAGES) }
    }
}

/// Get the sitemap
///
/// Needs no access token. Returns the website's front page and every listed article without `noindex`, with its
/// translations. Above 50,000 URLs it returns an index of pages; `page` selects one. To announce it to search
/// engines, add `Sitemap: https://…/sitemap.xml` to the website's `robots.txt`. Responds 404 if there is no such
/// page.
#[utoipa::path(get, path = "/sitemap.xml", tag = "feeds", security(()), params(PageNumber),
    responses(
        (status = 200, description = "The sitemap, or the index of its pages.", body = String, content_type = "application/xml"),
        (status = 304, description = "The client's copy is current."),
        (status = 404, description = "The sitemap has no such page."),
    ))]
pub async fn get_sitemap(app: Data<App>, Query(wanted): Query<PageNumber>) -> Result<Response> {
    let config = app.config.clone();
    let find =
        move |conn: &mut Connection| pages::find(conn, &config, wanted.page, sitemap::ARTICLES_PER_PAGE);
    let written = match app.db.snapshot(find).await? {
        Found::Index(count) => sitemap::index(&format!("{}/sitemap.xml", app.config.base_url()), count)?,
        Found::Page(listed) => {
            let page = pages::read(&app, listed).await?;
            app.compute.run(move || sitemap::write(&page)).await?
        }
    };
    Ok(document("application/xml; charset=utf-8", written))
}
