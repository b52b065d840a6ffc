//! Creating articles: what comes in, what it becomes, and what is refused.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, flat, id, published, section, shape};

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
async fn every_member_has_its_bound_and_what_is_refused_is_named() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let long = |n: usize| "x".repeat(n);
    let many = |n: usize, f: &dyn Fn(usize) -> Value| Value::Array((0..n).map(f).collect());
    let deep = |n: usize| {
        (1..n).fold(json!({"heading": "H"}), |below, _| json!({"heading": "H", "sections": [below]}))
    };
    let table: Vec<(Value, Value, &str)> = vec![
        (json!({"title": long(300)}), json!({"title": long(301)}), "/title title-too-long"),
        (json!({"title": "x"}), json!({"title": "  "}), "/title title-empty"),
        (json!({"title": "x"}), json!({"title": "a\nb"}), "/title title-malformed"),
        (json!({"title": "x"}), json!({"title": null}), "/title title-missing"),
        (json!({"slug": "y".repeat(120)}), json!({"slug": long(121)}), "/slug slug-malformed"),
        (json!({"slug": "a-b"}), json!({"slug": "A b"}), "/slug slug-malformed"),
        (json!({"slug": "draft"}), json!({"slug": "drafts"}), "/slug slug-reserved"),
        (json!({}), json!({"slug": "019b8d62-7a80-7580-af26-1d10acb21f90"}), "/slug slug-looks-like-id"),
        (json!({"locale": "de-AT"}), json!({"locale": "german, please"}), "/locale locale-malformed"),
        (json!({"subtitle": long(500)}), json!({"subtitle": long(501)}), "/subtitle subtitle-too-long"),
        (json!({"summary": long(1000)}), json!({"summary": long(1001)}), "/summary summary-too-long"),
        (json!({"cover": {"url": "/a.jpg"}}), json!({"cover": {"url": "a.jpg"}}), "/cover/url url-malformed"),
        (
            json!({"cover": {"url": "/a", "alt": long(1000)}}),
            json!({"cover": {"url": "/a", "alt": long(1001)}}),
            "/cover/alt alt-too-long",
        ),
        (
            json!({"cover": {"url": "/a", "width": 100_000}}),
            json!({"cover": {"url": "/a", "width": 0}}),
            "/cover/width width-out-of-bounds",
        ),
        (
            json!({"authors": many(20, &|n| json!(format!("a{n}")))}),
            json!({"authors": many(21, &|n| json!(format!("a{n}")))}),
            "/authors authors-too-many",
        ),
        (
            json!({"topics": many(50, &|n| json!(format!("t{n}")))}),
            json!({"topics": many(51, &|n| json!(format!("t{n}")))}),
            "/topics topics-too-many",
        ),
        (json!({"topics": ["sea"]}), json!({"topics": ["sea", "S ea"]}), "/topics/1 slug-malformed"),
        (json!({"intro": long(200_000)}), json!({"intro": long(200_001)}), "/intro body-too-long"),
        (json!({"intro": "a"}), json!({"intro": "# a"}), "/intro heading-in-body"),
        (
            json!({"seo": {"title": long(300)}}),
            json!({"seo": {"title": long(301)}}),
            "/seo/title title-too-long",
        ),
        (
            json!({"seo": {"canonical_url": "https://a.example"}}),
            json!({"seo": {"canonical_url": "/a"}}),
            "/seo/canonical_url canonical-url-malformed",
        ),
        (
            json!({"seo": {"image_url": "/a"}}),
            json!({"seo": {"image_url": "javascript:alert(1)"}}),
            "/seo/image_url image-url-malformed",
        ),
        (
            json!({"custom": {"k": long(65_528)}}),
            json!({"custom": {"k": long(65_529)}}),
            "/custom custom-too-long",
        ),
        (
            json!({"aliases": many(100, &|n| json!(format!("/{n}")))}),
            json!({"aliases": many(101, &|n| json!(format!("/{n}")))}),
            "/aliases aliases-too-many",
        ),
        (json!({"aliases": ["/a"]}), json!({"aliases": ["/a", "b"]}), "/aliases/1 alias-malformed"),
        (
            json!({"sections": [{"heading": long(300)}]}),
            json!({"sections": [{"heading": long(301)}]}),
            "/sections/0/heading heading-too-long",
        ),
        (
            json!({"sections": [{"anchor": "a"}]}),
            json!({"sections": [{"anchor": "a b"}]}),
            "/sections/0/anchor anchor-malformed",
        ),
        (
            json!({"sections": [{"body": long(200_000)}]}),
            json!({"sections": [{"body": long(200_001)}]}),
            "/sections/0/body body-too-long",
        ),
        (
            json!({"sections": [{"body": "> # quoted"}]}),
            json!({"sections": [{"sections": [{"body": "a\n\n## b"}]}]}),
            "/sections/0/sections/0/body heading-in-body",
        ),
        (
            json!({"sections": [{"custom": {}}]}),
            json!({"sections": [{"custom": {"k": long(65_529)}}]}),
            "/sections/0/custom custom-too-long",
        ),
        (
            json!({"sections": [deep(5)]}),
            json!({"sections": [deep(6)]}),
            "/sections/0/sections/0/sections/0/sections/0/sections/0/sections/0 sections-too-deep",
        ),
        (
            json!({"sections": many(1000, &|_| json!({}))}),
            json!({"sections": many(1001, &|_| json!({}))}),
            "/sections sections-too-many",
        ),
        (json!({}), json!({"sections": [{"anchor": "a"}, {"anchor": "a"}]}), "/sections anchor-taken"),
        (
            json!({}),
            json!({"sections": [{"id": "019b8d62-7a80-7580-af26-1d10acb21f90"}]}),
            "/sections/0/id section-unknown",
        ),
        (
            json!({}),
            json!({"translation_of": "019b8d62-7a80-7580-af26-1d10acb21f90"}),
            "/translation_of article-unknown",
        ),
        (json!({}), json!({"markdown": long(1_000_001)}), "/markdown document-too-long"),
        (json!({}), json!({"html": long(1_000_001)}), "/html document-too-long"),
        (
            json!({"published_at": "2026-01-05T09:00:00Z"}),
            json!({"published_at": "2026-01-05T09:00:01Z"}),
            "/published_at published-at-in-future",
        ),
        (json!({}), json!({"featured": 1}), "/featured type-mismatch"),
        (json!({}), json!({"tittle": "x"}), "/tittle field-unknown"),
        (json!({}), json!({"seo": {"x": 1}}), "/seo/x field-unknown"),
        (json!({}), json!({"summary": "a\u{0}"}), "/summary text-contains-nul"),
    ];
    for (at_bound, beyond, refusal) in table {
        let with_title = |mut body: Value| {
            if body.get("title").is_none() {
                body["title"] = json!("T");
            }
            body
        };
        editor.post(ARTICLES).json(with_title(at_bound)).await.is(201);
        let response = editor.post(ARTICLES).json(with_title(beyond)).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn an_original_has_to_be_an_article_that_one_may_edit() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let original = published(&editor, json!({"title": "Tides"})).await;
    let hidden = create(&editor, json!({"title": "Draft"})).await;
    let body = |of: &Value| json!({"title": "Gezeiten", "locale": "de", "translation_of": of["id"]});
    for (of, refusal) in [
        (&original, "/translation_of translation-of-forbidden"),
        (&hidden, "/translation_of article-unknown"),
    ] {
        let refused = author.post(ARTICLES).json(body(of)).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), [refusal]);
    }
    let own = create(&author, json!({"title": "Own"})).await;
    let translation = create(&author, body(&own)).await;
    // What an editor has attached, its author may keep, and does not attach again.
    let attach = json!({"translation_of": original["id"]});
    let patch = |client: &Client, change: &Value| {
        client.patch(at(&translation, "/draft")).header("if-match", "*").json(change.clone())
    };
    let attached = patch(&editor, &attach).await.expect(200);
    patch(&author, &attach).await.is(200);
    patch(&author, &json!({"translation_of": null})).await.is(200);
    patch(&author, &attach).await.problem(422, "invalid");
    let restore = at(&attached, &format!("/revisions/{}/restore", attached["revision"]));
    let restored = author.post(restore).header("if-match", "*").await.expect(200);
    assert_eq!(restored["translation_of"], Value::Null);
}

