//! What differs between two revisions.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::writing::{at, create, publish, section, tides};

async fn edit(client: &Client, path: String, body: Value) -> Value {
    client.patch(path).header("if-match", "*").json(body).await.expect(200)
}

async fn diff(client: &Client, draft: &Value, rest: &str) -> Value {
    client.get(at(draft, &format!("/revisions/{rest}"))).await.expect(200)
}

/// The passages on one line: `[-deleted-]` and `{+inserted+}`.
fn words(changed: &Value) -> String {
    let run = |run: &Value| {
        let text = run["text"].as_str().expect("a text");
        match run["op"].as_str().expect("an op") {
            "equal" => text.to_owned(),
            "insert" => format!("{{+{text}+}}"),
            _ => format!("[-{text}-]"),
        }
    };
    changed["words"].as_array().expect("words").iter().map(run).collect()
}

/// What changed: each member, and each section with what became of it.
fn changes(diff: &Value) -> Vec<String> {
    let members = diff["metadata"].as_array().expect("metadata").iter();
    let members = members.map(|change| change["member"].as_str().expect("a member").to_owned());
    let sections = diff["sections"].as_array().expect("sections").iter();
    let sections = sections.map(|change| {
        format!("{} {}", change["heading"].as_str().unwrap_or("-"), change["change"].as_str().unwrap())
    });
    members.chain(sections).collect()
}

