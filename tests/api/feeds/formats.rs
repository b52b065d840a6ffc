//! The rules of each format, and what readers' programs understand of all.

use std::collections::BTreeSet;

use jsonschema::Draft;
use lede::auth::Role;
use reqwest::Url;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::{FEEDS, NASTY, nasty, subscribe, titles};
use crate::client::Response;
use crate::server::Server;
use crate::writing::published;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// JSON Feed 1.1, without what Lede never says.
const JSON_FEED: &str = r##"{
  "type": "object", "additionalProperties": false, "required": ["version", "title", "items"],
  "properties": {
    "version": {"const": "https://jsonfeed.org/version/1.1"},
    "title": {"type": "string"}, "description": {"type": "string"}, "language": {"$ref": "#/$defs/language"},
    "home_page_url": {"$ref": "#/$defs/address"}, "feed_url": {"$ref": "#/$defs/address"},
    "authors": {"$ref": "#/$defs/authors"},
    "items": {"type": "array", "uniqueItems": true, "items": {
      "type": "object", "additionalProperties": false,
      "required": ["id"], "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
      "properties": {
        "id": {"type": "string", "minLength": 1}, "url": {"$ref": "#/$defs/address"},
        "title": {"type": "string"}, "summary": {"type": "string"},
        "content_html": {"type": "string"}, "content_text": {"type": "string"},
        "image": {"$ref": "#/$defs/address"},
        "date_published": {"type": "string", "format": "date-time"},
        "date_modified": {"type": "string", "format": "date-time"},
        "authors": {"$ref": "#/$defs/authors"}, "language": {"$ref": "#/$defs/language"},
        "tags": {"type": "array", "items": {"type": "string"}}
      }}}
  },
  "$defs": {
    "address": {"type": "string", "format": "uri", "pattern": "^https?:"},
    "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"},
    "authors": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "minProperties": 1,
      "properties": {"name": {"type": "string"}, "url": {"$ref": "#/$defs/address"}}}}
  }
}"##;

fn parsed(response: &Response) -> Document<'_> {
    Document::parse(response.is(200).text()).unwrap_or_else(|e| panic!("{e}: {}", response.text()))
}

/// The elements of that name right below another.
fn all<'a>(node: Node<'a, 'a>, name: &'a str) -> Vec<Node<'a, 'a>> {
    node.children().filter(|child| child.tag_name().name() == name && child.is_element()).collect()
}

/// The text of the one element of that name.
#[track_caller]
fn one<'a>(node: Node<'a, 'a>, name: &'a str) -> String {
    let [only] = all(node, name)[..] else { panic!("not one {name} in {:?}", node.tag_name()) };
    let text: String = only.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    assert!(!text.is_empty(), "{name} is empty");
    text
}

#[track_caller]
fn is_absolute(address: &str) {
    let url = Url::parse(address).unwrap_or_else(|e| panic!("{address}: {e}"));
    assert!(["http", "https", "mailto"].contains(&url.scheme()), "{address}");
}

/// Insists that every address in some HTML is absolute, and tells how many there are.
fn addresses(html: &str) -> usize {
    let mut found = 0;
    for name in ["href", "src", "poster", "cite", "srcset"] {
        for (_, rest) in
            html.match_indices(&format!(" {name}=\"")).map(|(at, key)| html.split_at(at + key.len()))
        {
            let value = rest.split('"').next().expect("a value").replace("&amp;", "&");
            let candidates =
                if name == "srcset" { value.split(", ").collect() } else { vec![value.as_str()] };
            for candidate in candidates {
                is_absolute(candidate.split(' ').next().expect("an address"));
                found += 1;
            }
        }
    }
    found
}

#[tokio::test]
async fn a_reader_understands_every_format_alike() {
    let server = Server::start().await;
    nasty(&server).await;
    let reader = server.client();
    for (path, media) in FEEDS {
        let response = reader.get(path).await;
        assert_eq!(response.header("content-type"), Some(media));
        let feed = subscribe(&reader, path).await;
        assert_eq!(titles(&feed), format!("Flut, {NASTY}, Bare"), "{path}");
        assert_eq!(feed.title.as_ref().unwrap().content, "Lede");
        let links: Vec<&str> = feed.links.iter().map(|link| link.href.as_str()).collect();
        assert!(links.contains(&"https://website.example/"), "{path}: {links:?}");
        assert!(links.contains(&format!("https://cms.lede.example{path}").as_str()), "{path}: {links:?}");
        let (german, entry, bare) = (&feed.entries[0], &feed.entries[1], &feed.entries[2]);
        assert_eq!(entry.links[0].href, "https://website.example/nasty");
        let id = reader.get("/v1/articles/nasty").await.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(entry.id, format!("urn:uuid:{id}"));
        let authors: Vec<&str> =
            entry.authors.iter().map(|author| author.name.as_deref().unwrap_or_default()).collect();
        assert_eq!(authors, ["Ada \"A.\" <Marsh>", "Bob"], "{path}");
        let topics: Vec<&str> = entry
            .categories
            .iter()
            .map(|topic| topic.label.as_ref().unwrap_or(&topic.term).as_str())
            .collect();
        assert_eq!(topics, ["Sea & <shore>", "Land"], "{path}");
        let summary = if path.contains("rss") {
            "1 &lt; 2 &amp; &lt;em&gt;so on&lt;/em&gt;"
        } else {
            "1 < 2 & <em>so on</em>"
        };
        assert_eq!(entry.summary.as_ref().unwrap().content, summary, "{path}");
        let content = entry.content.as_ref().unwrap().body.as_ref().unwrap();
        assert!(content.starts_with("<p>Look.</p>\n<h2 id=\"tides\">Tides</h2>"), "{path}: {content}");
        assert!(content.contains("echo &quot;]]&gt;&quot; &amp;&amp; "), "{path}: {content}");
        assert_eq!(bare.published.unwrap().timestamp(), 1_582_977_600, "{path}");
        assert_eq!(german.published.unwrap().to_rfc3339(), "2026-01-05T10:00:00+00:00", "{path}");
        if !path.contains("rss") {
            assert_eq!(bare.updated.unwrap().to_rfc3339(), "2026-01-05T11:00:00+00:00", "{path}");
        }
    }
}

