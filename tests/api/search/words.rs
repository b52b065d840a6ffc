//! Which words find what, in which order, and what of it is shown.

use diesel::RunQueryDsl as _;
use lede::articles::filter::Filter;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::search::find::{Found, Search};
use lede::search::query::Terms;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{found_for, hits, snippet};
use crate::given::hours;
use crate::server::Server;
use crate::writing::{published, section};

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
        let response = reader.get("/v1/search").query(&[("q", &q)]).await;
        assert!([200, 400].contains(&response.status()), "{q:?}: {}", response.text());
    }
}

#[tokio::test]
async fn texts_of_any_size_and_script_can_be_found() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let characters: String = (0x4e00..0x4e00 + 20_000).filter_map(char::from_u32).collect();
    let numbers = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n\n");
    for (slug, text) in [
        ("characters", format!("first {}", characters.repeat(3))),
        ("numbers", format!("first {numbers}")),
        ("long", format!("first {}", "é".repeat(90_000))),
        ("ligatures", format!("first {}", "ﷺ\n\n".repeat(10_000))),
        ("again", "first\n\n".repeat(10_000)),
    ] {
        published(&editor, json!({"title": slug, "slug": slug, "sections": [{"body": text}]})).await;
    }
    let reader = server.client();
    assert_eq!(found_for(&reader, "first").await, "again#- ligatures#- numbers#- long#- characters#-");
    assert_eq!(found_for(&reader, "一丁").await, "characters#-");
    assert_eq!(found_for(&reader, "9999").await, "numbers#-");
    assert_eq!(found_for(&reader, "ééé").await, "long#-");
}

/// Replaces the stored texts: `start`, and up to `length` bytes of other words between them and `end`.
fn lengthen(server: &Server, length: usize, end: &str) {
    let filled = "and so on ".repeat(length / 10);
    let update =
        format!("UPDATE search_places SET body = 'Wait. {filled}{end}' WHERE section_id IS NOT NULL");
    diesel::sql_query(update).execute(&mut server.database().connect()).expect("longer texts");
}

#[tokio::test]
async fn long_texts_are_read_within_a_budget_that_one_alone_does_not_use_up() {
    let server = Server::start_with(|config| config.cache.megabytes = 0).await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "One", "sections": [{"heading": "Part", "body": "The ebb."}]})).await;
    let reader = server.client();
    lengthen(&server, 500_000, "Then the ebb, at last — é");
    let end = snippet(&reader, "ebb").await;
    assert!(end.ends_with("Then the <mark>ebb</mark>, at last — é"), "{end}");
    for n in 0..4 {
        let sections: Vec<Value> = (0..30)
            .map(|s| json!({"heading": format!("Part {s}"), "body": "The tide and the ebb."}))
            .collect();
        published(&editor, json!({"title": format!("Article {n}"), "sections": sections})).await;
    }
    lengthen(&server, 200_000, "Then the tide — ééé");
    // Few that are scored, and a page of many that are not.
    for (query, most) in [("tide part 1", 50), ("tide", 101), ("ebb", 101)] {
        let search = Search { terms: Terms::parse(query).unwrap(), filter: Filter::default() };
        let find = move |conn: &mut Connection| search.find(conn, None, 101);
        let (Found::Few(places, _) | Found::Many(places)) = server.app.db.read(find).await.expect("places");
        let read: usize = places.iter().map(|place| place.body.len()).sum();
        assert!((1_900_000..2_110_000).contains(&read), "{query}: {read} of {}", places.len());
        assert!(places.len() <= most && places.len() > 3, "{query}: {}", places.len());
        let page = reader.get("/v1/search").query(&[("q", query), ("limit", "100")]).await.expect(200);
        assert_eq!(page["items"].as_array().expect("hits").len(), places.len().min(100), "{query}");
        assert!(page["items"][0]["snippet_html"].as_str().expect("text").contains("Wait."), "{query}");
    }
}
