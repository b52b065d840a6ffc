//! A draft as one Markdown document, pulled and pushed.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::server::Server;
use crate::writing::{at, create, flat, id, section, shape};

pub async fn pull(client: &Client, draft: &Value) -> String {
    let response = client.get(at(draft, "/draft/markdown")).await;
    assert_eq!(response.is(200).header("content-type"), Some("text/markdown; charset=utf-8"));
    response.text().to_owned()
}

pub async fn push(client: &Client, draft: &Value, seen: i64, document: impl Into<Vec<u8>>) -> Response {
    client.put(at(draft, "/draft/markdown")).if_match(seen).body("text/markdown", document).await
}

/// A draft that has everything a draft can have.
async fn everything(editor: &Client) -> Value {
    let original = create(editor, json!({"title": "Original", "locale": "de"})).await;
    create(editor, json!({"title": "A: \"b\" # c", "slug": "abc", "subtitle": "---", "summary": "Two\nlines.",
        "cover": {"url": "/a.jpg", "alt": "An *A*", "width": 3}, "featured": true, "listed": false,
        "authors": ["bob", "ada"], "topics": ["sea", "land"], "intro": "Intro.\n\n```\n# no heading\n```",
        "seo": {"title": "S", "noindex": true, "canonical_url": "https://a.example/x"},
        "custom": {"title": "mine", "deep": {"a": [1, null, "x"]}, "no": "yes"}, "translation_of": original["id"],
        "aliases": ["/old/a", "/old/b"], "published_at": "2020-01-01T00:00:00Z",
        "sections": [
            {"heading": "Same", "body": "One.", "custom": {"k": 1}},
            {"heading": "Same", "anchor": "other", "body": "  indented\n\nTwo.", "sections": [
                {"heading": "Deep *one*", "body": ""}, {"body": "No heading.", "custom": {"bare": true}}, {"heading": "Trailing #"}]},
            {"sections": [{"body": ""}, {"heading": "{#x}", "anchor": "y"}], "custom": {"empty": 1}},
            {"body": "", "custom": {"empty": 2}},
            {"anchor": "named", "body": "<!-- a comment -->"}]})).await
}

#[tokio::test]
async fn a_draft_pulled_and_pushed_is_the_same_draft() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = everything(&editor).await;
    let document = pull(&editor, &draft).await;
    let back = push(&editor, &draft, 1, document.as_str()).await;
    assert_eq!(back.expect(200), draft, "{document}");
    assert_eq!(back.version(), 1);
    assert_eq!(pull(&editor, &draft).await, document);
    // Another system's line ends and byte order mark make no difference.
    let foreign = format!("\u{feff}{}", document.replace('\n', "\r\n"));
    assert_eq!(push(&editor, &draft, 1, foreign).await.expect(200), draft);
}

#[tokio::test]
async fn an_edited_document_keeps_what_sections_are() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(
        &editor,
        json!({"title": "T", "subtitle": "S", "sections": [
        {"heading": "Ebb", "body": "Away.", "custom": {"k": 1}},
        {"heading": "Flow", "body": "Back."},
        {"body": "Bare.", "custom": {"bare": 1}}]}),
    )
    .await;
    let document = pull(&editor, &draft).await;
    // A heading is changed here, a body there, and a section is put in the middle.
    let edited = document
        .replace("## Ebb", "## Low water")
        .replace("Back.", "It is back.\n\n## New\n\nNew.")
        .replace("Bare.", "Still bare.");
    let edited =
        edited.split_inclusive('\n').filter(|line| !line.starts_with("subtitle:")).collect::<String>();
    assert_ne!(edited, document);
    let after = push(&editor, &draft, 1, edited).await.expect(200);
    assert_eq!(
        (shape(&after["sections"]), &after["subtitle"]),
        ("Low water Flow New -".to_owned(), &Value::Null)
    );
    let (before, now) = (flat(&draft["sections"]), flat(&after["sections"]));
    assert_eq!([id(&now[0]), id(&now[1]), id(&now[3])], [id(&before[0]), id(&before[1]), id(&before[2])]);
    // Links to it do not break, and what it carries stays.
    assert_eq!((&now[0]["anchor"], &now[0]["custom"]), (&json!("ebb"), &json!({"k": 1})));
    assert_eq!((&now[3]["body"], &now[3]["custom"]), (&json!("Still bare."), &json!({"bare": 1})));
    let moved = pull(&editor, &draft).await.replace("## Low water {#ebb}", "## Low water {#low}");
    let after = push(&editor, &draft, 2, moved).await.expect(200);
    assert_eq!(
        (id(&section(&after, "Low water")), &section(&after, "Low water")["anchor"]),
        (id(&before[0]), &json!("low"))
    );
}

