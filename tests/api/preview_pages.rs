//! The page that shows a draft to people with a preview link.

use lede::auth::Role;
use lede::auth::preview_token::PreviewToken;
use lede::base::random::Random;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::days;
use crate::server::Server;
use crate::writing::{at, create, id};

/// The path of a new link, and the link.
async fn page_of(client: &Client, draft: &Value) -> (String, Value) {
    let made = client.post(at(draft, "/preview-links")).await.expect(201);
    (format!("/preview/{}", made["token"].as_str().expect("a token")), made)
}

/// Holds what is the same of every page of ours against a response.
fn check_page(page: &Response) {
    let text = page.text();
    assert!(text.starts_with("<!DOCTYPE html>") && !text.contains("<script"), "{text}");
    assert!(text.contains(r#"<meta name="robots" content="noindex">"#));
    assert_eq!(page.header("x-robots-tag"), Some("noindex"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("script-src"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn the_page_shows_the_draft_as_it_is() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(
        &editor,
        json!({"title": "Tides & <b>harbours</b>", "subtitle": "By the sea", "authors": ["ada-marsh"], "locale": "de",
            "cover": {"url": "/sea.jpg", "alt": "The \"sea\""},
            "intro": "Look at *the* water.[^n] <script>alert(1)</script>\n\n![A buoy](/buoy.png)\n\n[All](/tides)\n\n[^n]: Noted.",
            "sections": [{"heading": "Slack `water`", "body": "Nothing moves."}]}),
    )
    .await;
    let (path, _) = page_of(&editor, &draft).await;
    let page = server.client().get(&path).header("accept-language", "en").await;
    check_page(page.is(200));
    for shown in [
        "<h1>Tides &amp; &lt;b&gt;harbours&lt;/b&gt;</h1>",
        "By the sea",
        r#"<article lang="de">"#,
        r#"<img src="https://website.example/sea.jpg" alt="The &quot;sea&quot;">"#,
        "<em>the</em>",
        r#"src="https://website.example/buoy.png""#,
        r#"href="https://website.example/tides""#,
        r##"href="#fn-"##,
        r#"<h2 id="slack-water">Slack <code>water</code></h2>"#,
        "This is a draft",
    ] {
        assert!(page.text().contains(shown), "{shown} in {}", page.text());
    }
    assert!(!page.text().contains("alert"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("; img-src http: https:; media-src http: https:; frame-src https://"),
        "{policy}"
    );
    let edit = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"title": "Ebb"}));
    edit.await.is(200);
    assert!(server.client().get(&path).await.text().contains("<h1>Ebb</h1>"));
    let german = server.client().get(&path).header("accept-language", "de").await;
    assert!(german.text().contains("Dies ist ein Entwurf"), "{}", german.text());
}

#[tokio::test]
async fn whatever_fails_is_a_page() {
    let server = Server::behind_a_proxy(|config| config.limits.write = 60).await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let (path, made) = page_of(&editor, &draft).await;
    let (expiring, _) = page_of(&editor, &draft).await;
    let anyone = server.client();
    for broken in
        ["/preview/nothing", "/preview/lede_preview_x", &path[..path.len() - 1], &path.to_uppercase()[8..]]
    {
        let broken =
            if broken.starts_with("/preview/") { broken.to_owned() } else { format!("/preview{broken}") };
        check_page(anyone.get(broken).await.is(404));
    }
    // In the trash it is not shown to strangers.
    editor.delete(at(&draft, "")).await.is(204);
    check_page(anyone.get(&path).await.is(404));
    editor.post(at(&draft, "/restore")).await.is(200);
    check_page(anyone.get(&path).await.is(200));
    editor.delete(at(&draft, &format!("/preview-links/{}", id(&made)))).await.is(204);
    let revoked = anyone.get(&path).await;
    check_page(revoked.is(404));
    assert!(revoked.text().contains("This link does not work"));
    server.clock.advance(days(7));
    let expired = anyone.get(&expiring).await;
    check_page(expired.is(410));
    assert!(expired.text().contains("no longer valid"));
    let random = Random::System;
    let mut last = None;
    for _ in 0..=60 {
        let token = PreviewToken::make(&random).expect("a token");
        let page = format!("/preview/{}", token.expose());
        last = Some(anyone.get(page).header("x-forwarded-for", "203.0.113.7").await);
    }
    let last = last.expect("a response");
    check_page(last.is(429));
    assert!(last.header("retry-after").is_some());
}

#[tokio::test]
async fn a_defect_is_a_page_and_says_nothing_of_the_link() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let (path, _) = page_of(&editor, &draft).await;
    diesel::RunQueryDsl::execute(
        diesel::sql_query("ALTER TABLE article_metadata RENAME TO away"),
        &mut server.database().connect(),
    )
    .expect("a table less");
    let page = server.client().get(&path).await;
    check_page(page.is(500));
    assert!(page.text().contains("cannot be shown") && !page.text().contains("lede_preview_"));
}
