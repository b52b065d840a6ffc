//! Feeds and the sitemap over HTTP.

use actix_web::web::{Bytes, Data};
use utoipa::IntoParams;

use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, Query};
use crate::editions::items;
use crate::feeds::json::JsonFeed;
use crate::feeds::store::About;
use crate::feeds::{Feed, addresses, atom, json, rss, sitemap};

async fn read(app: &App, about: About, path: &'static str) -> Result<Feed> {
    let (wanted, config) = (about.clone(), app.config.clone());
    let find = move |conn: &mut Connection| wanted.find(conn);
    let make =
        move |conn: &mut Connection, rows: Vec<_>, topic| about.feed(conn, &config, path, &rows, topic);
    items::read_current(app, find, make).await
}

/// Made of many articles: a cache in front drops it with their lists.
fn shared(media_type: &str, document: Bytes) -> Answer {
    Answer::public(media_type, document).surrogate_key("articles")
}

/// Read the RSS feed
///
/// The 30 newest listed editions with their whole text, as RSS 2.0: all, or those about a topic, in a language. Links
/// point at the website.
#[utoipa::path(get, path = "/feeds/rss.xml", tag = "feeds", security(()), params(About),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/rss+xml; charset=utf-8"),
        (status = 304, description = "The reader has these bytes already."),
        (status = 404, description = "There is no such topic."),
    ))]
pub async fn get_rss_feed(app: Data<App>, Query(about): Query<About>) -> Result<Answer> {
    let feed = read(&app, about, "/feeds/rss.xml").await?;
    Ok(shared("application/rss+xml; charset=utf-8", rss::write(&feed)?))
}

/// Read the Atom feed
///
/// The 30 newest listed editions with their whole text, as Atom 1.0: all, or those about a topic, in a language. Links
/// point at the website.
#[utoipa::path(get, path = "/feeds/atom.xml", tag = "feeds", security(()), params(About),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/atom+xml; charset=utf-8"),
        (status = 304, description = "The reader has these bytes already."),
        (status = 404, description = "There is no such topic."),
    ))]
pub async fn get_atom_feed(app: Data<App>, Query(about): Query<About>) -> Result<Answer> {
    let feed = read(&app, about, "/feeds/atom.xml").await?;
    Ok(shared("application/atom+xml; charset=utf-8", atom::write(&feed)?))
}

/// Read the JSON feed
///
/// The 30 newest listed editions with their whole text, as JSON Feed 1.1: all, or those about a topic, in a language.
/// Links point at the website.
#[utoipa::path(get, path = "/feeds/feed.json", tag = "feeds", security(()), params(About),
    responses(
        (status = 200, description = "The feed.", body = JsonFeed, content_type = "application/feed+json"),
        (status = 304, description = "The reader has these bytes already."),
        (status = 404, description = "There is no such topic."),
    ))]
pub async fn get_json_feed(app: Data<App>, Query(about): Query<About>) -> Result<Answer> {
    let feed = read(&app, about, "/feeds/feed.json").await?;
    Ok(shared("application/feed+json", json::write(feed)?))
}

/// Which part of the sitemap is wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PartNumber {
    /// Which part of a sitemap that is too large for one document: its index names them.
    #[param(minimum = 1, maximum = 50_000, nullable = false)]
    page: Option<i64>,
}

impl FromParams for PartNumber {
    fn from_params(params: &mut Params) -> Self {
        Self { page: params.number("page", 1..=sitemap::MOST_PARTS) }
    }
}

/// Read the sitemap
///
/// The website's front page and the addresses of all listed articles that search engines may show, with their
/// translations. Above 50,000 addresses it is an index of parts. The website's `robots.txt` tells search engines where it
/// is: `Sitemap: https://…/sitemap.xml`.
#[utoipa::path(get, path = "/sitemap.xml", tag = "feeds", security(()), params(PartNumber),
    responses(
        (status = 200, description = "The sitemap, or the index of its parts.", body = String, content_type = "application/xml; charset=utf-8"),
        (status = 304, description = "The reader has these bytes already."),
        (status = 404, description = "The sitemap has no such part."),
    ))]
pub async fn get_sitemap(app: Data<App>, Query(wanted): Query<PartNumber>) -> Result<Answer> {
    let config = app.config.clone();
    let read = move |conn: &mut Connection| -> Result<Bytes> {
        let parts = addresses::count_parts(conn, sitemap::ARTICLES)?;
        if wanted.page.is_none() && parts > 1 {
            return sitemap::index(&format!("{}/sitemap.xml", config.base_url()), parts);
        }
        let number = wanted.page.unwrap_or(1);
        if number > parts {
            return Err(Error::NotFound("part"));
        }
        sitemap::write(&addresses::part(conn, &config, number, parts, sitemap::ARTICLES)?)
    };
    let document = app.db.snapshot(read).await?;
    Ok(shared("application/xml; charset=utf-8", document))
}
