//! The site's settings, feeds and redirects.

use serde_json::json;

#[rustfmt::skip]
policy! {
    //                  contributor author editor admin
    get_site:           anyone            => |on| on.get("/v1/site");
    update_site:        [403 403 403 any] => |on| on.patch("/v1/site").json(json!({"title": on.name()}));

    get_rss_feed:       anyone            => |on| on.get("/feeds/rss.xml");
    get_atom_feed:      anyone            => |on| on.get("/feeds/atom.xml");
    get_json_feed:      anyone            => |on| on.get("/feeds/feed.json");
    get_sitemap:        anyone            => |on| on.get("/sitemap.xml");

    list_redirects:     anyone            => |on| on.get("/v1/redirects");
    get_redirect_rules: anyone            => |on| on.get("/v1/redirects/netlify");
    delete_redirect:    [403 403 any any] => |on| on.delete(on.redirect().await);
}
