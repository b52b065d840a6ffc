//! Feeds and the sitemap over HTTP.

use actix_web::web::{Bytes, Data};
use utoipa::IntoParams;

use super::json::JsonFeed;
use super::{Feed, atom, json, rss, sitemap, store};
use crate::app::App;
use crate::db::Connection;
use crate::editions::items;
use crate::error::{Error, Result};
use crate::http::query::{FromParams, Params};
use crate::http::{Answer, Query};
use crate::text::Locale;
use crate::text::slug::Slug;

/// What a feed is about.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct About {
    /// Only what is about this topic: a slug.
    #[param(value_type = Option<Slug>)]
    topic: Option<Slug>,
    /// Only what is in this language.
    #[param(value_type = Option<Locale>)]
    locale: Option<Locale>,
}

impl FromParams for About {
    fn from_params(params: &mut Params) -> Self {
        Self { topic: params.parsed("topic", Slug::parse), locale: params.parsed("locale", Locale::parse) }
    }
}

impl About {
    async fn feed(self, app: &App, path: &'static str) -> Result<Feed> {
        let config = app.config.clone();
        let read = move |conn: &mut Connection| {
            store::feed(conn, &config, path, self.topic.as_ref(), self.locale.as_ref())
        };
        items::fresh(app, read).await
    }
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
    let feed = about.feed(&app, "/feeds/rss.xml").await?;
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
    let feed = about.feed(&app, "/feeds/atom.xml").await?;
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
    let feed = about.feed(&app, "/feeds/feed.json").await?;
    Ok(shared("application/feed+json", json::write(feed)?))
}

/// Which part of the sitemap is wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Which part of a sitemap that is too large for one document: its index names them.
    #[param(minimum = 1, maximum = 50_000, nullable = false)]
    page: Option<i64>,
}

impl FromParams for Part {
    fn from_params(params: &mut Params) -> Self {
        Self { page: params.number("page", 1..=sitemap::MOST_PARTS) }
    }
}

/// Read the sitemap
///
/// The website's front page and the addresses of all listed articles that search engines may show, with their
/// translations. Above 50,000 addresses it is an index of parts. The website's `robots.txt` tells search engines where it
/// is: `Sitemap: https://…/sitemap.xml`.
#[utoipa::path(get, path = "/sitemap.xml", tag = "feeds", security(()), params(Part),
    responses(
        (status = 200, description = "The sitemap, or the index of its parts.", body = String, content_type = "application/xml; charset=utf-8"),
        (status = 304, description = "The reader has these bytes already."),
        (status = 404, description = "The sitemap has no such part."),
    ))]
pub async fn get_sitemap(app: Data<App>, Query(part): Query<Part>) -> Result<Answer> {
    let config = app.config.clone();
    let read = move |conn: &mut Connection| -> Result<Bytes> {
        let parts = (store::count(conn)? - 1) / sitemap::ARTICLES + 1;
        if part.page.is_none() && parts > 1 {
            return sitemap::index(&format!("{}/sitemap.xml", config.base_url()), parts);
        }
        let before = part.page.unwrap_or(1) - 1;
        if before >= parts {
            return Err(Error::NotFound("part"));
        }
        let offset = before * sitemap::ARTICLES;
        let (front_page, articles) = store::listed(conn, &config, offset, sitemap::ARTICLES)?;
        sitemap::write((before == 0).then_some(&front_page), &articles)
    };
    let document = app.db.snapshot(read).await?;
    Ok(shared("application/xml; charset=utf-8", document))
}
