//! The endpoints of the feeds and the sitemap.

pub mod feeds;
pub mod sitemap;

use actix_web::web::Bytes;

use crate::base::http::Response;

/// A public document. Its surrogate key is that of article lists, so a CDN purges both together.
fn document(media_type: &str, bytes: Bytes) -> Response {
    Response::public(media_type, bytes).surrogate_key("articles")
}

crate::operations! {
    "feeds": "RSS, Atom, JSON Feed and the sitemap.";

    get    "/feeds/rss.xml"   => feeds::get_rss_feed, public;
    get    "/feeds/atom.xml"  => feeds::get_atom_feed, public;
    get    "/feeds/feed.json" => feeds::get_json_feed, public;
    get    "/sitemap.xml"     => sitemap::get_sitemap, public;
}
