//! The site's settings, feeds and redirects.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;
use crate::writing::tides_and_harbours;

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
    create_redirect:    [403 403 any any] => |on| on.post("/v1/redirects").json(json!({"from": format!("/{}", on.name().replace(' ', "-")), "status": 410}));
    delete_redirect:    [403 403 any any] => |on| on.delete(on.redirect().await);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let admin = server.login(Role::Admin).await;
    let change = json!({"title": "The Harbour Almanac", "description": "Tides, harbours and those who live by them.",
        "navigation": [{"label": "Sea", "url": "/topics/sea", "items": [{"label": "Tides", "url": "/topics/tides"}]}]});
    admin.patch("/v1/site").json(change).await.is(200);
    let anyone = server.client();
    anyone.get("/v1/site").await.is(200);
    let tides = json!({"title": "Tides", "slug": "the-tides", "aliases": ["/2019/tides"]});
    admin.post("/v1/articles").json(tides).await.is(201);
    let article = "/v1/articles/the-tides";
    admin.post(format!("{article}/publish")).json(json!({"revision": 1})).await.is(200);
    admin.patch(format!("{article}/draft")).if_match(1).json(json!({"slug": "tides"})).await.is(200);
    admin.post("/v1/articles/tides/publish").json(json!({"revision": 3})).await.is(200);
    let section = json!({"from": "/category/sea/", "to": "/topics/sea", "status": 301});
    admin.post("/v1/redirects").json(&section).await.is(201);
    admin.post("/v1/redirects").json(&section).await.problem(409, "redirect-exists");
    let broken = json!({"from": "/v1/me", "to": "topics", "status": 307});
    admin.post("/v1/redirects").json(broken).await.problem(422, "invalid");
    anyone.get("/v1/redirects").await.is(200);
    anyone.get("/v1/redirects/netlify").await.is(200);
    admin.delete("/v1/redirects?from=/2019/tides").await.is(409);
    admin.delete("/v1/redirects?from=/the-tides").await.is(204);

    let editor = server.login(Role::Editor).await;
    editor.post("/v1/articles").json(tides_and_harbours()).await.is(201);
    editor.post("/v1/articles/tides-and-harbours/publish").json(json!({"revision": 1})).await.is(200);
    for feed in ["rss.xml", "atom.xml", "feed.json"] {
        anyone.get(format!("/feeds/{feed}")).await.is(200);
        anyone.get(format!("/feeds/{feed}?topic=sky")).await.is(404);
    }
    anyone.get("/sitemap.xml").await.is(200);
    anyone.get("/sitemap.xml?page=2").await.is(404);
}
