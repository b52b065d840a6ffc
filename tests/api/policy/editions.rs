//! What readers see of articles, and how it gets there.

use serde_json::json;

#[rustfmt::skip]
policy! {
    //                     contributor author editor admin
    list_articles:         anyone            => |on| on.get("/v1/articles");
    get_article:           anyone            => |on| on.get(on.live().await);
    get_article_html:      anyone            => |on| on.get(on.live().await + "/html");
    get_article_markdown:  anyone            => |on| on.get(on.live().await + "/markdown");
    list_sections:         anyone            => |on| on.get(on.live().await + "/sections");
    get_section:           anyone            => |on| on.get(on.live().await + "/sections/slack-water");
    get_adjacent_articles: anyone            => |on| on.get(on.live().await + "/adjacent");
    list_related_articles: anyone            => |on| on.get(on.live().await + "/related");
    search_articles:       anyone            => |on| on.get("/v1/search?q=tides");
    list_changes:          anyone            => |on| on.get("/v1/changes");

    get_preview:           [own own any any] => |on| on.get(on.article().await + "/preview");
    publish_article:       [403 own any any] => |on| on.post(on.article().await + "/publish").json(json!({"revision": 1}));
    unpublish_article:     [403 own any any] => |on| on.post(on.live().await + "/unpublish");
    list_editions:         [own own any any] => |on| on.get(on.live().await + "/editions");
    get_edition:           [own own any any] => |on| on.get(on.live().await + "/editions/1");
}
