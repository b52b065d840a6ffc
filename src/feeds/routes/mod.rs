//! Feeds and the sitemap over HTTP.

pub mod feeds;

crate::operations! {
    get    "/feeds/rss.xml"   => feeds::get_rss_feed;
    get    "/feeds/atom.xml"  => feeds::get_atom_feed;
    get    "/feeds/feed.json" => feeds::get_json_feed;
    get    "/sitemap.xml"     => feeds::get_sitemap;
}
