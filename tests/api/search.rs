//! What readers find, in which order, and what of it they are shown.

use std::collections::BTreeSet;

use diesel::prelude::*;
use lede::auth::Role;
use lede::db::Connection;
use lede::db::schema::{search_articles, search_places, search_words, surroundings};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{hours, milliseconds};
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, publish, published, section};

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

#[tokio::test]
async fn a_hit_is_an_article_or_one_of_its_sections() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = published(
        &editor,
        json!({"title": "Tides & harbours", "slug": "tides", "intro": "Look at *the* water.", "sections": [
            {"heading": "Slack `water`", "body": "It **rests** a while.", "sections": [{"body": "Bare, it rests."}]}]}),
    )
    .await;
    let reader = server.client();
    let page = reader.get("/v1/search?q=rest").await.expect(200);
    let item = reader.get("/v1/articles").await.expect(200)["items"][0].clone();
    let slack = section(&draft, "Slack `water`");
    let bare = &slack["sections"][0];
    let score = page["items"][0]["score"].as_f64().unwrap();
    assert!(score > 0.0 && score < 2.0, "{score}");
    assert_eq!(
        page,
        json!({"items": [
            {"article": item, "score": page["items"][0]["score"], "snippet_html": "Bare, it <mark>rests</mark>.",
             "section": {"id": bare["id"], "heading": null, "anchor": null}},
            {"article": item, "score": page["items"][1]["score"], "snippet_html": "It <mark>rests</mark> a while.",
             "section": {"id": slack["id"], "heading": "Slack water", "anchor": "slack-water"}},
        ], "next_cursor": null})
    );
    assert_eq!(found_for(&reader, "look harbours").await, "tides");
    assert_eq!(snippet(&reader, "harbours").await, "Tides &amp; <mark>harbours</mark> — Look at the water.");
}

#[tokio::test]
async fn titles_come_before_headings_and_headings_before_texts() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for body in [
        json!({"title": "Lens", "slug": "title"}),
        json!({"title": "Lenses", "slug": "longer-title"}),
        json!({"title": "One", "slug": "heading", "sections": [{"heading": "Lens", "body": "Glass."}]}),
        json!({"title": "Two", "slug": "often", "intro": "Lens by lens by lens."}),
        json!({"title": "Three", "slug": "subtitle", "subtitle": "A lens"}),
        json!({"title": "Four", "slug": "text", "sections": [{"heading": "Glass", "body": "A new lens"}]}),
        json!({"title": "Five", "slug": "none", "intro": "Glass."}),
    ] {
        published(&editor, body).await;
        server.clock.advance(hours(1));
    }
    let page = server.client().get("/v1/search?q=lens").await.expect(200);
    assert_eq!(hits(&page), "title longer-title heading#lens often subtitle text#glass");
    let scores: Vec<f64> =
        page["items"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a > b) && scores[0] >= 8.0 && scores[5] > 0.0, "{scores:?}");
}

#[tokio::test]
async fn all_words_have_to_be_there_and_the_title_helps_its_sections() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let sections = json!([
        {"heading": "Slack water", "body": "Nothing moves between ebb and flow."},
        {"heading": "Springs", "body": "Water rises most at springs."},
    ]);
    published(&editor, json!({"title": "Tides of the North Sea", "slug": "tides", "intro": "The moon.", "sections": sections})).await;
    let reader = server.client();
    for (q, wanted) in [
        ("ebb flow", "tides#slack-water"),
        ("flow EBB between", "tides#slack-water"),
        ("ebb springs", ""),
        ("water", "tides#slack-water tides#springs"),
        ("tides ebb", "tides#slack-water"),
        ("north water", "tides#slack-water tides#springs"),
        ("tides", "tides"),
        ("tides sea", "tides"),
        ("tides moon", "tides"),
        ("moon ebb", ""),
        ("slack water", "tides#slack-water"),
        ("\"slack water\"", "tides#slack-water"),
        ("\"water slack\"", ""),
        ("\"water nothing\"", ""),
        ("\"north sea\" ebb", "tides#slack-water"),
        ("\"sea north\" ebb", ""),
        ("\"ebb and flow\" noth", "tides#slack-water"),
        ("noth ebb", ""),
        ("ebb noth", "tides#slack-water"),
        ("\"noth\"", ""),
        ("n", ""),
        ("tide OR ebb", ""),
    ] {
        assert_eq!(found_for(&reader, q).await, wanted, "{q}");
    }
}

