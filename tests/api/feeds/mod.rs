//! Feeds: what a reader's program makes of them, and the rules of each format.

mod contents;
mod formats;

use feed_rs::model::{Entry, Feed};
use feed_rs::parser;
use lede::auth::Role;
use serde_json::json;

use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::published;

const FEEDS: [(&str, &str); 3] = [
    ("/feeds/rss.xml", "application/rss+xml; charset=utf-8"),
    ("/feeds/atom.xml", "application/atom+xml; charset=utf-8"),
    ("/feeds/feed.json", "application/feed+json"),
];
const NASTY: &str = "Fish & <b>\"chips\"</b>' ]]> \u{1f30a} \u{5e9}\u{5dc}\u{5d5}\u{5dd}";

/// Articles with all that is hard to write down: markup in every text, addresses of every kind, odd characters in code.
async fn nasty(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (slug, name) in [("sea", "Sea & <shore>"), ("land", "Land")] {
        editor.post("/v1/topics").json(json!({"slug": slug, "name": name})).await.is(201);
    }
    editor.post("/v1/authors").json(json!({"slug": "ada", "name": "Ada \"A.\" <Marsh>"})).await.is(201);
    let body = "![A](pictures/a.png) [up](#tides) [on](/b?c=1&d=2) [mail](mailto:a@b.example) [out](//c.example)\n\n\
        <img src=\"/s.jpg\" srcset=\"/s.jpg 1x, t.jpg 2x\"><video src=\"v.mp4\" poster=\"/p.jpg\"></video>\n\n\
        <blockquote cite=\"/quoted\">Said.</blockquote>\n\n```sh\necho \"]]>\" && \u{1b}[31m\u{b}\u{1} < x\n```\n\nNoted.[^n]\n\n[^n]: Here.";
    let rich = json!({"title": NASTY, "slug": "nasty", "summary": "1 < 2 & <em>so on</em>", "topics": ["sea", "land"],
        "authors": ["ada", "bob"], "cover": {"url": "/cover.JPG?w=1"}, "intro": "Look.",
        "sections": [{"heading": "Tides", "body": body}]});
    published(&editor, rich).await;
    server.clock.advance(hours(1));
    published(&editor, json!({"title": "Flut", "locale": "de", "topics": ["sea"], "intro": "Komm.", "cover": {"url": "https://c.example/x"}})).await;
    server.clock.advance(hours(1));
    published(&editor, json!({"title": "Bare", "published_at": "2020-02-29T12:00:00.5Z"})).await;
    editor
}

/// A feed as a reader's program understands it.
async fn subscribe(client: &Client, path: &str) -> Feed {
    let response = client.get(path).await;
    response.is(200);
    parser::parse(response.text().as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}: {}", response.text()))
}

fn titles(feed: &Feed) -> String {
    let title = |entry: &Entry| entry.title.as_ref().expect("a title").content.clone();
    feed.entries.iter().map(title).collect::<Vec<_>>().join(", ")
}
