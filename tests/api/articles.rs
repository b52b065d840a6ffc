//! Creating articles and changing their metadata: what comes in, and what it becomes.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::server::Server;
use crate::writing::{ARTICLES, at, create, flat, id, section, shape};

#[tokio::test]
async fn an_article_is_created_from_sections() {
    let server = Server::start().await;
    let author = server.login(Role::Author).await;
    let response = author
        .post(ARTICLES)
        .json(json!({"title": " Tides ", "subtitle": "Of water", "intro": "*Look.*", "custom": {"a": null},
            "sections": [{"heading": "Ebb", "body": "Away.", "custom": {"k": [1]}, "sections": [{"body": "No heading."}]}]}))
        .await;
    let draft = response.expect(201);
    assert_eq!(response.location(), at(&draft, "/draft"));
    assert_eq!(response.version(), 1);
    assert_eq!(draft["title"], "Tides");
    assert_eq!(
        (&draft["slug"], &draft["locale"], &draft["status"]),
        (&json!("tides"), &json!("en"), &json!("draft"))
    );
    assert_eq!(
        (&draft["version"], &draft["revision"], &draft["metadata_revision"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(draft["custom"], json!({"a": null}));
    assert_eq!(draft["owner"]["name"], "author");
    assert_eq!(shape(&draft["sections"]), "Ebb(-)");
    let ebb = section(&draft, "Ebb");
    assert_eq!(
        (&ebb["anchor"], &ebb["custom"], &ebb["revision"]),
        (&json!("ebb"), &json!({"k": [1]}), &json!(1))
    );
    assert_eq!(flat(&draft["sections"])[1]["anchor"], Value::Null);
    let read = author.get(response.location()).await;
    assert_eq!(read.expect(200), draft);
    assert_eq!(read.version(), 1);
}

#[tokio::test]
async fn an_article_is_created_from_markdown() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let markdown =
        "# Tides\n\nLook.\n\n## Ebb {#low}\n\nAway.\n\n#### Deep\n\n## Flow\n\n<!-- section -->\n\nBare.\n";
    let draft = create(&editor, json!({"markdown": markdown})).await;
    assert_eq!((&draft["title"], &draft["intro"]), (&json!("Tides"), &json!("Look.")));
    assert_eq!(shape(&draft["sections"]), "Ebb(Deep) Flow -");
    assert_eq!(section(&draft, "Ebb")["anchor"], "low");
    // Members beside the document come first.
    let draft = create(&editor, json!({"markdown": markdown, "title": "Other", "slug": "mine"})).await;
    assert_eq!((&draft["title"], &draft["slug"]), (&json!("Other"), &json!("mine")));
}

#[tokio::test]
async fn front_matter_of_hugo_jekyll_and_astro_is_understood() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let hugo = "+++\ntitle = 'Hugo'\ndate = 2020-02-03T04:05:06Z\ndraft = false\ntags = ['sea', 'Old Ports']\nweight = 3\n\
        aliases = ['/old/hugo']\n[cover]\nimage = 'img/a.jpg'\nalt = 'A'\n+++\nText.\n";
    let draft = create(&editor, json!({"markdown": hugo})).await;
    assert_eq!(
        (&draft["title"], &draft["published_at"]),
        (&json!("Hugo"), &json!("2020-02-03T04:05:06.000000Z"))
    );
    let topics: Vec<&Value> =
        draft["topics"].as_array().unwrap().iter().map(|topic| &topic["slug"]).collect();
    assert_eq!(topics, ["sea", "old-ports"]);
    assert_eq!(draft["topics"][1]["name"], "Old Ports");
    assert_eq!(draft["custom"], json!({"weight": 3}));
    assert_eq!((&draft["aliases"], &draft["cover"]["url"]), (&json!(["/old/hugo"]), &json!("/img/a.jpg")));
    let jekyll = "---\nlayout: post\ntitle: \"Jekyll\"\ndate: 2020-02-03 04:05:06 +0100\ncategories: sea, land\nexcerpt: Short.\n\
        author: Ada Marsh\npermalink: /jekyll/old/\n---\n\n# A section\n";
    let draft = create(&editor, json!({"markdown": jekyll})).await;
    assert_eq!(
        (&draft["title"], &draft["published_at"]),
        (&json!("Jekyll"), &json!("2020-02-03T03:05:06.000000Z"))
    );
    assert_eq!((&draft["authors"][0]["name"], &draft["summary"]), (&json!("Ada Marsh"), &json!("Short.")));
    assert_eq!((&draft["custom"], &draft["aliases"]), (&json!({"layout": "post"}), &json!(["/jekyll/old/"])));
    assert_eq!(shape(&draft["sections"]), "A section");
    let astro = "---\ntitle: Astro\ndescription: About.\npubDate: 2021-07-08\nheroImage: https://a.example/h.png\nlang: de\n---\nText.\n";
    let draft = create(&editor, json!({"markdown": astro})).await;
    assert_eq!(
        (&draft["published_at"], &draft["locale"]),
        (&json!("2021-07-08T00:00:00.000000Z"), &json!("de"))
    );
    assert_eq!(
        (&draft["summary"], &draft["cover"]["url"]),
        (&json!("About."), &json!("https://a.example/h.png"))
    );
}

#[tokio::test]
async fn what_front_matter_cannot_place_goes_to_custom() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let names: Vec<String> = (0..25).map(|n| format!("A{n}")).collect();
    let markdown = format!(
        "---\ntitle: T\nslug: Not A Slug\nlocale: klingon-language\nauthors: [{}]\n---\n",
        names.join(", ")
    );
    let draft = create(&editor, json!({"markdown": markdown})).await;
    let left = json!({"slug": "Not A Slug", "locale": "klingon-language", "authors": ["A20", "A21", "A22", "A23", "A24"]});
    assert_eq!(draft["custom"], left);
    assert_eq!(draft["authors"].as_array().unwrap().len(), 20);
    let broken = editor.post(ARTICLES).json(json!({"title": "T", "markdown": "---\ntitle: [\n---\n"})).await;
    broken.problem(422, "invalid");
    assert_eq!(broken.violations(), ["/markdown front-matter-malformed"]);
    let nul =
        editor.post(ARTICLES).json(json!({"title": "T", "markdown": "---\nsummary: \"a\\0b\"\n---\n"})).await;
    nul.problem(422, "invalid");
    assert_eq!(nul.violations(), ["/markdown text-contains-nul"]);
}