#[tokio::test]
async fn no_address_in_a_feed_is_relative() {
    let server = Server::start().await;
    nasty(&server).await;
    for (path, _) in FEEDS {
        let feed = subscribe(&server.client(), path).await;
        let content = feed.entries[1].content.as_ref().unwrap().body.as_ref().unwrap();
        assert_eq!(addresses(content), 13, "{path}: {content}");
        for wanted in [
            "src=\"https://website.example/pictures/a.png\"",
            "href=\"https://website.example/nasty#tides\"",
            "href=\"https://website.example/b?c=1&amp;d=2\"",
            "srcset=\"https://website.example/s.jpg 1x, https://website.example/t.jpg 2x\"",
            "poster=\"https://website.example/p.jpg\"",
            "cite=\"https://website.example/quoted\"",
            "href=\"https://c.example/\"",
        ] {
            assert!(content.contains(wanted), "{path}: {wanted}: {content}");
        }
    }
}

#[tokio::test]
async fn rss_keeps_to_its_rules() {
    let server = Server::start().await;
    nasty(&server).await;
    let response = server.client().get("/feeds/rss.xml?topic=sea").await;
    let document = parsed(&response);
    let rss = document.root_element();
    assert_eq!((rss.tag_name().name(), rss.attribute("version")), ("rss", Some("2.0")));
    let [channel] = all(rss, "channel")[..] else { panic!("not one channel") };
    assert_eq!(one(channel, "title"), "Lede: Sea & <shore>");
    is_absolute(all(channel, "link")[0].text().unwrap());
    one(channel, "description");
    assert_eq!(one(channel, "language"), "en");
    // An RFC 822 date with a year of four digits.
    assert_eq!(one(channel, "lastBuildDate"), "Mon, 05 Jan 2026 10:00:00 GMT");
    let itself =
        channel.children().find(|child| child.tag_name() == (ATOM, "link").into()).expect("a self link");
    assert_eq!(itself.attribute("rel"), Some("self"));
    assert_eq!(itself.attribute("href"), Some("https://cms.lede.example/feeds/rss.xml?topic=sea"));
    let items = all(channel, "item");
    let guids: BTreeSet<String> = items.iter().map(|item| one(*item, "guid")).collect();
    assert_eq!((items.len(), guids.len()), (2, 2));
    for item in &items {
        one(*item, "title");
        is_absolute(&one(*item, "link"));
        // Not an address, and it says so.
        assert_eq!(all(*item, "guid")[0].attribute("isPermaLink"), Some("false"));
        let at = one(*item, "pubDate");
        assert!(at.starts_with("Mon, 05 Jan 2026 ") && at.ends_with(":00:00 GMT"), "{at}");
        // An `author` would have to be an email address.
        assert!(all(*item, "author").is_empty());
        let of = |namespace, name| {
            item.children().filter(|child| child.tag_name() == (namespace, name).into()).count()
        };
        assert_eq!(of(CONTENT, "encoded"), 1);
        assert_eq!(of(DC, "creator"), if one(*item, "title") == NASTY { 2 } else { 0 });
    }
    let [cover] = all(items[1], "enclosure")[..] else { panic!("not one enclosure") };
    let attributes = ["url", "length", "type"].map(|name| cover.attribute(name).expect(name));
    assert_eq!(attributes, ["https://website.example/cover.JPG?w=1", "0", "image/jpeg"]);
    // What kind of picture that is, nobody knows; an enclosure has to say.
    assert!(all(items[0], "enclosure").is_empty());
}

