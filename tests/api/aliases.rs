//! Aliases: paths that an article had elsewhere redirect to its live edition, and never hide what is served.

use diesel::prelude::*;
use lede::articles::Content;
use lede::base::db::schema::{addresses, revisions};
use lede::base::db::types::Json;
use lede::base::ids::{ArticleId, IsId as _};
use serde_json::json;

use crate::given::hours;
use crate::redirects::{REDIRECTS, redirects, republish, website};
use crate::writing::{ARTICLES, at, create, id, publish, published};

#[tokio::test]
async fn aliases_lead_to_the_live_edition_that_has_them() {
    let (_server, editor, reader) = website().await;
    let aliases = json!(["/2019/Tides/", "/2019/tides", "/?p=12", "/marée", "/tides/", "/tides#x", "/"]);
    let draft = create(&editor, json!({"title": "Tides", "aliases": aliases})).await;
    assert_eq!(redirects(&reader, "").await, [""; 0]);
    publish(&editor, &draft).await;
    // Once each, none from the root, with a fragment, or from where the article is.
    assert_eq!(
        redirects(&reader, "").await,
        ["/2019/Tides → /tides", "/mar%C3%A9e → /tides", "/?p=12 → /tides"]
    );
    editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"aliases": ["/b"]})).await.is(200);
    assert_eq!(redirects(&reader, "").await.len(), 3);
    republish(&editor, &draft, json!({"title": "T"})).await;
    assert_eq!(redirects(&reader, "").await, ["/b → /tides"]);
}

#[tokio::test]
async fn a_live_address_wins_and_a_path_has_one_redirect() {
    let (server, editor, reader) = website().await;
    let second = create(&editor, json!({"title": "Second", "aliases": ["/shared", "/first"]})).await;
    let first =
        published(&editor, json!({"title": "First", "aliases": ["/shared", "/fresh", "/slug"]})).await;
    server.clock.advance(hours(1));
    publish(&editor, &second).await;
    assert_eq!(redirects(&reader, "").await, ["/fresh → /first", "/shared → /first", "/slug → /first"]);
    // Published elsewhere before both.
    let body = json!({"title": "Third", "aliases": ["/SHARED/"], "published_at": "2020-01-01T00:00:00Z"});
    let third = published(&editor, body).await;
    assert_eq!(redirects(&reader, "&from=/shared").await, ["/SHARED → /third"]);
    editor.post(at(&third, "/unpublish")).await.is(200);
    assert_eq!(redirects(&reader, "&from=/shared").await, ["/shared → /first"]);
    // An article comes to where an alias led from.
    let fresh = published(&editor, json!({"title": "Fresh"})).await;
    assert_eq!(redirects(&reader, "").await, ["/shared → /first", "/slug → /first"]);
    // Gone from there, its own old slug comes before the alias.
    republish(&editor, &fresh, json!({"slug": "fresher"})).await;
    assert_eq!(redirects(&reader, "&from=/fresh").await, ["/fresh → /fresher"]);
    editor.post(at(&fresh, "/unpublish")).await.is(200);
    assert_eq!(redirects(&reader, "&from=/fresh").await, ["/fresh → /first"]);
    // Two that want each other's place.
    let mut moved = Vec::new();
    for (draft, change) in [
        (&first, json!({"slug": "one", "aliases": ["/two"]})),
        (&second, json!({"slug": "two", "aliases": ["/one"]})),
    ] {
        moved.push(editor.patch(at(draft, "/draft")).header("if-match", "*").json(change).await.expect(200));
    }
    for draft in &moved {
        publish(&editor, draft).await;
    }
    assert_eq!(redirects(&reader, "").await, ["/first → /one", "/second → /two"]);
}