#[tokio::test]
async fn documents_are_bounded_and_of_one_kind() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "T"})).await;
    let sections = |n: usize| format!("## S\n\n{}\n\n", "x".repeat(100_000)).repeat(n);
    assert_eq!(push(&editor, &draft, 1, sections(9)).await.is(200).version(), 2);
    let long = push(&editor, &draft, 2, sections(10)).await;
    long.problem(422, "invalid");
    assert_eq!(long.violations(), [" document-too-long"]);
    let body = push(&editor, &draft, 2, "x".repeat(200_001)).await;
    body.problem(422, "invalid");
    assert_eq!(body.violations(), [" body-too-long"]);
    push(&editor, &draft, 2, "x".repeat(3 * 1024 * 1024)).await.problem(413, "too-large");
    push(&editor, &draft, 2, vec![b'a', 0xff]).await.problem(400, "request-malformed");
    push(&editor, &draft, 2, "a\0b").await.problem(422, "invalid");
    push(&editor, &draft, 2, "---\nsubtitle: \"a\\0b\"\n---\n").await.problem(422, "invalid");
    push(&editor, &draft, 2, "---\na: [\n---\n").await.problem(422, "invalid");
    let json = editor.put(at(&draft, "/draft/markdown")).if_match(2).json(json!({})).await;
    json.problem(415, "unsupported-media-type");
    editor
        .put(at(&draft, "/draft/markdown"))
        .body("text/markdown", "x")
        .await
        .problem(428, "if-match-required");
}

#[tokio::test]
async fn an_old_path_that_is_none_is_kept_as_custom() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let text = "---\ntitle: T\naliases: [/a, b, https://old.example/a, \"/with space\", \"/\\x01\"]\ndate: -000001-01-01\n---\n";
    let draft = create(&editor, json!({"markdown": text})).await;
    assert_eq!(draft["aliases"], json!(["/a", "/b"]));
    assert_eq!(draft["custom"], json!({"aliases": ["/with space", "/\u{1}"], "date": "-000001-01-01"}));
}

#[tokio::test]
async fn a_document_without_a_title_keeps_the_one_there_is() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "T", "slug": "mine"})).await;
    let after = push(&editor, &draft, 1, "Just text.").await.expect(200);
    assert_eq!(
        (&after["title"], &after["slug"], &after["intro"]),
        (&json!("T"), &json!("mine"), &json!("Just text."))
    );
    let after = push(&editor, &draft, 2, "# New\n\nText.").await.expect(200);
    assert_eq!((&after["title"], &after["slug"]), (&json!("New"), &json!("mine")));
}

/// The codes and details of the warnings of a draft.
fn told(draft: &Value) -> Vec<String> {
    let warnings = draft["warnings"].as_array().expect("warnings").iter();
    warnings.map(|one| format!("{}: {}", one["code"], one["detail"]).replace('"', "")).collect()
}

#[tokio::test]
async fn custom_fields_up_to_their_bound_come_back_unchanged() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    // In members so small that a wrong count of bytes adds up.
    let (mut custom, mut bytes) = (serde_json::Map::new(), 0);
    while bytes < 60_000 {
        let name = format!("k{}", custom.len());
        bytes += name.len() + r#""":1,"#.len();
        custom.insert(name, json!(1));
    }
    let draft = create(&editor, json!({"title": "T", "custom": &custom})).await;
    let document = pull(&editor, &draft).await;
    let pushed = push(&editor, &draft, 1, document).await.expect(200);
    assert_eq!(pushed["custom"].as_object().map(serde_json::Map::len), Some(custom.len()));
    assert!(pushed == draft, "they differ");
}

#[tokio::test]
async fn front_matter_that_has_no_place_is_kept_or_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let long = "x".repeat(1001);
    let front = json!({
        "title": "T", "translation_of": "Some slug", "slug": "No slug", "subtitle": "y".repeat(501),
        "cover": {"url": "/a.jpg", "alt": long, "width": 0},
        "seo": {"title": "z".repeat(301), "description": long},
        "authors": [{"name": "Ada", "slug": "No slug"}, "n".repeat(201)], "aliases": ["/ok", "//"],
        "custom": {"subtitle": "mine", "authors": "mine", "aliases": "mine", "slug": "No slug"}
    });
    let draft = create(&editor, json!({"markdown": format!("{front}\n\nText.\n")})).await;
    let custom = json!({
        "translation_of": "Some slug", "slug": "No slug", "subtitle": "mine", "authors": "mine", "aliases": "mine"
    });
    assert_eq!(draft["custom"], custom);
    let detail =
        "subtitle, cover.alt, cover.width, authors.slug, authors, seo.title, seo.description, aliases";
    let warning = told(&draft).join("\n");
    assert!(warning.starts_with("front-matter-left-out: "), "{warning}");
    assert!(warning.ends_with(&format!(": {detail}.")), "{warning}");
    // What does not fit leaves out itself, and not what comes after it.
    let quotes = "\"".repeat(40_000);
    let pushed =
        push(&editor, &draft, 1, format!("---\ntitle: T\nbig: a{quotes}\nsmall: 1\n---\n\nText.\n")).await;
    let pushed = pushed.expect(200);
    assert_eq!(pushed["custom"], json!({"small": 1}));
    assert!(told(&pushed)[0].ends_with(": big."), "{pushed}");
}

