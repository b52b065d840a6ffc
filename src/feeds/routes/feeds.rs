//! `/feeds/…`: the feed as RSS, Atom and JSON Feed.

use actix_web::web::{Bytes, Data};

use super::document;
use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::editions::items;
use crate::feeds::json_feed::JsonFeed;
use crate::feeds::{Entry, Feed, FeedFilter, atom, json_feed, rss, store};

impl FromParams for FeedFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { topic: params.parsed("topic", Slug::parse), locale: params.parsed("locale", Locale::parse) }
    }
}

/// Reads a feed and writes it. Only reading needs a connection.
async fn respond(
    app: &App,
    filter: FeedFilter,
    path: &'static str,
    content_type: &'static str,
    write: fn(Feed) -> Result<Bytes>,
) -> Result<Response> {
    let config = app.config.clone();
    let find = move |conn: &mut Connection| {
        let (rows, topic) = store::find(conn, &filter)?;
        Ok((rows, store::assemble(conn, &config, path, &filter, topic)?))
    };
    let (rows, mut feed) = items::find_current(app, find).await?;
    feed.entries = items::whole(app, &rows, Entry::new).await?;
    app.compute.run(move || Ok(document(content_type, write(feed)?))).await
}

/// Get the RSS feed
///
/// Returns the 30 newest listed editions with their full text as RSS 2.0, newest first; fewer if their texts would
/// exceed 2 MiB. `topic` and `locale` narrow it down. Links point to the website. Responds 404 if there is no such
/// topic.
#[utoipa::path(get, path = "/feeds/rss.xml", tag = "feeds", security(()), params(FeedFilter),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/rss+xml"),
        (status = 304, description = "The client's copy is current."),
        (status = 404, description = "No topic has this slug."),
    ))]
pub async fn get_rss_feed(app: Data<App>, Query(filter): Query<FeedFilter>) -> Result<Response> {
    let write = |feed: Feed| rss::write(&feed);
    respond(&app, filter, "/feeds/rss.xml", "application/rss+xml; charset=utf-8", write).await
}

/// Get the Atom feed
///
/// Returns the 30 newest listed editions with their full text as Atom 1.0, newest first; fewer if their texts would
/// exceed 2 MiB. `topic` and `locale` narrow it down. Links point to the website. Responds 404 if there is no such
/// topic.
#[utoipa::path(get, path = "/feeds/atom.xml", tag = "feeds", security(()), params(FeedFilter),
    responses(
        (status = 200, description = "The feed.", body = String, content_type = "application/atom+xml"),
        (status = 304, description = "The client's copy is current."),
        (status = 404, description = "No topic has this slug."),
    ))]
pub async fn get_atom_feed(app: Data<App>, Query(filter): Query<FeedFilter>) -> Result<Response> {
    let write = |feed: Feed| atom::write(&feed);
    respond(&app, filter, "/feeds/atom.xml", "application/atom+xml; charset=utf-8", write).await
}

/// Get the JSON feed
///
/// Returns the 30 newest listed editions with their full text as JSON Feed 1.1, newest first; fewer if their texts
/// would exceed 2 MiB. `topic` and `locale` narrow it down. Links point to the website. Responds 404 if there is no
/// such topic.
#[utoipa::path(get, path = "/feeds/feed.json", tag = "feeds", security(()), params(FeedFilter),
    responses(
        (status = 200, description = "The feed.", body = JsonFeed, content_type = "application/feed+json"),
        (status = 304, description = "The client's copy is current."),
        (status = 404, description = "No topic has this slug."),
    ))]
pub async fn get_json_feed(app: Data<App>, Query(filter): Query<FeedFilter>) -> Result<Response> {
    respond(&app, filter, "/feeds/feed.json", "application/feed+json", json_feed::write).await
}