#[tokio::test]
async fn a_path_that_is_served_is_no_alias() {
    let (_server, editor, _) = website().await;
    let tides = published(&editor, json!({"title": "Tides"})).await;
    for (alias, refusal) in [
        ("/admin", "alias-reserved"),
        ("/%61dmin/", "alias-reserved"),
        ("/V1/articles", "alias-reserved"),
        ("/x/../docs/", "alias-reserved"),
        ("/feeds/rss.xml?x", "alias-reserved"),
        ("/favicon.ico", "alias-reserved"),
        ("/subscribe/x", "alias-reserved"),
        ("/Tides/", "alias-taken"),
    ] {
        let refused = editor.post(ARTICLES).json(json!({"title": "T", "aliases": [alias]})).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), [format!("/aliases/0 {refusal}")], "{alias}");
    }
    // Where the article is itself, and what stands below a path of the website.
    let own = json!({"aliases": ["/tides", "/articles/tides", "/tag/tides"]});
    editor.patch(at(&tides, "/draft")).header("if-match", "*").json(own).await.is(200);
    // One that it had before the other came there.
    let early = create(&editor, json!({"title": "Early", "aliases": ["/late"]})).await;
    published(&editor, json!({"title": "Late"})).await;
    let more = json!({"aliases": ["/late", "/later"]});
    editor.patch(at(&early, "/draft")).header("if-match", "*").json(more).await.is(200);
    // Front matter that does not fit its field is kept, and no error.
    let markdown =
        "---\ntitle: Front\naliases: [/admin, /fine, /fine]\npermalink: /feeds/rss.xml\n---\nText.\n";
    let front = create(&editor, json!({"markdown": markdown})).await;
    assert_eq!(front["aliases"], json!(["/fine"]));
    assert_eq!(front["custom"], json!({"aliases": ["/admin", "/feeds/rss.xml"]}));
    let again =
        editor.put(at(&front, "/draft/markdown")).header("if-match", "*").body("text/markdown", markdown);
    assert_eq!(again.await.expect(200)["aliases"], json!(["/fine"]));
}

#[tokio::test]
async fn an_alias_from_before_its_path_was_reserved_is_no_redirect() {
    let (server, editor, reader) = website().await;
    let draft = create(&editor, json!({"title": "A", "aliases": ["/fine", "/good"]})).await;
    let article = ArticleId::from_uuid(id(&draft).parse().expect("a UUID"));
    let mut conn = server.database().connect();
    let own = revisions::table.filter(revisions::article_id.eq(article));
    let stored: Json<Content> = own.select(revisions::content).get_result(&mut conn).expect("a revision");
    let mut content = stored.read("a revision").expect("readable content");
    content.metadata.aliases = vec!["/admin".into(), "/fine".into(), "/good".into()];
    diesel::update(own)
        .set(revisions::content.eq(Json::Readable(content)))
        .execute(&mut conn)
        .expect("stored earlier");
    publish(&editor, &draft).await;
    assert_eq!(redirects(&reader, "").await, ["/fine → /a", "/good → /a"]);
    let restored = editor.post(at(&draft, "/revisions/1/restore")).header("if-match", "*").await.expect(200);
    assert_eq!(restored["aliases"], json!(["/fine", "/good"]));
    diesel::update(addresses::table.filter(addresses::key.eq("/fine")))
        .set((addresses::key.eq("/v1/me"), addresses::path.eq("/v1/me")))
        .execute(&mut conn)
        .expect("stored earlier");
    assert_eq!(redirects(&reader, "&locale=en").await, ["/good → /a"]);
    for format in ["netlify", "nginx"] {
        let rules = reader.get(format!("{REDIRECTS}/{format}")).await;
        let rules = rules.is(200).text();
        assert!(rules.contains("/good") && !rules.contains("/v1/me"), "{rules}");
    }
}

#[tokio::test]
async fn an_alias_comes_to_light_when_the_slug_before_it_is_removed() {
    let (_server, editor, reader) = website().await;
    let draft = published(&editor, json!({"title": "A", "slug": "a"})).await;
    republish(&editor, &draft, json!({"slug": "b", "aliases": ["/a"]})).await;
    editor.delete(format!("{REDIRECTS}?from=/a")).await.is(204);
    assert_eq!(redirects(&reader, "").await, ["/a → /b"]);
    editor.delete(format!("{REDIRECTS}?from=/a")).await.problem(409, "redirect-is-alias");
}