#[tokio::test]
async fn all_broken_rules_are_told_at_once() {
    let server = Server::start().await;
    let contributor = server.login(Role::Contributor).await;
    let response = contributor
        .post(ARTICLES)
        .json(json!({"slug": "A", "intro": "# x", "published_at": "2020-01-01T00:00:00Z",
            "sections": [{"heading": ""}, {"body": "# x", "anchor": " "}]}))
        .await;
    response.problem(422, "invalid");
    let mut told = response.violations();
    told.sort();
    assert_eq!(
        told,
        [
            "/intro heading-in-body",
            "/published_at published-at-forbidden",
            "/sections/0/heading heading-empty",
            "/sections/1/anchor anchor-malformed",
            "/sections/1/body heading-in-body",
            "/slug slug-malformed",
            "/title title-missing",
        ]
    );
    let unknown = "019b8d62-7a80-7580-af26-1d10acb21f90";
    let deep = format!("{}a", "> ".repeat(40));
    for (body, told) in [
        (
            json!({"sections": [{"id": unknown, "heading": ""}, {"anchor": "a"}, {"anchor": "a"}]}),
            "/title title-missing, /sections/0/heading heading-empty, /sections/0/id section-unknown, \
             /sections anchor-taken",
        ),
        (json!({"markdown": deep}), "/title title-missing, /markdown body-too-deep"),
        (json!({"html": "<blockquote>".repeat(40) + "a"}), "/title title-missing, /html body-too-deep"),
        (
            json!({"slug": "A", "markdown": format!("# T\n\n{deep}")}),
            "/markdown body-too-deep, /slug slug-malformed",
        ),
        // What cannot be read may have a title.
        (
            json!({"slug": "A", "markdown": "---\n{\n---\n"}),
            "/markdown front-matter-malformed, /slug slug-malformed",
        ),
    ] {
        let response = contributor.post(ARTICLES).json(&body).await;
        response.problem(422, "invalid");
        let (mut found, mut wanted) = (response.violations(), told.split(", ").collect::<Vec<_>>());
        found.sort();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{body}");
    }
    let response =
        contributor.post(ARTICLES).json(json!({"title": "T", "topics": ["a", "b"], "authors": ["c"]})).await;
    response.problem(422, "invalid");
    assert_eq!(
        response.violations(),
        ["/topics/0 topic-unknown", "/topics/1 topic-unknown", "/authors/0 author-unknown"]
    );
    let sections: Vec<Value> = (0..60).map(|_| json!({"body": "# x"})).collect();
    let response = contributor.post(ARTICLES).json(json!({"title": "T", "sections": sections})).await;
    assert_eq!(response.violations().len(), 50);
}

