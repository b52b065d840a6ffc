//! What readers get of Markdown and of the HTML in it, and what its writer is warned of.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::markdown::{pull, push};
use crate::server::Server;
use crate::writing::{at, create, flat, id, published};

#[tokio::test]
async fn footnotes_and_definitions_belong_to_the_whole_article() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let live = published(&editor, json!({"title": "T", "intro": "First[^b].", "sections": [
        {"heading": "A", "body": "A [link][l] and a note[^a]."},
        {"heading": "B", "body": "Again[^b].\n\n[l]: https://a.example/ \"Title\"\n\n[^a]: Note *a*.\n[^b]: Note b."}]})).await;
    let edition = server.client().get(at(&live, "")).await.expect(200);
    let (intro, a) =
        (edition["intro"]["html"].as_str().unwrap(), edition["sections"][0]["html"].as_str().unwrap());
    assert!(a.contains(r#"<a href="https://a.example/" title="Title""#), "{a}");
    assert!(intro.contains(">1</a>") && a.contains(">2</a>"), "{intro}{a}");
    assert!(intro.contains("Note b.") && a.contains("Note <em>a</em>."), "{intro}{a}");
    let whole = server.client().get(at(&live, "/html")).await.text().to_owned();
    for fragment in whole.split("href=\"#").skip(1) {
        let target = fragment.split('"').next().unwrap();
        assert_eq!(whole.matches(&format!("id=\"{target}\"")).count(), 1, "{target}: {whole}");
    }
}

#[tokio::test]
async fn tables_task_lists_and_strikethrough_are_rendered() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = "| a | b |\n|:--|--:|\n| 1 | ~~2~~ |\n\n- [x] done\n- [ ] open\n\n```rust\nfn main() {}\n```";
    let live = published(&editor, json!({"title": "T", "intro": body})).await;
    let html =
        server.client().get(at(&live, "")).await.expect(200)["intro"]["html"].as_str().unwrap().to_owned();
    for part in ["<table>", "<del>2</del>", "checked", "<code class=\"language-rust\">fn main() {}"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(html.matches("type=\"checkbox\"").count(), 2, "{html}");
}

#[tokio::test]
async fn raw_html_is_sanitised_and_the_writer_is_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = "<figure><img src=\"/a.jpg\" srcset=\"/b.jpg 2x\" loading=\"lazy\" onerror=\"x()\"><figcaption>C</figcaption></figure>\n\n\
        <script>alert(1)</script>\n\n[js](javascript:alert(1)) <iframe src=\"https://evil.example/\"></iframe>";
    let draft = create(&editor, json!({"title": "T", "intro": body})).await;
    let codes: Vec<&str> = draft["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect();
    for code in ["element-removed", "attribute-removed", "url-removed"] {
        assert!(codes.contains(&code), "{draft:#}");
    }
    editor.post(at(&draft, "/publish")).json(json!({"revision": 1})).await.is(200);
    let html =
        server.client().get(at(&draft, "")).await.expect(200)["intro"]["html"].as_str().unwrap().to_owned();
    assert!(html.contains("srcset=\"/b.jpg 2x\"") && html.contains("loading=\"lazy\""), "{html}");
    for gone in ["script", "onerror", "javascript:", "iframe", "alert"] {
        assert!(!html.contains(gone), "{gone}: {html}");
    }
    let edited = editor
        .patch(at(&draft, "/draft"))
        .if_match(2)
        .json(json!({"intro": "<script>a</script>"}))
        .await
        .expect(200);
    assert_eq!(edited["warnings"][0]["code"], "element-removed");
    let pushed =
        push(&editor, &draft, 3, "---\ntitle: T\n---\n\n## S\n\n<script>a</script>").await.expect(200);
    assert_eq!(pushed["warnings"][0]["code"], "element-removed");
}

#[tokio::test]
async fn html_gives_warnings_as_markdown_does() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let html = "<p onclick=\"x()\">a</p><script>b</script><form>c</form><iframe src=\"https://evil.example/\"></iframe>";
    let warnings = |draft: &Value| {
        let warnings = draft["warnings"].as_array().unwrap().iter();
        let mut details: Vec<String> =
            warnings.map(|warning| warning["detail"].as_str().unwrap().to_owned()).collect();
        details.sort();
        details
    };
    let from_html = create(&editor, json!({"title": "T", "html": html})).await;
    let from_markdown = create(&editor, json!({"title": "T", "markdown": html})).await;
    let told = ["<form>", "<iframe> https://evil.example/", "<script>", "onclick on <p>"];
    assert_eq!(warnings(&from_html), told);
    assert_eq!(warnings(&from_markdown), told);
}