#[tokio::test]
async fn case_accents_and_scripts_make_no_difference() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (slug, text) in [
        ("french", "Un Café près de l\u{2019}Œuvre."),
        ("swedish", "Ångström mätte ljus."),
        ("german", "Die große Straße; Schiff&shy;fahrt."),
        ("greek", "Ο ΔΡΟΜΟΣ και η οδός."),
        ("russian", "Ёлка и море."),
        ("japanese", "潮の満ち引きと東京タワー。"),
        ("thai", "ภาษาไทยง่าย"),
        ("hindi", "हिन्दी में ज्वार"),
        ("arabic", "مُحَمَّد يكتب"),
        ("korean", "한국어로 씁니다"),
        ("dotted", "See example.org/tide-tables, release 2.5."),
    ] {
        published(&editor, json!({"title": "-", "slug": slug, "intro": text})).await;
    }
    let reader = server.client();
    for (q, slug) in [
        ("cafe", "french"),
        ("CAFÉ oeuvre", "french"),
        ("oeuvre", "french"),
        ("angstrom", "swedish"),
        ("ÅNGSTRÖM matte", "swedish"),
        ("strasse", "german"),
        ("GROSSE straße", "german"),
        ("schifffahrt", "german"),
        ("δρομος", "greek"),
        ("ΟΔΌΣ", "greek"),
        ("елка", "russian"),
        ("МОРЕ", "russian"),
        ("満ち", "japanese"),
        ("東京", "japanese"),
        ("京東", ""),
        ("ไทย", "thai"),
        ("हिन्दी", "hindi"),
        ("محمد", "arabic"),
        ("한국", "korean"),
        ("example", "dotted"),
        ("example.org", "dotted"),
        ("tide-tab", "dotted"),
        ("2.5", "dotted"),
    ] {
        assert_eq!(found_for(&reader, q).await, slug, "{q}");
    }
    assert_eq!(snippet(&reader, "cafe").await, "Un <mark>Café</mark> près de l\u{2019}Œuvre.");
    assert_eq!(snippet(&reader, "満ち").await, "潮の<mark>満ち</mark>引きと東京タワー。");
}

#[tokio::test]
async fn a_snippet_is_safe_and_shows_where_the_words_are() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let far = "Nothing here. ".repeat(60);
    let text = format!("{far}\n\nThen `<script>alert(\"1\")</script>` & a *tide* table.\n\n{far}");
    published(&editor, json!({"title": "Tables", "sections": [{"heading": "<b>", "body": text}]})).await;
    let reader = server.client();
    let html = snippet(&reader, "script tide").await;
    assert!(
        html.contains("Then &lt;<mark>script</mark>&gt;alert(&quot;1&quot;)&lt;/<mark>script</mark>&gt; &amp; a <mark>tide</mark> table."),
        "{html}"
    );
    assert!(html.starts_with("…") && html.ends_with('…') && html.chars().count() < 320, "{html}");
}

