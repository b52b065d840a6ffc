//! The list of everything that is scheduled.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{THURSDAY, TUESDAY, WEDNESDAY, put};
use crate::client::Client;
use crate::server::Server;
use crate::writing::create;

const LIST: &str = "/v1/schedule";

/// What a list says, as `title action at`.
async fn entries(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(format!("{LIST}{query}")).await.expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let entry = |item: &Value| {
        format!("{} {} {}", text(&item["article"]["title"]), text(&item["action"]), &text(&item["at"])[8..10])
    };
    list["items"].as_array().expect("items").iter().map(entry).collect()
}

#[tokio::test]
async fn what_is_scheduled_is_listed_in_its_order() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = json!({"title": "Ebb", "authors": ["ada", "bo"]});
    let ebb = create(&editor, body).await;
    let flow = create(&editor, json!({"title": "Flow"})).await;
    put(&editor, &flow, json!({"revision": 1, "publish_at": WEDNESDAY})).await.is(200);
    let both = json!({"revision": 1, "publish_at": TUESDAY, "unpublish_at": THURSDAY});
    put(&editor, &ebb, both).await.is(200);
    let list = editor.get(LIST).await.expect(200);
    let first = &list["items"][0];
    assert_eq!(
        (&first["action"], &first["at"], &first["revision"], &first["last_error"]),
        (&json!("publish"), &json!(TUESDAY), &json!(1), &Value::Null)
    );
    let article = &first["article"];
    for member in ["id", "slug", "title", "locale", "authors", "owner"] {
        assert_eq!(article[member], ebb[member], "{member}");
    }
    assert_eq!(article.as_object().expect("an object").len(), 6);
    assert_eq!(list["items"][2]["revision"], Value::Null);
    let all = ["Ebb publish 06", "Flow publish 07", "Ebb unpublish 08"];
    assert_eq!(entries(&editor, "").await, all);
    assert_eq!(entries(&editor, &format!("?at_gte={WEDNESDAY}")).await, all[1..]);
    assert_eq!(entries(&editor, &format!("?at_lt={WEDNESDAY}")).await, all[..1]);
    assert_eq!(entries(&editor, &format!("?at_gte={WEDNESDAY}&at_lt={THURSDAY}")).await, all[1..2]);
    let refused = editor.get(format!("{LIST}?at_gte=today&at=x")).await;
    refused.problem(400, "request-malformed");
    assert_eq!(editor.get(format!("{LIST}?include_total=true&limit=1")).await.expect(200)["total"], 3);
}

#[tokio::test]
async fn pages_follow_each_other_and_authors_see_their_own() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    for number in 0..5 {
        let client = if number % 2 == 0 { &editor } else { &author };
        let draft = create(client, json!({"title": format!("{number}")})).await;
        put(client, &draft, json!({"revision": 1, "publish_at": TUESDAY})).await.is(200);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = editor.get(format!("{LIST}?limit=2{cursor}")).await.expect(200);
        let items = page["items"].as_array().expect("items").iter();
        seen.extend(items.map(|item| item["article"]["title"].as_str().expect("a title").to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // What has one moment comes in any order, but each time in the same.
    seen.sort();
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let mut own = entries(&author, "").await;
    own.sort();
    assert_eq!(own, ["1 publish 06", "3 publish 06"]);
    assert_eq!(entries(&server.login(Role::Contributor).await, "").await, [""; 0]);
}
