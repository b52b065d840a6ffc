//! What tests about articles begin with, and how they look at trees.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use serde_json::{Value, json};

use crate::client::Client;

pub const ARTICLES: &str = "/v1/articles";

/// Creates an article and returns its draft.
#[track_caller]
pub fn create(client: &Client, body: Value) -> impl Future<Output = Value> + use<> {
    let call = client.post(ARTICLES).json(body);
    async move { call.await.expect(201) }
}

/// Publishes what a draft shows and returns the draft after that.
pub async fn publish(client: &Client, draft: &Value) -> Value {
    let call = client.post(at(draft, "/publish")).json(json!({"revision": draft["revision"]}));
    call.await.expect(200)
}

/// Creates an article that readers see.
pub async fn published(client: &Client, body: Value) -> Value {
    let draft = create(client, body).await;
    publish(client, &draft).await
}

/// The path of something of an article.
pub fn at(draft: &Value, rest: &str) -> String {
    format!("{ARTICLES}/{}{rest}", id(draft))
}

/// The id of anything.
#[track_caller]
pub fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value:#}")).to_owned()
}

/// The version of a draft.
pub fn version(draft: &Value) -> i64 {
    draft["version"].as_i64().expect("a version")
}

/// A tree of headings on one line, as in `Tides(Ebb Flow) Harbours`; `-` is a section without.
pub fn shape(sections: &Value) -> String {
    let one = |section: &Value| {
        let below = shape(&section["sections"]);
        let heading = section["heading"].as_str().unwrap_or("-");
        if below.is_empty() { heading.to_owned() } else { format!("{heading}({below})") }
    };
    sections.as_array().expect("sections").iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Every section of a tree, in document order.
pub fn flat(sections: &Value) -> Vec<Value> {
    let with_below = |section: &Value| {
        let mut all = vec![section.clone()];
        all.extend(flat(&section["sections"]));
        all
    };
    sections.as_array().expect("sections").iter().flat_map(with_below).collect()
}

/// The section with that heading.
#[track_caller]
pub fn section(draft: &Value, heading: &str) -> Value {
    let found = flat(&draft["sections"]).into_iter().find(|section| section["heading"] == heading);
    found.unwrap_or_else(|| panic!("no section {heading:?} in {draft:#}"))
}

/// An article with four sections: `Tides(Ebb Flow) Harbours`.
pub async fn tides(client: &Client) -> Value {
    let body = json!({"title": "Tides and harbours", "intro": "Look at the water.", "sections": [
        {"heading": "Tides", "body": "They come and go.", "sections": [
            {"heading": "Ebb", "body": "Away."}, {"heading": "Flow", "body": "Back."}]},
        {"heading": "Harbours", "body": "They stay."}]});
    create(client, body).await
}

/// An article that says something, as its author would send it.
pub fn tides_and_harbours() -> Value {
    json!({
        "title": "Tides and harbours", "subtitle": "How water moves", "topics": ["sea"], "authors": ["ada-marsh"],
        "intro": "The sea comes **twice** a day.",
        "sections": [
            {"heading": "Reading the water", "body": "Look at the buoys: they lean with the current.", "sections": [
                {"heading": "Slack water", "body": "For a while nothing moves."}
            ]},
            {"heading": "Leaving", "body": "Go with the ebb."}
        ]
    })
}