#[tokio::test]
async fn json_is_read_strictly() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let twice = editor.post(ARTICLES).body("application/json", r#"{"title": "a", "title": "b"}"#).await;
    twice.problem(400, "request-malformed");
    editor
        .post(ARTICLES)
        .body("text/plain", r#"{"title": "a"}"#)
        .await
        .problem(415, "unsupported-media-type");
    for other in ["[]", "[\"a\"]", "1", "null"] {
        let response = editor.post(ARTICLES).body("application/json", other).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [" type-mismatch"]);
    }
    let query = editor.post(format!("{ARTICLES}?x=1")).json(json!({"title": "a"})).await;
    query.problem(400, "request-malformed");
    assert_eq!(query.violations(), ["x parameter-unknown"]);
}

#[tokio::test]
async fn editors_make_the_topics_and_authors_they_name_and_others_use_those_there_are() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let body = json!({"title": "T", "topics": ["slack-water", "sea", "sea"], "authors": ["ada-marsh"]});
    author.post(ARTICLES).json(&body).await.problem(422, "invalid");
    let draft = create(&editor, body.clone()).await;
    let names =
        |of: &str| draft[of].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (names("topics"), names("authors")),
        (vec![json!("Slack water"), json!("Sea")], vec![json!("Ada marsh")])
    );
    assert_eq!(create(&author, body).await["topics"], draft["topics"]);
}

#[tokio::test]
async fn only_editors_say_that_an_article_was_published_before() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let body = json!({"title": "T", "published_at": "2019-05-06T07:08:09Z"});
    let response = author.post(ARTICLES).json(&body).await;
    response.problem(422, "invalid");
    assert_eq!(response.violations(), ["/published_at published-at-forbidden"]);
    assert_eq!(create(&editor, body).await["published_at"], "2019-05-06T07:08:09.000000Z");
    // In front matter it is no error: an author moves drafts in, too.
    let draft = create(&author, json!({"markdown": "---\ntitle: T\ndate: 2019-05-06\n---\n"})).await;
    assert_eq!(draft["published_at"], Value::Null);
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