#[tokio::test]
async fn headings_summaries_and_titles_are_made_of_what_is_read() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let document = "---\ntitle: |\n  Low water\n  at Dover\n---\n\n\
        ```\nlet sea = 0;\n```\n\n\
        ## [1.2.0] - 2024-05-01\n\n\
        The sea is low[^1].\n\n\
        ## See [the spec][s]<script>\n\n\
        [1.2.0]: /a\n[s]: /b\n\n[^1]: So the pilot says.\n";
    let draft = create(&editor, json!({"markdown": document})).await;
    assert_eq!(
        (&draft["title"], &draft["warnings"][0]["detail"]),
        (&json!("Low water at Dover"), &json!("<script>"))
    );
    editor.post(at(&draft, "/publish")).json(json!({"revision": 1})).await.is(200);
    let edition = server.client().get(format!("{}?formats=html,text", at(&draft, ""))).await.expect(200);
    assert_eq!(edition["summary"], "The sea is low.");
    assert_eq!(edition["intro"]["text"], "");
    let sections = edition["sections"].as_array().unwrap();
    assert_eq!(sections[0]["heading"], "1.2.0 - 2024-05-01");
    assert_eq!(sections[0]["heading_html"], "<a href=\"/a\">1.2.0</a> - 2024-05-01");
    assert_eq!((&sections[0]["text"], &sections[0]["word_count"]), (&json!("The sea is low."), &json!(4)));
    assert_eq!(
        (&sections[1]["heading"], &sections[1]["anchor"]),
        (&json!("See the spec"), &json!("see-the-spec"))
    );
    // A search finds notes and code all the same.
    for word in ["pilot", "let"] {
        assert_eq!(
            server.client().get(format!("/v1/search?q={word}")).await.expect(200)["items"]
                .as_array()
                .unwrap()
                .len(),
            1,
            "{word}"
        );
    }
}

#[tokio::test]
async fn headings_know_the_definitions_of_the_intro() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (intro, heading) = ("Begin.\n\n[g]: /guide", "See [the guide][g]");
    let anchors = |draft: &Value| -> Vec<String> {
        let all = flat(&draft["sections"]).into_iter();
        all.map(|section| section["anchor"].as_str().expect("an anchor").to_owned()).collect()
    };
    let built = create(
        &editor,
        json!({"title": "T", "intro": intro, "sections": [{"heading": heading, "body": ""}]}),
    )
    .await;
    assert_eq!(anchors(&built), ["see-the-guide"]);
    let read =
        create(&editor, json!({"markdown": format!("# T\n\n{intro}\n\n## {heading}\n\nText.\n")})).await;
    assert_eq!(anchors(&read), ["see-the-guide"]);
    let document = pull(&editor, &read).await;
    assert_eq!(push(&editor, &read, 1, document).await.expect(200), read);
    let section = json!({"heading": "And [the guide][g]", "body": ""});
    editor.post(at(&read, "/draft/sections")).json(section).await.is(201);
    let replaced = json!([{"heading": "Or [the guide][g]", "body": ""}]);
    let read = editor.get(at(&read, "/draft")).await.expect(200);
    assert_eq!(anchors(&read), ["see-the-guide", "and-the-guide"]);
    let path = at(&read, "/draft/sections");
    let read = editor.put(path).if_match(2).json(json!({"sections": replaced})).await.expect(200);
    assert_eq!(anchors(&read), ["or-the-guide"]);
    let path = format!("{}/{}", at(&read, "/draft/sections"), id(&read["sections"][0]));
    let change = json!({"heading": "Nor [the guide][g]", "anchor": null});
    let changed = editor.patch(path).if_match(3).json(change).await.expect(200);
    assert_eq!(changed["section"]["anchor"], "nor-the-guide");
}