/// Articles `a` to `f`, published an hour apart, with labels that differ.
async fn shelf(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (title, more) in [
        ("a", json!({"topics": ["sea"], "authors": ["ada"], "featured": true})),
        ("b", json!({"topics": ["sea", "land"], "authors": ["bob"]})),
        ("c", json!({"topics": ["land"], "authors": ["ada", "bob"]})),
        ("d", json!({"locale": "de-AT"})),
        ("e", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("f", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("g", json!({"published_at": "1848-03-01T00:00:00Z"})),
        ("h", json!({"listed": false, "topics": ["sea"]})),
    ] {
        let mut body = json!({"title": title, "slug": title, "intro": "The same tide."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        published(&editor, body).await;
        server.clock.advance(hours(1));
    }
    create(&editor, json!({"title": "draft", "topics": ["sea"], "intro": "The same tide."})).await;
    server.client()
}

#[tokio::test]
async fn hits_are_filtered_like_lists() {
    let server = Server::start().await;
    let reader = shelf(&server).await;
    for (query, wanted) in [
        ("", "d c b a f e g"),
        ("topic=sea", "b a"),
        ("topic=sea,land", "c b a"),
        ("topic_all=sea,land", "b"),
        ("topic=sea&topic_all=land", "b"),
        ("topic=nothing", ""),
        ("topic=sea,nothing", "b a"),
        ("topic_all=sea,nothing", ""),
        ("author=ada", "c a"),
        ("author=ada,bob", "c b a"),
        ("author=nobody", ""),
        ("author=ada&topic=sea", "a"),
        ("locale=de_at", "d"),
        ("locale=de", ""),
        ("locale=de-AT,en&topic=land", "c b"),
        ("featured=true", "a"),
        ("featured=false&locale=en", "c b f e g"),
        ("published_at_gte=2026-01-05T10:00:00Z", "d c b"),
        ("published_at_gt=2026-01-05T10:00:00Z", "d c"),
        ("published_at_lte=2026-01-05T10:00:00Z", "b a f e g"),
        ("published_at_lt=2026-01-05T11:00:00%2B01:00", "a f e g"),
        ("published_at_gte=2020-01-01T00:00:00.5Z&published_at_lte=2020-01-01T00:00:00.5Z", "f e"),
        ("published_at_gt=2020-01-01T00:00:00.5Z&published_at_lt=2026-01-05T09:00:00.000001Z", "a"),
        ("published_at_lt=2020-01-01T00:00:00.5Z", "g"),
        ("published_at_gte=2020-01-01T00:00:00.500001Z", "d c b a"),
        ("published_at_gte=0001-01-01T00:00:00Z&published_at_lte=9999-01-01T00:00:00Z", "d c b a f e g"),
        ("limit=2", "d c"),
    ] {
        assert_eq!(found(&reader, &format!("q=tide&{query}")).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_refused() {
    let server = Server::start().await;
    let reader = server.client();
    let long = format!("q={}", "a".repeat(201));
    let many = format!("q={}", (0..33).map(|n| n.to_string()).collect::<Vec<_>>().join("+"));
    for (query, refusal) in [
        ("", "q missing-parameter"),
        ("q=", "q no-words"),
        ("q=%22+-+%22", "q no-words"),
        (&long, "q too-long"),
        (&many, "q too-many-words"),
        ("q=a%00b", "q malformed-parameter"),
        ("q=a&q=b", "q repeated-parameter"),
        ("q=a&limit=101", "limit out-of-bounds"),
        ("q=a&include_total=true", "include_total unknown-parameter"),
        ("q=a&sort=title", "sort unknown-parameter"),
        ("q=a&cursor=x", "cursor foreign-cursor"),
        ("q=a&topic=", "topic malformed-list"),
    ] {
        let answer = reader.get(format!("/v1/search?{query}")).await;
        answer.problem(400, "malformed-request");
        assert_eq!(answer.violations(), [refusal], "{query}");
    }
}

#[tokio::test]
async fn no_query_is_too_strange() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Tides", "intro": "a b c AND NEAR tide"})).await;
    let reader = server.client();
    let mut runner = TestRunner::deterministic();
    let strange = "(\\PC|[\"'a-c*:&|!<>(){}^+-]|AND|OR|NOT|NEAR|tide|\u{301}| ){0,24}";
    let strange = proptest::string::string_regex(strange).unwrap();
    for _ in 0..150 {
        let q = strange.new_tree(&mut runner).unwrap().current();
        let answer = reader.get("/v1/search").query(&[("q", &q)]).await;
        assert!([200, 400].contains(&answer.status()), "{q:?}: {}", answer.text());
    }
}

/// Follows the cursor to the end and returns the hits of every page.
async fn pages(reader: &Client, query: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut path = format!("/v1/search?{query}");
    loop {
        let answer = reader.get(&path).await;
        let page = answer.expect(200);
        pages.push(hits(&page));
        let link = answer.header("link").map(str::to_owned);
        assert_eq!(link.is_some(), page["next_cursor"].is_string());
        let Some(link) = link else { return pages };
        let next = link.trim_start_matches('<').split_once('>').unwrap().0;
        next.clone_into(&mut path);
    }
}

#[tokio::test]
async fn few_hits_are_paged_by_rank_and_many_by_where_the_words_stand() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for n in 0..5 {
        let sections: Vec<Value> = (0..12)
            .map(|s| {
                let heading = if s == 3 { "A tide".to_owned() } else { format!("Part {s}") };
                json!({"heading": heading, "body": format!("{} and rarely{}.", "The tide. ".repeat(s + 1), n % 2)})
            })
            .collect();
        let title = if n == 1 { "Tide by tide".to_owned() } else { format!("Article {n}") };
        published(&editor, json!({"title": title, "slug": format!("n{n}"), "sections": sections})).await;
        if n > 1 {
            server.clock.advance(milliseconds(400));
        }
    }
    let reader = server.client();
    let (all, few) = (pages(&reader, "q=tide&limit=7").await, pages(&reader, "q=tide+rarely0&limit=7").await);
    let flat = |pages: &[String]| pages.join(" ").split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (all, few) = (flat(&all), flat(&few));
    assert_eq!(all.len(), 61, "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 61, "{all:?}");
    let top =
        ["n1", "n4#a-tide", "n3#a-tide", "n2#a-tide", "n1#a-tide", "n0#a-tide", "n4#part-0", "n4#part-1"];
    assert_eq!(all[..8], top);
    assert_eq!(all[60], "n0#part-11");
    assert_eq!(few.len(), 36);
    assert_eq!(few.iter().collect::<BTreeSet<_>>().len(), 36, "{few:?}");
    assert_eq!(few[..4], ["n4#a-tide", "n2#a-tide", "n0#a-tide", "n4#part-11"]);
    let one_page = reader.get("/v1/search?q=tide&limit=100").await.expect(200);
    assert_eq!(flat(&[hits(&one_page)]), all);
    let scores = one_page["items"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap());
    assert!(scores.is_sorted_by(|a, b| a >= b));
    let cursor =
        reader.get("/v1/search?q=tide&limit=7").await.json()["next_cursor"].as_str().unwrap().to_owned();
    for other in ["q=tides", "q=tide&featured=false"] {
        let answer = reader.get(format!("/v1/search?{other}&cursor={cursor}")).await;
        answer.problem(400, "malformed-request");
    }
    assert_eq!(found(&reader, &format!("q=Tide&cursor={cursor}&limit=1")).await, all[7]);
}

#[tokio::test]
async fn what_is_found_is_what_readers_see() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    let draft =
        create(&editor, json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "Away."}]})).await;
    assert_eq!(found_for(&reader, "ebb").await, "");
    let live = publish(&editor, &draft).await;
    assert_eq!(found_for(&reader, "ebb").await, "tides#ebb");
    let ebb = at(&draft, &format!("/draft/sections/{}", draft["sections"][0]["id"].as_str().unwrap()));
    editor
        .patch(&ebb)
        .header("if-match", "*")
        .json(json!({"heading": "Flow", "body": "Back."}))
        .await
        .is(200);
    assert_eq!(
        (found_for(&reader, "ebb").await, found_for(&reader, "flow").await),
        ("tides#ebb".into(), String::new())
    );
    let edited = editor.get(at(&draft, "/draft")).await.expect(200);
    publish(&editor, &edited).await;
    assert_eq!(
        (found_for(&reader, "ebb").await, found_for(&reader, "flow").await),
        (String::new(), "tides#ebb".into())
    );
    editor.post(at(&live, "/unpublish")).await.is(200);
    assert_eq!(found_for(&reader, "flow").await, "");
    let back = editor.get(at(&draft, "/draft")).await.expect(200);
    publish(&editor, &back).await;
    assert_eq!(found_for(&reader, "flow").await, "tides#ebb");
    let unlisted = editor
        .patch(at(&draft, "/draft"))
        .header("if-match", "*")
        .json(json!({"listed": false}))
        .await
        .expect(200);
    publish(&editor, &unlisted).await;
    assert_eq!(found_for(&reader, "flow").await, "");
    reader.get(format!("{ARTICLES}/tides")).await.is(200);
    let listed = editor
        .patch(at(&draft, "/draft"))
        .header("if-match", "*")
        .json(json!({"listed": true}))
        .await
        .expect(200);
    publish(&editor, &listed).await;
    assert_eq!(found_for(&reader, "flow").await, "tides#ebb");
    editor.delete(at(&draft, "")).await.is(204);
    assert_eq!(found_for(&reader, "flow").await, "");
    let mut conn = server.database().connect();
    let left: (i64, i64) = (
        search_articles::table.count().get_result(&mut conn).unwrap(),
        search_places::table.count().get_result(&mut conn).unwrap(),
    );
    assert_eq!(left, (0, 0));
}

#[tokio::test]
async fn a_hit_shows_the_present_names_and_a_merged_topic_finds_as_before() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    published(&editor, json!({"title": "Tides", "topics": ["sea"], "authors": ["ada"]})).await;
    let place = || search_articles::table.select((search_articles::slot, search_articles::fingerprint));
    let before: (i64, Vec<u8>) = place().get_result(&mut server.database().connect()).unwrap();
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    let topic = async || {
        reader.get("/v1/search?q=tides").await.expect(200)["items"][0]["article"]["topics"][0]["name"].clone()
    };
    assert_eq!(topic().await, "The sea");
    server.run_jobs().await;
    assert_eq!(place().get_result::<(i64, Vec<u8>)>(&mut server.database().connect()).unwrap(), before);
    editor.post("/v1/topics").json(json!({"name": "Ocean"})).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "Ada Marsh"})).await.is(201);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    editor.post("/v1/authors/ada/merge").json(json!({"into": "ada-marsh"})).await.is(200);
    for remade in [false, true] {
        for filter in ["topic=sea", "topic=ocean", "topic_all=sea,ocean", "author=ada", "author=ada-marsh"] {
            assert_eq!(found(&reader, &format!("q=tides&{filter}")).await, "tides", "{filter} {remade}");
        }
        assert_eq!(topic().await, "Ocean");
        server.run_jobs().await;
    }
    editor.delete("/v1/topics/ocean").await.is(204);
    assert_eq!(found(&reader, "q=tides&topic=ocean").await, "");
    assert_eq!(found(&reader, "q=tides").await, "tides");
}

