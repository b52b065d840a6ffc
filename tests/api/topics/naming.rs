//! Which of them a document means that names them by their names.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use super::{BOTH, make};
use crate::client::Client;
use crate::server::Server;
use crate::writing::{at, create};

/// The slugs of what an article carries that was made from a document with these names.
async fn slugs(editor: &Client, key: &str, names: &Value) -> Vec<String> {
    let front = json!({"title": "Names", key: names});
    let draft = create(editor, json!({"markdown": format!("{front}\n\nText.\n")})).await;
    let resource = if key.starts_with("author") { "authors" } else { "topics" };
    let carried = draft[resource].as_array().expect("a list").iter();
    carried.map(|one| one["slug"].as_str().expect("a slug").to_owned()).collect()
}

#[tokio::test]
async fn names_that_leave_the_same_slug_are_different() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for key in ["tags", "authors"] {
        assert_eq!(slugs(&editor, key, &json!(["C", "C++", "C#"])).await, ["c", "c-2", "c-3"]);
        assert_eq!(slugs(&editor, key, &json!(["C#", "c++", "c"])).await, ["c-3", "c-2", "c"]);
        for names in [json!(["章", "張", "Zhang"]), json!(["Йо", "Ё", "Jo"]), json!(["🌊", "🐚"])] {
            let made = slugs(&editor, key, &names).await;
            let mut distinct = made.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), made.len(), "{names}: {made:?}");
            assert_eq!(slugs(&editor, key, &names).await, made, "{names} again");
        }
    }
}

#[tokio::test]
async fn a_name_of_which_only_symbols_are_left_out_is_never_filed_under_another() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (resource, key) in BOTH.into_iter().zip(["tags", "author"]) {
        make(&editor, resource, "C++").await;
        assert_eq!(slugs(&editor, key, &json!("C")).await, ["c-2"]);
        assert_eq!(slugs(&editor, key, &json!("c")).await, ["c-2"]);
        make(&editor, resource, ".NET").await;
        assert_eq!(slugs(&editor, key, &json!("net")).await, ["net-2"]);
    }
}

#[tokio::test]
async fn one_name_is_one_whatever_its_case_and_however_its_words_are_joined() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (resource, key) in BOTH.into_iter().zip(["categories", "authors"]) {
        make(&editor, resource, "Sea & shore").await;
        for name in ["Sea & shore", "SEA & SHORE", "sea  &  shore", "sea-shore"] {
            assert_eq!(slugs(&editor, key, &json!([name])).await, ["sea-shore"], "{name}");
        }
        // One that has been given another name keeps its slug, by which it may be named, too.
        editor.patch(format!("/v1/{resource}/sea-shore")).json(json!({"name": "Coast"})).await.expect(200);
        for name in ["Coast", "sea-shore"] {
            assert_eq!(slugs(&editor, key, &json!([name])).await, ["sea-shore"], "{name}");
        }
        editor.patch(format!("/v1/{resource}/sea-shore")).json(json!({"slug": "coast"})).await.expect(200);
        assert_eq!(slugs(&editor, key, &json!(["sea-shore"])).await, ["coast"]);
        // So does one that was merged.
        make(&editor, resource, "Beach").await;
        let merge = format!("/v1/{resource}/coast/merge");
        editor.post(merge).json(json!({"into": "beach"})).await.expect(200);
        assert_eq!(slugs(&editor, key, &json!(["Coast", "beach"])).await, ["beach"]);
    }
}

#[tokio::test]
async fn a_draft_that_is_written_and_read_again_carries_the_same() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = json!({"markdown": "---\ntitle: Languages\ntags: [C, C++, \"C#\"]\nauthors: [張, 章]\n---\n\nBody.\n"});
    let draft = create(&editor, body).await;
    let document = editor.get(at(&draft, "/draft/markdown")).await;
    let put = editor.put(at(&draft, "/draft/markdown")).body("text/markdown", document.text().to_owned());
    let again = put.header("if-match", document.etag()).await.expect(200);
    for (resource, count) in [("topics", 3), ("authors", 2)] {
        assert_eq!(again[resource], draft[resource]);
        assert_eq!(again[resource].as_array().map(Vec::len), Some(count));
    }
    assert_eq!(again["version"], draft["version"]);
}

#[tokio::test]
async fn a_new_name_is_created_once_however_often_it_is_written() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (front, topics, authors) in [
        (json!({"categories": ["Rust"], "tags": ["rust", "RUST"]}), 1, 0),
        (json!({"authors": [{"name": "Ada", "slug": "ada"}, "Ada", "ada"]}), 1, 1),
        (json!({"authors": ["Bo", {"name": "Bo", "slug": "bo"}]}), 1, 2),
        (json!({"tags": ["Sea & shore", "sea-shore"]}), 2, 2),
    ] {
        let markdown = format!("{front}\n\n# Names\n");
        create(&editor, json!({"markdown": markdown})).await;
        for (resource, count) in [("topics", topics), ("authors", authors)] {
            let all = editor.get(format!("/v1/{resource}?include_total=true")).await.expect(200);
            assert_eq!(all["total"], count, "{resource} after {front}");
        }
    }
}

#[tokio::test]
async fn writes_that_name_a_new_one_at_the_same_time_share_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (key, resource) in [("tags", "topics"), ("authors", "authors")] {
        let names = ["Rust", "rust", "RUST"];
        let write = names.into_iter().cycle().take(9).map(|name| json!([name]));
        let editor = &editor;
        join_all(write.map(async |name| slugs(editor, key, &name).await)).await;
        let all = editor.get(format!("/v1/{resource}?include_total=true")).await.expect(200);
        assert_eq!(all["total"], 1, "{all}");
    }
}
