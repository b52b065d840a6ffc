//! Translation groups: who is in them, what readers see of it, and which translations are behind.

mod behind;
mod drafts;
mod joining;
mod languages;
mod races;
mod readers;
mod upgrade;

use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::writing::{at, create, published};

/// A draft in that language, in the group of another if there is one.
async fn draft(client: &Client, locale: &str, of: Option<&Value>) -> Value {
    create(client, body(locale, of)).await
}

/// The same, published.
async fn live(client: &Client, locale: &str, of: Option<&Value>) -> Value {
    published(client, body(locale, of)).await
}

fn body(locale: &str, of: Option<&Value>) -> Value {
    let mut body = json!({"title": format!("Tides in {locale}"), "locale": locale});
    if let Some(of) = of {
        body["translation_of"] = of["id"].clone();
    }
    body
}

/// A request that changes the metadata of a draft, whatever has changed since.
fn patch(client: &Client, draft: &Value, change: Value) -> Call {
    client.patch(at(draft, "/draft")).header("if-match", "*").json(change)
}

/// A request that makes an article a translation of another, or of none.
fn join(client: &Client, draft: &Value, of: Option<&Value>) -> Call {
    patch(client, draft, json!({"translation_of": of.map(|of| of["id"].clone())}))
}

/// A draft as it is now.
async fn now(client: &Client, draft: &Value) -> Value {
    client.get(at(draft, "/draft")).await.expect(200)
}

/// The languages of the translations that a draft or an edition names.
fn languages(article: &Value) -> String {
    let all = article["translations"].as_array().expect("translations");
    all.iter().map(|one| one["locale"].as_str().expect("a language")).collect::<Vec<_>>().join(" ")
}