#[tokio::test]
async fn what_an_older_release_published_is_found_soon() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "Away."}]})).await;
    let (database, clock) = (server.database(), server.clock.clone());
    let before = server.app.db.generation().number();
    server.stop().await;
    let mut conn = database.connect();
    diesel::delete(search_articles::table).execute(&mut conn).unwrap();
    if let Connection::Sqlite(conn) = &mut conn {
        diesel::sql_query("DELETE FROM search_index WHERE rowid IN (SELECT id FROM search_places)")
            .execute(conn)
            .unwrap();
    }
    diesel::delete(search_places::table).execute(&mut conn).unwrap();
    diesel::delete(search_words::table).execute(&mut conn).unwrap();
    let kept: String = surroundings::table.select(surroundings::made_from).get_result(&mut conn).unwrap();
    let mut kept: Value = serde_json::from_str(&kept).unwrap();
    kept["renderer"] = json!(kept["renderer"].as_i64().unwrap() - 1);
    diesel::update(surroundings::table)
        .set(surroundings::made_from.eq(kept.to_string()))
        .execute(&mut conn)
        .unwrap();
    diesel::update(lede::db::schema::renderings::table)
        .set(lede::db::schema::renderings::made_from.eq(vec![0u8; 32]))
        .execute(&mut conn)
        .unwrap();
    let server = Server::start_on(database, clock, |_| {}).await;
    assert!(server.app.db.generation().number() > before);
    assert_eq!(found_for(&server.client(), "ebb").await, "tides#ebb");
}