#[tokio::test]
async fn atom_keeps_to_its_rules() {
    let server = Server::start().await;
    nasty(&server).await;
    let response = server.client().get("/feeds/atom.xml?locale=en&topic=sea").await;
    let document = parsed(&response);
    let feed = document.root_element();
    assert_eq!(feed.tag_name(), (ATOM, "feed").into());
    let address = "https://cms.lede.example/feeds/atom.xml?topic=sea&locale=en";
    assert_eq!((one(feed, "id").as_str(), one(feed, "title").as_str()), (address, "Lede: Sea & <shore>"));
    assert_eq!(one(feed, "updated"), "2026-01-05T09:00:00.000000Z");
    // Entries without an author need one of the feed's.
    assert_eq!(one(all(feed, "author")[0], "name"), "Lede");
    let links: Vec<_> =
        all(feed, "link").iter().map(|link| (link.attribute("rel"), link.attribute("href"))).collect();
    assert_eq!(links, [(Some("self"), Some(address)), (Some("alternate"), Some("https://website.example/"))]);
    assert_eq!(feed.attribute((XML, "lang")), Some("en"));
    let [entry] = all(feed, "entry")[..] else { panic!("not one entry") };
    assert_eq!(entry.attribute((XML, "lang")), Some("en"));
    assert!(one(entry, "id").starts_with("urn:uuid:"));
    assert_eq!(one(entry, "title"), NASTY);
    assert_eq!([one(entry, "published"), one(entry, "updated")], ["2026-01-05T09:00:00.000000Z"; 2]);
    let links: Vec<_> = all(entry, "link");
    assert_eq!(links.iter().filter(|link| link.attribute("rel") == Some("alternate")).count(), 1);
    for link in &links {
        is_absolute(link.attribute("href").expect("href"));
    }
    assert_eq!(links[1].attribute("rel"), Some("enclosure"));
    for author in all(entry, "author") {
        one(author, "name");
    }
    let categories: Vec<_> = all(entry, "category")
        .iter()
        .map(|topic| (topic.attribute("term"), topic.attribute("label")))
        .collect();
    assert_eq!(categories, [(Some("sea"), Some("Sea & <shore>")), (Some("land"), Some("Land"))]);
    // A title and a summary are plain text unless they say otherwise; the content is HTML, and says so.
    for name in ["title", "summary"] {
        assert_eq!(all(entry, name)[0].attribute("type"), None);
    }
    one(entry, "content");
    assert_eq!(all(entry, "content")[0].attribute("type"), Some("html"));
}

#[tokio::test]
async fn the_json_feed_keeps_to_its_schema() {
    let server = Server::start().await;
    nasty(&server).await;
    let schema: Value = serde_json::from_str(JSON_FEED).expect("JSON");
    let rules = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    let rules = rules.build(&schema).expect("a schema");
    for query in ["", "?topic=sea", "?locale=fr"] {
        let feed = server.client().get(format!("/feeds/feed.json{query}")).await.expect(200);
        let errors: Vec<String> =
            rules.iter_errors(&feed).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let ids: BTreeSet<&str> =
            feed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), feed["items"].as_array().unwrap().len());
    }
    let feed = server.client().get("/feeds/feed.json").await.json();
    assert_eq!(feed["items"][1]["image"], "https://website.example/cover.JPG?w=1");
    assert_eq!(feed["items"][2].get("authors"), None);
}

#[tokio::test]
async fn nothing_breaks_out_and_nothing_forbidden_gets_in() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (nasty, wanted) = ("<a href=\"x\">&amp;'\u{ffff}\u{1f30a}]]>", "<a href=\"x\">&amp;'\u{1f30a}]]>");
    for list in ["/v1/topics", "/v1/authors"] {
        editor.post(list).json(json!({"slug": "nasty", "name": nasty})).await.is(201);
    }
    let body = json!({"title": nasty, "topics": ["nasty"], "authors": ["nasty"], "intro": "Text."});
    published(&editor, body).await;
    let rss = server.client().get(FEEDS[0].0).await;
    let rss = parsed(&rss);
    let texts = rss.descendants().filter(|node| node.is_element() && node.text() == Some(wanted));
    let names: Vec<&str> = texts.map(|node| node.tag_name().name()).collect();
    assert_eq!(names, ["title", "creator", "category"]);
    let atom = server.client().get(FEEDS[1].0).await;
    let atom = parsed(&atom);
    let texts = atom.descendants().filter(|node| node.is_element() && node.text() == Some(wanted));
    let names: Vec<&str> = texts.map(|node| node.tag_name().name()).collect();
    assert_eq!(names, ["title", "name"]);
    assert!(atom.descendants().any(|node| node.attribute("label") == Some(wanted)));
}

#[tokio::test]
async fn a_name_with_every_character_stays_well_formed() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    // Two for which XML has no place at all, and neighbours that it has one for.
    let title = "a\u{fffe}b\u{ffff}c\u{fffd}\u{e000}\u{d7ff}\u{10ffff}\u{202e}d";
    published(&editor, json!({"title": title, "intro": "`\u{1}\u{1f}\u{7f}\u{85}\u{fffe}`"})).await;
    for (path, _) in &FEEDS[..2] {
        let response = server.client().get(*path).await;
        let document = parsed(&response);
        let wanted = "abc\u{fffd}\u{e000}\u{d7ff}\u{10ffff}\u{202e}d";
        assert!(document.descendants().any(|node| node.text() == Some(wanted)), "{}", response.text());
    }
    let feed: Value = server.client().get("/feeds/feed.json").await.expect(200);
    assert_eq!(feed["items"][0]["title"], title);
}
