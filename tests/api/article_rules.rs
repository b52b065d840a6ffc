//! What is refused of an article: values beyond their bounds, what cannot be read, and what a role may not set.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, published};

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
    patch(&editor, &attach).await.is(200);
    patch(&author, &attach).await.is(200);
    patch(&author, &json!({"translation_of": null})).await.is(200);
    patch(&author, &attach).await.problem(422, "invalid");
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
