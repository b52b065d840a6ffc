//! Correcting what readers see, while the draft may be ahead.

mod draft;
mod model;
mod races;
mod refused;

use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::writing::{at, flat, published, section};

/// An article that readers see, of three sections.
pub async fn harbours(editor: &Client) -> Value {
    let body = json!({"title": "Harbours", "subtitle": "Old ones", "topics": ["sea"], "sections": [
        {"heading": "Piers", "body": "Long."},
        {"heading": "Lights", "body": "Bright.", "sections": [{"heading": "Lenses", "body": "Ground."}]}]});
    published(editor, body).await
}

/// A correction of the section with that heading.
pub fn body_of(draft: &Value, heading: &str, body: &str) -> Value {
    json!([{"id": section(draft, heading)["id"], "body": body}])
}

/// Corrects the edition of that number.
#[track_caller]
pub fn correct(editor: &Client, draft: &Value, edition: i64, mut change: Value) -> Call {
    change["edition"] = edition.into();
    editor.post(at(draft, "/corrections")).json(change)
}

/// Changes the draft, and returns it.
pub async fn edit(editor: &Client, draft: &Value, change: Value) -> Value {
    editor.patch(at(draft, "/draft")).header("if-match", "*").json(change).await.expect(200)
}

/// Changes the section with that heading in the draft.
pub async fn edit_section(editor: &Client, draft: &Value, heading: &str, change: Value) {
    let id = section(draft, heading)["id"].as_str().expect("an id").to_owned();
    let patch = editor.patch(at(draft, &format!("/draft/sections/{id}"))).header("if-match", "*");
    patch.json(change).await.is(200);
}

/// What of an article is read: the headings and texts of its sections.
pub fn texts(sections: &Value, text: &str) -> Vec<(String, String)> {
    let one = |section: &Value| {
        let member = |name: &str| section[name].as_str().unwrap_or_default().to_owned();
        (member("heading"), member(text))
    };
    flat(sections).iter().map(one).collect()
}

/// What readers see of the sections: paragraphs.
pub async fn live(reader: &Client, draft: &Value) -> Vec<(String, String)> {
    let edition = reader.get(at(draft, "")).await.expect(200);
    let plain = |html: String| html.trim_start_matches("<p>").trim_end_matches("</p>\n").to_owned();
    texts(&edition["sections"], "html").into_iter().map(|(heading, html)| (heading, plain(html))).collect()
}