#[tokio::test]
async fn an_article_is_created_from_html() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let html = "<h1>Tides</h1><p>Look <em>here</em>.</p><h2 id=\"low\">Ebb</h2><p>Away.</p><h3>Deep</h3><ul><li>a</li></ul>";
    let draft = create(&editor, json!({"html": html})).await;
    assert_eq!((&draft["title"], &draft["intro"]), (&json!("Tides"), &json!("Look *here*.")));
    assert_eq!(shape(&draft["sections"]), "Ebb(Deep)");
    assert_eq!(section(&draft, "Ebb")["anchor"], "low");
    let both = editor.post(ARTICLES).json(json!({"title": "T", "html": html, "markdown": "x"})).await;
    both.problem(422, "invalid");
    assert_eq!(both.violations(), [" content-ambiguous"]);
}

#[tokio::test]
async fn a_slug_made_from_the_title_is_made_unique_and_a_given_one_is_refused_when_taken() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for slug in ["tides", "tides-2", "tides-3"] {
        assert_eq!(create(&editor, json!({"title": "Tides"})).await["slug"], slug);
    }
    editor.post(ARTICLES).json(json!({"title": "X", "slug": "tides"})).await.problem(409, "slug-taken");
    assert_eq!(
        create(&editor, json!({"title": "X", "slug": "tides", "locale": "de"})).await["slug"],
        "tides"
    );
    assert_eq!(create(&editor, json!({"title": "Articles"})).await["slug"], "articles-2");
    assert_eq!(create(&editor, json!({"title": "…"})).await["slug"], "untitled");
}

#[tokio::test]
async fn articles_of_one_title_created_at_once_all_get_a_slug() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let drafts =
        join_all((0..10).map(|_| create(&editor, json!({"title": "Tides", "topics": ["sea"]})))).await;
    let mut slugs: Vec<String> =
        drafts.iter().map(|draft| draft["slug"].as_str().unwrap().to_owned()).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 10);
}