#[tokio::test]
async fn texts_of_any_size_and_script_can_be_found() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let characters: String = (0x4e00..0x4e00 + 20_000).filter_map(char::from_u32).collect();
    let numbers = (0..25_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n\n");
    for (slug, text) in [
        ("characters", format!("first {}", characters.repeat(3))),
        ("numbers", format!("first {numbers}")),
        ("long", format!("first {}", "é".repeat(90_000))),
        ("ligatures", format!("first {}", "ﷺ\n\n".repeat(30_000))),
        ("again", "first\n\n".repeat(25_000)),
    ] {
        published(&editor, json!({"title": slug, "slug": slug, "sections": [{"body": text}]})).await;
    }
    let reader = server.client();
    assert_eq!(found_for(&reader, "first").await, "again#- ligatures#- numbers#- long#- characters#-");
    assert_eq!(found_for(&reader, "一丁").await, "characters#-");
    assert_eq!(found_for(&reader, "24999").await, "numbers#-");
    assert_eq!(found_for(&reader, "ééé").await, "long#-");
}

#[tokio::test]
async fn the_index_is_tidied_up_and_finds_the_same() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    if let Connection::Sqlite(conn) = &mut server.database().connect() {
        // So that every publication leaves a piece of its own.
        let never = "INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0)";
        diesel::sql_query(never).execute(conn).unwrap();
    }
    for n in 0..12 {
        published(&editor, json!({"title": format!("Tide {n}"), "intro": format!("number{n}")})).await;
    }
    let reader = server.client();
    let before = pages(&reader, "q=tide&limit=100").await;
    let mut steps = 0;
    while server.app.db.write(lede::search::store::tidy).await.unwrap() {
        steps += 1;
        assert!(steps < 100, "tidying up has no end");
    }
    assert_eq!(steps > 0, server.is_embedded());
    assert_eq!(pages(&reader, "q=tide&limit=100").await, before);
    assert_eq!(found_for(&reader, "number7").await, "tide-7");
}
