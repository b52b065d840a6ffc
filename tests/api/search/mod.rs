//! What readers find: by which words, as which lists, and how soon.

mod index;
mod lists;
mod words;

use serde_json::Value;

use crate::client::Client;

/// The hits of a search, as `slug` or `slug#anchor`; the anchor of a section without one is `-`.
async fn found(reader: &Client, query: &str) -> String {
    hits(&reader.get(format!("/v1/search?{query}")).await.expect(200))
}

/// The same for words as a reader types them.
async fn found_for(reader: &Client, q: &str) -> String {
    hits(&reader.get("/v1/search").query(&[("q", q)]).await.expect(200))
}

fn hits(page: &Value) -> String {
    let one = |hit: &Value| {
        let slug = hit["article"]["slug"].as_str().unwrap();
        if hit["section"].is_null() {
            return slug.to_owned();
        }
        format!("{slug}#{}", hit["section"]["anchor"].as_str().unwrap_or("-"))
    };
    page["items"].as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The snippet of the first hit.
async fn snippet(reader: &Client, q: &str) -> String {
    let page = reader.get("/v1/search").query(&[("q", q)]).await.expect(200);
    page["items"][0]["snippet_html"].as_str().unwrap_or_else(|| panic!("nothing found for {q}")).to_owned()
}

/// Follows the cursor to the end and returns the hits of every page.
async fn pages(reader: &Client, query: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut path = format!("/v1/search?{query}");
    loop {
        let response = reader.get(&path).await;
        let page = response.expect(200);
        pages.push(hits(&page));
        let link = response.header("link").map(str::to_owned);
        assert_eq!(link.is_some(), page["next_cursor"].is_string());
        let Some(link) = link else { return pages };
        let next = link.trim_start_matches('<').split_once('>').unwrap().0;
        next.clone_into(&mut path);
    }
}