#[tokio::test]
async fn creating_with_a_key_has_one_effect() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let ask = |body: Value| editor.post(ARTICLES).once("k").json(body).send();
    let twins = join_all((0..8).map(|_| ask(json!({"title": "Tides"})))).await;
    let told: Vec<Value> = twins.iter().map(|response| response.expect(201)).collect();
    assert!(told.iter().all(|draft| *draft == told[0]));
    assert!(
        twins.iter().all(|response| response.location() == twins[0].location() && response.version() == 1)
    );
    let fresh = twins.iter().filter(|response| response.header("idempotent-replayed").is_none()).count();
    assert_eq!(fresh, 1);
    let again = ask(json!({"title": "Tides"})).await;
    assert_eq!((id(&again.expect(201)), again.header("idempotent-replayed")), (id(&told[0]), Some("true")));
    let other = ask(json!({"title": "Ebb"})).await;
    other.problem(422, "invalid");
    assert_eq!(other.violations(), ["Idempotency-Key idempotency-key-reused"]);
    assert_eq!(editor.get("/v1/drafts").await.expect(200)["items"].as_array().unwrap().len(), 1);
    editor
        .patch(at(&told[0], "/draft"))
        .if_match(1)
        .once("z")
        .json(json!({}))
        .await
        .problem(400, "request-malformed");
}

#[tokio::test]
async fn metadata_is_changed_as_a_merge_patch_says() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "T", "cover": {"url": "/a.jpg", "alt": "A", "width": 3}, "featured": true,
        "seo": {"title": "S", "noindex": true}, "custom": {"a": {"b": 1, "c": 2}, "d": [1]}, "summary": "Short."})).await;
    let path = at(&draft, "/draft");
    let patch = json!({"cover": {"alt": null, "caption": "C"}, "seo": {"title": "Other"}, "custom": {"a": {"b": null}, "d": [2]}});
    let after = editor.patch(&path).if_match(1).json(patch).await.expect(200);
    assert_eq!(
        after["cover"],
        json!({"url": "/a.jpg", "alt": null, "caption": "C", "width": 3, "height": null})
    );
    assert_eq!((&after["seo"]["title"], &after["seo"]["noindex"]), (&json!("Other"), &json!(true)));
    assert_eq!((&after["custom"], &after["summary"]), (&json!({"a": {"c": 2}, "d": [2]}), &json!("Short.")));
    let clear =
        json!({"cover": null, "seo": null, "custom": null, "summary": null, "featured": null, "slug": null});
    let after = editor.patch(&path).if_match(2).json(clear).await.expect(200);
    let cleared = ["cover", "custom", "summary", "featured", "slug"].map(|member| after[member].clone());
    assert_eq!(cleared, [Value::Null, json!({}), Value::Null, json!(false), json!("t")]);
    assert_eq!(after["seo"]["noindex"], false);
    for (patch, refusal) in [
        (json!({"cover": {"alt": "A"}}), "/cover field-missing"),
        (json!({"seo": {"x": 1}}), "/seo/x field-unknown"),
        (json!({"sections": []}), "/sections field-unknown"),
        (json!({"title": null}), "/title title-missing"),
        (json!({"custom": {"k": "x".repeat(66_000)}}), "/custom custom-too-long"),
        (json!({"translation_of": draft["id"]}), "/translation_of article-unknown"),
        (json!([1]), " type-mismatch"),
    ] {
        let response = editor.patch(&path).if_match(3).json(patch).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [refusal]);
    }
    create(&editor, json!({"title": "X", "slug": "taken"})).await;
    editor.patch(&path).if_match(3).json(json!({"slug": "taken"})).await.problem(409, "slug-taken");
    let plain = editor.patch(&path).if_match(3).body("application/json", r#"{"subtitle": "Plain"}"#).await;
    assert_eq!(plain.expect(200)["subtitle"], "Plain");
}

#[tokio::test]
async fn a_date_in_front_matter_that_is_not_used_is_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (date, code) in
        [("2999-01-01", "published-at-in-future"), ("02/03/2019", "date-unreadable"), ("Mon Sep 26 2016", "")]
    {
        let markdown = format!("---\ntitle: Tides\ndate: {date}\n---\nText.\n");
        let draft = editor.post("/v1/articles").json(json!({"markdown": markdown})).await.expect(201);
        let told: Vec<&str> = draft["warnings"]
            .as_array()
            .expect("warnings")
            .iter()
            .filter_map(|warning| warning["code"].as_str())
            .collect();
        assert_eq!(told.join(" "), code, "{date}");
        assert_eq!(draft["status"], "draft");
    }
    let later = json!({"title": "Later", "published_at": "2999-01-01T00:00:00Z"});
    let refused = editor.post("/v1/articles").json(later).await;
    assert_eq!(refused.violations(), ["/published_at published-at-in-future"]);
}