#[tokio::test]
async fn a_revision_is_compared_with_any_other() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let ebb = at(&draft, &format!("/draft/sections/{}", section(&draft, "Ebb")["id"].as_str().unwrap()));
    edit(&editor, ebb.clone(), json!({"body": "Far away."})).await;
    publish(&editor, &editor.get(at(&draft, "/draft")).await.json()).await;
    let metadata = json!({"title": "Tides", "topics": ["sea"], "intro": "Look at the sea."});
    edit(&editor, at(&draft, "/draft"), metadata).await;
    editor.delete(ebb).if_match(4).await.is(204);
    editor
        .post(at(&draft, "/draft/sections"))
        .json(json!({"heading": "Neaps", "body": "Weak."}))
        .await
        .is(201);

    let previous = diff(&editor, &draft, "4/diff").await;
    assert_eq!(
        (&previous["from"], &previous["to"], &previous["truncated"]),
        (&json!(2), &json!(4), &json!(false))
    );
    assert_eq!(changes(&previous), ["intro", "title", "topics"]);
    let [intro, title, topics] = previous["metadata"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(
        (&title["before"], &title["after"], words(title)),
        (&json!("Tides and harbours"), &json!("Tides"), String::new())
    );
    assert_eq!((&topics["before"], &topics["after"][0]["slug"]), (&json!([]), &json!("sea")));
    assert_eq!(words(intro), "Look at the [-water-]{+sea+}.");
    assert_eq!(
        (&intro["before"], &intro["after"]),
        (&json!("Look at the water."), &json!("Look at the sea."))
    );
    assert_eq!(previous["words"], json!({"added": 1, "removed": 1}));

    let live = diff(&editor, &draft, "6/diff?against=published").await;
    assert_eq!(live["from"], 2);
    assert_eq!(changes(&live), ["intro", "title", "topics", "Ebb removed", "Neaps added"]);
    let [removed, added] = live["sections"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((words(removed), words(added)), ("[-Far away.-]".to_owned(), "{+Weak.+}".to_owned()));
    let member = |change: &Value| {
        change["metadata"].as_array().unwrap().iter().map(|one| one["member"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(member(added), ["heading", "anchor"]);

    // Backwards, too.
    let back = diff(&editor, &draft, "1/diff?against=2").await;
    assert_eq!(changes(&back), ["Ebb edited"]);
    assert_eq!(words(&back["sections"][0]), "[-Far away-]{+Away+}.");
    assert_eq!(changes(&diff(&editor, &draft, "2/diff?against=2").await), Vec::<String>::new());

    let first = diff(&editor, &draft, "1/diff").await;
    assert_eq!(first["from"], Value::Null);
    assert_eq!(
        changes(&first),
        ["intro", "locale", "slug", "title", "Tides added", "Ebb added", "Flow added", "Harbours added"]
    );
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let get = async |rest: &str| editor.get(at(&draft, &format!("/revisions/{rest}"))).await;
    get("1/diff?against=published").await.problem(409, "not-published");
    get("2/diff").await.problem(404, "not-found");
    get("1/diff?against=2").await.problem(404, "not-found");
    for against in ["0", "-1", "x", "99999999999", ""] {
        let refused = get(&format!("1/diff?against={against}")).await;
        assert_eq!(refused.is(400).violations(), ["against revision-malformed"], "{against}");
    }
    // Who may not read the draft sees nothing of it.
    let author = server.login(Role::Author).await;
    author.get(at(&draft, "/revisions/1/diff")).await.problem(404, "not-found");
    server.client().get(at(&draft, "/revisions/1/diff")).await.problem(401, "token-missing");
}

#[tokio::test]
async fn a_moved_section_keeps_its_text_and_a_long_one_its_ends() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let long = format!("First. {} Last.", "The sea comes twice a day.\n".repeat(200));
    let part = |name: &str| section(&draft, name)["id"].clone();
    let tree = json!({"sections": [
        {"id": part("Harbours"), "heading": "Harbours", "body": long},
        {"id": part("Tides"), "heading": "Tides", "body": "They come and go.", "sections": [
            {"id": part("Ebb"), "heading": "Ebb", "body": "Away."}]},
        {"id": part("Flow"), "heading": "Flow", "body": "Back."}]});
    let replace =
        |tree: &Value| editor.put(at(&draft, "/draft/sections")).header("if-match", "*").json(tree.clone());
    replace(&tree).await.is(200);
    let moved = diff(&editor, &draft, "2/diff").await;
    assert_eq!(changes(&moved), ["Harbours edited", "Flow moved"]);
    let [harbours, flow] = moved["sections"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!(
        (&harbours["moved"], &flow["moved"], words(flow)),
        (&json!(true), &json!(true), String::new())
    );
    let mut again = tree.clone();
    again["sections"][0]["body"] = json!(long.replace("First", "Begun").replace("Last", "Done"));
    replace(&again).await.is(200);
    let edited = diff(&editor, &draft, "3/diff").await;
    let runs = edited["sections"][0]["words"].as_array().unwrap();
    let omitted: i64 = runs.iter().map(|run| run["omitted"].as_i64().unwrap()).sum();
    assert!(omitted > 4_000, "{runs:?}");
    assert_eq!(runs.len(), 7, "{runs:?}");
}

/// The longest article there can be, rewritten: 2 MB are not exceeded, and what is left out is said.
#[tokio::test]
async fn a_response_is_no_larger_than_two_megabytes() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = |letter: &str| format!("{letter} \" \\ \"\"\" ").repeat(18_000);
    let sections = |letter: &str| {
        (0..5).map(|n| json!({"heading": format!("Part {n}"), "body": body(letter)})).collect::<Vec<_>>()
    };
    let first = json!({"title": "Long", "intro": body("a"), "sections": sections("a")});
    let draft = create(&editor, first).await;
    let tree = json!({"sections": sections("b")});
    editor.put(at(&draft, "/draft/sections")).header("if-match", "*").json(tree).await.is(200);
    let response = editor.get(at(&draft, "/revisions/2/diff?against=1")).await;
    let diff = response.expect(200);
    assert!(response.text().len() <= 2_000_000, "{}", response.text().len());
    assert_eq!(diff["truncated"], true);
    assert_eq!(diff["sections"].as_array().unwrap().len(), 10);
    assert!(diff["words"]["added"].as_i64().unwrap() > 10_000, "{}", diff["words"]);
}