#[tokio::test]
async fn front_matter_of_no_field_and_of_no_section_is_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let document = "---\ntitle: T\ncover: {url: /a.jpg, credit: Ada}\nauthors: [{name: Ada, bio: Writes.}]\nmood: calm\n\
        custom: {mood: wild}\nsections: {ebb: {k: 1}, flood: {k: 2}, slack: 7}\n---\n\n## Ebb\n\nAway.\n\n## Slack\n\nWait.\n";
    let draft = create(&editor, json!({"markdown": document})).await;
    assert_eq!(draft["sections"][0]["custom"], json!({"k": 1}));
    let left_out = |names: &str| {
        format!(
            "front-matter-left-out: These values have no field, are too long or are unusable, and do not fit into \
             `custom` either: {names}."
        )
    };
    let mut wanted =
        vec![left_out("authors.bio, cover.credit, mood"), left_out("sections.flood, sections.slack")];
    assert_eq!(told(&draft), wanted);
    let pushed = push(&editor, &draft, 1, document).await.expect(200);
    wanted.reverse();
    assert_eq!((told(&pushed), &pushed["version"]), (wanted, &json!(1)));
    // An anchor that a section keeps under another heading is known.
    let renamed = document.replace("## Ebb", "## Low water").replace(", flood: {k: 2}, slack: 7", "");
    let pushed = push(&editor, &draft, 1, renamed).await.expect(200);
    assert_eq!((&pushed["sections"][0]["anchor"], told(&pushed).len()), (&json!("ebb"), 1), "{pushed:#}");
}

#[tokio::test]
async fn the_date_of_the_first_publication_is_kept_or_told() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let document = |date: &str| format!("---\ntitle: T\ndate: {date}\n---\n\nText.\n");
    let draft = create(&editor, json!({"title": "T", "intro": "Text."})).await;
    let dated = push(&editor, &draft, 1, document("2019-01-02")).await.expect(200);
    assert_eq!(
        (&dated["published_at"], &dated["version"], &dated["warnings"]),
        (&json!("2019-01-02T00:00:00.000000Z"), &json!(2), &json!([]))
    );
    let stale = push(&editor, &draft, 1, document("2018-01-02")).await;
    assert_eq!(stale.problem(412, "changed-since")["changed"][0]["fields"], json!(["published_at"]));
    // One document that says the same, or nothing of it, changes nothing.
    for same in [document("2019-01-02"), "---\ntitle: T\n---\n\nText.\n".to_owned()] {
        assert_eq!(push(&editor, &draft, 2, same).await.expect(200)["version"], 2);
    }
    let later = push(&editor, &draft, 2, document("2999-01-01")).await.expect(200);
    assert_eq!(later["published_at"], dated["published_at"]);
    assert!(told(&later)[0].starts_with("published-at-in-future"), "{later}");
    // Once published, it stays.
    editor.post(at(&draft, "/publish")).json(json!({"revision": 2})).await.is(200);
    let moved = push(&editor, &draft, 3, document("2017-01-02")).await.expect(200);
    assert_eq!((&moved["published_at"], &moved["version"]), (&dated["published_at"], &json!(3)));
    assert!(told(&moved)[0].starts_with("published-at-not-used"), "{moved}");
    // Who may not set it is told.
    let author = server.login(Role::Author).await;
    let own = create(&author, json!({"markdown": document("2019-01-02")})).await;
    assert_eq!(own["published_at"], Value::Null);
    assert!(told(&own)[0].starts_with("published-at-not-used"), "{own}");
    let own = push(&author, &own, 1, document("2019-01-02")).await.expect(200);
    assert_eq!((&own["published_at"], &own["version"]), (&Value::Null, &json!(1)));
    assert!(told(&own)[0].starts_with("published-at-not-used"), "{own}");
}
