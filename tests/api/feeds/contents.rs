//! Which editions a feed holds, and how fresh they are.

use lede::auth::Role;
use serde_json::json;

use super::{FEEDS, NASTY, nasty, subscribe, titles};
use crate::given::{hours, minutes};
use crate::server::Server;
use crate::writing::{at, create, publish, published};

#[tokio::test]
async fn a_feed_is_cut_by_topic_and_language() {
    let server = Server::start().await;
    let editor = nasty(&server).await;
    let reader = server.client();
    for (path, _) in FEEDS {
        for (query, wanted) in [
            ("?topic=sea", format!("Flut, {NASTY}")),
            ("?topic=land", NASTY.to_owned()),
            ("?topic=land&locale=de", String::new()),
            ("?locale=de", "Flut".to_owned()),
            ("?locale=EN", format!("{NASTY}, Bare")),
            ("?utm_source=x&topic=land&topic=sea", NASTY.to_owned()),
        ] {
            assert_eq!(titles(&subscribe(&reader, &format!("{path}{query}")).await), wanted, "{path}{query}");
        }
        reader.get(format!("{path}?topic=sky")).await.problem(404, "not-found");
        for (query, refusal) in
            [("topic=A+b", "topic slug-malformed"), ("locale=english", "locale locale-malformed")]
        {
            let response = reader.get(format!("{path}?{query}")).await;
            response.problem(400, "request-malformed");
            assert_eq!(response.violations(), [refusal]);
        }
    }
    // Who subscribed to a topic goes on with what it went up in.
    editor.post("/v1/topics/land/merge").json(json!({"into": "sea"})).await.is(200);
    let feed = reader.get("/feeds/feed.json?topic=land").await.expect(200);
    assert_eq!(feed["feed_url"], "https://cms.lede.example/feeds/feed.json?topic=sea");
    assert_eq!(feed["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_listed_is_in_no_feed() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let live = published(&editor, json!({"title": "Live"})).await;
    published(&editor, json!({"title": "Imprint", "listed": false})).await;
    create(&editor, json!({"title": "Draft"})).await;
    let changed = json!({"title": "Not yet"});
    editor.patch(at(&live, "/draft")).if_match(2).json(changed).await.is(200);
    for (path, _) in FEEDS {
        assert_eq!(titles(&subscribe(&server.client(), path).await), "Live");
    }
    editor.post(at(&live, "/unpublish")).await.is(200);
    for (path, _) in FEEDS {
        assert_eq!(titles(&subscribe(&server.client(), path).await), "");
    }
}

#[tokio::test]
async fn a_feed_holds_the_thirty_newest() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for n in 0..31 {
        published(&editor, json!({"title": format!("n{n}")})).await;
        server.clock.advance(minutes(1));
    }
    let feed = subscribe(&server.client(), "/feeds/atom.xml").await;
    let newest: Vec<String> = (1..31).rev().map(|n| format!("n{n}")).collect();
    assert_eq!(titles(&feed), newest.join(", "));
}

#[tokio::test]
async fn the_same_editions_make_the_same_bytes() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    for (path, _) in FEEDS {
        let first = reader.get(path).await;
        server.clock.advance(hours(1));
        assert_eq!(reader.get(path).await.text(), first.is(200).text());
    }
    let live = published(&editor, json!({"title": "Live", "topics": ["sea"]})).await;
    for (path, _) in FEEDS {
        let first = reader.get(path).await;
        server.clock.advance(hours(1));
        let again = reader.get(path).header("if-none-match", first.is(200).etag()).await;
        assert_eq!((again.is(304).etag(), reader.get(path).await.text()), (first.etag(), first.text()));
    }
    let feed = subscribe(&reader, "/feeds/atom.xml").await;
    let changed =
        editor.patch(at(&live, "/draft")).if_match(2).json(json!({"intro": "More."})).await.expect(200);
    publish(&editor, &changed).await;
    let later = subscribe(&reader, "/feeds/atom.xml").await;
    assert_eq!(later.entries[0].id, feed.entries[0].id);
    assert_eq!(later.entries[0].published, feed.entries[0].published);
    assert!(later.updated > feed.updated && later.entries[0].updated == later.updated);
}

#[tokio::test]
async fn a_feed_renews_what_is_stale() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Live", "topics": ["sea"]})).await;
    for (path, _) in FEEDS {
        editor.patch("/v1/topics/sea").json(json!({"name": path})).await.is(200);
        let feed = subscribe(&server.client(), path).await;
        let topic = &feed.entries[0].categories[0];
        assert_eq!(topic.label.as_ref().unwrap_or(&topic.term), path);
    }
}

#[tokio::test]
async fn a_feed_and_a_list_renew_what_an_older_release_made() {
    use diesel::prelude::*;
    use lede::base::db::schema::renderings;
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let live = published(&editor, json!({"title": "Live", "topics": ["sea"], "intro": "Look."})).await;
    published(&editor, json!({"title": "Other", "topics": ["sea"]})).await;
    let lists = ["?fields=intro", "/live-2/adjacent?fields=intro", "/other/related?fields=intro"];
    let lists =
        lists.map(|rest| format!("/v1/articles{rest}").replace("live-2", live["slug"].as_str().unwrap()));
    for path in FEEDS.iter().map(|(path, _)| (*path).to_owned()).chain(lists) {
        let now = server.client().get(&path).await;
        diesel::update(renderings::table)
            .set((
                renderings::epoch.eq(-1),
                renderings::input_hash.eq(vec![0u8; 32]),
                renderings::body.eq(b"{\"old\":true}".to_vec()),
                renderings::sources.eq(b"old".to_vec()),
            ))
            .execute(&mut server.database().connect())
            .expect("older renderings");
        assert_eq!(server.client().get(&path).await.is(200).text(), now.is(200).text(), "{path}");
    }
}
